"""A connection of libcurl's that an event loop waits for."""

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
"""Seconds that a timer may fire early by: clocks have a resolution."""


class LoopConnection:
    """A connection that one event loop uses.

    Args:
        channel: connected.
        loop: the running one.
        closed: is told when this is closed.

    Attributes:
        received: what came.
        idle_since: when it was given back, by `time.time`.
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
        """Set the bounds of the next request and its response; see `Received.begin`."""
        self.received.begin(timeout, deadline)

    async def send(self, message: memoryview) -> None:
        """Send bytes.

        Args:
            message: a memoryview, whose repr shows nothing in a traceback.

        Raises:
            TimeoutError: the other end takes nothing for as long as the timeout.
            OSError: the connection broke.
        """
        while message:
            sent = self._channel.send(message[:BLOCK])
            if not sent:
                await self._writable()
            message = message[sent:]

    async def run(self, reading: Reading[T]) -> T:
        """Read something.

        Raises:
            TimeoutError: nothing came for as long as the timeout, or not all of it in time.
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
        if waiter is None or waiter.done():  # nobody waits: it stays where it is
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
        """Let the waiting end. A timer that is there is left: most waiting ends long before."""
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
        """Whether nothing is left over of what came, be it in the buffer or in that of TLS."""
        return self.received.is_drained() and self._channel.is_drained()

    def is_usable(self) -> bool:
        """Whether a kept connection may be used again.

        It must not have been idle for long, nor be at its end, nor have received what nobody asked
        for: that would answer the next request.
        """
        return not limits.was_idle_for_long(self.idle_since) and not is_readable(self)

    def close(self, *, has_loop: bool = True) -> None:
        """Close it; nothing happens the second time.

        Args:
            has_loop: whether the loop may be told.
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
    """Have whoever waits for a future meet an error, if there is somebody, and a loop."""
    if not future.done():
        with contextlib.suppress(RuntimeError):  # the loop is closed
            future.set_exception(error)
