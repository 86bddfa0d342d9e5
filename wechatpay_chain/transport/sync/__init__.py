"""Sync transport: HTTP/1.1 over sockets, with the target exactly as signed.

An HTTP library would take longer than this whole package, and the important checks of a response
are required here in any case. This package makes connections (`connecting`, `happy_eyeballs`) and
keeps them (`pool`); `http1` serializes requests and parses responses.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol

from ...messages.authority import Origin
from ...messages.request import Request
from ...messages.response import Response
from ...utils.exceptions import WeChatPayError
from .. import failure, limits
from ..http1.message import request_message
from ..http1.receiving import receive
from ..proxy import Proxy
from ..slots import occupy
from .connection import Connection
from .pool import HeldConnection, Pool

if TYPE_CHECKING:
    from ...crypto.certificate import MerchantCertificate

__all__ = ["Connector", "SyncTransport"]


class Connector(Protocol):
    """Makes connections."""

    def connect(
        self, origin: Origin, merchant: MerchantCertificate | None, timeout: float | None, /
    ) -> Connection: ...


class SyncTransport:
    """Keeps connections per origin and client certificate; thread-safe, and reset after a fork.

    Args:
        connector: makes the connections.
        proxy: the proxy, or None.
        pool_size: idle connections kept per origin and client certificate.
        max_connections: maximum number of connections in use.
    """

    def __init__(
        self, connector: Connector, proxy: Proxy | None, pool_size: int, max_connections: int
    ) -> None:
        self._connector = connector
        self._proxy = proxy
        self._pool_size = pool_size
        self._max_connections = max_connections
        self._make_pool()

    def _make_pool(self) -> None:
        self._pool: Pool[Connection] = Pool(self._pool_size)
        self._slots = threading.BoundedSemaphore(self._max_connections)
        self._owner = os.getpid()

    def send(self, request: Request) -> Response:
        """Send a request and block until the response arrives.

        Raises:
            TransportError: no usable response arrived.
            ConfigurationError: the request cannot be sent.
        """
        if self._owner != os.getpid():
            # A socket shared with the parent process would mix two exchanges.
            self._make_pool()
        slots = self._slots
        if not slots.acquire(blocking=False) and not slots.acquire(
            timeout=limits.seconds_left(request)
        ):
            raise failure.no_connection(request)
        try:
            response = self._attempt(request)
        except BaseException:
            slots.release()
            raise
        return occupy(response, slots)

    def _attempt(self, request: Request) -> Response:
        connect_timeout, read_timeout = limits.timeouts(request)
        is_forwarded = self._proxy is not None and request.origin.startswith("http:")
        sent = request_message(request, self._proxy if is_forwarded else None)
        pool, merchant = self._pool, request.certificate
        key = (request.origin, merchant and merchant.certificate.signature)
        connection = pool.take(key) or self._connect(request, connect_timeout)
        try:
            connection.begin(read_timeout, request.deadline)
            response, is_reusable = _exchange(connection, request, sent)
        except BaseException as error:
            connection.close()
            if isinstance(error, WeChatPayError) or not isinstance(error, Exception):
                raise
            cause = failure.cause(request, error, self._proxy)
            raise failure.of_exchange(request, error) from cause
        response.connection = HeldConnection(pool, key, connection, is_reusable)
        return response

    def _connect(self, request: Request, timeout: float | None) -> Connection:
        """Make a connection; on failure, nothing of the request was sent."""
        try:
            return self._connector.connect(Origin(request.origin), request.certificate, timeout)
        except WeChatPayError:
            raise
        except Exception as error:  # noqa: BLE001 - see `failure`
            cause = failure.cause(request, error, self._proxy)
            raise failure.of_connecting(request, error) from cause

    def close(self) -> None:
        """Close the idle connections, and those in use when they are released."""
        pool, self._pool = self._pool, Pool(self._pool_size)
        pool.close()


def _exchange(connection: Connection, request: Request, sent: memoryview) -> tuple[Response, bool]:
    """Send a request and receive its response; also return whether the connection is reusable."""
    try:
        connection.send(sent)
    except (BrokenPipeError, ConnectionResetError):
        # The server may respond before it has received the request (RFC 9112, section 9.5).
        return connection.run(receive(connection.received, request))[0], False
    return connection.run(receive(connection.received, request))
