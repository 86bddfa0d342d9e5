"""A transport's sessions, one per event loop, and how they are closed.

A loop run by `asyncio.run` closes its session at its end. Other loops may be closed directly, left
open until the process exits, or copied by a fork. Their sessions are closed without the loop, so
that no socket stays open and no ResourceWarning appears.
"""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from ..messages.request import Request
from . import failure, limits

__all__ = ["Session", "Sessions", "acquire"]


class Session(Protocol):
    """Connections on one event loop."""

    @property
    def is_closed(self) -> bool: ...

    async def open(self) -> None:
        """Register the session to be closed with its loop, by `loop.shutdown_asyncgens`."""

    async def close(self) -> None:
        """Close the session on its loop."""

    def end(self, *, inherited: bool = False) -> None:
        """Close the connections of a loop that is not running, or is running in this thread.

        Args:
            inherited: whether the process is forked. The parent process shares the loop's selector,
                which must not be modified.
        """


S = TypeVar("S", bound=Session)


class Sessions(Generic[S]):
    """The sessions of one transport, by event loop.

    Args:
        make: creates the session of the running loop.
    """

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self._by_loop: dict[asyncio.AbstractEventLoop, S] = {}
        weakref.finalize(self, _end_all, self._by_loop)  # also at exit
        _instances.add(self)

    def find(self, loop: asyncio.AbstractEventLoop) -> S | None:
        """Return the open session of a loop."""
        found = self._by_loop.get(loop)
        return None if found is None or found.is_closed else found

    async def open(self, loop: asyncio.AbstractEventLoop) -> S:
        """Open a new session for the running loop."""
        self.end_closed_loops()
        opened = self._by_loop[loop] = self._make()
        await opened.open()
        return opened

    async def close(self) -> None:
        """Close the session of the running loop."""
        found = self._by_loop.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.close()
        self.end_closed_loops()

    def end_closed_loops(self) -> None:
        """End the sessions of closed loops."""
        for loop in list(self._by_loop):  # a copy, because other threads open sessions
            found = self._by_loop.pop(loop, None) if loop.is_closed() else None
            if found is not None:
                found.end()

    def end_inherited(self) -> None:
        """End all sessions in a forked child: their sockets also belong to the parent."""
        while self._by_loop:
            self._by_loop.popitem()[1].end(inherited=True)


def _end_all(by_loop: dict[asyncio.AbstractEventLoop, Any]) -> None:
    """End the sessions of a collected transport; the loop of another thread ends its own."""
    for loop, session in list(by_loop.items()):
        if not loop.is_running() or asyncio._get_running_loop() is loop:
            session.end()
    by_loop.clear()


async def acquire(slots: asyncio.Semaphore, request: Request) -> None:
    """Acquire a slot for a connection, and wait until one is free.

    Raises:
        TransportTimeout: no slot became free before the call's deadline.
    """
    if not slots.locked():
        await slots.acquire()  # immediately, without a timer
        return
    try:
        async with asyncio.timeout(limits.seconds_left(request)):
            await slots.acquire()
    except TimeoutError:
        raise failure.no_connection(request) from None


_instances: weakref.WeakSet[Sessions[Any]] = weakref.WeakSet()


def _end_inherited() -> None:
    for each in tuple(_instances):
        each.end_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_inherited)
