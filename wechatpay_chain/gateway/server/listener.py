"""The gateway's listening sockets, and how many connections it takes.

asyncio's own servers accept whatever comes: beyond the limit of descriptors they write a traceback
for every connection that they cannot accept, a hundred at a time. Here a connection is accepted
when there is room; when there is none, the one that has waited longest for a request makes room.
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

from .limits import Limits, connections

__all__ = ["LISTENING", "ListenError", "Listening"]

BACKLOG = 128
PAUSE = 0.2
"""Seconds until the next attempt, where a connection cannot be accepted."""
GRACE = 2.0
"""Seconds for which a connection is not closed for another one."""
CALM = 60.0
"""Seconds for which nothing is said after it was said that there is no room."""

logger = logging.getLogger("wechatpay_chain.gateway")

Protocol = web.RequestHandler


class ListenError(OSError):
    """A port that cannot be listened on.

    Attributes:
        port: its number.
    """

    def __init__(self, number: int, reason: str, port: int) -> None:
        super().__init__(number, reason)
        self.port = port


class Listening:
    """Accepts connections, and knows which of them wait for a request.

    Args:
        host: where to listen: a name or an address.
        limits: how many, and how long a TLS handshake may take.
    """

    def __init__(self, host: str, limits: Limits) -> None:
        self._host = host
        self._most = connections() if limits.connections is None else limits.connections
        self._patience = limits.head_seconds
        self._new: dict[Protocol, tuple[float, socket.socket]] = {}
        self._beginning: set[asyncio.Task[None]] = set()
        self._idle: dict[Protocol, float] = {}
        self._serving: set[Protocol] = set()
        self._listeners: list[socket.socket] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._said = float("-inf")

    async def open(
        self, runner: web.AppRunner, port: int, context: ssl.SSLContext | None = None
    ) -> int:
        """Listen on a port; its number, which is another where 0 was asked for.

        Args:
            runner: is set up; its server makes the protocol of each connection.
            port: 0 takes a free one.
            context: for TLS.

        Raises:
            ListenError: it cannot be listened on.
            OverflowError: it is no port.
        """
        if runner.server is None:
            raise RuntimeError("the server is set up before it listens")
        try:
            return await self._open(runner.server, port, context)
        except OSError as error:
            number = error.errno or 0  # of a name that is none, it is below 0
            reason = os.strerror(number) if number > 0 else error.strerror
            raise ListenError(number, f"{self._host}, port {port}: {reason}", port) from error
        except UnicodeError as error:
            raise ListenError(0, f"{self._host[:80]!r}, which is no name", port) from error

    async def _open(self, server: web.Server, port: int, context: ssl.SSLContext | None) -> int:
        if not 0 <= port <= 65535:
            raise OverflowError("port must be 0-65535")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            self._host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, address in dict.fromkeys(found):
            try:
                listener = socket.socket(family, kind, protocol)
            except OSError:
                continue  # this machine has no such addresses
            self._listeners.append(listener)
            _bind(listener, (address[0], port, *address[2:]))
            port = listener.getsockname()[1]
            self._tasks.append(loop.create_task(self._accept(server, listener, context)))
        if port == 0:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        return port

    async def close(self) -> None:
        """Accept no more connections; open ones stay open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        for protocol, (_, connection) in self._new.items():
            if protocol.transport is None:
                _end(connection)
        await asyncio.gather(*self._beginning)

    @contextmanager
    def serving(self, request: web.Request) -> Iterator[None]:
        """A connection is not closed for another one while a request of it is served."""
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
        self, server: web.Server, listener: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError as error:
                if not isinstance(error, ConnectionError):  # no descriptor is left
                    self._say("a connection cannot be accepted: %s", error.strerror)
                    self._make_room()
                    await asyncio.sleep(PAUSE)
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
                task = loop.create_task(self._begin(protocol, connection, context))
                self._beginning.add(task)
                task.add_done_callback(self._beginning.discard)

    async def _begin(
        self, protocol: Protocol, connection: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        patience = None if context is None else self._patience
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=context,
                ssl_handshake_timeout=patience,
                ssl_shutdown_timeout=patience,
            )
        except OSError:  # ssl.SSLError is one: what came was no TLS, or broke off
            self._new.pop(protocol, None)

    async def _has_room(self) -> bool:
        """Wait until there is room for another connection; False if all of them are served."""
        while self._count() >= self._most:
            self._say(
                "%d connections are open, as many as this gateway takes; "
                "those that wait longest for a request are closed",
                self._most,
            )
            seconds = self._make_room()
            if seconds is None:
                return False
            if seconds > 0:
                await asyncio.sleep(seconds)
        return True

    def _count(self) -> int:
        """How many connections are open."""
        if self._known() >= self._most:  # some of those may have ended meanwhile
            for each in [each for each in self._new if self._has_ended(each)]:
                del self._new[each]
            for each in [each for each in self._idle if each.transport is None]:
                del self._idle[each]
        return self._known()

    def _has_ended(self, protocol: Protocol) -> bool:
        return protocol.transport is None and self._new[protocol][1].fileno() < 0

    def _known(self) -> int:
        return len(self._new) + len(self._idle) + len(self._serving)

    def _make_room(self) -> float | None:
        """Close the connection that has waited longest; first one without any request so far.

        Returns:
            0 if one was closed; else seconds until one may be, as each may take a moment to send
            its request; None if none waits.
        """
        now = asyncio.get_running_loop().time()
        first = next(((since, each) for each, (since, _) in self._new.items()), None)
        second = next(((since, each) for each, since in self._idle.items()), None)
        waiting = [each for each in (first, second) if each is not None]
        for since, protocol in waiting:
            if since + GRACE <= now:
                self._end(protocol)
                return 0
        return min((since + GRACE - now for since, _ in waiting), default=None)

    def _end(self, protocol: Protocol) -> None:
        _, connection = self._new.pop(protocol, (0, None))
        self._idle.pop(protocol, None)
        if protocol.transport is not None:
            protocol.transport.abort()
        elif connection is not None:
            _end(connection)  # its handshake breaks off

    def _say(self, message: str, *arguments: object) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._said >= CALM:
            self._said = now
            logger.warning(message, *arguments)


def _end(connection: socket.socket) -> None:
    """Let the transport that has a socket see its end, and close it."""
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


def _bind(listener: socket.socket, address: tuple[object, ...]) -> None:
    if os.name == "posix" and sys.platform != "cygwin":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        with suppress(OSError):
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(address)
    listener.listen(BACKLOG)
    listener.setblocking(False)


LISTENING: web.AppKey[Listening] = web.AppKey("listening", Listening)
