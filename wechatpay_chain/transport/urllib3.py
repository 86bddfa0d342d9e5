"""Sync transport: urllib3's connection pools, fed the target as it was signed."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)

from ..messages.authority import Origin
from ..messages.headers import Headers, SentFields
from ..messages.request import Digest, Request
from ..messages.response import Releasable, Response
from ..utils.exceptions import WeChatPayError
from . import failure, limits
from .proxy import Proxy
from .slots import occupy
from .tls import TLS
from .urllib3_connection import (
    ForeignResponse,
    HeldConnection,
    RejectedResponse,
    Source,
    connection_class,
)
from .urllib3_log import install

if TYPE_CHECKING:
    from ..messages.request import Sink

__all__ = ["Urllib3Transport"]

CHUNK = 256 * 1024
install()
SOCKET_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),  # RFC 9293, section 3.8.4
)
NO_RETRY = urllib3.Retry(False, redirect=False)


class Urllib3Transport:
    """One pool per origin and client certificate; safe for threads, remade after a fork."""

    def __init__(self, tls: TLS, proxy: Proxy | None, pool_size: int, max_connections: int) -> None:
        self._tls = tls
        self._proxy = proxy
        self._pool_size = pool_size
        self._max_connections = max_connections
        self._slots = threading.BoundedSemaphore(max_connections)
        self._pools: dict[tuple[str, Any], urllib3.HTTPConnectionPool] = {}
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        self._remake_after_fork()
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
        try:
            return self._exchange(request)
        except WeChatPayError:
            raise
        except (NameResolutionError, NewConnectionError, ProxyError) as error:
            cause = getattr(error, "original_error", None)
            if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
                raise failure.timeout(request, connected=False) from error
            raise failure.unreachable(request, error) from self._cause(request, error)
        except ConnectTimeoutError as error:
            raise failure.timeout(request, connected=False) from error
        except exceptions.TimeoutError as error:
            raise failure.timeout(request, connected=not _in_handshake(error)) from error
        except SSLError as error:
            if _caused_by(error, ssl.SSLCertVerificationError) or _in_handshake(error):
                raise failure.tls(request, error) from error
            raise failure.broken(request, error) from self._cause(request, error)
        except ProtocolError as error:
            if _caused_by(error, TimeoutError):
                raise failure.timeout(request) from error
            for cause in _causes(error):
                if isinstance(cause, RejectedResponse):
                    raise failure.rejected(request, str(cause)) from error
            if _caused_by(error, http.client.IncompleteRead, exceptions.IncompleteRead):
                raise failure.truncated(request, error) from self._cause(request, error)
            raise failure.broken(request, error) from self._cause(request, error)
        except Exception as error:  # noqa: BLE001 - see below
            # Whatever the library raises, a caller need only handle the errors of this one.
            raise failure.broken(request, error) from self._cause(request, error)

    def _exchange(self, request: Request) -> Response:
        pool = self._pool(request)
        target = request.target
        if pool.proxy is not None and pool.scheme == "http":
            target = request.url
        headers = SentFields(request.headers.pairs())
        headers.deadline = request.deadline
        raw: Any = pool.urlopen(
            request.method,
            target,
            body=request.content or (None if request.method == "GET" else b""),
            headers=headers,
            retries=NO_RETRY,
            redirect=False,
            assert_same_host=False,
            timeout=_timeout(*limits.timeouts(request)),
            preload_content=False,
        )
        held, fields = _hold(pool, raw)
        try:
            return _read(raw, fields, request, held)
        except BaseException:
            raw.close()
            held.release(False)
            raise

    def _cause(self, request: Request, error: BaseException) -> BaseException:
        return failure.cause(request, error, self._proxy)

    def _remake_after_fork(self) -> None:
        if self._owner != os.getpid():
            # A socket shared with the parent process would mix up two conversations.
            self._pools, self._lock, self._owner = {}, threading.Lock(), os.getpid()
            self._slots = threading.BoundedSemaphore(self._max_connections)

    def _pool(self, request: Request) -> urllib3.HTTPConnectionPool:
        merchant = request.certificate
        key = (request.origin, merchant and merchant.certificate.signature)
        pool = self._pools.get(key)
        if pool is None:
            with self._lock:
                pool = self._pools.get(key) or self._make(request)
                self._pools[key] = pool
        return pool

    def _make(self, request: Request) -> urllib3.HTTPConnectionPool:
        origin = Origin(request.origin)
        settings: dict[str, Any] = {"maxsize": self._pool_size, "socket_options": SOCKET_OPTIONS}
        if origin.scheme == "https":
            settings["ssl_context"] = self._tls.context(request.certificate)
        if self._proxy is None:
            kind = (
                urllib3.HTTPSConnectionPool
                if origin.scheme == "https"
                else urllib3.HTTPConnectionPool
            )
            pool = kind(origin.host, origin.port, **settings)
        else:
            manager = urllib3.ProxyManager(
                self._proxy.origin, proxy_headers=self._proxy.headers(), **settings
            )
            pool = manager.connection_from_host(origin.host, origin.port, origin.scheme)
        pool.ConnectionCls = connection_class(pool.ConnectionCls)
        return pool

    def close(self) -> None:
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()


def _causes(error: BaseException) -> tuple[object, ...]:
    """An error and what it wraps."""
    return (error, error.__cause__, *error.args)


def _caused_by(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _in_handshake(error: BaseException) -> bool:
    return any(getattr(cause, "in_handshake", False) for cause in _causes(error))


def _hold(pool: Any, raw: Any) -> tuple[Releasable, Headers]:
    """Keep urllib3 from giving a connection back as soon as its response has been read."""
    connection = raw.connection
    response = getattr(connection, "response", None)
    if response is None:
        return ForeignResponse(raw), Headers.over(raw.headers.iteritems(), raw.headers.getlist)
    raw._connection = None
    headers = response.headers.all
    return HeldConnection(pool, connection, limits.is_framed_plainly(raw.status, headers)), headers


def _read(raw: Any, headers: Headers, request: Request, held: Releasable) -> Response:
    streamed = request.sink is not None and request.sink.takes(raw.status)
    limit = request.options.max_response_size if streamed else request.max_response_size
    length = getattr(raw, "length_remaining", None)
    limits.check_head(request, headers, length, limit)
    source = getattr(getattr(held, "response", None), "source", None)
    digest = None
    if request.sink is not None and streamed:
        digest = request.digest(headers) if request.digest is not None else None
        _stream(raw, request, request.sink, digest, limit, source)
        content = bytes(request.sink.head)
    else:
        content = _content(raw, request, None if limits.is_coded(headers) else length, source)
    return Response(
        raw.status,
        headers,
        content,
        request=request,
        streamed=streamed,
        digest=digest,
        connection=held,
    )


def _content(raw: Any, request: Request, length: int | None, source: Source | None) -> bytes:
    """A body in memory, of a length that is known or within the limit."""
    limit = request.max_response_size
    if source is not None:
        source.allow(limits.wire_limit(limit if length is None else length))
    if length is not None:
        content: bytes = raw.read()
        return content
    gathered = bytearray()
    while chunk := raw.read(CHUNK):
        gathered += chunk
        if len(gathered) > limit:
            raise failure.too_large(request, limit)
    return bytes(gathered)


def _stream(
    raw: Any,
    request: Request,
    sink: Sink,
    digest: Digest | None,
    limit: int | None,
    source: Source | None,
) -> None:
    """Write a body to a sink; each block of it has time of its own."""
    sink.open()
    block = limits.BLOCK
    while True:
        if source is not None and block >= limits.BLOCK:
            source.renew(limits.wire_limit(limits.BLOCK))
            block = 0
        chunk = raw.read(CHUNK)
        if not chunk:
            break
        block += len(chunk)
        if digest is not None:
            digest.update(chunk)
        sink.write(chunk)
        if limit is not None and sink.size > limit:
            raise failure.too_large(request, limit)


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> urllib3.Timeout:
    return urllib3.Timeout(connect=connect, read=read)
