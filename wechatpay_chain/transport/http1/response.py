"""Strict parser for HTTP/1 responses (RFC 9112).

Input that two parsers could interpret differently is an error, because otherwise one of them could
take a part of a response for the next one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...messages.headers import Headers
from ...utils.translation import _
from .. import limits
from ..head import RejectedResponse, parse_fields
from .received import NotHTTPError, Reading, Received

__all__ = ["Body", "Framing", "Head", "framing", "read_head"]

STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: [^\x00\r\n]*+)?\r?\n")
LINE = 64 * 1024
LENGTH = re.compile("[0-9]{1,18}")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
"""The beginning of a chunk (section 7.1). `int` would also accept a sign, `0x` and underscores."""
CLOSE = re.compile(r"(?:^|,)[ \t]*close[ \t]*(?:,|$)", re.IGNORECASE)
KEEP_ALIVE = re.compile(r"(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)", re.IGNORECASE)
END_OF_LINE = (b"\r\n", b"\n")


class Head(NamedTuple):
    """The head of a response."""

    http_version: str
    status_code: int
    headers: Headers
    is_persistent: bool
    """Whether the server keeps the connection (section 9.3)."""


class Framing(NamedTuple):
    """The end of a body: after `length` bytes, after the last chunk, or with the connection."""

    length: int | None
    is_chunked: bool = False


def read_head(received: Received) -> Reading[Head]:
    """Read the head of the final response; skip informational ones (RFC 9110, section 15.2).

    Raises:
        EOFError: the connection ends before that.
        NotHTTPError: the bytes are not an HTTP/1 response.
        RejectedResponse: a line is not a header field, the response switches protocols, or there
            are too many informational responses.
    """
    for _number in range(limits.INFORMATIONAL + 1):
        head = yield from received.head()
        status = STATUS_LINE.match(head)
        if status is None:
            raise NotHTTPError(_("the data has no HTTP/1 status line"))
        headers = parse_fields(head[status.end() :])
        status_code = int(status[2])
        if status_code >= 200:
            is_persistent = _is_persistent(status[1], headers)
            return Head(f"1.{status[1].decode()}", status_code, headers, is_persistent)
        if status_code == 101:
            raise RejectedResponse(_("HTTP 101 switches to a protocol that was not requested"))
    raise RejectedResponse(
        _(
            "more than {informational} informational responses precede it",
            informational=limits.INFORMATIONAL,
        )
    )


def _is_persistent(minor_version: bytes, headers: Headers) -> bool:
    options = ",".join(headers.get_all("Connection"))
    if minor_version == b"0":  # section 6.1: HTTP/1.0 has no Transfer-Encoding
        return KEEP_ALIVE.search(options) is not None and "Transfer-Encoding" not in headers
    return CLOSE.search(options) is None


def framing(head: Head, method: str) -> Framing:
    """Return where the body of a response ends (section 6.3).

    Args:
        head: the head of the response.
        method: the method of the request.

    Raises:
        RejectedResponse: the announced length is not a number, or there are different ones.
    """
    if head.status_code in limits.BODILESS or method == "HEAD":
        return Framing(0)
    if head.headers.get("Transfer-Encoding", "").lower() == "chunked":
        return Framing(None, is_chunked=True)
    lengths = head.headers.get_all("Content-Length")
    if not lengths:
        return Framing(None)
    if not LENGTH.fullmatch(lengths[0]) or len(set(lengths)) > 1:
        raise RejectedResponse(_("its Content-Length is not a number of at most 18 digits"))
    return Framing(int(lengths[0]))


class Body:
    """A body, read piece by piece while it arrives.

    Args:
        received: positioned after the head.
        ends: where the body ends.
    """

    __slots__ = ("_ends", "_has_ended", "_is_in_chunk", "_left", "_received")

    def __init__(self, received: Received, ends: Framing) -> None:
        self._received = received
        self._ends = ends
        self._left = ends.length or 0
        self._is_in_chunk = False
        self._has_ended = False

    def read(self) -> Reading[bytes]:
        """Read the next piece; empty at the end of the body.

        Raises:
            EOFError: the connection ends before that.
            RejectedResponse: a chunk or trailer violates section 7.1.
        """
        if self._has_ended:
            return b""
        if self._ends == Framing(None):
            piece = yield from self._received.some(limits.BLOCK)
            self._has_ended = not piece
            return piece
        if not self._left and self._ends.is_chunked:
            yield from self._begin_chunk()
        if not self._left:
            self._has_ended = True
            return b""
        piece = yield from self._received.some(self._left)
        if not piece:
            raise EOFError(_("{left} more bytes were announced", left=self._left))
        self._left -= len(piece)
        return piece

    def _begin_chunk(self) -> Reading[None]:
        if self._is_in_chunk and (yield from self._received.exactly(2)) != b"\r\n":
            raise RejectedResponse(_("a chunk is longer than its declared size"))
        found = CHUNK_SIZE.fullmatch((yield from self._received.line(LINE)))
        if found is None:
            raise RejectedResponse(_("a chunk size is not a hexadecimal number on its own line"))
        self._is_in_chunk = True
        self._left = int(found[1], 16)
        if not self._left:
            while (trailer := (yield from self._received.line(LINE))) not in END_OF_LINE:
                parse_fields(trailer)  # only checked to be a header field
