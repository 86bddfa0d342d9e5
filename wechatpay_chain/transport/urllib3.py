"""Sync transport: urllib3's connection pools, fed the target as it was signed."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)

from ..errors import TransportError
from ..messages import Headers, Request, Response
from . import failure
from .tls import TLS

if TYPE_CHECKING:
    from ..download import Download

__all__ = ["Urllib3Transport"]

CHUNK = 256 * 1024
NO_RETRY = urllib3.Retry(False, redirect=False)


class Urllib3Transport:
    """One pool per origin and client certificate; safe for threads, remade after a fork."""

    def __init__(self, tls: TLS, proxy: str | None, pool_size: int) -> None:
        self._tls = tls
        self._proxy = proxy
        self._pool_size = pool_size
        self._pools: dict[tuple[str, Any], urllib3.HTTPConnectionPool] = {}
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        try:
            return self._send(request)
        except exceptions.TimeoutError as error:
            raise failure.timeout(request) from error
        except SSLError as error:
            raise failure.tls(request, error) from error
        except (NameResolutionError, NewConnectionError, ProxyError) as error:
            raise failure.unreachable(request, error) from error
        except IncompleteRead as error:
            raise failure.truncated(request, error) from error
        except ProtocolError as error:
            if any(isinstance(cause, IncompleteRead) for cause in error.args):
                raise failure.truncated(request, error) from error
            raise failure.broken(request, error) from error
        except (HTTPError, LocationValueError, OSError) as error:
            raise failure.broken(request, error) from error

    def _send(self, request: Request) -> Response:
        pool = self._pool(request)
        target = request.target
        if pool.proxy is not None and pool.scheme == "http":
            target = request.url
        raw = pool.urlopen(
            request.method,
            target,
            body=request.content or (None if request.method == "GET" else b""),
            headers=dict(request.headers.pairs()),
            retries=NO_RETRY,
            redirect=False,
            assert_same_host=False,
            timeout=_timeout(*request.timeout),
            preload_content=False,
        )
        finished = False
        try:
            headers = Headers(raw.headers.iteritems())
            if request.sink is not None and 200 <= raw.status < 300:
                response = _stream(raw, headers, request, request.sink)
            else:
                response = Response(raw.status, headers, raw.read(), request=request)
            finished = True
            return response
        finally:
            if finished:
                raw.release_conn()
            else:
                raw.close()

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
        settings: dict[str, Any] = {"maxsize": self._pool_size}
        if request.origin.startswith("https:"):
            settings["ssl_context"] = self._tls.context(request.certificate)
        if self._proxy is None:
            pool = urllib3.connection_from_url(request.origin, **settings)
        else:
            parts = urlsplit(self._proxy)
            login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
            auth = urllib3.make_headers(proxy_basic_auth=login) if parts.username else None
            proxy = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
            manager = urllib3.ProxyManager(proxy, proxy_headers=auth, **settings)
            pool = manager.connection_from_url(request.origin)
        return pool

    def close(self) -> None:
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()


def _stream(raw: Any, headers: Headers, request: Request, sink: Download) -> Response:
    digest = request.digest(headers) if request.digest is not None else None
    sink.open()
    for chunk in raw.stream(CHUNK):
        if digest is not None:
            digest.update(chunk)
        try:
            sink.write(chunk)
        except OSError as error:
            raise TransportError(f"sink: cannot write: {error}") from error
    return Response(
        raw.status, headers, bytes(sink.head), request=request, streamed=True, digest=digest
    )


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> urllib3.Timeout:
    return urllib3.Timeout(connect=connect, read=read)
