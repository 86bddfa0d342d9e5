"""Serializes a request (RFC 9112, sections 2 and 3)."""

from __future__ import annotations

import re

from ...messages.authority import Origin
from ...messages.headers import Headers
from ...messages.request import Request
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..proxy import Proxy

__all__ = ["connect_message", "request_message"]

HEAD = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]++ [\x21-\x7e]++ HTTP/1\.1\r\n"
    r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++: .*+\n)*+"  # `_rendered` counts the line ends
)
HOST = re.compile(r"\nhost:", re.IGNORECASE)
FRAMING = re.compile(r"\n(?:content-length|transfer-encoding):", re.IGNORECASE)


def request_message(request: Request, proxy: Proxy | None) -> memoryview:
    """Serialize a request.

    Args:
        request: the request; its target is sent exactly as signed.
        proxy: the proxy if the request line contains an absolute URL; None if it contains a path.

    Returns:
        A memoryview, because its repr shows no credential in a traceback.

    Raises:
        ConfigurationError: the method, the target or a header field cannot be sent.
    """
    headers = request.headers
    for name, value in () if proxy is None else proxy.headers().items():
        headers = headers.added(name, value)
    rendered = _rendered(
        f"{request.method} {request.target if proxy is None else request.url}",
        request.origin.partition("//")[2],
        headers,
        request.content or (None if request.method == "GET" else b""),
    )
    if rendered is None:
        raise ConfigurationError(
            _(
                "{request}: its method, target or a header cannot be sent. A header is a token "
                "and a single line of text (RFC 9110, section 5); the client sets Content-Length "
                "and Transfer-Encoding itself",
                request=request,
            )
        )
    return rendered


def connect_message(origin: Origin, proxy: Proxy) -> memoryview:
    """Serialize a CONNECT request (RFC 9110, section 9.3.6).

    Args:
        origin: the destination of the tunnel.
        proxy: the proxy.
    """
    place = f"{origin.host}:{origin.port}"
    login = "".join([f"{name}: {value}\r\n" for name, value in proxy.headers().items()])
    head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{login}\r\n"
    return memoryview(head.encode("ascii"))


def _rendered(line: str, host: str, headers: Headers, content: bytes | None) -> memoryview | None:
    """Serialize a request, or return None: an error raised here would show credentials."""
    pairs = headers.pairs()
    begin = f"{line} HTTP/1.1\r\n"
    fields = "".join([f"{name}: {value}\r\n" for name, value in pairs])
    given = begin + fields
    if (
        HEAD.fullmatch(given) is None
        or not given.count("\r") == given.count("\n") == len(pairs) + 1
        or "\0" in given
        or FRAMING.search(given)
    ):
        return None
    own = "" if HOST.search(given) else f"Host: {host}\r\n"
    if content is not None:
        own += f"Content-Length: {len(content)}\r\n"
    try:
        return memoryview(f"{begin}{own}{fields}\r\n".encode("latin-1") + (content or b""))
    except UnicodeEncodeError:
        return None
