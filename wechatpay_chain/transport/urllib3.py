"""Sync transport: urllib3's connection pools, fed the target as it was signed."""

from __future__ import annotations

import http.client
import os
import ssl
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)

from ..authority import Origin
from ..messages import Headers, Request, Response
from . import failure
from .proxy import Proxy
from .tls import TLS

if TYPE_CHECKING:
    from ..download import Download

__all__ = ["Urllib3Transport"]

CHUNK = 256 * 1024
BLOCK = 64 * 1024
NO_RETRY = urllib3.Retry(False, redirect=False)


class Urllib3Transport:
    """One pool per origin and client certificate; safe for threads, remade after a fork."""

    def __init__(self, tls: TLS, proxy: Proxy | None, pool_size: int) -> None:
        self._tls = tls
        self._proxy = proxy
        self._pool_size = pool_size
        self._pools: dict[tuple[str, Any], urllib3.HTTPConnectionPool] = {}
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        try:
            if request.sink is not None:
                return self._download(request, request.sink)
            raw = self._open(request)
            return Response(raw.status, _headers(raw), raw.data, request=request)
        except (NameResolutionError, NewConnectionError, ProxyError) as error:
            cause = getattr(error, "original_error", None)
            if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
                raise failure.timeout(request, connected=False) from error
            raise failure.unreachable(request, error) from error
        except ConnectTimeoutError as error:
            raise failure.timeout(request, connected=False) from error
        except exceptions.TimeoutError as error:
            raise failure.timeout(request) from error
        except SSLError as error:
            if _caused_by(error, ssl.SSLCertVerificationError) or _in_handshake(error):
                raise failure.tls(request, error) from error
            raise failure.broken(request, error) from error
        except ProtocolError as error:
            if _caused_by(error, TimeoutError):
                raise failure.timeout(request) from error
            if _caused_by(error, http.client.IncompleteRead, exceptions.IncompleteRead):
                raise failure.truncated(request, error) from error
            raise failure.broken(request, error) from error
        except (HTTPError, LocationValueError, OSError, RuntimeError) as error:
            # RuntimeError: so niquests' urllib3 says that a kept connection is out of step.
            raise failure.broken(request, error) from error

    def _open(self, request: Request) -> Any:
        pool = self._pool(request)
        target = request.target
        if pool.proxy is not None and pool.scheme == "http":
            target = request.url
        return pool.urlopen(
            request.method,
            target,
            body=request.content or (None if request.method == "GET" else b""),
            headers=dict(request.headers.pairs()),
            retries=NO_RETRY,
            redirect=False,
            assert_same_host=False,
            timeout=_timeout(*request.timeout),
            preload_content=request.sink is None,
        )

    def _download(self, request: Request, sink: Download) -> Response:
        raw = self._open(request)
        headers = _headers(raw)
        complete = False
        try:
            if sink.takes(raw.status):
                response = _stream(raw, headers, request, sink)
            else:
                response = Response(raw.status, headers, raw.read(), request=request)
            complete = True
        finally:
            # Half-read, a connection would give its rest to the next request.
            (raw.release_conn if complete else raw.close)()
        return response

    def _pool(self, request: Request) -> urllib3.HTTPConnectionPool:
        if self._owner != os.getpid():
            # A socket shared with the parent process would mix up two conversations.
            self._pools, self._lock, self._owner = {}, threading.Lock(), os.getpid()
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
        settings: dict[str, Any] = {"maxsize": self._pool_size}
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
        pool.ConnectionCls = _connection(pool.ConnectionCls)
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


class _Connection:
    """Adds to a connection of urllib3's what it does not tell and does not do.

    A TLS error in the handshake is marked: nothing was sent before it. A request's header and body
    are written at once: one system call, one packet, one wake-up less.
    """

    _held: list[bytes] | None = None

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except ssl.SSLError as error:
            error.in_handshake = True  # type: ignore[attr-defined]
            raise

    def request(self, *arguments: Any, **options: Any) -> None:
        self._held = []
        try:
            super().request(*arguments, **options)  # type: ignore[misc]
            message = b"".join(self._held)
        finally:
            self._held = None
        # The timeout is one write's, so a large body on a slow line needs several.
        for begin in range(0, len(message), BLOCK):
            self.send(message[begin : begin + BLOCK])

    def send(self, data: bytes) -> None:
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


@lru_cache(maxsize=8)
def _connection(connection: Any) -> Any:
    """`_Connection` over a connection class, where that is one of `http.client`'s."""
    # Packages that take urllib3's place (niquests brings one) have protocols of their own.
    if not issubclass(connection, http.client.HTTPConnection):
        return connection
    return type(connection.__name__, (_Connection, connection), {})


def _headers(raw: Any) -> Headers:
    return Headers.over(raw.headers.iteritems(), raw.headers.getlist)


def _stream(raw: Any, headers: Headers, request: Request, sink: Download) -> Response:
    digest = request.digest(headers) if request.digest is not None else None
    sink.open()
    for chunk in raw.stream(CHUNK):
        if digest is not None:
            digest.update(chunk)
        sink.write(chunk)
    return Response(
        raw.status, headers, bytes(sink.head), request=request, streamed=True, digest=digest
    )


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> urllib3.Timeout:
    return urllib3.Timeout(connect=connect, read=read)
