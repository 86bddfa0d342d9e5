"""aiohttp integration: receives notifications, and runs workers next to the application.

app.cleanup_ctx.append(background(inbox, outbox, sweeper))
app.router.add_post("/wechatpay/notify", handler(inbox))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from ..durable.background import Runs, running_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ..durable import Inbox

__all__ = ["background", "handler"]


def background(*workers: Runs) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return a `cleanup_ctx` function that runs workers while the application runs.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, a `bills.Daily`.
    """

    async def around(_: web.Application) -> AsyncIterator[None]:
        async with running_async(*workers):
            yield

    return around


def handler(inbox: Inbox) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return a handler for the notification URL.

    It replies after the notification is committed, with 4xx if it is not from WeChat Pay, and with
    503 while the database is unavailable. A body larger than `inbox.max_body_size` is not read to
    its end.

    Args:
        inbox: receives the notifications. A `{mchid}` in the route names the merchant.
    """

    async def receive(request: web.Request) -> web.StreamResponse:
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > inbox.max_body_size:
                break
        reply = await inbox.receive_async(
            request.headers, bytes(body), mchid=request.match_info.get("mchid")
        )
        return web.Response(body=reply.body, status=reply.status, headers=reply.headers)

    return receive
