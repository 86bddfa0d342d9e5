"""Uniform errors for failures on the wire, whichever library raised them."""

from __future__ import annotations

import re
import ssl
import time

from ..messages.request import TOKEN, Request, TransportError, TransportTimeout
from ..utils.display import printable
from ..utils.translation import N_, _
from .head import RejectedResponse, TruncatedResponse
from .proxy import Proxy

__all__ = [
    "broken",
    "cause",
    "coded",
    "no_connection",
    "of_connecting",
    "of_exchange",
    "overdue",
    "rejected",
    "timeout",
    "tls",
    "too_large",
    "truncated",
    "unreachable",
]

CREDENTIAL = re.compile("[0-9A-Za-z+/=_-]{16,}")
MAYBE_DONE = N_("WeChat Pay may have processed it: query before you send it again")
NOTHING_SENT = N_("Nothing was sent")


def of_connecting(request: Request, error: Exception) -> TransportError:
    """Return the error for a failed connection: nothing was sent."""
    if isinstance(error, TimeoutError):
        return timeout(request, error, connected=False)
    if isinstance(error, ssl.SSLError):
        return tls(request, error)
    return unreachable(request, error)


def of_exchange(request: Request, error: Exception) -> TransportError:
    """Return the error for a failure after a connection was made."""
    if isinstance(error, TimeoutError):
        return timeout(request)
    if isinstance(error, RejectedResponse):
        return rejected(request, str(error))
    if isinstance(error, TruncatedResponse):
        return truncated(request, error)
    # Any other exception is also converted to an error of this library.
    return broken(request, error)


def timeout(
    request: Request, error: BaseException | None = None, *, connected: bool = True
) -> TransportTimeout:
    """Return the error if nothing arrived within the request's timeout or the call's deadline.

    Args:
        request: the request of the call.
        error: an exception with a more specific message, or None.
        connected: False if nothing of the request was sent.
    """
    if request.deadline is not None and time.monotonic() >= request.deadline:
        return overdue(request, sent=None if connected else False)
    connect, read = request.timeout
    return TransportTimeout(
        _(
            "{call}: no response in time (timeout=({connect}, {read}) seconds to connect and "
            "between reads{reason}). {outcome}",
            call=_call(request),
            connect=connect,
            read=read,
            reason="" if error is None else f"; {_reason(error)}",
            outcome=_(MAYBE_DONE if connected else NOTHING_SENT),
        ),
        request,
        sent=None if connected else False,
    )


def overdue(request: Request, *, sent: bool | None = None) -> TransportTimeout:
    """Return the error for a call that exceeded its deadline.

    Args:
        request: the request of the call.
        sent: False if nothing of it was sent.
    """
    return TransportTimeout(
        _(
            "{call}: the call did not finish before its deadline (deadline= in seconds for all "
            "attempts). {outcome}",
            call=_call(request),
            outcome=_(NOTHING_SENT if sent is False else MAYBE_DONE),
        ),
        request,
        sent=sent,
    )


def no_connection(request: Request) -> TransportTimeout:
    """Return the error if all connections were in use until the call's deadline."""
    return TransportTimeout(
        _(
            "{call}: no connection became free before the call's deadline; all connections "
            "(max_connections=) were in use. Nothing was sent; make fewer concurrent calls, or "
            "raise max_connections=",
            call=_call(request),
        ),
        request,
        sent=False,
    )


def unreachable(request: Request, error: BaseException) -> TransportError:
    """Return the error if no connection was made."""
    return _unsent(
        request,
        _(
            "cannot connect ({reason}). Nothing was sent; check the network, DNS, base_uri and "
            "proxy",
            reason=_reason(error),
        ),
    )


def tls(request: Request, error: BaseException) -> TransportError:
    """Return the error if the other end could not prove that it is WeChat Pay."""
    return _unsent(
        request,
        _(
            "TLS failed ({reason}). Nothing was sent; for a private CA pass the path of its CA "
            "bundle as verify=",
            reason=_reason(error),
        ),
    )


def truncated(request: Request, error: BaseException) -> TransportError:
    """Return the error if fewer bytes arrived than announced."""
    return _unknown(request, _("the response ended early ({reason})", reason=_reason(error)))


def broken(request: Request, error: BaseException) -> TransportError:
    """Return the error for any other failure between a connection and a complete response."""
    return _unknown(request, _("the connection broke ({reason})", reason=_reason(error)))


def too_large(request: Request, limit: int) -> TransportError:
    """Return the error if more bytes arrived, or were announced, than allowed."""
    return _unknown(
        request,
        _(
            "the response is larger than max_response_size={limit} bytes; raise it, or save a "
            "file with sink=",
            limit=limit,
        ),
        permanent=True,
    )


def coded(request: Request, coding: str) -> TransportError:
    """Return the error for a content coding that was not requested, or is not supported."""
    return _unknown(
        request,
        _(
            "the response has Content-Encoding {coding!r}. Only one coding is accepted, gzip or "
            "deflate, and only if the request's Accept-Encoding lists it",
            coding=printable(coding, 100),
        ),
    )


def rejected(request: Request, what: str) -> TransportError:
    """Return the error for a response that violates HTTP or a limit."""
    return _unknown(request, _("the response is rejected: {what}", what=what))


def _unsent(request: Request, what: str) -> TransportError:
    return TransportError(f"{_call(request)}: {what}", request, sent=False)


def _unknown(request: Request, what: str, *, permanent: bool = False) -> TransportError:
    text = f"{_call(request)}: {what}. {MAYBE_DONE}"
    return TransportError(text, request, permanent=permanent)


def cause(request: Request, error: BaseException, proxy: Proxy | None) -> BaseException:
    """Return an exception to chain; only its text if it contains a credential or is unprintable.

    Args:
        request: the request; its header fields are secret.
        error: the library's exception.
        proxy: the proxy; its login is secret.
    """
    values = [request.headers.get(name, "") for name in ("Authorization", "Cookie")]
    values += [token for _ignored, token in TOKEN.findall(request.target)]
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
    """Return an exception with its causes and contexts."""
    links: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and all(following is not link for link in links):
        links.append(following)
        following = following.__cause__ or following.__context__
    return links


def _call(request: Request) -> str:
    return f"{request.method} {request.origin}{request.shown_path}"


def _reason(error: BaseException) -> str:
    # aiohttp's message contains the URL, and a proxy URL may contain a password.
    message = getattr(error, "message", None)
    status = getattr(error, "status", "")
    text = f"{status} {message or error}".strip() or type(error).__name__
    return printable(text)
