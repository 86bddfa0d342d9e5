"""Reads a `Response` from a connection, with its body in memory or in a sink."""

from __future__ import annotations

from functools import partial

from ...messages.request import Digest, Request, Sink
from ...messages.response import Response
from .. import failure, limits
from ..head import TruncatedResponse
from .decoding import DecodedBody
from .received import Reading, Received
from .response import Body, Framing, framing, read_head

__all__ = ["receive"]


def receive(received: Received, request: Request) -> Reading[tuple[Response, bool]]:
    """Receive the response to a sent request.

    Returns:
        The response, and whether its connection is reusable.

    Raises:
        TransportError: the body is too large, or has a coding that was not requested.
        RejectedResponse: the response violates HTTP or a limit.
        TruncatedResponse: the body is incomplete.
        NotHTTPError: the received bytes are not an HTTP/1 response.
        EOFError: the connection ended before the body began.
    """
    received.renew(limits.HEAD)
    head = yield from read_head(received)
    status_code, headers = head.status_code, head.headers
    ends = framing(head, request.method)
    streamed = request.sink is not None and request.sink.takes(status_code)
    limit = request.options.max_response_size if streamed else request.max_response_size
    limits.check_head(request, headers, ends.length, limit)
    coding = limits.content_coding(headers)
    digest = None
    try:
        if request.sink is not None and streamed:
            digest = request.digest(headers) if request.digest is not None else None
            body = _body(received, ends, coding)
            yield from _stream(received, body, request.sink, digest, request)
            content = bytes(request.sink.head)
        else:
            content = yield from _content(received, ends, coding, request)
    except EOFError as error:
        raise TruncatedResponse(str(error)) from error
    response = Response(
        status_code,
        headers,
        content,
        request=request,
        streamed=streamed,
        digest=digest,
        http_version=head.http_version,
    )
    is_reusable = head.is_persistent and ends != Framing(None)
    return response, is_reusable and limits.is_framed_plainly(status_code, headers)


def _body(received: Received, ends: Framing, coding: str) -> Body | DecodedBody:
    body = Body(received, ends)
    return DecodedBody(body, coding) if coding else body


def _content(received: Received, ends: Framing, coding: str, request: Request) -> Reading[bytes]:
    """Read a body into memory, of known length or within the limit."""
    limit = request.max_response_size
    if ends.length is not None and not coding:
        received.allow(limits.wire_limit(ends.length))
        return (yield from received.exactly(ends.length))
    received.allow(limits.wire_limit(limit))
    body = _body(received, ends, coding)
    gathered = bytearray()
    while piece := (yield from body.read()):
        gathered += piece
        if len(gathered) > limit:
            raise failure.too_large(request, limit)
    return bytes(gathered)


def _stream(
    received: Received,
    body: Body | DecodedBody,
    sink: Sink,
    digest: Digest | None,
    request: Request,
) -> Reading[None]:
    """Write a body to a sink; each block has its own time limit."""
    limit = request.options.max_response_size
    yield sink.open
    received.renew(limits.wire_limit(limits.BLOCK))
    block: list[bytes] = []
    size = 0
    while piece := (yield from body.read()):
        block.append(piece)
        size += len(piece)
        if limit is not None and sink.size + size > limit:
            raise failure.too_large(request, limit)
        if size >= limits.BLOCK:
            yield partial(_write, sink, digest, block)
            received.renew(limits.wire_limit(limits.BLOCK))
            block, size = [], 0
    yield partial(_write, sink, digest, block)


def _write(sink: Sink, digest: Digest | None, block: list[bytes]) -> None:
    for piece in block:
        if digest is not None:
            digest.update(piece)
        sink.write(piece)
