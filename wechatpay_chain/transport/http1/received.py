"""What a connection has received, and how much more may come."""

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
"""Yields None for the next bytes, or a function to be run; see the package."""

END_OF_HEAD = re.compile(rb"\n\r?\n")
BEGIN = b"HTTP/1."


class NotHTTPError(Exception):
    """What came is not a response of HTTP/1."""


class Received:
    """The bytes of a connection that nobody has read yet.

    A server decides what it sends and how slowly, so nothing is read without a limit: `limits` has
    the numbers.
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
        """Set the bounds of the next request and its response.

        Args:
            timeout: seconds for one read or write; None for no end.
            deadline: when the whole call must have ended, by `time.monotonic`, or None.
        """
        self._timeout = timeout
        self._deadline = self._call_deadline = deadline

    def allow(self, left: int) -> None:
        """Set how many bytes more may come."""
        self._left = left

    def renew(self, left: int) -> None:
        """Set how many bytes more may come, and let their time begin now."""
        self._left = left
        if self._timeout is not None:
            end = time.monotonic() + limits.SLOWEST * self._timeout
            deadline = self._call_deadline
            self._deadline = end if deadline is None or end < deadline else deadline

    def patience(self) -> float | None:
        """Seconds that the next bytes may be waited for; None for no end.

        Raises:
            TimeoutError: there are none left.
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
        """Read the head of a response: its lines up to an empty one, which is left out.

        Raises:
            EOFError: the connection ends before.
            NotHTTPError: it does not begin as a response of HTTP/1 does.
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
                raise NotHTTPError(_("what came is not a response of HTTP/1"))
            searched = max(len(self._buffer) - self._at - len("\n\r"), 0)
            yield from self._more()

    def line(self, most: int) -> Reading[bytes]:
        """Read a line, with its end.

        Args:
            most: bytes that it may have.

        Raises:
            EOFError: the connection ends before.
            RejectedResponse: the line is longer.
        """
        while (end := self._buffer.find(b"\n", self._at, self._at + most)) < 0:
            if len(self._buffer) - self._at >= most:
                raise RejectedResponse(_("a line of it is longer than {most} bytes", most=most))
            yield from self._more()
        line, self._at = self._buffer[self._at : end + 1], end + 1
        return bytes(line)

    def some(self, most: int) -> Reading[bytes]:
        """Read some bytes of a body; none only at the end of the connection.

        Args:
            most: how many, at most.
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
        """Read that many bytes.

        Raises:
            EOFError: the connection ends before.
        """
        pieces = []
        while length:
            piece = yield from self.some(length)
            if not piece:
                raise EOFError(_("{length} bytes more were announced", length=length))
            length -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _more(self) -> Reading[None]:
        """Receive what follows the bytes that are there."""
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
            raise RejectedResponse(_("it has more bytes than a response may have"))
        return data

    def is_drained(self) -> bool:
        """Whether nothing is left over of what came."""
        return self._at == len(self._buffer)
