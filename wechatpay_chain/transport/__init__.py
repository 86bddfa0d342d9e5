"""The only package that does I/O: sockets for sync calls, aiohttp for async calls.

`HTTPTransport` combines the two and imports each on first use. Many clients can share one.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from ..messages.request import Request
from ..messages.response import Response
from ..utils.display import represented
from ..utils.exceptions import ConfigurationError
from ..utils.lifetime import GRACE, Calls
from ..utils.secret import hide
from ..utils.translation import _
from .proxy import Proxy, parse
from .tls import TLS, Verify

if TYPE_CHECKING:
    from .sync import SyncTransport

__all__ = ["HTTPTransport"]


class AsyncTransport(Protocol):
    """Sends requests on the running event loop."""

    def send(self, request: Request, /) -> Coroutine[Any, Any, Response]: ...

    async def close(self) -> None: ...


class HTTPTransport:
    """Sends requests over HTTP/1.1 and reuses connections.

    Args:
        verify: True trusts the system's authorities; a path is a CA bundle in PEM; a certificate is
            the only trusted authority; an `ssl.SSLContext` is used unchanged and presents the
            client certificate loaded into it; False disables verification, for local tests only.
        proxy: `http://[user:password@]host:port`, or None. Percent-encode reserved characters in
            user and password.
        max_connections: maximum number of open connections, per process for sync calls and per
            event loop for async calls; a call waits for a free one until its deadline.
        pool_size: idle connections kept per host for sync calls; more are opened as needed. Async
            calls keep theirs for 30 seconds, per event loop.
    """

    _proxy: Proxy | None = None  # so that even a partially initialized transport has a repr

    def __init__(
        self,
        *,
        verify: Verify = True,
        proxy: str | None = None,
        pool_size: int = 32,
        max_connections: int = 100,
    ) -> None:
        proxy = hide(proxy)
        self._proxy = parse(proxy)
        self._tls = TLS(verify)
        self._pool_size = pool_size
        self._max_connections = _count(max_connections)
        self.unreachable: dict[str, float] = {}  # see `middleware.failover`
        self._calls = Calls(_("the transport"))
        self._unlock()
        self._sync: SyncTransport | None = None
        self._async: AsyncTransport | None = None
        _instances.add(self)

    def _unlock(self) -> None:
        """Create new, free locks; also after a fork."""
        self._lock = threading.Lock()
        self._tls.unlock()

    @property
    def has_own_context(self) -> bool:
        """Whether `verify` is an `ssl.SSLContext`, which is then used for `security=True`."""
        return self._tls.is_given

    def send(self, request: Request) -> Response:
        """Send a request and block until the response arrives.

        Raises:
            TransportError: no usable response arrived.
        """
        if self._sync is None:
            with self._lock:
                self._sync = self._sync or self._open_sync()
        call = self._calls.start()
        try:
            return self._sync.send(request)
        finally:
            self._calls.finish(call)

    def send_async(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Send a request on the running event loop.

        Raises:
            TransportError: no usable response arrived.
        """
        if self._async is None:
            with self._lock:
                self._async = self._async or self._open_async()
        return self._async.send(request)

    def _open_sync(self) -> SyncTransport:
        from .sync import SyncTransport
        from .sync.connecting import Connector

        connector = Connector(self._tls, self._proxy)
        return SyncTransport(connector, self._proxy, self._pool_size, self._max_connections)

    def _open_async(self) -> AsyncTransport:
        from .aiohttp import AiohttpTransport

        return AiohttpTransport(self._tls, self._proxy, self._calls, self._max_connections)

    def close(self, grace: float | None = GRACE) -> None:
        """Close the sync connections after the running sync calls have ended.

        New sync calls are rejected until this method returns; later calls open new connections.

        Args:
            grace: seconds to wait for running calls; None waits for all of them.
        """
        with self._calls.closing(grace):
            self._close_sync()

    async def aclose(self, grace: float | None = GRACE) -> None:
        """Close the running loop's connections and the sync ones, as `close` does.

        Args:
            grace: seconds to wait for running calls; async calls are then aborted.
        """
        async with self._calls.closing_async(grace):
            self._close_sync()
            if self._async is not None:
                await self._async.close()

    def _close_sync(self) -> None:
        if self._sync is not None:
            self._sync.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{f' via {self._proxy.origin}' if self._proxy else ''}>"


def _count(given: object) -> int:
    """Check a `max_connections` argument.

    Raises:
        ConfigurationError: it is not an int of 1 or more.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    raise ConfigurationError(
        _(
            "max_connections={represented}: expected a whole number of 1 or more",
            represented=represented(given),
        )
    )


_instances: weakref.WeakSet[HTTPTransport] = weakref.WeakSet()


def _unlock_all() -> None:
    for each in tuple(_instances):
        each._unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
