"""A connection of libcurl on an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import Any, TypeVar

from ...utils.translation import _
from .. import limits
from ..http1.received import Reading, Received
from ..liveness import is_readable
from ..off_loop import in_thread
from ..sync.connection import BLOCK
from .channel import Channel

__all__ = ["LoopConnection", "fail"]

T = TypeVar("T")

SOON = 0.001
"""Seconds by which a timer may fire early, because of the clock's resolution."""


class LoopConnection:
    """A connection that one event loop uses.

    Args:
        channel: a connected channel.
        loop: the running loop.
        closed: called when the connection is closed.

    Attributes:
        received: the received bytes.
        idle_since: when the connection was released, by `time.time`.
    """

    def __init__(
        self,
        channel: Channel,
        loop: asyncio.AbstractEventLoop,
        closed: Callable[[LoopConnection, Channel], None],
    ) -> None:
        self._channel = channel
        self._loop = loop
        self._closed = closed
        self._is_watched = False
        self._waiter: asyncio.Future[bytes] | None = None
        self._ready: asyncio.Event | None = None
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self.fileno = channel.fileno
        self.received = Received()
        self.idle_since = 0.0

    def begin(self, timeout: float | None, deadline: float | None) -> None:
        """Set the limits of the next request and its response; see `Received.begin`."""
        self.received.begin(timeout, deadline)

    async def send(self, message: memoryview) -> None:
        """Send bytes.

        Args:
            message: a memoryview, because its repr shows no content in a traceback.

        Raises:
            TimeoutError: the other end accepts nothing within the timeout.
            OSError: the connection broke.
        """
        while message:
            sent = self._channel.send(message[:BLOCK])
            if not sent:
                await self._writable()
            message = message[sent:]

    async def run(self, reading: Reading[T]) -> T:
        """Run a reading generator.

        Raises:
            TimeoutError: nothing arrived within the timeout, or not everything within the time
                limit.
            OSError: the connection broke.
        """
        try:
            work = next(reading)
            while True:
                if work is None:
                    data = await self._receive()
                else:
                    await in_thread(work)
                    data = b""
                work = reading.send(data)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _receive(self) -> bytes:
        patience = self.received.patience()
        held = self._channel.receive_held()
        if held is not None:
            return held
        waiter = self._waiter = self._loop.create_future()
        if not self._is_watched:
            self._loop.add_reader(self.fileno(), self._readable)
            self._is_watched = True
        if patience is not None:
            self._expire_in(patience)
        try:
            data: bytes = await waiter
        finally:
            self._waiter = None
        return data

    def _readable(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():  # nobody waits: the bytes stay in the socket
            self._unwatch()
            return
        try:
            data = self._channel.receive()
        except OSError as error:
            waiter.set_exception(error)
        else:
            if data is not None:
                waiter.set_result(data)

    def _expire_in(self, seconds: float) -> None:
        """Limit the waiting time; a running timer is kept, because most waits end before it."""
        self._due = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._due - self._loop.time() > SOON:
            self._timer = self._loop.call_at(self._due, self._expire)
        else:
            fail(self._waiter, TimeoutError(_("timed out")))

    async def _writable(self) -> None:
        ready = self._ready = asyncio.Event()
        self._loop.add_writer(self.fileno(), ready.set)
        try:
            async with asyncio.timeout(self.received.patience()):
                await ready.wait()
        finally:
            self._ready = None
            if self.fileno() >= 0:
                self._loop.remove_writer(self.fileno())

    def is_drained(self) -> bool:
        """Return whether no received bytes are left, in the buffer or in TLS."""
        return self.received.is_drained() and self._channel.is_drained()

    def is_usable(self) -> bool:
        """Return whether a kept connection may be used again.

        It must not be idle for too long, closed, or have received unsolicited bytes, which would
        become the response to the next request.
        """
        return not limits.was_idle_for_long(self.idle_since) and not is_readable(self)

    def close(self, *, has_loop: bool = True) -> None:
        """Close the connection; a second call does nothing.

        Args:
            has_loop: whether the loop can be informed.
        """
        if self.fileno() < 0:
            return
        if has_loop:
            self._unwatch()
            self._loop.remove_writer(self.fileno())
        if self._timer is not None:
            self._timer.cancel()
        if self._waiter is not None:
            fail(self._waiter, ConnectionError(_("the transport was closed")))
        if self._ready is not None and has_loop:
            self._ready.set()
        self._closed(self, self._channel)

    def _unwatch(self) -> None:
        if self._is_watched:
            self._loop.remove_reader(self.fileno())
            self._is_watched = False


def fail(future: asyncio.Future[Any], error: OSError) -> None:
    """Set an exception on a future, if it is pending and its loop is open."""
    if not future.done():
        with contextlib.suppress(RuntimeError):  # the loop is closed
            future.set_exception(error)
