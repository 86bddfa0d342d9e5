"""Sync transport: HTTP/1.1 over sockets, with the target as it was signed.

An HTTP library's part of a call would take longer than all of this, and what matters about a
response has to be checked here all the same. So this package does what is left: it makes
connections (`connecting`, `happy_eyeballs`) and keeps them (`pool`), writes requests (`message`),
and reads responses strictly (`connection`, `response`, `decoding`, `receiving`).
"""

from __future__ import annotations

import os
import ssl
import threading

from ...messages.authority import Origin
from ...messages.request import Request
from ...messages.response import Response
from ...utils.exceptions import WeChatPayError
from .. import failure, limits
from ..head import RejectedResponse
from ..proxy import Proxy
from ..slots import occupy
from ..tls import TLS
from .connecting import Connector
from .connection import Connection
from .message import message
from .pool import HeldConnection, Pool
from .receiving import TruncatedResponse, receive

__all__ = ["SyncTransport"]


class SyncTransport:
    """Keeps connections per origin and client certificate; safe for threads, remade after a fork.

    Args:
        tls: makes the TLS contexts.
        proxy: in between, or None.
        pool_size: idle connections kept per origin and client certificate.
        max_connections: in use at a time.
    """

    def __init__(self, tls: TLS, proxy: Proxy | None, pool_size: int, max_connections: int) -> None:
        self._connector = Connector(tls, proxy)
        self._proxy = proxy
        self._pool_size = pool_size
        self._max_connections = max_connections
        self._make_pool()

    def _make_pool(self) -> None:
        self._pool = Pool(self._pool_size)
        self._slots = threading.BoundedSemaphore(self._max_connections)
        self._owner = os.getpid()

    def send(self, request: Request) -> Response:
        """Transmit a request, blocking.

        Raises:
            TransportError: no usable response came back.
            ConfigurationError: the request cannot be sent.
        """
        if self._owner != os.getpid():
            # A socket shared with the parent process would mix up two conversations.
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
        sent = message(request, self._proxy if is_forwarded else None)
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
            raise _failure(request, error) from cause
        response.connection = HeldConnection(pool, key, connection, is_reusable)
        return response

    def _connect(self, request: Request, timeout: float | None) -> Connection:
        """Make a connection; whatever goes wrong, nothing of the request was sent."""
        try:
            return self._connector.connect(Origin(request.origin), request.certificate, timeout)
        except WeChatPayError:
            raise
        except TimeoutError as error:
            raise failure.timeout(request, error, connected=False) from error
        except ssl.SSLError as error:
            raise failure.tls(request, error) from error
        except Exception as error:  # noqa: BLE001 - a caller need only handle our errors
            cause = failure.cause(request, error, self._proxy)
            raise failure.unreachable(request, error) from cause

    def close(self) -> None:
        """Close the connections that are kept, and those in use once they are given back."""
        pool, self._pool = self._pool, Pool(self._pool_size)
        pool.close()


def _exchange(connection: Connection, request: Request, sent: memoryview) -> tuple[Response, bool]:
    """Send a request and receive its response; also whether the connection can be used again."""
    try:
        connection.send(sent)
    except (BrokenPipeError, ConnectionResetError):
        # The server may have responded before it had all of the request (RFC 9112, section 9.5).
        return receive(connection, request)[0], False
    return receive(connection, request)


def _failure(request: Request, error: Exception) -> Exception:
    """The error that callers see, for one that was raised after a connection was made."""
    if isinstance(error, TimeoutError):
        return failure.timeout(request)
    if isinstance(error, RejectedResponse):
        return failure.rejected(request, str(error))
    if isinstance(error, TruncatedResponse):
        return failure.truncated(request, error)
    # Whatever else is raised, a caller need only handle the errors of this library.
    return failure.broken(request, error)
