"""From a connection to a `Response`: its body in memory or in a sink, within its limits."""

from __future__ import annotations

from collections.abc import Iterator

from ...messages.request import Digest, Request, Sink
from ...messages.response import Response
from .. import failure, limits
from .connection import Connection
from .decoding import decoded
from .response import Framing, body, framing, read_head

__all__ = ["TruncatedResponse", "receive"]


class TruncatedResponse(Exception):
    """The connection ended before the body did."""


def receive(connection: Connection, request: Request) -> tuple[Response, bool]:
    """Receive the response to a request that was sent.

    Returns:
        The response, and whether its connection can be used again.

    Raises:
        TransportError: the body is too large, or in a coding that was not asked for.
        RejectedResponse: the response breaks a rule of HTTP, or a limit.
        TruncatedResponse: the body is not complete.
        NotHTTPError: what came is not a response of HTTP/1.
        EOFError: the connection ended before the body began.
        OSError: the connection broke, or was silent for too long.
    """
    connection.renew(limits.HEAD)
    head = read_head(connection)
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
            pieces = _pieces(connection, ends, coding)
            _stream(connection, pieces, request.sink, digest, request)
            content = bytes(request.sink.head)
        else:
            content = _content(connection, ends, coding, request)
    except EOFError as error:
        raise TruncatedResponse(str(error)) from error
    response = Response(
        status_code, headers, content, request=request, streamed=streamed, digest=digest
    )
    is_reusable = head.is_persistent and ends != Framing(None)
    return response, is_reusable and limits.is_framed_plainly(status_code, headers)


def _pieces(connection: Connection, ends: Framing, coding: str) -> Iterator[bytes]:
    pieces = body(connection, ends)
    return decoded(pieces, coding) if coding else pieces


def _content(connection: Connection, ends: Framing, coding: str, request: Request) -> bytes:
    """A body in memory, of a length that is known or within the limit."""
    limit = request.max_response_size
    if ends.length is not None and not coding:
        connection.allow(limits.wire_limit(ends.length))
        return connection.exactly(ends.length)
    connection.allow(limits.wire_limit(limit))
    gathered = bytearray()
    for piece in _pieces(connection, ends, coding):
        gathered += piece
        if len(gathered) > limit:
            raise failure.too_large(request, limit)
    return bytes(gathered)


def _stream(
    connection: Connection,
    pieces: Iterator[bytes],
    sink: Sink,
    digest: Digest | None,
    request: Request,
) -> None:
    """Write a body to a sink; each block of it has time of its own."""
    limit = request.options.max_response_size
    sink.open()
    connection.renew(limits.wire_limit(limits.BLOCK))
    block = 0
    for piece in pieces:
        block += len(piece)
        if digest is not None:
            digest.update(piece)
        sink.write(piece)
        if limit is not None and sink.size > limit:
            raise failure.too_large(request, limit)
        if block >= limits.BLOCK:
            connection.renew(limits.wire_limit(limits.BLOCK))
            block = 0
