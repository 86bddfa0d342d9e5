"""FastAPI: notifications from `notify_url` into the inbox, and workers beside the application.

app = FastAPI(lifespan=lifespan(inbox, outbox, sweeper))
app.include_router(router(inbox, "/wechatpay/notify"))
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from ..durable.background import Runs, running_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..durable import Inbox

__all__ = ["lifespan", "router"]


def lifespan(*workers: Runs) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """A lifespan in which workers run: async engines as tasks, sync ones in threads.

    Several processes share the work. Where workers have processes of their own, it is not needed.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, a `bills.Daily`.
    """

    @asynccontextmanager
    async def around(_: Any) -> AsyncGenerator[None]:
        async with running_async(*workers):
            yield

    return around


def router(inbox: Inbox, path: str = "/wechatpay/notify") -> APIRouter:
    """A router with the address that notifications are posted to.

    It replies once the notification is committed, 4xx to what is not WeChat Pay's, and 503 while
    the database is down. A body beyond `inbox.max_body_size` is not read to its end.

    Args:
        inbox: that receives them.
        path: of your `notify_url`; with `{mchid}` in it, it says whose notification it is.
    """
    made = APIRouter()

    @made.post(path, include_in_schema=False)
    async def receive(request: Request) -> Response:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > inbox.max_body_size:
                    break
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        reply = await inbox.receive_async(
            request.headers, bytes(body), mchid=request.path_params.get("mchid")
        )
        return Response(reply.body, reply.status, reply.headers)

    return made
