"""Connections of libcurl for sync calls."""

from __future__ import annotations

import pycurl

from ...crypto.certificate import MerchantCertificate
from ...messages.authority import Origin
from ...utils.translation import _
from ..liveness import is_ready
from ..sync.connection import Connection
from .channel import Channel
from .handle import Handles, connect_error

__all__ = ["CurlConnector", "CurlSocket"]


class CurlConnector:
    """Makes connections; the counterpart of `sync.connecting.Connector`.

    Args:
        handles: creates the handles.
    """

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    def connect(
        self, origin: Origin, merchant: MerchantCertificate | None, timeout: float | None
    ) -> Connection:
        """Connect to an origin, or to its proxy.

        Args:
            origin: the destination of the requests.
            merchant: the client certificate, or None.
            timeout: seconds for everything including name resolution, or None for no limit.

        Raises:
            TimeoutError: it took longer.
            ssl.SSLError: a handshake failed.
            OSError: no connection was made.
        """
        channel = self._handles.make(origin, merchant, timeout)
        try:
            channel.handle.perform()
        except pycurl.error as error:
            channel.close()
            raise connect_error(error, channel) from error
        except BaseException:
            channel.close()
            raise
        return Connection(CurlSocket(channel))


class CurlSocket:
    """A blocking, socket-like object.

    Args:
        channel: a connected channel.
    """

    __slots__ = ("_channel", "_timeout", "close", "fileno")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._timeout: float | None = None
        self.fileno, self.close = channel.fileno, channel.close

    def recv(self, _most: int, /) -> bytes:
        """Receive bytes; empty at the end of the connection."""
        data = self._channel.receive_held()
        while data is None:
            self._wait()
            data = self._channel.receive()
        return data

    def sendall(self, data: memoryview, /) -> None:
        """Send all bytes."""
        while data:
            sent = self._channel.send(data)
            if not sent:
                self._wait(to_write=True)
            data = data[sent:]

    def _wait(self, *, to_write: bool = False) -> None:
        if not is_ready(self.fileno(), self._timeout, to_write=to_write):
            raise TimeoutError(_("timed out"))

    def pending(self) -> bool:
        """Return whether TLS has buffered bytes for which the socket is not readable."""
        return not self._channel.is_drained()

    def gettimeout(self) -> float | None:
        return self._timeout

    def settimeout(self, seconds: float | None, /) -> None:
        self._timeout = seconds
