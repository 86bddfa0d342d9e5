"""Transport over connections of libcurl; requires pycurl (extra `curl`)."""

from __future__ import annotations

import ssl
from functools import partial
from typing import TYPE_CHECKING

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .. import HTTPTransport
from ..tls import Verify

if TYPE_CHECKING:
    from ..sync import SyncTransport
    from .async_transport import AsyncCurl
    from .handle import Handles

__all__ = ["CurlTransport"]


class CurlTransport(HTTPTransport):
    """Sends requests over connections of libcurl, sync and async.

    Args:
        verify: as in `HTTPTransport`, except for an `ssl.SSLContext`: libcurl has its own TLS.
        proxy: `http://[user:password@]host:port`, or None.
        max_connections: maximum number of open connections, per process for sync calls and per
            event loop for async calls; a call waits for a free one until its deadline.
        pool_size: idle connections kept per host for sync calls; more are opened as needed. Async
            calls keep theirs for 30 seconds, per event loop.

    Raises:
        ConfigurationError: pycurl is missing or too old, or an argument is invalid.
    """

    def __init__(
        self,
        *,
        verify: Verify = True,
        proxy: str | None = None,
        pool_size: int = 32,
        max_connections: int = 100,
    ) -> None:
        if isinstance(verify, ssl.SSLContext):
            raise ConfigurationError(
                _(
                    "verify is an SSLContext, which libcurl cannot use: pass CurlTransport a CA "
                    "bundle (its path or text) or a certificate"
                )
            )
        super().__init__(
            verify=verify, proxy=proxy, pool_size=pool_size, max_connections=max_connections
        )
        self._handles = _handles(self)

    def _open_sync(self) -> SyncTransport:
        from ..sync import SyncTransport
        from .connecting import CurlConnector

        connector = CurlConnector(self._handles)
        return SyncTransport(connector, self._proxy, self._pool_size, self._max_connections)

    def _open_async(self) -> AsyncCurl:
        from .async_transport import AsyncCurl
        from .session import CurlSession

        open_session = partial(CurlSession, self._max_connections)
        return AsyncCurl(self._handles, self._proxy, self._calls, open_session)


def _handles(transport: HTTPTransport) -> Handles:
    try:
        from .handle import Handles
    except ImportError as error:
        raise ConfigurationError(
            _('CurlTransport needs pycurl 7.46 or newer: pip install "wechatpay-chain[curl]"')
        ) from error
    return Handles(transport._tls, transport._proxy)
