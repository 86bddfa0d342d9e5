"""A connection of urllib3's whose responses are bounded, and that is kept only when it is clean.

http.client reads a status line, header and body without a limit of time, takes informational
responses for final ones, guesses where the chunks of a body begin, and drops what it has read
beyond a response. The classes here sit below urllib3's own: `Source` counts bytes and time,
`StrictResponse` passes over informational responses, reads chunks strictly, and notices what is
left over.
"""

from __future__ import annotations

import http.client
import io
import math
import re
import ssl
import time
from functools import lru_cache
from typing import Any

from urllib3.util import SKIP_HEADER

from . import limits
from .head import Fields, read_fields

__all__ = ["ForeignResponse", "HeldConnection", "RejectedResponse", "Source", "connection_class"]

BLOCK = 64 * 1024
VERSIONS = {"HTTP/1.1": 11, "HTTP/1.0": 10, "HTTP/0.9": 10}
SENT_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++: [\t\x20-\x7e]*+")
"""A header field as it is sent."""
LINE = 64 * 1024
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*[;\r\n]")
"""How a chunk begins: RFC 9112, section 7.1. `int` would take a sign, `0x` and underscores."""


class RejectedResponse(http.client.HTTPException):
    """A response breaks a rule of HTTP, or a limit."""


class Source(io.RawIOBase):
    """The bytes that a socket receives, within a number and a time.

    Args:
        sock: a socket, or what stands for one; its timeout is the time between two reads.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._timeout: float | None = sock.gettimeout()
        self._deadline = 0.0
        self._ended = False
        self._call_deadline: float | None = None
        self.renew(limits.HEAD)

    def bound(self, deadline: float | None) -> None:
        """Set when the whole call must have ended, by `time.monotonic`."""
        self._call_deadline = deadline
        if deadline is not None and (self._timeout is None or deadline < self._deadline):
            self._deadline = deadline

    def allow(self, left: int) -> None:
        """Set how many bytes more may come."""
        self._left = left

    def renew(self, left: int) -> None:
        """Set how many bytes more may come, and let their time begin now."""
        self.allow(left)
        if self._timeout is not None:
            self._deadline = time.monotonic() + limits.SLOWEST * self._timeout
            if self._call_deadline is not None:
                self._deadline = min(self._deadline, self._call_deadline)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if self._ended:
            return 0
        if self._timeout is not None or self._call_deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            if self._timeout is None or left < self._timeout:
                self._sock.settimeout(left)
        count: int = self._raw.readinto(buffer) or 0
        self._left -= count
        if self._left < 0:
            raise RejectedResponse("it has more bytes than a response may have")
        return count

    def stop(self) -> None:
        """Read nothing more."""
        self._ended = True

    def close(self) -> None:
        self._raw.close()
        super().close()


class StrictResponse(http.client.HTTPResponse):
    """A response of http.client's that is the final one (RFC 9110, section 15.2).

    Attributes:
        source: what it is read from.
        is_clean: False once something was left over when it ended.
    """

    def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
        self.source = Source(sock)
        self.is_clean = True
        self._informational = 0
        super().__init__(self.source, *arguments, **options)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Read the head of the final response, and tell where its body ends (RFC 9112, section 6).

        It does what http.client's does, with another reader of header fields.
        """
        status = 0
        while status < 200:
            version, status, reason = self._read_status()
            fields = read_fields(self.fp)
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = VERSIONS.get(version, 0) or (11 if version.startswith("HTTP/1.") else 0)
        if not self.version:
            raise http.client.UnknownProtocol(version)
        self.headers = self.msg = fields
        bodiless = status in limits.BODILESS or self._method == "HEAD"  # type: ignore[attr-defined]
        self.chunked = not bodiless and fields.get("transfer-encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.length = 0 if bodiless else self._announced(fields)
        is_closing: bool = self._check_close()  # type: ignore[attr-defined]
        self.will_close = is_closing or (not self.chunked and self.length is None)

    def _announced(self, fields: Fields) -> int | None:
        """The length that a header announces; None where the connection ends it."""
        text = fields.get("content-length")
        if text is None or self.chunked:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise RejectedResponse("its Content-Length is not a number")
        return int(text)

    def _read_status(self) -> tuple[str, int, str]:
        read: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        status = read[1]
        if status == 101:
            raise RejectedResponse("HTTP 101 switches to a protocol that was not asked for")
        if status < 200:
            self._informational += 1
            if self._informational > limits.INFORMATIONAL:
                raise RejectedResponse(
                    f"more than {limits.INFORMATIONAL} informational responses precede it"
                )
        return read

    def _read_next_chunk_size(self) -> int:
        line = self.fp.readline(LINE)
        if not line.endswith(b"\n") and len(line) < LINE:
            raise ValueError  # it ended early
        found = CHUNK_SIZE.match(line)
        if found is None or not line.endswith(b"\n"):
            raise RejectedResponse("the size of a chunk is not a hexadecimal number")
        return int(found[1], 16)

    def _get_chunk_left(self) -> int | None:
        if self.chunk_left == 0:
            if self._safe_read(2) != b"\r\n":  # type: ignore[attr-defined]
                raise RejectedResponse("a chunk is longer than its size")
            self.chunk_left = None
        left: int | None = super()._get_chunk_left()  # type: ignore[misc]
        return left

    def _close_conn(self) -> None:
        # What the buffer still holds came with this response and must not answer another request.
        self.source.stop()
        if self.fp is not None and self.fp.peek(1):
            self.is_clean = False
        super()._close_conn()  # type: ignore[misc]


class HeldConnection:
    """A connection that is out of its pool until it is released.

    Args:
        pool: where it came from.
        connection: one of `connection_class`.
        is_reusable: whether it is certain where its response ends.
    """

    __slots__ = ("_connection", "_is_reusable", "_pool", "response")

    def __init__(self, pool: Any, connection: Any, is_reusable: bool) -> None:
        self._pool = pool
        self._connection = connection
        self._is_reusable = is_reusable
        self.response: StrictResponse = connection.response

    def release(self, keep: bool, /) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if keep and self._is_reusable and self._is_quiet(connection):
            connection.idle_since = time.monotonic()
        else:
            connection.close()
        self._pool._put_conn(connection)  # one that is closed connects anew

    def _is_quiet(self, connection: Any) -> bool:
        """Whether nothing is left over, be it in a buffer of ours or of TLS."""
        pending = getattr(connection.sock, "pending", None)
        response = self.response
        return response.is_clean and response.isclosed() and (pending is None or not pending())

    def __del__(self) -> None:
        self.release(False)


class ForeignResponse:
    """A response of a package that takes urllib3's place; it gives its connection back by itself.

    Args:
        raw: with urllib3's `release_conn` and `close`.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def release(self, keep: bool, /) -> None:
        raw, self._raw = self._raw, None
        if raw is not None:
            (raw.release_conn if keep else raw.close)()


class _Connection:
    """Adds to a connection of urllib3's what it does not tell and does not do.

    A TLS error in the handshake is marked: nothing was sent before it. A request's header and body
    are written at once: one system call, one packet, one wake-up less.
    """

    response: StrictResponse | None = None
    idle_since: float = math.inf
    _deadline: float | None = None
    _message: list[bytes | memoryview] | None = None

    def response_class(self, *arguments: Any, **options: Any) -> StrictResponse:
        self.response = response = StrictResponse(*arguments, **options)
        response.source.bound(self._deadline)
        return response

    @property
    def is_connected(self) -> bool:
        """Whether a kept connection may be used again: it is open, and was not idle for long."""
        if time.monotonic() - self.idle_since > limits.IDLE:
            return False
        connected: bool = super().is_connected  # type: ignore[misc]
        return connected

    def connect(self) -> None:
        self.idle_since = math.inf
        try:
            super().connect()  # type: ignore[misc]
        except (ssl.SSLError, TimeoutError) as error:
            error.in_handshake = True  # type: ignore[union-attr]
            raise

    def putheader(self, header: str, *values: Any) -> None:
        line = f"{header}: {values[0]}" if len(values) == 1 and type(values[0]) is str else ""
        if SENT_FIELD.fullmatch(line) and values[0] != SKIP_HEADER:
            self._output(line.encode("ascii"))  # type: ignore[attr-defined]
        else:
            super().putheader(header, *values)  # type: ignore[misc]

    def request(self, *arguments: Any, **options: Any) -> None:
        self._message = []
        self._deadline = getattr(options.get("headers"), "deadline", None)
        try:
            super().request(*arguments, **options)  # type: ignore[misc]
            joined = memoryview(b"".join(self._message))  # its repr shows nothing in a traceback
        finally:
            self._message = None
        # The timeout is one write's, so a large body on a slow line needs several.
        for start in range(0, len(joined), BLOCK):
            self.send(joined[start : start + BLOCK])

    def send(self, data: bytes | memoryview) -> None:
        if self._message is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._message.append(data)


@lru_cache(maxsize=8)
def connection_class(connection: Any) -> Any:
    """`_Connection` over a connection class, where that is one of `http.client`'s."""
    # Packages that take urllib3's place (niquests brings one) have protocols of their own.
    if not issubclass(connection, http.client.HTTPConnection):
        return connection
    return type(connection.__name__, (_Connection, connection), {})
