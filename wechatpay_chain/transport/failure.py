"""One wording for what can go wrong on the wire, whichever library noticed."""

from __future__ import annotations

from ..display import printable
from ..errors import TransportError, TransportTimeout
from ..messages import Request

__all__ = ["broken", "timeout", "tls", "truncated", "unreachable"]

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


def _call(request: Request) -> str:
    return f"{request.method} {request.origin}{printable(request.path)}"


def _reason(error: BaseException) -> str:
    # What aiohttp says of an answer names the URL, and a proxy's URL may hold a password.
    message = getattr(error, "message", None)
    status = getattr(error, "status", "")
    text = f"{status} {message or error}".strip() or type(error).__name__
    return printable(text)
