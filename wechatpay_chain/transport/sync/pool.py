"""Connections that are kept for later requests."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Hashable
from typing import Any, Generic, Protocol, TypeVar

from .. import limits

__all__ = ["HeldConnection", "Pool"]


class Poolable(Protocol):
    """A connection that may be kept."""

    idle_since: float

    def is_usable(self) -> bool:
        """Whether it may be used again."""

    def is_drained(self) -> bool:
        """Whether nothing is left over of what came on it."""

    def close(self) -> None:
        """Close it; nothing happens the second time."""


C = TypeVar("C", bound=Poolable)


class Pool(Generic[C]):
    """Idle connections, by where they lead and as whom. Threads may share one.

    Args:
        size: how many are kept per key; one more is closed.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: dict[Hashable, list[C]] = {}
        self._is_open = True
        self._swept = time.time()
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._idle)

    def take(self, key: Hashable) -> C | None:
        """The connection that was given back last and is still usable; None where there is none."""
        while True:
            with self._lock:
                idle = self._idle.get(key)
                if not idle:
                    return None
                connection = idle.pop()
            if connection.is_usable():
                return connection
            connection.close()

    def give(self, key: Hashable, connection: C) -> None:
        """Keep a connection, or close it where there are enough, or after `close`."""
        connection.idle_since = time.time()
        with self._lock:
            is_kept = self._is_open and len(self._idle.get(key, ())) < self._size
            if is_kept:
                self._idle.setdefault(key, []).append(connection)
        if not is_kept:
            connection.close()
        if limits.was_idle_for_long(self._swept):
            self.sweep()

    def sweep(self) -> None:
        """Close the connections that cannot be used again, such as those of a busy hour."""
        self._swept = time.time()
        unusable = []
        with self._lock:
            for key, idle in list(self._idle.items()):
                unusable += [each for each in idle if not each.is_usable()]
                idle[:] = [each for each in idle if each not in unusable]
                if not idle:
                    del self._idle[key]
        for connection in unusable:
            connection.close()

    def close(self) -> None:
        """Close all connections, and from now on those that are given back."""
        with self._lock:
            self._is_open = False
            _close(self._idle)


def _close(idle: dict[Hashable, Any]) -> None:
    while idle:
        for connection in idle.popitem()[1]:
            connection.close()


class HeldConnection(Generic[C]):
    """A connection that is out of its pool until it is released.

    Args:
        pool: that takes it back.
        key: under which the pool keeps it.
        connection: that a response came on.
        is_reusable: whether it is certain where that response ends, and the server keeps it.
    """

    __slots__ = ("_connection", "_is_reusable", "_key", "_pool")

    def __init__(self, pool: Pool[C], key: Hashable, connection: C, is_reusable: bool) -> None:
        self._pool = pool
        self._key = key
        self._connection: C | None = connection
        self._is_reusable = is_reusable

    def release(self, keep: bool, /) -> None:
        """Give it back, to be kept or to be closed; nothing happens the second time."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if keep and self._is_reusable and connection.is_drained():
            self._pool.give(self._key, connection)
        else:
            connection.close()
