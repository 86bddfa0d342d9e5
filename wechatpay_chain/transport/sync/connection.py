"""A connection over a socket that blocks, within the bounds that `http1` sets."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from .. import limits
from ..http1.received import Reading, Received
from ..liveness import is_readable

__all__ = ["Connection", "Socket"]

T = TypeVar("T")

BLOCK = 64 * 1024


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
        received: what came.
        idle_since: when it was given back, by `time.time`.
    """

    __slots__ = ("_pending", "_sock", "idle_since", "received")

    def __init__(self, sock: Socket) -> None:
        self._sock = sock
        self._pending: Any = getattr(sock, "pending", None)
        self.received = Received()
        self.idle_since = 0.0

    def begin(self, timeout: float | None, deadline: float | None) -> None:
        """Set the bounds of the next request and its response; see `Received.begin`."""
        self.received.begin(timeout, deadline)

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

    def run(self, reading: Reading[T]) -> T:
        """Read something.

        Raises:
            TimeoutError: nothing came for as long as the timeout, or not all of it in time.
            OSError: the connection broke.
        """
        try:
            work = next(reading)
            while True:
                if work is None:
                    self._set_timeout()
                    data = self._sock.recv(BLOCK)
                else:
                    work()
                    data = b""
                work = reading.send(data)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _set_timeout(self) -> None:
        timeout = self.received.patience()
        if self._sock.gettimeout() != timeout:  # a system call less
            self._sock.settimeout(timeout)

    def is_drained(self) -> bool:
        """Whether nothing is left over of what came, be it in the buffer or in that of TLS."""
        return self.received.is_drained() and (self._pending is None or not self._pending())

    def is_usable(self) -> bool:
        """Whether a kept connection may be used again.

        It must not have been idle for long, nor be at its end, nor have received what nobody asked
        for: that would answer the next request.
        """
        return not limits.was_idle_for_long(self.idle_since) and not is_readable(self._sock)

    def close(self) -> None:
        """Close the socket; nothing happens the second time."""
        self._sock.close()
