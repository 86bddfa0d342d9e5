"""The transport of a client while a cassette is in use, sync and async."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

from ...flow import Transport
from ...messages.request import Request, Sink, TransportError
from ...messages.response import Response
from ...utils.translation import _
from .kit import Kit

__all__ = ["CassetteTransport"]

LARGEST = 64 * 1024 * 1024
"""Maximum bytes of a body for a sink that are recorded."""


class Recorder(Protocol):
    """Supplies and records responses; implemented by `Cassette`."""

    def play(self, request: Request, kit: Kit) -> Response | None: ...

    def record(
        self, request: Request, kit: Kit, outcome: Response | TransportError, content: bytes
    ) -> None: ...


class CassetteTransport:
    """Plays recorded responses, and sends and records other requests.

    Args:
        cassette: the cassette in use.
        inner: the client's transport.
        kit: the keys of played responses.
    """

    def __init__(self, cassette: Recorder, inner: Transport, kit: Kit) -> None:
        self._cassette = cassette
        self._inner = inner
        self._kit = kit

    def send(self, request: Request) -> Response:
        """Play the response, or send the request."""
        exchange = self._exchange(request)
        try:
            asked = next(exchange)
            try:
                response = self._inner.send(asked)
            except TransportError as error:
                exchange.throw(error)
                raise
            exchange.send(response)
        except StopIteration as stop:
            result: Response = stop.value
            return result
        raise AssertionError(_("an exchange has one response"))

    async def send_async(self, request: Request) -> Response:
        """Play the response, or send the request on the running event loop."""
        exchange = self._exchange(request)
        try:
            asked = next(exchange)
            try:
                response = await self._inner.send_async(asked)
            except TransportError as error:
                exchange.throw(error)
                raise
            exchange.send(response)
        except StopIteration as stop:
            result: Response = stop.value
            return result
        raise AssertionError(_("an exchange has one response"))

    def close(self) -> None:
        """Close the client's own transport."""
        self._inner.close()

    async def aclose(self) -> None:
        """Close the client's own transport."""
        await self._inner.aclose()

    def _exchange(self, request: Request) -> Generator[Request, Response, Response]:
        played = self._cassette.play(request, self._kit)
        if played is not None:
            return played
        copying = None if request.sink is None else _CopyingSink(request.sink)
        try:
            response = yield request if copying is None else request.replace(sink=copying)
        except TransportError as error:
            if error.request is not None:
                error.request = request
            if copying is None or not copying.failed:
                self._cassette.record(request, self._kit, error, b"")
            raise
        response.request = request
        content = response.content
        if copying is not None and response.streamed:
            content = bytes(copying.copied)
        self._cassette.record(request, self._kit, response, content)
        return response


class _CopyingSink:
    """A sink that also keeps the written bytes.

    Args:
        sink: the caller's sink.

    Attributes:
        copied: the written bytes, up to a limit.
        failed: whether the caller's sink failed, which is not a failure of the exchange.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.copied = bytearray()
        self.failed = False

    @property
    def head(self) -> Any:
        """The beginning of the written bytes."""
        return self._sink.head

    @property
    def size(self) -> Any:
        """The number of written bytes."""
        return self._sink.size

    def takes(self, status_code: int) -> bool:
        """Return whether the body of a response is for the sink."""
        return self._sink.takes(status_code)

    def open(self) -> None:
        """Open the sink, also for another attempt."""
        self.copied.clear()
        self._do(self._sink.open)

    def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        if len(self.copied) <= LARGEST:
            self.copied += chunk
        self._do(self._sink.write, chunk)

    def commit(self) -> None:
        """Keep the file."""
        self._sink.commit()

    def discard(self) -> None:
        """Remove the written bytes."""
        self._sink.discard()

    def _do(self, act: Any, *args: Any) -> None:
        try:
            act(*args)
        except BaseException:
            self.failed = True
            raise
