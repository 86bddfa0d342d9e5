"""Connections of aiohttp's whose responses are bounded, and that are kept only when they are clean.

aiohttp gives a connection back as soon as a response has ended, runs no timer after an
informational response, and counts neither the bytes nor the time of a whole response. `Connector`
makes connections that speak `Wire`, which does; `HeldResponse` is the session's `response_class`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import sys
import time
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from ..utils.translation import _
from . import limits
from .liveness import is_readable

__all__ = [
    "CALL_DEADLINE",
    "Connector",
    "HeldConnection",
    "HeldResponse",
    "RejectedResponse",
    "Wire",
    "kept_alive_socket",
]


READING_AHEAD: Any = getattr(asyncio, "ProactorEventLoop", ())
"""The event loop of Windows, which receives before anybody asks: a socket shows nothing of it."""
CALL_DEADLINE: ContextVar[float | None] = ContextVar("call_deadline", default=None)
"""When the running call must have ended, by its loop's time."""


class RejectedResponse(aiohttp.ClientError):
    """A response breaks a rule of HTTP, or a limit."""


class Wire(ResponseHandler):
    """What a connection receives, within a number of bytes and a time.

    Attributes:
        idle_since: when it was given back, by `time.time`.
    """

    idle_since = 0.0
    _left = sys.maxsize
    _deadline: float | None = None
    _configured_timeout: float | None = None
    _call_deadline: float | None = None
    _informational = 0
    _is_sent = False
    _has_response = False

    def set_response_params(self, **settings: Any) -> None:
        """Begin an exchange."""
        self._configured_timeout = settings.get("read_timeout")
        self._deadline = None
        self._call_deadline = CALL_DEADLINE.get()
        self._left = limits.HEAD + limits.BLOCK  # one read may bring much of a body along
        self._informational = 0
        self._is_sent = self._has_response = False
        super().set_response_params(**settings)

    def start_timeout(self) -> None:
        """The request is sent: from now on its response is waited for."""
        self._is_sent = True
        if self._deadline is None:
            self._set_deadline()
        super().start_timeout()

    def allow(self, left: int) -> None:
        """Set how many bytes more may come."""
        self._left = left
        if self._deadline is None:
            self.renew(left)

    def renew(self, left: int) -> None:
        """Set how many bytes more may come, and let their time begin now."""
        self._left = left
        self._set_deadline()
        self._read_timeout = self._configured_timeout

    def _set_deadline(self) -> None:
        """Let the time of the response begin now; it ends with the call's at the latest."""
        if self._configured_timeout is not None:
            self._deadline = self._loop.time() + limits.SLOWEST * self._configured_timeout
            if self._call_deadline is not None and self._call_deadline < self._deadline:
                self._deadline = self._call_deadline
        else:
            self._deadline = self._call_deadline

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._reject(_("it has more bytes than a response may have"))
            return
        if self._deadline is not None:
            left = self._deadline - self._loop.time()
            if left <= 0:
                self._on_read_timeout()
                return
            if self._configured_timeout is None or left < self._configured_timeout:
                self._read_timeout = left
        super().data_received(data)
        if self._is_sent and not self._has_response and self._read_timeout_handle is None:
            self._reschedule_timeout()  # aiohttp takes an informational response for the end

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a response's head; the final one is passed on (RFC 9110, section 15.2)."""
        status = data[0].code
        if status >= 200 or status == 101:
            self._has_response = True
            super().feed_data(data, size)
            return
        self._informational += 1
        if "Content-Length" in data[0].headers or "Transfer-Encoding" in data[0].headers:
            self._reject(
                _(
                    "HTTP {status} is informational and has no body, yet announces one",
                    status=status,
                )
            )
        elif self._informational > limits.INFORMATIONAL:
            self._reject(
                _(
                    "more than {informational} informational responses precede it",
                    informational=limits.INFORMATIONAL,
                )
            )

    def close(self) -> None:
        """Close at once: over TLS, a closing handshake would outlive the event loop."""
        self.abort()

    def set_exception(self, exc: BaseException, *cause: Any) -> None:
        """Fail the exchange, and whoever reads its body: aiohttp forgets them in the trailers."""
        super().set_exception(exc, *cause)
        payload = self._payload
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(exc, *cause)

    @property
    def is_clean(self) -> bool:
        """Whether nothing has come since the response ended, be it a part of another one.

        The parser keeps a part until the rest comes, and is replaced when the next request is sent:
        the rest would be taken for its response. An empty line means nothing between two responses,
        and completes or spoils a part.
        """
        parser: Any = self._parser
        if hasattr(parser, "_lines"):  # aiohttp's parser in Python, where it has none in C
            return not parser._lines and not parser._tail
        try:
            messages, _ignored, tail = parser.feed_data(b"\r\n\r\n")
        except Exception:  # noqa: BLE001 - whatever it is, it is about bytes that nobody asked for
            return False
        return not messages and not tail

    def _reject(self, what: str) -> None:
        self.set_exception(RejectedResponse(what))
        self._payload = None  # else the end of the connection would be its error
        if self.transport is not None:
            self.transport.abort()


