"""A non-blocking connection of libcurl."""

from __future__ import annotations

import re
from typing import Any

import pycurl

from ..sync.connection import BLOCK

__all__ = ["Channel"]

STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})")


class Channel:
    """A handle that is connecting or connected.

    Args:
        handle: a pycurl handle, which is closed with this object.
        is_tls: whether TLS may hold bytes that the socket does not show as readable.

    Attributes:
        proxy_status: the proxy's status for CONNECT; 0 before that, and without a tunnel.
    """

    __slots__ = ("_is_drained", "_is_tls", "_number", "handle", "proxy_status")

    def __init__(self, handle: Any, *, is_tls: bool) -> None:
        self.handle = handle
        self.proxy_status = 0
        self._is_tls = is_tls
        self._is_drained = True
        self._number: int | None = None

    def hear(self, line: bytes) -> int | None:
        """Process a line of a proxy's response to CONNECT.

        Returns:
            None, or -1 to reject: libcurl would read the response's body, and it may have none.
        """
        if found := STATUS_LINE.match(line):
            self.proxy_status = int(found[1])
        return None if 200 <= self.proxy_status < 300 else -1

    def fileno(self) -> int:
        """Return the file descriptor of the socket to wait for, or -1 if there is none."""
        if self._number is None:
            self._number = self.handle.getinfo(pycurl.ACTIVESOCKET)
        return self._number

    def receive(self) -> bytes | None:
        """Return received bytes; empty at the end of the connection, None if nothing has arrived.

        Raises:
            ConnectionError: the connection broke.
        """
        try:
            data: bytes = self.handle.recv(BLOCK)
        except BlockingIOError:
            self._is_drained = True
            return None
        except pycurl.error as error:
            raise ConnectionError(error.args[1]) from error
        self._is_drained = not self._is_tls
        return data

    def receive_held(self) -> bytes | None:
        """Return bytes that TLS has buffered, and for which the socket is not readable."""
        return None if self._is_drained else self.receive()

    def is_drained(self) -> bool:
        """Return whether TLS has no buffered bytes."""
        try:
            return self.receive_held() is None
        except ConnectionError:
            return False

    def send(self, data: memoryview) -> int:
        """Send bytes.

        Returns:
            The number of sent bytes; 0 if the system accepts none at the moment.

        Raises:
            BrokenPipeError: the connection broke.
        """
        try:
            sent: int = self.handle.send(data)
        except BlockingIOError:
            return 0
        except pycurl.error as error:
            raise BrokenPipeError(error.args[1]) from error
        return sent

    def close(self) -> None:
        """Close the handle; a second call does nothing."""
        self._number = -1
        self.handle.close()
