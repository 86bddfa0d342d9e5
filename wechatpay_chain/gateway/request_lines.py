"""A line for each request, as a running gateway prints it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Any

from ..utils.display import printable

__all__ = ["RequestLines", "request_line"]

WAITING = 1000
"""Lines that wait for a slow terminal; what comes beyond is counted only."""
TARGET = 160
"""Characters of a request's target that are shown."""

Entry = dict[str, Any]


def request_line(entry: Entry) -> str:
    """Return one exchange of the gateway's log as a line: time, request, status, what served it.

    Args:
        entry: as `Log.all` returns it.
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

    A listener of the gateway's log only hands the exchange over, so that a terminal that does not
    read holds no request up.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._dropped = 0

    def listen(self, kind: str, what: Entry) -> None:
        """Receive an exchange; this is a listener of `Log`."""
        if kind == "request":
            self._put(what)

    def wake(self) -> None:
        """Make `print_until` check whether it must end."""
        self._put(None)

    def _put(self, what: Entry | None) -> None:
        try:
            self._waiting.put_nowait(what)
        except queue.Full:
            self._dropped += 1

    def print_until(
        self, ended: Callable[[], bool], show: Callable[[str], None], interval: float
    ) -> None:
        """Print lines until it is to end.

        Args:
            ended: whether it is.
            show: prints a line.
            interval: seconds after which `ended` is asked at the latest.
        """
        while not ended():
            try:
                entry = self._waiting.get(timeout=interval)
            except queue.Empty:
                continue
            if entry is not None:
                show(request_line(entry))
            if self._dropped and self._waiting.empty():
                show(f"{self._dropped} more requests, for which there was no time to print a line")
                self._dropped = 0
