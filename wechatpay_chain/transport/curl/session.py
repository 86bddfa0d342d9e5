"""The connections of libcurl on one event loop, which watches their sockets."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator
from typing import Any

import pycurl

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .. import limits
from ..sync.pool import Pool
from .channel import Channel
from .handle import connect_error
from .loop_connection import LoopConnection, fail

__all__ = ["CurlSession"]


class CurlSession:
    """The shared state of the connections of the running event loop.

    Args:
        max_connections: maximum number of open connections.

    Attributes:
        slots: a slot for each connection that may be open.
        pool: the idle connections.
        is_closed: whether no more connections can be made.
    """

    def __init__(self, max_connections: int) -> None:
        self.slots = asyncio.Semaphore(max_connections)
        self.pool: Pool[LoopConnection] = Pool(max_connections)
        self.is_closed = False
        self._loop = asyncio.get_running_loop()
        self._has_loop = True
        self._connections: set[LoopConnection] = set()
        self._connecting: dict[Any, tuple[Channel, asyncio.Future[None]]] = {}
        _assert_watches_sockets(self._loop)
        self._has_given_up = False  # then a thread may still be resolving a name
        self._timer: asyncio.TimerHandle | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._call_back_in)
        self._closing = _closing_generator(self)

    async def connect(self, channel: Channel) -> LoopConnection:
        """Connect a channel.

        Raises:
            TimeoutError: it took longer than its timeout.
            ssl.SSLError: a handshake failed.
            OSError: no connection was made.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        self._connecting[channel.handle] = channel, future
        try:
            self._multi.add_handle(channel.handle)
            await future
        except BaseException:
            self._has_given_up = True
            self._drop(channel)
            raise
        finally:
            self._connecting.pop(channel.handle, None)
        connection = LoopConnection(channel, self._loop, self._forget)
        self._connections.add(connection)
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(limits.IDLE, self._sweep)
        return connection

    def _sweep(self) -> None:
        """Close the connections that were idle for too long."""
        self.pool.sweep()
        self._sweeper = (
            self._loop.call_later(limits.IDLE, self._sweep) if self._connections else None
        )

    def _forget(self, connection: LoopConnection, channel: Channel) -> None:
        self._connections.discard(connection)
        self._drop(channel)

    def _drop(self, channel: Channel) -> None:
        with contextlib.suppress(pycurl.error):  # it was not added
            self._multi.remove_handle(channel.handle)
        channel.close()

    def _watch(self, events: int, number: int, *_ignored: Any) -> None:
        """Watch a socket while a connection is being made."""
        if not self._has_loop:
            return
        watched = 0 if events == pycurl.POLL_REMOVE else events
        if watched & pycurl.POLL_IN:
            self._loop.add_reader(number, self._act, number, pycurl.CSELECT_IN)
        else:
            self._loop.remove_reader(number)
        if watched & pycurl.POLL_OUT:
            self._loop.add_writer(number, self._act, number, pycurl.CSELECT_OUT)
        else:
            self._loop.remove_writer(number)

    def _call_back_in(self, milliseconds: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if milliseconds >= 0 and self._has_loop:
            self._timer = self._loop.call_later(
                milliseconds / 1000, self._act, pycurl.SOCKET_TIMEOUT, 0
            )

    def _act(self, number: int, events: int) -> None:
        """Let libcurl continue, and complete finished connections."""
        self._multi.socket_action(number, events)
        left = 1
        while left:
            left, made, failed = self._multi.info_read()
            for handle in made:
                self._settle(handle, None)
            for handle, code, message in failed:
                self._settle(handle, pycurl.error(code, message))

    def _settle(self, handle: Any, error: pycurl.error | None) -> None:
        channel, future = self._connecting.get(handle, (None, None))
        if channel is None or future is None or future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(connect_error(error, channel))

    async def open(self) -> None:
        """Register the session to be closed with its loop, by `loop.shutdown_asyncgens`."""
        await anext(self._closing)

    async def close(self) -> None:
        """Close the session on its loop."""
        await self._closing.aclose()

    def end(self, *, inherited: bool = False) -> None:
        """Close all connections.

        Args:
            inherited: whether the process is forked. The parent process shares the loop's selector,
                which must not be modified.
        """
        if self.is_closed:
            return
        self._has_loop = not inherited and not self._loop.is_closed()
        self._close_connections()
        if self._has_given_up:  # libcurl waits for its name-resolving threads
            threading.Thread(target=self._multi.close, daemon=True).start()
        else:
            self._multi.close()
        with contextlib.suppress(StopIteration, RuntimeError):
            self._closing.aclose().send(None)  # nothing is left to wait for

    def _close_connections(self) -> None:
        self.is_closed = True
        for timer in (self._timer, self._sweeper):
            if timer is not None:
                timer.cancel()
        for connection in tuple(self._connections):
            connection.close(has_loop=self._has_loop)
        self.pool.close()
        for channel, future in tuple(self._connecting.values()):
            self._has_given_up = True
            self._drop(channel)
            fail(future, ConnectionError(_("the transport was closed")))
        self._has_loop = False


def _assert_watches_sockets(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.remove_reader(-1)
    except NotImplementedError:
        raise ConfigurationError(
            _(
                "{type} cannot watch libcurl's sockets: run an asyncio.SelectorEventLoop, or use "
                "HTTPTransport for async calls",
                type=type(loop).__name__,
            )
        ) from None
    except ValueError:
        return  # expected: this is not a socket


async def _closing_generator(session: CurlSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        session.end()
