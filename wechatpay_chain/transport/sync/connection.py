"""A connection over a blocking socket, within the limits of `http1`."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from .. import limits
from ..http1.received import Reading, Received
from ..liveness import is_readable

__all__ = ["Connection", "Socket"]

T = TypeVar("T")

BLOCK = 64 * 1024


class Socket(Protocol):
    """A socket, an `ssl.SSLSocket`, or a socket-like object; with TLS, it also has `pending`."""

    def recv(self, most: int, /) -> bytes: ...
    def sendall(self, data: memoryview, /) -> object: ...
    def gettimeout(self) -> float | None: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


class Connection:
    """One connection to a server or proxy.

    Args:
        sock: a connected socket.

    Attributes:
        received: the received bytes.
        idle_since: when the connection was released, by `time.time`.
    """

    __slots__ = ("_pending", "_sock", "idle_since", "received")

    def __init__(self, sock: Socket) -> None:
        self._sock = sock
        self._pending: Any = getattr(sock, "pending", None)
        self.received = Received()
        self.idle_since = 0.0

    def begin(self, timeout: float | None, deadline: float | None) -> None:
        """Set the limits of the next request and its response; see `Received.begin`."""
        self.received.begin(timeout, deadline)

    def send(self, message: memoryview) -> None:
        """Send bytes.

        Args:
            message: a memoryview, because its repr shows no content in a traceback.

        Raises:
            TimeoutError: the other end accepts nothing within the timeout.
            OSError: the connection broke.
        """
        for start in range(0, len(message), BLOCK):
            self._set_timeout()
            self._sock.sendall(message[start : start + BLOCK])

    def run(self, reading: Reading[T]) -> T:
        """Run a reading generator.

        Raises:
            TimeoutError: nothing arrived within the timeout, or not everything within the time
                limit.
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
        if self._sock.gettimeout() != timeout:  # saves a system call
            self._sock.settimeout(timeout)

    def is_drained(self) -> bool:
        """Return whether no received bytes are left, in the buffer or in TLS."""
        return self.received.is_drained() and (self._pending is None or not self._pending())

    def is_usable(self) -> bool:
        """Return whether a kept connection may be used again.

        It must not be idle for too long, closed, or have received unsolicited bytes, which would
        become the response to the next request.
        """
        return not limits.was_idle_for_long(self.idle_since) and not is_readable(self._sock)

    def close(self) -> None:
        """Close the socket; a second call does nothing."""
        self._sock.close()
