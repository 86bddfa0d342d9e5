"""TLS within TLS: to a server through a tunnel of an HTTPS proxy.

`SSLContext.wrap_socket` requires a system socket, so the inner TLS uses memory buffers.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from typing import Any

from ...utils.translation import _

__all__ = ["TunnelledTLS"]

CHUNK = 64 * 1024


class TunnelledTLS:
    """A replacement for `ssl.SSLSocket` over another one; the handshake is complete.

    Args:
        outer: the socket to the proxy; its timeout limits the handshake.
        context: the TLS context for the server.
        server_hostname: the name that the server's certificate must have.

    Raises:
        ssl.SSLError: the handshake failed.
        TimeoutError: it took too long.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, server_hostname: str) -> None:
        self._outer = outer
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=server_hostname)
        self.settimeout, self.gettimeout = outer.settimeout, outer.gettimeout
        self.fileno, self.close = outer.fileno, outer.close
        self._run(self._tls.do_handshake)

    def recv(self, most: int, /) -> bytes:
        """Receive bytes; empty at the end."""
        try:
            data: bytes = self._run(self._tls.read, most)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        return data

    def sendall(self, data: memoryview, /) -> None:
        """Send all bytes."""
        sent = 0
        while sent < len(data):
            sent += self._run(self._tls.write, data[sent:])

    def pending(self) -> int:
        """Return the number of received, unread bytes."""
        return self._tls.pending() + self._received.pending + self._outer.pending()

    def _run(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        """Run an operation that may require bytes from the other end, within the timeout."""
        timeout = self.gettimeout()
        end = None if timeout is None else time.monotonic() + timeout
        try:
            while True:
                try:
                    result = operation(*arguments)
                except ssl.SSLWantReadError:
                    self._outer.sendall(self._to_send.read())
                else:
                    self._outer.sendall(self._to_send.read())
                    return result
                if end is not None:
                    self.settimeout(_left(end))
                data = self._outer.recv(CHUNK)
                self._received.write(data) if data else self._received.write_eof()
        finally:
            self.settimeout(timeout)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError(_("timed out"))
    return left
