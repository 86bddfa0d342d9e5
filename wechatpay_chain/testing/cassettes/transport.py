"""What a client sends through while a cassette is in use; sync and async alike."""

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
"""Bytes of a body for a sink that are kept to be recorded."""


class Recorder(Protocol):
    """What is asked for responses, and told of them; a `Cassette` is one."""

    def play(self, request: Request, kit: Kit) -> Response | None: ...

    def record(
        self, request: Request, kit: Kit, outcome: Response | TransportError, content: bytes
    ) -> None: ...


class CassetteTransport:
    """Plays what a cassette has, and has the rest sent and recorded.

    Args:
        cassette: that is in use.
        inner: the transport that the client has.
        kit: what played responses are made with.
    """

    def __init__(self, cassette: Recorder, inner: Transport, kit: Kit) -> None:
        self._cassette = cassette
        self._inner = inner
        self._kit = kit

    def send(self, request: Request) -> Response:
        """Play the response, or transmit the request."""
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
        """Play the response, or transmit the request on the running event loop."""
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
    """A sink that keeps what is written to it.

    Args:
        sink: the caller's.

    Attributes:
        copied: what was written, up to a limit.
        failed: whether the caller's sink did not take it: then it is no failure of the exchange.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.copied = bytearray()
        self.failed = False

    @property
    def head(self) -> Any:
        """The beginning of what was written."""
        return self._sink.head

    @property
    def size(self) -> Any:
        """How many bytes were written."""
        return self._sink.size

    def takes(self, status_code: int) -> bool:
        """Whether the body of a response is for the sink."""
        return self._sink.takes(status_code)

    def open(self) -> None:
        """Begin, or begin anew."""
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
        """Remove what was written."""
        self._sink.discard()

    def _do(self, act: Any, *args: Any) -> None:
        try:
            act(*args)
        except BaseException:
            self.failed = True
            raise
