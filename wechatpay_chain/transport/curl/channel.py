"""A connection of libcurl's: bytes go in and out, and nothing waits."""

from __future__ import annotations

import re
from typing import Any

import pycurl

from ..sync.connection import BLOCK

__all__ = ["Channel"]

STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})")


class Channel:
    """A handle that connects, or has connected.

    Args:
        handle: of pycurl's, which is closed with this.
        is_tls: whether bytes may have come that the system's socket does not tell of.

    Attributes:
        proxy_status: what a proxy responds to CONNECT; 0 before that, and without a tunnel.
    """

    __slots__ = ("_is_drained", "_is_tls", "_number", "handle", "proxy_status")

    def __init__(self, handle: Any, *, is_tls: bool) -> None:
        self.handle = handle
        self.proxy_status = 0
        self._is_tls = is_tls
        self._is_drained = True
        self._number: int | None = None

    def hear(self, line: bytes) -> int | None:
        """Take a line of a proxy's response to CONNECT.

        Returns:
            None, or -1 for a refusal: libcurl would read its body to the end, and it may have none.
        """
        if found := STATUS_LINE.match(line):
            self.proxy_status = int(found[1])
        return None if 200 <= self.proxy_status < 300 else -1

    def fileno(self) -> int:
        """The system's socket, to be waited for; -1 where there is none."""
        if self._number is None:
            self._number = self.handle.getinfo(pycurl.ACTIVESOCKET)
        return self._number

    def receive(self) -> bytes | None:
        """What has come; none at the end of the connection, None where nothing has come so far.

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
        """What has come and TLS holds back, so that nothing says that the socket can be read."""
        return None if self._is_drained else self.receive()

    def is_drained(self) -> bool:
        """Whether TLS holds nothing back."""
        try:
            return self.receive_held() is None
        except ConnectionError:
            return False

    def send(self, data: memoryview) -> int:
        """Send bytes.

        Returns:
            How many were sent; 0 where the system takes none so far.

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
        """Close the handle; nothing happens the second time."""
        self._number = -1
        self.handle.close()
