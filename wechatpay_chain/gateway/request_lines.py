"""Prints a line for each request of a running gateway."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Any

from ..utils.display import printable
from ..utils.translation import _

__all__ = ["RequestLines", "request_line"]

WAITING = 1000
"""Maximum number of lines that wait for a slow terminal; further lines are only counted."""
TARGET = 160
"""Maximum number of characters of a request's target in a line."""

Entry = dict[str, Any]


def request_line(entry: Entry) -> str:
    """Return a line for an exchange of the log: time, request, status, kind, fault, failed step.

    Args:
        entry: an exchange from `Log.all`.
    """
    failed = next((each for each in entry["steps"] if not each["passed"]), None)
    parts = [
        time.strftime("%H:%M:%S", time.localtime(entry["time"])),
        f"{entry['method']:6}",
        str(entry["status"] or "---"),
        f"{entry.get('milliseconds') or 0:7.1f} ms",
        printable(entry["target"], TARGET),
        *([entry["kind"]] if entry.get("kind") else []),
        *([f"fault: {entry['fault']}"] if entry.get("fault") else []),
        *([f"{failed['name']}: {printable(failed['note'], TARGET)}"] if failed else []),
    ]
    return "  ".join(parts)


class RequestLines:
    """Prints a line for each request, in the thread that calls `print_until`.

    The listener of the log only queues an exchange, so that a blocked terminal does not delay
    requests.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._dropped = 0

    def listen(self, kind: str, what: Entry) -> None:
        """Queue an exchange; this is a listener of `Log`."""
        if kind == "request":
            self._put(what)

    def wake(self) -> None:
        """Make `print_until` check whether it must stop."""
        self._put(None)

    def _put(self, what: Entry | None) -> None:
        try:
            self._waiting.put_nowait(what)
        except queue.Full:
            self._dropped += 1

    def print_until(
        self, ended: Callable[[], bool], show: Callable[[str], None], interval: float
    ) -> None:
        """Print lines until a condition is true.

        Args:
            ended: returns whether to stop.
            show: prints a line.
            interval: maximum seconds between calls of `ended`.
        """
        while not ended():
            try:
                entry = self._waiting.get(timeout=interval)
            except queue.Empty:
                continue
            if entry is not None:
                show(request_line(entry))
            if self._dropped and self._waiting.empty():
                show(_("{count} more requests, not printed one by one", count=self._dropped))
                self._dropped = 0
