"""The received bytes of a connection, and the limits for more."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

from ...utils.translation import _
from .. import limits
from ..head import RejectedResponse

__all__ = ["NotHTTPError", "Reading", "Received"]

T = TypeVar("T")

Reading: TypeAlias = Generator[Callable[[], object] | None, bytes, T]
"""Yields None to request the next bytes, or a function to run; see the package."""

END_OF_HEAD = re.compile(rb"\n\r?\n")
BEGIN = b"HTTP/1."


class NotHTTPError(Exception):
    """The received bytes are not an HTTP/1 response."""


class Received:
    """The received, unread bytes of a connection.

    The server controls what it sends and how slowly, so all reading is limited; see `limits`.
    """

    __slots__ = ("_at", "_buffer", "_call_deadline", "_deadline", "_left", "_timeout")

    def __init__(self) -> None:
        self._buffer: bytes | bytearray = b""
        self._at = 0
        self._left = 0
        self._timeout: float | None = None
        self._deadline: float | None = None
        self._call_deadline: float | None = None

    def begin(self, timeout: float | None, deadline: float | None) -> None:
        """Set the limits of the next request and its response.

        Args:
            timeout: seconds for one read or write; None for no limit.
            deadline: when the whole call must end, by `time.monotonic`, or None.
        """
        self._timeout = timeout
        self._deadline = self._call_deadline = deadline

    def allow(self, left: int) -> None:
        """Set how many more bytes may arrive."""
        self._left = left

    def renew(self, left: int) -> None:
        """Set how many more bytes may arrive, and restart their time limit."""
        self._left = left
        if self._timeout is not None:
            end = time.monotonic() + limits.SLOWEST * self._timeout
            deadline = self._call_deadline
            self._deadline = end if deadline is None or end < deadline else deadline

    def patience(self) -> float | None:
        """Return the seconds to wait for the next bytes, or None for no limit.

        Raises:
            TimeoutError: no time is left.
        """
        timeout = self._timeout
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(_("timed out"))
            if timeout is None or left < timeout:
                return left
        return timeout

    def head(self) -> Reading[bytes]:
        """Read the head of a response, up to an empty line, which is omitted.

        Raises:
            EOFError: the connection ends before that.
            NotHTTPError: the bytes do not begin like an HTTP/1 response.
        """
        searched = self._at
        while True:
            end = END_OF_HEAD.search(self._buffer, searched)
            if end is not None:
                head = bytes(self._buffer[self._at : end.start() + 1])
                self._at = end.end()
                return head
            begin = self._buffer[self._at : self._at + len(BEGIN)]
            if not BEGIN.startswith(bytes(begin)):
                raise NotHTTPError(_("the data is not an HTTP/1 response"))
            searched = max(len(self._buffer) - self._at - len("\n\r"), 0)
            yield from self._more()

    def line(self, most: int) -> Reading[bytes]:
        """Read a line, including its line end.

        Args:
            most: maximum length in bytes.

        Raises:
            EOFError: the connection ends before that.
            RejectedResponse: the line is longer.
        """
        while (end := self._buffer.find(b"\n", self._at, self._at + most)) < 0:
            if len(self._buffer) - self._at >= most:
                raise RejectedResponse(_("it contains a line longer than {most} bytes", most=most))
            yield from self._more()
        line, self._at = self._buffer[self._at : end + 1], end + 1
        return bytes(line)

    def some(self, most: int) -> Reading[bytes]:
        """Read bytes of a body; empty only at the end of the connection.

        Args:
            most: maximum number of bytes.
        """
        if self._at == len(self._buffer):
            data = self._count((yield None))
            if len(data) <= most:
                return data
            self._buffer, self._at = data, 0
        piece = bytes(self._buffer[self._at : self._at + most])
        self._at += len(piece)
        return piece

    def exactly(self, length: int) -> Reading[bytes]:
        """Read exactly that many bytes.

        Raises:
            EOFError: the connection ends before that.
        """
        pieces = []
        while length:
            piece = yield from self.some(length)
            if not piece:
                raise EOFError(_("{length} more bytes were announced", length=length))
            length -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _more(self) -> Reading[None]:
        """Receive more bytes."""
        data = self._count((yield None))
        if not data:
            raise EOFError(_("the server closed the connection"))
        if self._at == len(self._buffer):
            self._buffer = data
        else:
            rest = bytearray(self._buffer) if isinstance(self._buffer, bytes) else self._buffer
            del rest[: self._at]
            rest += data
            self._buffer = rest
        self._at = 0

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise RejectedResponse(_("it is larger than a response may be"))
        return data

    def is_drained(self) -> bool:
        """Return whether no received bytes are left."""
        return self._at == len(self._buffer)
