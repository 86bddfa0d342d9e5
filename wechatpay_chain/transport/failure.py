"""One wording for what can go wrong on the wire, whichever library noticed."""

from __future__ import annotations

import re

from ..messages.request import TOKEN, Request
from ..utils.display import printable
from ..utils.exceptions import TransportError, TransportTimeout
from .proxy import Proxy

__all__ = [
    "broken",
    "cause",
    "coded",
    "rejected",
    "timeout",
    "tls",
    "too_large",
    "truncated",
    "unreachable",
]

CREDENTIAL = re.compile("[0-9A-Za-z+/=_-]{16,}")
MAYBE_DONE = "WeChat Pay may have acted on it: query before sending it again"


def timeout(request: Request, *, connected: bool = True) -> TransportTimeout:
    """Nothing came for as long as the request allows."""
    connect, read = request.timeout
    return TransportTimeout(
        f"{_call(request)}: no answer in time (timeout=({connect}, {read}) seconds to connect and "
        f"between reads). {MAYBE_DONE if connected else 'Nothing was sent'}"
    )


def unreachable(request: Request, error: BaseException) -> TransportError:
    """No connection was made."""
    return TransportError(
        f"{_call(request)}: cannot connect ({_reason(error)}). Nothing was sent; check the "
        "network, DNS, base_uri and proxy"
    )


def tls(request: Request, error: BaseException) -> TransportError:
    """A connection was made to somebody who could not prove to be WeChat Pay."""
    return TransportError(
        f"{_call(request)}: TLS failed ({_reason(error)}). Nothing was "
        "sent; for a private authority give verify= the path of its CA bundle"
    )


def truncated(request: Request, error: BaseException) -> TransportError:
    """Fewer bytes came than the answer announced."""
    return TransportError(
        f"{_call(request)}: the answer ended early ({_reason(error)}). {MAYBE_DONE}"
    )


def broken(request: Request, error: BaseException) -> TransportError:
    """Anything else between a connection and a complete answer."""
    return TransportError(
        f"{_call(request)}: the connection broke ({_reason(error)}). {MAYBE_DONE}"
    )


def too_large(request: Request, limit: int) -> TransportError:
    """More bytes came, or were announced, than a response may have."""
    return TransportError(
        f"{_call(request)}: the response is larger than max_response_size={limit} bytes; give a "
        f"larger one, or sink= for a file. {MAYBE_DONE}"
    )


def coded(request: Request, coding: str) -> TransportError:
    """A body came in a content coding that was not asked for, or that is not decoded."""
    return TransportError(
        f"{_call(request)}: the response has Content-Encoding {printable(coding, 100)!r}. One "
        f"coding is accepted, gzip or deflate, if the request's Accept-Encoding names it. "
        f"{MAYBE_DONE}"
    )


def rejected(request: Request, what: str) -> TransportError:
    """A response breaks a rule of HTTP, or a limit."""
    return TransportError(f"{_call(request)}: the response is refused: {what}. {MAYBE_DONE}")


def cause(request: Request, error: BaseException, proxy: Proxy | None) -> BaseException:
    """A library's exception to chain; its text alone where it tells a credential or is unprintable.

    Args:
        request: whose header fields are secret.
        error: what the library raised.
        proxy: whose login is secret.
    """
    values = [request.headers.get(name, "") for name in ("Authorization", "Cookie")]
    values += [token for _, token in TOKEN.findall(request.target)]
    if proxy is not None:
        values += [login.removeprefix("Basic ") for login in proxy.headers().values()]
    tokens = {token for value in values for token in [value, *CREDENTIAL.findall(value)] if token}
    shown = "".join(f"{link} {link!r}" for link in _chain(error))
    if shown.isprintable() and not any(token in shown for token in tokens):
        return error
    text = f"{type(error).__qualname__}: {_reason(error)}"
    for token in tokens:
        text = text.replace(token, "***")
    return TransportError(text)


def _chain(error: BaseException) -> list[BaseException]:
    """An exception with those that it was raised from or while handling."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and all(following is not link for link in links):
        links.append(following)
        following = following.__cause__ or following.__context__
    return links


def _call(request: Request) -> str:
    return f"{request.method} {request.origin}{printable(request.path)}"


def _reason(error: BaseException) -> str:
    # What aiohttp says of an answer names the URL, and a proxy's URL may hold a password.
    message = getattr(error, "message", None)
    status = getattr(error, "status", "")
    text = f"{status} {message or error}".strip() or type(error).__name__
    return printable(text)
