"""The last requests, with everything that was found out about them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ..messages.exchange import Answer, Arrival
from .failures import log_failure

__all__ = ["Log"]

KEPT = 500
SHOWN = 64 * 1024
"""Bytes of a body that are kept."""
SPACE = 16 * 1024 * 1024
"""Characters of all entries that are kept."""

logger = logging.getLogger("wechatpay_chain.gateway")


class Log:
    """Requests and what was answered, newest last; older ones are forgotten.

    Args:
        kept: how many at most.
        space: characters that all of them have at most.
    """

    def __init__(self, kept: int = KEPT, space: int = SPACE) -> None:
        self._most, self._space = kept, space
        self._entries: deque[dict[str, Any]] = deque()
        self._sizes: deque[int] = deque()
        self._size = 0
        self._number = 0
        self.listeners: set[Callable[[str, dict[str, Any]], None]] = set()

    def add(self, arrival: Arrival, answer: Answer | None, **about: Any) -> dict[str, Any]:
        """Keep one exchange.

        Args:
            arrival: the request.
            answer: what was sent; None where the connection was cut.
            about: what else is known: `operation`, `kind`, `fault`, `milliseconds`.
        """
        self._number += 1
        entry = {
            "number": self._number,
            "time": time.time(),
            "method": arrival.method,
            "target": arrival.target,
            "secure": arrival.secure,
            "headers": {_whole(name): _whole(text) for name, text in arrival.headers.items()},
            "body": _text(arrival.body),
            "steps": [
                {"name": step.name, "passed": step.passed, "note": step.note}
                for step in arrival.steps
            ],
            "status": None if answer is None else answer.status,
            "answer_headers": {} if answer is None else dict(answer.headers),
            "answer_body": "" if answer is None else _text(answer.body),
            **about,
        }
        self._keep(entry)
        self.tell("request", entry)
        return entry

    def _keep(self, entry: dict[str, Any]) -> None:
        size = _size(entry)
        self._entries.append(entry)
        self._sizes.append(size)
        self._size += size
        while len(self._entries) > self._most or (self._size > self._space and self._size > size):
            self._entries.popleft()
            self._size -= self._sizes.popleft()

    def tell(self, kind: str, what: dict[str, Any]) -> None:
        """Let everyone who listens know that something happened to an order, say."""
        for listener in list(self.listeners):
            try:
                listener(kind, what)
            except Exception as error:  # noqa: BLE001 - an order is paid all the same
                log_failure(logger, f"a listener failed on a change of {kind}", error)

    def all(self, limit: int = KEPT) -> list[dict[str, Any]]:
        """The last exchanges, newest first."""
        return list(self._entries)[::-1][:limit]

    def get(self, number: int) -> dict[str, Any] | None:
        """One of them; None if it is forgotten."""
        return next((entry for entry in self._entries if entry["number"] == number), None)


def _whole(text: str) -> str:
    """A text without half characters, which a header that is not UTF-8 has."""
    return text.encode("utf-8", "replace").decode()


def _text(content: bytes) -> str:
    shown = content[:SHOWN].decode("utf-8", "replace")
    return shown if len(content) <= SHOWN else f"{shown}… ({len(content)} bytes in all)"


def _size(value: Any) -> int:
    """Characters of all texts in a value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(name) + _size(each) for name, each in value.items())
    return sum(map(_size, value)) if isinstance(value, list) else 8
