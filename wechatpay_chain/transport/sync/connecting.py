"""Makes a connection to an origin: TCP, an optional proxy tunnel, and optional TLS."""

from __future__ import annotations

import socket
import ssl
import time

from ...crypto.certificate import MerchantCertificate
from ...messages.authority import Origin
from ...utils.translation import _
from .. import limits
from ..http1.message import connect_message
from ..http1.response import read_head
from ..proxy import Proxy
from ..tls import TLS
from .connection import Connection
from .happy_eyeballs import ConnectError, connect
from .tunnelled_tls import TunnelledTLS

__all__ = ["Connector"]


class Connector:
    """Makes connections, before anything of a request is sent.

    Args:
        tls: creates the TLS contexts.
        proxy: the proxy, or None.
    """

    def __init__(self, tls: TLS, proxy: Proxy | None) -> None:
        self._tls = tls
        self._proxy = proxy

    def connect(
        self, origin: Origin, merchant: MerchantCertificate | None, timeout: float | None
    ) -> Connection:
        """Connect to an origin, or to its proxy.

        Args:
            origin: the destination of the requests.
            merchant: the client certificate, or None.
            timeout: seconds for everything, or None for no limit.

        Raises:
            TimeoutError: it took longer.
            ssl.SSLError: a handshake failed.
            OSError: no connection was made; the message lists the error of each address.
            Exception: the proxy's response is invalid.
        """
        context = self._tls.context(merchant) if origin.scheme == "https" else None
        deadline = None if timeout is None else time.monotonic() + timeout
        where = origin if self._proxy is None else self._proxy.origin
        sock = connect(where.host, where.port, deadline)
        try:
            if self._proxy is not None:
                if where.scheme == "https":
                    sock = _secure(sock, self._tls.context(None), where, deadline)
                if context is not None:
                    _open_tunnel(sock, origin, self._proxy, deadline)
            if context is None:
                return Connection(sock)
            if isinstance(sock, ssl.SSLSocket):
                sock.settimeout(_left(deadline))
                return Connection(TunnelledTLS(sock, context, _name(origin)))
            return Connection(_secure(sock, context, origin, deadline))
        except BaseException:
            sock.close()
            raise


def _secure(
    sock: socket.socket, context: ssl.SSLContext, origin: Origin, deadline: float | None
) -> ssl.SSLSocket:
    """Return the socket after a TLS handshake with an origin."""
    sock.settimeout(_left(deadline))
    return context.wrap_socket(sock, server_hostname=_name(origin))


def _name(origin: Origin) -> str:
    """Return the name or address that the certificate must have."""
    return origin.host.strip("[]")


def _open_tunnel(sock: socket.socket, origin: Origin, proxy: Proxy, deadline: float | None) -> None:
    """Open a tunnel to an origin through a proxy (RFC 9110, section 9.3.6)."""
    connection = Connection(sock)
    connection.begin(_left(deadline), deadline)
    connection.send(connect_message(origin, proxy))
    connection.received.renew(limits.HEAD)
    head = connection.run(read_head(connection.received))
    if not 200 <= head.status_code < 300:
        raise ConnectError(
            _("the proxy responded HTTP {status_code} to CONNECT", status_code=head.status_code)
        )
    if not connection.is_drained():
        raise ConnectError(_("the proxy sent data after its response to CONNECT"))


def _left(deadline: float | None) -> float | None:
    """Return the seconds until a deadline.

    Raises:
        TimeoutError: it has passed.
    """
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(_("timed out"))
    return left
