"""How much of a response is read, and how long reading may take.

A server decides what it sends, so every part of a response is bounded: its header, the
informational responses ahead of it, its body, the framing around that, and the time that all of it
takes. Both transports count with the numbers of this module.
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
"""Bytes of a response's header, with those of the informational responses ahead of it."""

IDLE = 30.0
"""Seconds that a connection is kept without use: a NAT may forget one that is kept longer."""

INFORMATIONAL = 8
"""Informational responses (1xx) that are passed over. RFC 9110, section 15.2, sets no number."""

SLOWEST = 4
"""A response ends within this many times the read timeout; one that goes to a `sink`, each of its
blocks does."""

BLOCK = 1024 * 1024
"""Bytes of a streamed body that make up a block."""

DECODED = ("gzip", "deflate")
"""Content codings that both HTTP libraries decode, whatever else is installed. Never two of them in
one response: each multiplies what the other makes of a few bytes."""

NO_WEIGHT = re.compile(r"q\s*=\s*0(\.0*)?")
BODILESS = (204, 304)
"""Final statuses whose responses end with their header (RFC 9112, section 6.3)."""


def timeouts(request: Request) -> Timeout:
    """Seconds to connect and between reads, as far as the call's deadline leaves them.

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
    """Seconds until a call's deadline, 0 where it has passed; None where there is none."""
    return None if request.deadline is None else max(0.0, request.deadline - time.monotonic())


def wire_limit(body: int) -> int:
    """Bytes on the wire for a body of that many: chunk sizes, extensions and trailers included."""
    return 2 * body + BLOCK


def check_head(request: Request, headers: Headers, length: int | None, limit: int | None) -> None:
    """Refuse a body before it is read.

    Args:
        request: what is answered.
        headers: of the response.
        length: bytes of the body that the response announces, or None.
        limit: bytes that it may have, or None.

    Raises:
        TransportError: it has a content coding that was not asked for or is not decoded, several
            of them, a length that is no number, or another framing than chunks; or it is too large.
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
                "its Transfer-Encoding is {coding!r}; only 'chunked' is expected",
                coding=printable(coding, 40),
            )
            raise failure.rejected(request, why)
    if limit is not None and length is not None and length > limit:
        raise failure.too_large(request, limit)


def content_coding(headers: Headers) -> str:
    """The content coding that a body must be decoded from; empty where there is none."""
    return "".join(_codings(headers))


def was_idle_for_long(since: float) -> bool:
    """Whether a connection may have been given up since it was kept.

    The wall clock tells: where a machine sleeps, or a function is frozen, the monotonic one stands.

    Args:
        since: by `time.time`; a clock that was set back since then tells nothing.
    """
    return not 0 <= time.time() - since <= IDLE


def is_framed_plainly(status_code: int, headers: Headers) -> bool:
    """Whether it is certain where a response ends, so that its connection can be used again.

    It is not where two fields say so (RFC 9112, section 6.3, rule 3), nor after a status without a
    body: a server that sends one all the same may send it at any time, even after the next request.
    """
    if status_code in BODILESS:
        return False
    return len(headers.get_all("Content-Length")) + len(headers.get_all("Transfer-Encoding")) <= 1


def _codings(headers: Headers) -> list[str]:
    """The content codings of a response; none where all it has is `identity`."""
    fields = headers.get_all("Content-Encoding")
    if not fields:
        return []
    names = [name.strip().lower() for name in ",".join(fields).split(",")]
    return [name for name in names if name] if set(names) - {"", "identity"} else []


def _is_accepted(request: Request, coding: str) -> bool:
    """Whether a request asks for a content coding (RFC 9110, section 12.5.3) that is decoded."""
    if coding not in DECODED:
        return False
    named = {}
    for item in ",".join(request.headers.get_all("Accept-Encoding")).lower().split(","):
        name, _ignored, weight = item.partition(";")
        named[name.strip().removeprefix("x-")] = not NO_WEIGHT.fullmatch(weight.strip())
    return named.get(coding, named.get("*", False))
