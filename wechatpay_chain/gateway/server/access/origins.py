"""Detects whether a request comes from this machine, a page of another site, or a proxy.

A connection from a loopback address is not sufficient: a reverse proxy or a tunnel on this machine
forwards requests from other machines, and a web page can make the browser send requests.

Sources: RFC 9110, section 7.2 (Host); RFC 9112, section 3.2.2 (absolute-form); RFC 7239
(Forwarded); RFC 6454 (Origin); https://www.w3.org/TR/fetch-metadata/ (Sec-Fetch-Site);
https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version (HTTP/1.0)
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from aiohttp import HttpVersion11, web

__all__ = [
    "OWN_NAMES",
    "SAFE",
    "is_foreign_page",
    "is_forwarded",
    "is_local",
    "is_same_origin",
    "own_names",
    "problem",
]

OWN_NAMES: web.AppKey[frozenset[str]] = web.AppKey("own_names", frozenset)
"""Host names of this gateway, besides the loopback addresses."""

SAFE = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`, with which a form is sent with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of all responses of the console and the control API."""

AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]*)(?::([0-9]{1,5}))?", re.ASCII)
ORIGIN = re.compile(r"(https?)://([^/?#@\\]+)")
ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
PORTS = {"http": 80, "https": 443}

FORWARDED = (
    *("cdn-", "cf-", "client-ip", "cloudfront-", "fastly-", "fly-", "forwarded", "incap-"),
    *("max-forwards", "ngrok-", "proxy-", "real-ip", "remote-ip", "tailscale-", "true-client-ip"),
    *("via", "wl-proxy-", "x-akamai-", "x-amz", "x-appengine-", "x-arr-", "x-azure-"),
    *("x-client-ip", "x-cluster-client-ip", "x-coming-from", "x-envoy-", "x-forward", "x-host"),
    *("x-original-", "x-proxy", "x-real-ip", "x-remote-", "x-rewrite-", "x-url-scheme"),
    *("x-vercel-", "x-via", "z-forwarded-"),
)
"""Prefixes of headers that proxies, tunnels and content delivery networks add, but no client on
this machine sends."""

Authority = tuple[str, int | None]


def own_names(*hosts: str) -> frozenset[str]:
    """Return the host names of the gateway from its configured hosts.

    Args:
        hosts: configured hosts; a wildcard address contributes no name.
    """
    names = {host.strip("[]").lower() for host in hosts}
    return frozenset({"localhost"} | names - {"", "0.0.0.0", "::"})  # noqa: S104


def problem(request: web.Request) -> str:
    """Return why the host of a request is missing or ambiguous; empty if it is valid."""
    hosts = request.headers.getall("Host", [])
    if len(hosts) > 1:
        return "Host is given more than once"
    host = _authority(hosts[0] if hosts else "")
    if host is None:
        return "Host is missing or invalid"
    target = request.raw_path
    if target.startswith("/") or (target == "*" and request.method == "OPTIONS"):
        return ""
    absolute = ABSOLUTE.match(target)
    if absolute is None:
        return "the request target is neither a path nor an absolute URL"
    named = _authority(absolute[1])
    if named is None or _with_port(named, request.scheme) != _with_port(host, request.scheme):
        return "the request target and Host name different hosts"
    return ""


def is_local(request: web.Request) -> bool:
    """Return True if a request comes from this machine, without a proxy.

    HTTP/1.0 is rejected, because nginx uses it for upstream requests by default, and adds no header
    that identifies a proxy.
    """
    if not _is_from_here(request) or is_forwarded(request.headers):
        return False
    return (
        request.version >= HttpVersion11
        and not problem(request)
        and _is_ours(request)
        and not is_foreign_page(request)
    )


def is_forwarded(names: Iterable[str]) -> bool:
    """Return True if the headers show that a proxy or a tunnel forwarded the request."""
    return any(name.lower().replace("_", "-").startswith(FORWARDED) for name in names)


def is_foreign_page(request: web.Request) -> bool:
    """Return True if a browser sent the request for a page of another site.

    This includes requests with a foreign `Host`: with DNS rebinding, another site points its own
    name to this machine, which makes the request same-origin.
    """
    origins = request.headers.getall("Origin", [])
    if origins and not (len(origins) == 1 and _is_own_origin(origins[0], request)):
        return True
    return request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none") and not (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def is_same_origin(request: web.Request) -> bool:
    """Return True unless a page of another site caused the request.

    The scheme is ignored, because it differs behind a proxy that terminates TLS.
    """
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")


def _is_own_origin(origin: str, request: web.Request) -> bool:
    found, host = ORIGIN.fullmatch(origin), _authority(request.headers.get("Host", ""))
    if found is None or host is None or found[1] != request.scheme or not _is_ours(request):
        return False
    named = _authority(found[2])
    return named is not None and _with_port(named, found[1]) == _with_port(host, found[1])


def _is_from_here(request: web.Request) -> bool:
    """Return True for a connection from a loopback address, or from the server's own address."""
    peer = _address(request.remote or "")
    if peer is None:
        return False
    own = request.transport and request.transport.get_extra_info("sockname")
    return peer.is_loopback or (isinstance(own, tuple) and peer == _address(str(own[0])))


def _is_ours(request: web.Request) -> bool:
    """Return True if `Host` is a loopback address or a name of this gateway."""
    host = _authority(request.headers.get("Host", ""))
    if host is None:
        return False
    address = _address(host[0])
    names = request.app[OWN_NAMES]
    return host[0] in names or (address is not None and address.is_loopback)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if address.version == 6 else address


def _authority(text: str) -> Authority | None:
    """Return the host and port of a `Host` header, or None if it is invalid."""
    found = AUTHORITY.fullmatch(text)
    if found is None or int(found[2] or 0) > 65535:
        return None
    host = found[1].lower()
    if host.startswith("["):
        host = host[1:-1]
        if _address(host) is None:
            return None
    return host, int(found[2]) if found[2] else None


def _with_port(authority: Authority, scheme: str) -> Authority:
    return authority[0], authority[1] or PORTS[scheme]
