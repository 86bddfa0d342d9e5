"""Between aiohttp and the gateway: requests as `Arrival`s, and answers that break off."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from .exchange import Answer, Arrival, File

__all__ = ["arrival_of", "cut", "guarded", "http_logger"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|[\w.-]*)(?::([0-9]{1,5}))?", re.ASCII)
"""A header field that names one: with anything else in it, aiohttp cannot make an address."""

UNREADABLE = (HttpProcessingError, web.RequestPayloadError)
"""What aiohttp raises for a request that is no HTTP, or is not of the length that it says."""

logger = logging.getLogger("wechatpay_chain.gateway")


def http_logger() -> logging.Logger:
    """What aiohttp logs to: its own faults, but not each request that was no HTTP."""
    log = logging.getLogger("wechatpay_chain.gateway.http")
    log.addFilter(_is_fault)
    return log


def _is_fault(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (*UNREADABLE, ConnectionError))


def guarded(route: web.RouteDef) -> web.RouteDef:
    """A route that answers even where the gateway itself is at fault; the log has the traceback.

    Not a middleware: aiohttp keeps the applications that have one, after they have ended.
    """
    handler = cast(Handler, route.handler)

    async def caught(request: web.Request) -> web.StreamResponse:
        if not _is_host(request.headers.get("Host", "")):
            told = {"code": "INVALID_REQUEST", "message": "Host names no host"}
            return web.json_response(told, status=400)
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError):
            raise
        except UNREADABLE:
            told = {"code": "INVALID_REQUEST", "message": "the body cannot be read"}
            return web.json_response(told, status=400)
        except Exception as error:  # whatever it is, the client gets an answer
            logger.error("%s %.200s failed", request.method, request.path, exc_info=error)
            told = {"code": "SYSTEM_ERROR", "message": "系统错误"}
            return web.json_response(told, status=500)

    return web.RouteDef(
        route.method, route.path, caught, {**route.kwargs, "expect_handler": _expect}
    )


async def _expect(request: web.Request) -> None:
    """Let a client go on that asks whether it may; aiohttp's own fails on what is not UTF-8."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0


def _is_host(text: str) -> bool:
    found = HOST.fullmatch(text)
    try:
        return found is not None and (
            int(found[2] or 0) <= 65535 and (not found[1] or bool(ipaddress.IPv6Address(found[1])))
        )
    except ValueError:
        return False


async def arrival_of(request: web.Request) -> Arrival:
    """A request as it came, with its body."""
    transport = request.transport
    arrival = Arrival(
        request.method,
        request.raw_path,
        request.headers,
        b"",
        bool(transport and transport.get_extra_info("peercert")),
        bool(transport and transport.get_extra_info("sslcontext")),
    )
    if request.content_type == "multipart/form-data":
        try:
            await _upload(request, arrival)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:  # noqa: BLE001 - its parts may say anything of how they are encoded
            arrival.form.clear()  # so it has no `meta`, and its signature will not match
    else:
        arrival.body = await request.read()
    return arrival


async def _upload(request: web.Request, arrival: Arrival) -> None:
    """The parts of an upload; `meta` is what its signature covers."""
    most = size = request.client_max_size
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise ValueError("a part has parts")
        content = bytearray()
        while piece := await part.read_chunk():
            content += piece
            size -= len(piece)
            if size < 0:
                raise web.HTTPRequestEntityTooLarge(most, most - size)
        data = part.decode(bytes(content))
        if part.filename is not None and part.name != "meta":
            arrival.file = File(part.filename, data)
        else:
            arrival.form[part.name or ""] = data.decode("utf-8", "replace")
    arrival.body = arrival.form.get("meta", "").encode()


async def cut(request: web.Request, answer: Answer, *, whole: bool) -> web.StreamResponse:
    """Break the connection off: before the answer, or in the middle of it."""
    transport = request.transport
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if transport is None:
        return response  # the client was faster
    if whole:
        transport.abort()
    elif not answer.body:
        transport.write(b"HTTP/1.")  # an answer without a body breaks off in its first line
        transport.close()
    else:
        response.content_length = len(answer.body) + 1
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2])
        transport.close()
    return response
