"""A connection whose reads and writes are bounded, in bytes and in time.

A server decides what it sends and how slowly, so nothing here reads without a limit: `limits` has
the numbers.
"""

from __future__ import annotations

import re
import time
from typing import Any, Protocol

from .. import limits
from ..head import RejectedResponse
from ..liveness import is_readable

__all__ = ["Connection", "NotHTTPError", "Socket"]

BLOCK = 64 * 1024
CHUNK = 256 * 1024
END_OF_HEAD = re.compile(rb"\n\r?\n")
BEGIN = b"HTTP/1."


class NotHTTPError(Exception):
    """What came is not a response of HTTP/1."""


class Socket(Protocol):
    """A socket, an `ssl.SSLSocket`, or what stands for one. Those of TLS have `pending` as well."""

    def recv(self, most: int, /) -> bytes: ...
    def sendall(self, data: memoryview, /) -> object: ...
    def gettimeout(self) -> float | None: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


class Connection:
    """One connection to a server or proxy.

    Args:
        sock: connected.

    Attributes:
        idle_since: when it was given back, by `time.time`.
    """

    __slots__ = (
        "_at",
        "_buffer",
        "_call_deadline",
        "_deadline",
        "_left",
        "_pending",
        "_sock",
        "_timeout",
        "idle_since",
    )

    def __init__(self, sock: Socket) -> None:
        self._sock = sock
        self._pending: Any = getattr(sock, "pending", None)
        self._buffer = b""
        self._at = 0
        self._left = 0
        self._timeout: float | None = None
        self._deadline: float | None = None
        self._call_deadline: float | None = None
        self.idle_since = 0.0

    def begin(self, timeout: float | None, deadline: float | None) -> None:
        """Set the bounds of the next request and its response.

        Args:
            timeout: seconds for one read, and for one write of at most 64 KiB; None for no end.
            deadline: when the whole call must have ended, by `time.monotonic`, or None.
        """
        self._timeout = timeout
        self._deadline = self._call_deadline = deadline

    def send(self, message: memoryview) -> None:
        """Send bytes.

        Args:
            message: a memoryview, whose repr shows nothing in a traceback.

        Raises:
            TimeoutError: the other end takes nothing for as long as the timeout.
            OSError: the connection broke.
        """
        for start in range(0, len(message), BLOCK):
            self._set_timeout()
            self._sock.sendall(message[start : start + BLOCK])

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

    def head(self) -> bytes:
        """Receive the head of a response: its lines up to an empty one, which is left out.

        Raises:
            EOFError: the connection ends before.
            NotHTTPError: it does not begin as a response of HTTP/1 does.
        """
        searched = self._at
        while True:
            end = END_OF_HEAD.search(self._buffer, searched)
            if end is not None:
                head = self._buffer[self._at : end.start() + 1]
                self._at = end.end()
                return head
            begin = self._buffer[self._at : self._at + len(BEGIN)]
            if not BEGIN.startswith(begin):
                raise NotHTTPError("what came is not a response of HTTP/1")
            searched = max(len(self._buffer) - self._at - len("\n\r"), 0)
            self._fill()

    def line(self, most: int) -> bytes:
        """Receive a line, with its end.

        Args:
            most: bytes that it may have.

        Raises:
            EOFError: the connection ends before.
            RejectedResponse: the line is longer.
        """
        while (end := self._buffer.find(b"\n", self._at, self._at + most)) < 0:
            if len(self._buffer) - self._at >= most:
                raise RejectedResponse(f"a line of it is longer than {most} bytes")
            self._fill()
        line, self._at = self._buffer[self._at : end + 1], end + 1
        return line

    def some(self, most: int) -> bytes:
        """Receive some bytes of a body; none only at the end of the connection.

        Args:
            most: how many, at most.
        """
        if self._at == len(self._buffer):
            return self._receive(min(most, CHUNK))
        data = self._buffer[self._at : self._at + most]
        self._at += len(data)
        return data

    def exactly(self, length: int) -> bytes:
        """Receive that many bytes.

        Raises:
            EOFError: the connection ends before.
        """
        if len(self._buffer) - self._at >= length:
            data = self._buffer[self._at : self._at + length]
            self._at += length
            return data
        pieces = []
        while length:
            pieces.append(piece := self.some(length))
            length -= len(piece)
            if not piece:
                raise EOFError(f"{length} bytes more were announced")
        return b"".join(pieces)

    def _fill(self) -> None:
        data = self._receive(BLOCK)
        if not data:
            raise EOFError("the server closed the connection")
        self._buffer = self._buffer[self._at :] + data
        self._at = 0

    def _receive(self, most: int) -> bytes:
        self._set_timeout()
        data = self._sock.recv(most)
        self._left -= len(data)
        if self._left < 0:
            raise RejectedResponse("it has more bytes than a response may have")
        return data

    def _set_timeout(self) -> None:
        timeout = self._timeout
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            if timeout is None or left < timeout:
                timeout = left
        if self._sock.gettimeout() != timeout:  # a system call less
            self._sock.settimeout(timeout)

    def is_drained(self) -> bool:
        """Whether nothing is left over of what came, be it in the buffer or in that of TLS."""
        return self._at == len(self._buffer) and (self._pending is None or not self._pending())

    def is_usable(self) -> bool:
        """Whether a kept connection may be used again.

        It must not have been idle for long, nor be at its end, nor have received what nobody asked
        for: that would answer the next request.
        """
        return not limits.was_idle_for_long(self.idle_since) and not is_readable(self._sock)

    def close(self) -> None:
        """Close the socket; nothing happens the second time."""
        self._sock.close()
