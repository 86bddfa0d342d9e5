"""A pool of idle connections."""

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
        """Return whether the connection may be used again."""

    def is_drained(self) -> bool:
        """Return whether no received bytes are left."""

    def close(self) -> None:
        """Close the connection; a second call does nothing."""


C = TypeVar("C", bound=Poolable)


class Pool(Generic[C]):
    """Idle connections by destination and client identity. Threads can share one pool.

    Args:
        size: maximum number of connections kept per key; others are closed.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: dict[Hashable, list[C]] = {}
        self._is_open = True
        self._swept = time.time()
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._idle)

    def take(self, key: Hashable) -> C | None:
        """Return the usable connection that was released last, or None."""
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
        """Keep a connection, or close it if there are enough, or after `close`."""
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
        """Close the connections that are no longer usable."""
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
        """Close all connections, and those that are released later."""
        with self._lock:
            self._is_open = False
            _close(self._idle)


def _close(idle: dict[Hashable, Any]) -> None:
    while idle:
        for connection in idle.popitem()[1]:
            connection.close()


class HeldConnection(Generic[C]):
    """A connection outside its pool until it is released.

    Args:
        pool: the pool that it returns to.
        key: its key in the pool.
        connection: the connection of a response.
        is_reusable: whether the end of the response is certain and the server keeps the connection.
    """

    __slots__ = ("_connection", "_is_reusable", "_key", "_pool")

    def __init__(self, pool: Pool[C], key: Hashable, connection: C, is_reusable: bool) -> None:
        self._pool = pool
        self._key = key
        self._connection: C | None = connection
        self._is_reusable = is_reusable

    def release(self, keep: bool, /) -> None:
        """Release the connection, to be kept or closed; a second call does nothing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if keep and self._is_reusable and connection.is_drained():
            self._pool.give(self._key, connection)
        else:
            connection.close()
