"""The log of recent requests, with responses and inspection steps."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from ..messages.exchange import IncomingRequest, Response
from .failures import log_failure

__all__ = ["Log"]

KEPT = 500
SHOWN = 64 * 1024
"""Maximum bytes of a body that are kept."""
SPACE = 16 * 1024 * 1024
"""Maximum characters of all entries together."""
STEP = 40
"""Assumed size of a step without its note, and of an entry without its texts, in characters."""

logger = logging.getLogger("wechatpay_chain.gateway")


class Log:
    """Recent requests and their responses, newest last.

    Args:
        kept: maximum number of requests.
        space: maximum number of characters of all requests.
    """

    def __init__(self, kept: int = KEPT, space: int = SPACE) -> None:
        self._most, self._space = kept, space
        self._entries: deque[dict[str, Any]] = deque()
        self._sizes: deque[int] = deque()
        self._size = 0
        self._number = 0
        self.listeners: set[Callable[[str, dict[str, Any]], None]] = set()

    def add(
        self, request: IncomingRequest, response: Response | None, **about: Any
    ) -> dict[str, Any]:
        """Record a request and its response.

        Args:
            request: request that the gateway received.
            response: response; None if the connection was closed.
            about: other details: `operation`, `kind`, `fault`, `milliseconds`, and `came`, the
                time of arrival in the gateway's time.
        """
        self._number += 1
        entry = {
            "number": self._number,
            "time": time.time(),
            "method": request.method,
            "target": request.target,
            "secure": request.secure,
            "headers": {_whole(name): _whole(text) for name, text in request.headers.items()},
            "body": _text(request.body),
            "steps": [
                {"name": step.name, "passed": step.passed, "note": step.note}
                for step in request.steps
            ],
            "status": None if response is None else response.status,
            "answer_headers": {} if response is None else dict(response.headers),
            "answer_body": "" if response is None else _text(response.body),
            **about,
        }
        self._keep(entry)
        self.tell("request", entry)
        return entry

    def copy(self) -> list[dict[str, Any]]:
        """Return all recorded requests, oldest first."""
        return list(self._entries)

    def replace(self, entries: Iterable[dict[str, Any]]) -> None:
        """Replace all recorded requests."""
        self._entries.clear()
        self._sizes.clear()
        self._size = 0
        for entry in entries:
            self._keep(entry)

    def _keep(self, entry: dict[str, Any]) -> None:
        size = _size(entry)
        self._entries.append(entry)
        self._sizes.append(size)
        self._size += size
        while len(self._entries) > self._most or (self._size > self._space and self._size > size):
            self._entries.popleft()
            self._size -= self._sizes.popleft()

    def tell(self, kind: str, what: dict[str, Any]) -> None:
        """Call the listeners after a change, such as of an order."""
        for listener in list(self.listeners):
            try:
                listener(kind, what)
            except Exception as error:  # noqa: BLE001 - the change itself has succeeded
                log_failure(logger, f"a listener failed on a change of {kind}", error)

    def all(self, limit: int = KEPT) -> list[dict[str, Any]]:
        """Return the latest requests, newest first."""
        return list(self._entries)[::-1][:limit]

    def get(self, number: int) -> dict[str, Any] | None:
        """Return a request, or None if it is no longer recorded."""
        return next((entry for entry in self._entries if entry["number"] == number), None)


def _whole(text: str) -> str:
    """Return a text without the surrogates of headers that are not UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _text(content: bytes) -> str:
    shown = content[:SHOWN].decode("utf-8", "replace")
    return shown if len(content) <= SHOWN else f"{shown}… ({len(content)} bytes in all)"


def _size(entry: dict[str, Any]) -> int:
    """Return the size of an entry in characters."""
    size = STEP + sum(len(step["note"]) + STEP for step in entry["steps"])
    for value in entry.values():
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict):
            size += sum(map(len, value)) + sum(map(len, value.values()))
    return size
