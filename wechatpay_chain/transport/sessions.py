"""What a transport has per event loop, and how each of that ends.

A loop that `asyncio.run` ends closes its session itself. Nobody closes the session of a loop that
is closed without more ado, that is left open until the process ends, or that a fork copied. Such a
session is ended without the loop, so that no socket stays open and no ResourceWarning is shown.
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
        """Let the loop close the session as it ends: `loop.shutdown_asyncgens` does."""

    async def close(self) -> None:
        """Close the session on its loop."""

    def end(self, *, inherited: bool = False) -> None:
        """Close the connections of a loop that does not run, or runs in this very thread.

        Args:
            inherited: after a fork. The parent process has the loop's selector as well, so that
                nothing may be changed in it.
        """


S = TypeVar("S", bound=Session)


class Sessions(Generic[S]):
    """The sessions of one transport, by event loop.

    Args:
        make: makes the session of the running loop.
    """

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self._by_loop: dict[asyncio.AbstractEventLoop, S] = {}
        weakref.finalize(self, _end_all, self._by_loop)  # also as the process ends
        _instances.add(self)

    def find(self, loop: asyncio.AbstractEventLoop) -> S | None:
        """The open session of a loop."""
        found = self._by_loop.get(loop)
        return None if found is None or found.is_closed else found

    async def open(self, loop: asyncio.AbstractEventLoop) -> S:
        """A new session of the running loop."""
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
        """End the sessions whose loops are closed."""
        for loop in list(self._by_loop):  # a copy: other threads open sessions of their own
            found = self._by_loop.pop(loop, None) if loop.is_closed() else None
            if found is not None:
                found.end()

    def end_inherited(self) -> None:
        """End all sessions in the child of a fork: their sockets belong to the parent as well."""
        while self._by_loop:
            self._by_loop.popitem()[1].end(inherited=True)


def _end_all(by_loop: dict[asyncio.AbstractEventLoop, Any]) -> None:
    """End the sessions of a transport that is gone; another thread's loop ends its own."""
    for loop, session in list(by_loop.items()):
        if not loop.is_running() or asyncio._get_running_loop() is loop:
            session.end()
    by_loop.clear()


async def acquire(slots: asyncio.Semaphore, request: Request) -> None:
    """Take the place of a connection, which may have to become free.

    Raises:
        TransportTimeout: none did until the call's deadline.
    """
    if not slots.locked():
        await slots.acquire()  # at once, and without a timer
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
