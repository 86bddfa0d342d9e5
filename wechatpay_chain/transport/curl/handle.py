"""libcurl handles that only connect.

With `CURLOPT_CONNECT_ONLY`, libcurl resolves names, tries addresses (RFC 8305), opens tunnels
through proxies and does TLS. This library then sends and receives itself, because libcurl's HTTP
repeats a request if a kept connection breaks before a response, reuses a connection before its
response is verified, and treats bytes that TLS decrypted after a response as part of the next one.
"""

from __future__ import annotations

import re
import ssl
from typing import Any

import pycurl
from cryptography.hazmat.primitives import serialization

from ...crypto.certificate import MerchantCertificate
from ...messages.authority import Origin
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..proxy import Proxy
from ..tls import TLS
from .channel import Channel

__all__ = ["Handles", "connect_error"]

OLDEST = (7, 87)
"""The first libcurl version with all options used here."""
QUICK_EXIT: int = getattr(pycurl, "QUICK_EXIT", 322)
"""CURLOPT_QUICK_EXIT: closing a handle does not wait for a running name resolution."""
LONGEST = 2**31 - 1
"""Milliseconds that mean no limit."""
TLS_ERRORS = frozenset(
    {
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_ISSUER_ERROR,
    }
)
OPENSSL = re.compile(r"error:[0-9A-F]+:[^:]*:[^:]*:([\w ]+)")
"""An OpenSSL error message; its last part is the reason."""


class Handles:
    """Creates handles for one transport.

    Args:
        tls: the trusted authorities.
        proxy: the proxy, or None.

    Raises:
        ConfigurationError: libcurl is too old.
    """

    def __init__(self, tls: TLS, proxy: Proxy | None) -> None:
        version = pycurl.version_info()[1]
        if tuple(map(int, re.findall("[0-9]+", version)[:2])) < OLDEST:
            raise ConfigurationError(
                _(
                    "CurlTransport needs libcurl {map} or newer, but pycurl was built with "
                    "{version}: install a wheel of pycurl from PyPI",
                    map=".".join(map(str, OLDEST)),
                    version=version,
                )
            )
        self._tls = tls
        self._proxy = proxy
        self._paths = ssl.get_default_verify_paths()

    def make(
        self, origin: Origin, merchant: MerchantCertificate | None, timeout: float | None
    ) -> Channel:
        """Return a channel that connects to an origin, or to its proxy.

        Args:
            origin: the destination of the requests.
            merchant: the client certificate, or None.
            timeout: seconds to connect, or None for no limit.
        """
        proxy = self._proxy
        is_tunnel = proxy is not None and origin.scheme == "https"
        where = proxy.origin if proxy is not None and not is_tunnel else origin
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, f"{where}/")
        handle.setopt(pycurl.CONNECT_ONLY, 1)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(QUICK_EXIT, 1)
        handle.setopt(pycurl.TCP_KEEPALIVE, 1)  # RFC 9293, section 3.8.4
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(timeout))
        handle.setopt(pycurl.USERAGENT, "")
        handle.setopt(pycurl.PROXY, "")  # ignore the proxy variables of the environment
        handle.setopt(pycurl.NOPROXY, "")
        channel = Channel(handle, is_tls=where.scheme == "https")
        if proxy is not None and is_tunnel:
            _open_tunnel(handle, proxy)
            handle.setopt(pycurl.HEADERFUNCTION, channel.hear)
        if where.scheme == "https":
            self._secure(handle, merchant if where is origin else None)
        return channel

    def _secure(self, handle: Any, merchant: MerchantCertificate | None) -> None:
        """Set the trusted authorities and the client certificate."""
        handle.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        authorities = self._tls.authorities
        for cafile, capath, blob in (
            (pycurl.CAINFO, pycurl.CAPATH, pycurl.CAINFO_BLOB),
            (pycurl.PROXY_CAINFO, pycurl.PROXY_CAPATH, pycurl.PROXY_CAINFO_BLOB),
        ):
            if authorities is not None:
                handle.unsetopt(cafile)
                handle.unsetopt(capath)
                handle.setopt(blob, authorities.encode())
            else:  # as the ssl module finds them, including SSL_CERT_FILE and SSL_CERT_DIR
                if self._paths.cafile is not None:
                    handle.setopt(cafile, self._paths.cafile)
                if self._paths.capath is not None:
                    handle.setopt(capath, self._paths.capath)
        if self._tls.trusts_anybody:
            handle.setopt(pycurl.SSL_VERIFYPEER, 0)
            handle.setopt(pycurl.SSL_VERIFYHOST, 0)
            handle.setopt(pycurl.PROXY_SSL_VERIFYPEER, 0)
            handle.setopt(pycurl.PROXY_SSL_VERIFYHOST, 0)
        if merchant is not None:
            pem = serialization.Encoding.PEM
            handle.setopt(pycurl.SSLCERT_BLOB, merchant.certificate.public_bytes(pem))
            handle.setopt(
                pycurl.SSLKEY_BLOB,
                merchant.private_key.private_bytes(
                    pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                ),
            )


def _open_tunnel(handle: Any, proxy: Proxy) -> None:
    """Open a tunnel through a proxy, and send the login only to the proxy."""
    handle.setopt(pycurl.PROXY, str(proxy.origin))
    handle.setopt(pycurl.HTTPPROXYTUNNEL, 1)
    handle.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
    handle.setopt(
        pycurl.PROXYHEADER, [f"{name}: {value}" for name, value in proxy.headers().items()]
    )


def _milliseconds(seconds: float | None) -> int:
    """Convert a timeout for libcurl, where 0 means its own default."""
    return LONGEST if seconds is None else min(LONGEST, max(1, int(seconds * 1000)))


def connect_error(error: pycurl.error, channel: Channel) -> OSError:
    """Convert a libcurl error to the built-in exception that `connect` raises."""
    code, message = error.args[0], str(error.args[1])
    if code == pycurl.E_WRITE_ERROR and channel.proxy_status:
        return ConnectionError(
            _(
                "the proxy responded HTTP {status_code} to CONNECT",
                status_code=channel.proxy_status,
            )
        )
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return TimeoutError(message)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return ssl.SSLError(f"CERTIFICATE_VERIFY_FAILED: {message}")
    if code in TLS_ERRORS:
        found = OPENSSL.search(message)
        reason = f"{found[1].strip().upper().replace(' ', '_')}: " if found else ""
        return ssl.SSLError(reason + message)
    return ConnectionError(message)
