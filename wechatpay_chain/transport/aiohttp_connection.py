"""aiohttp connections with limits for responses, which are reused only if they are clean.

aiohttp releases a connection as soon as a response has ended, runs no timer after an informational
response, and limits neither the bytes nor the time of a whole response. `Connector` creates
connections with the protocol `Wire`, which does; `HeldResponse` is the session's `response_class`.
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
"""The event loop of Windows, which reads ahead: the socket does not show received bytes."""
CALL_DEADLINE: ContextVar[float | None] = ContextVar("call_deadline", default=None)
"""When the running call must end, by its loop's clock."""


class RejectedResponse(aiohttp.ClientError):
    """A response violates HTTP or a limit."""


class Wire(ResponseHandler):
    """The receiving side of a connection, with limits for bytes and time.

    Attributes:
        idle_since: when the connection was released, by `time.time`.
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
        self._left = limits.HEAD + limits.BLOCK  # one read may include many bytes of the body
        self._informational = 0
        self._is_sent = self._has_response = False
        super().set_response_params(**settings)

    def start_timeout(self) -> None:
        """Start waiting for the response, after the request was sent."""
        self._is_sent = True
        if self._deadline is None:
            self._set_deadline()
        super().start_timeout()

    def allow(self, left: int) -> None:
        """Set how many more bytes may arrive."""
        self._left = left
        if self._deadline is None:
            self.renew(left)

    def renew(self, left: int) -> None:
        """Set how many more bytes may arrive, and restart their time limit."""
        self._left = left
        self._set_deadline()
        self._read_timeout = self._configured_timeout

    def _set_deadline(self) -> None:
        """Start the time limit of the response; it ends with the call's deadline at the latest."""
        if self._configured_timeout is not None:
            self._deadline = self._loop.time() + limits.SLOWEST * self._configured_timeout
            if self._call_deadline is not None and self._call_deadline < self._deadline:
                self._deadline = self._call_deadline
        else:
            self._deadline = self._call_deadline

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._reject(_("it is larger than a response may be"))
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
            self._reschedule_timeout()  # aiohttp treats an informational response as the end

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Process a response's head; only the final one is passed on (RFC 9110, section 15.2)."""
        status = data[0].code
        if status >= 200 or status == 101:
            self._has_response = True
            super().feed_data(data, size)
            return
        self._informational += 1
        if "Content-Length" in data[0].headers or "Transfer-Encoding" in data[0].headers:
            self._reject(
                _(
                    "HTTP {status} is informational and cannot have a body, but announces one",
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
        """Close immediately: a TLS closing handshake would outlive the event loop."""
        self.abort()

    def set_exception(self, exc: BaseException, *cause: Any) -> None:
        """Fail the exchange and its body reader, which aiohttp omits during trailers."""
        super().set_exception(exc, *cause)
        payload = self._payload
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(exc, *cause)

    @property
    def is_clean(self) -> bool:
        """Whether nothing has arrived since the response ended, not even a part of another one.

        The parser keeps a partial message until the rest arrives, and is replaced when the next
        request is sent: the rest would then become that request's response. An empty line between
        two responses is harmless, and completes or invalidates a partial message.
        """
        parser: Any = self._parser
        if hasattr(parser, "_lines"):  # aiohttp's pure Python parser
            return not parser._lines and not parser._tail
        try:
            messages, _ignored, tail = parser.feed_data(b"\r\n\r\n")
        except Exception:  # noqa: BLE001 - unsolicited bytes: any error is irrelevant
            return False
        return not messages and not tail

    def _reject(self, what: str) -> None:
        self.set_exception(RejectedResponse(what))
        self._payload = None  # otherwise the end of the connection would raise an error in it
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
        """The protocol of the connection."""
        protocol = self._connection and self._connection.protocol
        return protocol if isinstance(protocol, Wire) else None

    def release_connection(self, *, keep: bool) -> None:
        """Release the connection, to be kept or closed."""
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
    """A connection outside its pool until it is released.

    Args:
        raw: the response.
        is_reusable: whether the end of the response is certain.
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
    """Skips kept connections that are too old, closed, or have received unsolicited bytes.

    Unsolicited bytes answer no request, and a signature does not identify the request. The event
    loop may not have read them yet, so the socket itself is checked.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = functools.partial(Wire, loop=self._loop)  # type: ignore[assignment]

    async def _create_connection(self, *arguments: Any) -> Any:
        """Connect within the call's deadline, including name resolution and handshake."""
        try:
            async with asyncio.timeout_at(CALL_DEADLINE.get()):
                return await super()._create_connection(*arguments)
        except aiohttp.ServerTimeoutError:
            raise
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(_("the call's deadline passed")) from error

    async def _get(self, *arguments: Any) -> Any:
        if isinstance(self._loop, READING_AHEAD):
            await asyncio.sleep(0)  # the loop polls for received bytes,
            await asyncio.sleep(0)  # then informs the connection
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
    """Create a socket with TCP keep-alive (RFC 9293, section 3.8.4)."""
    family, kind, protocol, *_ignored = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return made


def _has_news(transport: asyncio.BaseTransport | None) -> bool:
    """Return whether an idle connection has something to read: its end, or bytes."""
    sock: Any = transport and transport.get_extra_info("socket")
    return sock is not None and is_readable(sock)