class HeldResponse(aiohttp.ClientResponse):
    """A response that keeps its connection until `release_connection` is called."""

    _is_released = False

    def _release_connection(self) -> None:
        if self._is_released:
            super()._release_connection()

    @property
    def wire(self) -> Wire | None:
        """The connection's other end."""
        protocol = self._connection and self._connection.protocol
        return protocol if isinstance(protocol, Wire) else None

    def release_connection(self, *, keep: bool) -> None:
        """Give the connection back, to be kept or to be closed."""
        self._is_released = True
        wire = self.wire
        if keep and wire is not None and self.content.is_eof():
            wire.idle_since = time.time()
            self._release_connection()
        else:
            self.close()

    def __del__(self, *_ignored: Any) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and so are its sockets
                connection.close()


class HeldConnection:
    """A connection that is out of its pool until it is released.

    Args:
        raw: the response.
        is_reusable: whether it is certain where it ends.
    """

    __slots__ = ("_is_reusable", "_raw")

    def __init__(self, raw: HeldResponse, is_reusable: bool) -> None:
        self._raw: HeldResponse | None = raw
        self._is_reusable = is_reusable

    def release(self, keep: bool, /) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.release_connection(keep=keep and self._is_reusable)


class Connector(aiohttp.TCPConnector):
    """Passes over a kept connection that is old or at its end, or on which something came unasked.

    What comes unasked answers no request, and a signature does not say which request it answers.
    The event loop may not have noticed it yet, so the socket itself is asked.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = functools.partial(Wire, loop=self._loop)  # type: ignore[assignment]

    async def _create_connection(self, *arguments: Any) -> Any:
        """Connect by the call's deadline: name resolution and handshake count as well."""
        try:
            async with asyncio.timeout_at(CALL_DEADLINE.get()):
                return await super()._create_connection(*arguments)
        except aiohttp.ServerTimeoutError:
            raise
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(_("the call's deadline passed")) from error

    async def _get(self, *arguments: Any) -> Any:
        if isinstance(self._loop, READING_AHEAD):
            await asyncio.sleep(0)  # the loop asks the system what has come,
            await asyncio.sleep(0)  # and the connection is told
        while (connection := await super()._get(*arguments)) is not None:
            protocol: Any = connection.protocol
            if (
                not protocol.should_close
                and not limits.was_idle_for_long(protocol.idle_since)
                and not _has_news(protocol.transport)
                and protocol.is_clean
            ):
                break
            connection.close()
        return connection


def kept_alive_socket(address: Any) -> socket.socket:
    """A socket that asks now and then whether the other end is still there (RFC 9293, 3.8.4)."""
    family, kind, protocol, *_ignored = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return made


def _has_news(transport: asyncio.BaseTransport | None) -> bool:
    """Whether there is something to read on an idle connection: an end, or bytes."""
    sock: Any = transport and transport.get_extra_info("socket")
    return sock is not None and is_readable(sock)
