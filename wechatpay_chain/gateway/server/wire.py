"""The interface to aiohttp: incoming requests, uploads, and interrupted responses."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ...utils.translation import _
from ..messages import multipart as form
from ..messages.exchange import IncomingRequest, Rejection, Response
from .access import origins
from .bodies import BODIES
from .failures import log_failure
from .listener import LISTENER

__all__ = [
    "incoming_request",
    "cut_connection",
    "guarded",
    "http_logger",
    "is_upload",
    "parse_form",
    "send_file",
]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FORM = "multipart/form-data"
PIECE = 1024 * 1024
BUFFERED = 32 * 1024
"""Maximum bytes of a response that aiohttp writes without waiting for the client."""
GZIP = 31
"""The `wbits` of zlib for a gzip header."""
UNREADABLE = (HttpProcessingError, web.RequestPayloadError)
"""The errors of aiohttp for malformed HTTP, or for a body with a wrong length."""

logger = logging.getLogger("wechatpay_chain.gateway")


def http_logger() -> logging.Logger:
    """Return the logger for aiohttp, which excludes malformed requests."""
    log = logging.getLogger("wechatpay_chain.gateway.http")
    log.addFilter(_is_fault)
    return log


def _is_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (*UNREADABLE, ConnectionError))


def guarded(route: web.RouteDef) -> web.RouteDef:
    """Return a route that responds to internal errors, and logs them.

    It is not a middleware, because aiohttp keeps finished applications with middlewares in memory.
    """
    handler = cast(Handler, route.handler)

    async def caught(request: web.Request) -> web.StreamResponse:
        try:
            wrong = origins.problem(request)
            return _error_response(400, wrong) if wrong else await handler(request)
        except (web.HTTPException, ConnectionError):
            raise
        except Rejection as rejection:
            return _error_response(rejection.status, rejection.message, rejection.code)
        except UNREADABLE:
            return _error_response(400, "the body cannot be read")
        except Exception as error:  # noqa: BLE001 - the client always gets a response
            log_failure(logger, f"{request.method} {request.path[:200]} failed", error)
            return _error_response(500, "系统错误", "SYSTEM_ERROR")

    async def served(request: web.Request) -> web.StreamResponse:
        with request.app[LISTENER].serving(request):
            return await _sent(request, await caught(request))

    return web.RouteDef(
        route.method, route.path, served, {**route.kwargs, "expect_handler": _expect}
    )


def _error_response(status: int, message: str, code: str = "INVALID_REQUEST") -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


async def _sent(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Send a response within a time limit; aiohttp would wait for the client for ever."""
    if response.prepared or not isinstance(response, web.Response):
        return response  # a stream has its own time limit
    if isinstance(response.body, bytes) and len(response.body) <= BUFFERED:
        await response.prepare(request)
        await response.write_eof()
        return response
    try:
        async with asyncio.timeout(request.app[BODIES].limits.response_seconds):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response


async def _expect(request: web.Request) -> None:
    """Send 100 Continue if expected; aiohttp's own handler fails for a value that is not UTF-8."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0


def incoming_request(request: web.Request) -> IncomingRequest:
    """Return an aiohttp request as an `IncomingRequest`, without its body."""
    transport = request.transport
    certificate = (transport and transport.get_extra_info("peercert")) or {}
    return IncomingRequest(
        request.method,
        _target(request),
        request.headers,
        b"",
        bool(certificate),
        bool(transport and transport.get_extra_info("sslcontext")),
        certificate_serial=str(certificate.get("serialNumber", "")).upper(),
    )


def _target(request: web.Request) -> str:
    """Return path and query; an absolute target loses its origin, which `problem` has checked."""
    found = origins.ABSOLUTE.match(request.raw_path)
    return request.raw_path[found.end() :] or "/" if found else request.raw_path


def is_upload(request: web.Request) -> bool:
    """Return whether a request is an upload (multipart/form-data).

    aiohttp's `content_type` is not used: it parses the header with the standard library's mail
    parser, which takes seconds for some values of 8 KiB, and raises `RecursionError` for others.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0]
    return kind.strip().lower() == FORM


def parse_form(content: bytes, incoming: IncomingRequest) -> None:
    """Parse an upload into its file and fields; the signature covers the field `meta`.

    A malformed form leaves no body, so its signature does not match.

    Raises:
        Rejection: the form has too many parts.
    """
    try:
        found = form.parse(
            content, form.boundary_of(incoming.headers.get("Content-Type", ""), content)
        )
    except form.TooManyParts as error:
        raise Rejection(400, "INVALID_REQUEST", str(error)) from None
    except ValueError:
        return
    incoming.file = found.file
    incoming.form = {name: text.decode("utf-8", "replace") for name, text in found.fields.items()}
    incoming.body = found.fields.get("meta", b"")


async def send_file(request: web.Request, response: Response) -> web.StreamResponse:
    """Send a file in pieces, with a time limit for each piece.

    Raises:
        TypeError: the response has no file.
    """
    file = response.file
    if file is None:
        raise TypeError(_("this response has no file"))
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    packer = zlib.compressobj(level=1, wbits=GZIP) if file.packed else None
    if packer is None:
        stream.content_length = file.path.stat().st_size + len(file.tail)
    seconds = request.app[BODIES].limits.response_seconds
    try:
        with file.path.open("rb") as source:
            await stream.prepare(request)
            while piece := await asyncio.to_thread(source.read, PIECE):
                if packer is not None:
                    piece = await asyncio.to_thread(packer.compress, piece)
                async with asyncio.timeout(seconds):
                    await stream.write(piece)
            rest = file.tail if packer is None else packer.compress(file.tail) + packer.flush()
            async with asyncio.timeout(seconds):
                await stream.write_eof(rest)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return stream


async def cut_connection(
    request: web.Request, response: Response, *, whole: bool
) -> web.StreamResponse:
    """Close the connection before the response, or in the middle of it."""
    transport = request.transport
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    if transport is None:
        return stream  # the client has already closed it
    if whole:
        transport.abort()
    elif response.file is not None:
        stream.content_length = response.file.path.stat().st_size + 1
        await stream.prepare(request)
        with response.file.path.open("rb") as source:
            await stream.write(source.read(PIECE)[:-1])
        transport.close()
    elif not response.body:
        transport.write(b"HTTP/1.")  # a response without a body ends within its first line
        transport.close()
    else:
        stream.content_length = len(response.body) + 1
        await stream.prepare(request)
        await stream.write(response.body[: len(response.body) // 2])
        transport.close()
    return stream
