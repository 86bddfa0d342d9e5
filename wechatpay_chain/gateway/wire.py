"""Between aiohttp and the gateway: requests as `Arrival`s, and answers that break off."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from .exchange import Answer, Arrival, File

__all__ = ["arrival_of", "cut", "guarded"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger("wechatpay_chain.gateway")


def guarded(route: web.RouteDef) -> web.RouteDef:
    """A route that answers even where the gateway itself is at fault; the log has the traceback.

    Not a middleware: aiohttp keeps the applications that have one, after they have ended.
    """
    handler = cast(Handler, route.handler)

    async def caught(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception as error:  # whatever it is, the client gets an answer
            logger.error("%s %.200s failed", request.method, request.path, exc_info=error)
            told = {"code": "SYSTEM_ERROR", "message": "系统错误"}
            return web.json_response(told, status=500)

    return web.RouteDef(route.method, route.path, caught, route.kwargs)


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
        await _upload(request, arrival)
    else:
        arrival.body = await request.read()
    return arrival


async def _upload(request: web.Request, arrival: Arrival) -> None:
    """The parts of an upload; `meta` is what its signature covers."""
    try:
        form = await request.post()
    except ValueError:
        return  # not what it says it is: it has no `meta`, so its signature will not match
    for name, value in form.items():
        if isinstance(value, web.FileField) and name != "meta":
            arrival.file = File(value.filename, value.file.read())
            continue
        content = value.file.read() if isinstance(value, web.FileField) else value
        text = content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
        arrival.form[name] = text
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
