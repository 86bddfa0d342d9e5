"""The gateway's listening sockets, with a limit on connections.

Servers of asyncio accept every connection. Beyond the limit of file descriptors, they log a
traceback for each connection that they cannot accept. This listener accepts a connection only below
its limit. At the limit, it first closes the connection that has been idle longest.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from ...utils.translation import _
from .limits import Limits, connections

__all__ = ["LISTENER", "ListenError", "Listener"]

BACKLOG = 128
RETRY_AFTER = 0.2
"""Seconds to wait after a connection could not be accepted."""
MIN_IDLE = 2.0
"""Minimum seconds of idleness before a connection is closed to make room for another one."""
WARNING_INTERVAL = 60.0
"""Minimum seconds between two warnings about missing room."""

logger = logging.getLogger("wechatpay_chain.gateway")

Protocol = web.RequestHandler


class ListenError(OSError):
    """The gateway cannot listen on a port.

    Attributes:
        port: number of the port.
    """

    def __init__(self, number: int, reason: str, port: int) -> None:
        super().__init__(number, reason)
        self.port = port


class Listener:
    """Accepts connections, and tracks which of them are idle.

    Args:
        host: name or address to listen on.
        limits: limits for connections and TLS handshakes.
    """

    def __init__(self, host: str, limits: Limits) -> None:
        self._host = host
        self._limit = connections() if limits.connections is None else limits.connections
        self._handshake_timeout = limits.head_seconds
        self._new: dict[Protocol, tuple[float, socket.socket]] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._idle: dict[Protocol, float] = {}
        self._serving: set[Protocol] = set()
        self._sockets: list[socket.socket] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._warned = float("-inf")

    async def open(
        self, runner: web.AppRunner, port: int, context: ssl.SSLContext | None = None
    ) -> int:
        """Listen on a port, and return its number.

        Args:
            runner: runner that is set up; its server creates the protocol of each connection.
            port: port to listen on; 0 selects a free port.
            context: TLS context.

        Raises:
            ListenError: the port is not available.
            OverflowError: `port` is not a port number.
        """
        if runner.server is None:
            raise RuntimeError(_("the server must be set up before it listens"))
        try:
            return await self._open(runner.server, port, context)
        except OSError as error:
            number = error.errno or 0  # negative if the host name cannot be resolved
            reason = error.strerror or os.strerror(number)
            raise ListenError(
                number,
                _("{host}, port {port}: {reason}", host=self._host, port=port, reason=reason),
                port,
            ) from error
        except UnicodeError as error:
            raise ListenError(
                0, _("{host!r}, which is not a valid host name", host=self._host[:80]), port
            ) from error

    async def _open(self, server: web.Server, port: int, context: ssl.SSLContext | None) -> int:
        if not 0 <= port <= 65535:
            raise OverflowError(_("port must be 0-65535"))
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            self._host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _ignored, address in dict.fromkeys(found):
            try:
                listening = socket.socket(family, kind, protocol)
            except OSError:
                continue  # this machine does not support such addresses
            self._sockets.append(listening)
            _bind(listening, (address[0], port, *address[2:]))
            port = listening.getsockname()[1]
            self._tasks.append(loop.create_task(self._accept(server, listening, context)))
        if port == 0:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        return port

    async def close(self) -> None:
        """Accept no more connections; open ones stay open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._sockets:
            listening.close()
        for protocol, (_ignored, connection) in self._new.items():
            if protocol.transport is None:
                _shut_down(connection)
        await asyncio.gather(*self._starting)

    @contextmanager
    def serving(self, request: web.Request) -> Iterator[None]:
        """Keep a connection open while the gateway serves its request."""
        protocol = request.protocol
        self._new.pop(protocol, None)
        self._idle.pop(protocol, None)
        self._serving.add(protocol)
        try:
            yield
        finally:
            self._serving.discard(protocol)
            if protocol.transport is not None:
                self._idle[protocol] = asyncio.get_running_loop().time()

    async def _accept(
        self, server: web.Server, listening: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ignored = await loop.sock_accept(listening)
            except OSError as error:
                if not isinstance(error, ConnectionError):  # no descriptor is left
                    self._warn("a connection cannot be accepted: %s", error.strerror)
                    self._make_room()
                    await asyncio.sleep(RETRY_AFTER)
                continue
            room = False
            try:
                room = await self._has_room()
            finally:
                if not room:
                    connection.close()
            if room:
                protocol = server()
                self._new[protocol] = loop.time(), connection
                task = loop.create_task(self._start_connection(protocol, connection, context))
                self._starting.add(task)
                task.add_done_callback(self._starting.discard)

    async def _start_connection(
        self, protocol: Protocol, connection: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        timeout = None if context is None else self._handshake_timeout
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=context,
                ssl_handshake_timeout=timeout,
                ssl_shutdown_timeout=timeout,
            )
        except OSError:  # also ssl.SSLError: the client did not use TLS, or closed the connection
            self._new.pop(protocol, None)

    async def _has_room(self) -> bool:
        """Wait for room for another connection; return False if all connections are busy."""
        while self._count() >= self._limit:
            self._warn(
                "%d connections are open, which is the limit of this gateway; "
                "connections without requests are closed, the oldest first",
                self._limit,
            )
            seconds = self._make_room()
            if seconds is None:
                return False
            if seconds > 0:
                await asyncio.sleep(seconds)
        return True

    def _count(self) -> int:
        """Return the number of open connections."""
        if self._known() >= self._limit:  # some may have been closed in the meantime
            for each in [each for each in self._new if self._is_closed(each)]:
                del self._new[each]
            for each in [each for each in self._idle if each.transport is None]:
                del self._idle[each]
        return self._known()

    def _is_closed(self, protocol: Protocol) -> bool:
        return protocol.transport is None and self._new[protocol][1].fileno() < 0

    def _known(self) -> int:
        return len(self._new) + len(self._idle) + len(self._serving)

    def _make_room(self) -> float | None:
        """Close the connection that has been idle longest; prefer one without any request.

        Returns:
            0 if a connection was closed, the seconds until one may be closed, or None if none is
            idle.
        """
        now = asyncio.get_running_loop().time()
        first = next(((since, each) for each, (since, _ignored) in self._new.items()), None)
        second = next(((since, each) for each, since in self._idle.items()), None)
        waiting = [each for each in (first, second) if each is not None]
        for since, protocol in waiting:
            if since + MIN_IDLE <= now:
                self._abort(protocol)
                return 0
        return min((since + MIN_IDLE - now for since, _ignored in waiting), default=None)

    def _abort(self, protocol: Protocol) -> None:
        _ignored, connection = self._new.pop(protocol, (0, None))
        self._idle.pop(protocol, None)
        if protocol.transport is not None:
            protocol.transport.abort()
        elif connection is not None:
            _shut_down(connection)  # ends the TLS handshake

    def _warn(self, message: str, *arguments: object) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._warned >= WARNING_INTERVAL:
            self._warned = now
            logger.warning(message, *arguments)


def _shut_down(connection: socket.socket) -> None:
    """Shut a socket down, so that its transport closes it."""
    with suppress(OSError):  # the client has already closed it
        connection.shutdown(socket.SHUT_RDWR)


def _bind(listening: socket.socket, address: tuple[object, ...]) -> None:
    if os.name == "posix" and sys.platform != "cygwin":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listening.family == socket.AF_INET6:
        with suppress(OSError):
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listening.bind(address)
    listening.listen(BACKLOG)
    listening.setblocking(False)


LISTENER: web.AppKey[Listener] = web.AppKey("listener", Listener)
