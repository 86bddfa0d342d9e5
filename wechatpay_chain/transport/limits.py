"""Limits for the size of a response and the time to read it.

The server controls what it sends, so every part of a response is limited: its header, preceding
informational responses, its body with its framing, and the total time. All transports use the
limits of this module.
"""

from __future__ import annotations

import re
import time

from ..messages.headers import Headers
from ..messages.request import Request, Timeout
from ..utils.display import printable
from ..utils.translation import _
from . import failure

__all__ = [
    "BLOCK",
    "BODILESS",
    "HEAD",
    "IDLE",
    "INFORMATIONAL",
    "SLOWEST",
    "check_head",
    "content_coding",
    "is_framed_plainly",
    "seconds_left",
    "timeouts",
    "was_idle_for_long",
    "wire_limit",
]

HEAD = 256 * 1024
"""Maximum bytes of a response's header, including preceding informational responses."""

IDLE = 30.0
"""Seconds for which an idle connection is kept: a NAT may drop one that is kept longer."""

INFORMATIONAL = 8
"""Maximum number of informational responses (1xx); RFC 9110, section 15.2, sets no limit."""

SLOWEST = 4
"""A response must end within this multiple of the read timeout; for a body written to a `sink`,
each block must."""

BLOCK = 1024 * 1024
"""Bytes in one block of a streamed body."""

DECODED = ("gzip", "deflate")
"""Content codings that both HTTP libraries always decode. A response must not combine two of them:
each multiplies the size of the other's output."""

NO_WEIGHT = re.compile(r"q\s*=\s*0(\.0*)?")
BODILESS = (204, 304)
"""Final statuses without a body (RFC 9112, section 6.3)."""


def timeouts(request: Request) -> Timeout:
    """Return the seconds to connect and between two reads, limited by the call's deadline.

    Raises:
        TransportTimeout: the deadline has passed; nothing was sent.
    """
    connect, read = request.timeout
    if request.deadline is None:
        return connect, read
    left = request.deadline - time.monotonic()
    if left <= 0:
        raise failure.overdue(request, sent=False)
    return (
        left if connect is None or left < connect else connect,
        left if read is None or left < read else read,
    )


def seconds_left(request: Request) -> float | None:
    """Return the seconds until a call's deadline: 0 if it has passed, None if there is none."""
    return None if request.deadline is None else max(0.0, request.deadline - time.monotonic())


def wire_limit(body: int) -> int:
    """Return the maximum bytes on the wire for a body, including its chunk framing and trailers."""
    return 2 * body + BLOCK


def check_head(request: Request, headers: Headers, length: int | None, limit: int | None) -> None:
    """Reject a body before it is read.

    Args:
        request: the request.
        headers: the response headers.
        length: the announced bytes of the body, or None.
        limit: the maximum bytes of the body, or None.

    Raises:
        TransportError: the response has a content coding that was not requested or is not
            supported, several codings, a length that is not a number, a framing other than chunks,
            or is too large.
    """
    codings = _codings(headers)
    if codings and (len(codings) > 1 or not _is_accepted(request, codings[0])):
        raise failure.coded(request, ", ".join(codings))
    for number in headers.get_all("Content-Length"):
        if not (number.isascii() and number.strip().isdigit()):
            why = _("its Content-Length is {number!r}, not a number", number=printable(number, 40))
            raise failure.rejected(request, why)
    for coding in headers.get_all("Transfer-Encoding"):
        if coding.strip().lower() != "chunked":
            why = _(
                "its Transfer-Encoding is {coding!r}; expected only 'chunked'",
                coding=printable(coding, 40),
            )
            raise failure.rejected(request, why)
    if limit is not None and length is not None and length > limit:
        raise failure.too_large(request, limit)


def content_coding(headers: Headers) -> str:
    """Return the content coding to decode a body from; empty if there is none."""
    return "".join(_codings(headers))


def was_idle_for_long(since: float) -> bool:
    """Return whether a connection was idle for so long that the server may have dropped it.

    The wall clock is used because the monotonic clock stops while a machine or function is
    suspended.

    Args:
        since: a time by `time.time`; if the clock was set back since then, the result is True.
    """
    return not 0 <= time.time() - since <= IDLE


def is_framed_plainly(status_code: int, headers: Headers) -> bool:
    """Return whether a response's end is certain, so that its connection is reusable.

    It is not certain if two fields define it (RFC 9112, section 6.3, rule 3), nor after a status
    without a body: a server that sends a body anyway may send it even after the next request.
    """
    if status_code in BODILESS:
        return False
    return len(headers.get_all("Content-Length")) + len(headers.get_all("Transfer-Encoding")) <= 1


def _codings(headers: Headers) -> list[str]:
    """Return the content codings of a response; empty if the only one is `identity`."""
    fields = headers.get_all("Content-Encoding")
    if not fields:
        return []
    names = [name.strip().lower() for name in ",".join(fields).split(",")]
    return [name for name in names if name] if set(names) - {"", "identity"} else []


def _is_accepted(request: Request, coding: str) -> bool:
    """Return whether a request accepts a supported content coding (RFC 9110, section 12.5.3)."""
    if coding not in DECODED:
        return False
    named = {}
    for item in ",".join(request.headers.get_all("Accept-Encoding")).lower().split(","):
        name, _ignored, weight = item.partition(";")
        named[name.strip().removeprefix("x-")] = not NO_WEIGHT.fullmatch(weight.strip())
    return named.get(coding, named.get("*", False))
