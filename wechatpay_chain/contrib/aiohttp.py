"""Notifications received by aiohttp: from `notify_url` into the inbox.

app.router.add_post("/wechatpay/notify", handler(inbox))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..durable import Inbox

__all__ = ["handler"]


def handler(inbox: Inbox) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for the address that notifications are posted to.

    It replies once the notification is committed, 4xx to what is not WeChat Pay's, and 503 while
    the database is down. A body beyond `inbox.max_body_size` is not read to its end.

    Args:
        inbox: that receives them. Where the route has `{mchid}` in it, it says whose notification
            it is.
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
