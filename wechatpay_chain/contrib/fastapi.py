"""FastAPI integration: receives notifications, and runs workers next to the application.

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
    """Return a lifespan that runs workers: async engines as tasks, sync ones in threads.

    Several processes share the work. You do not need it if workers run in separate processes.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, a `bills.Daily`.
    """

    @asynccontextmanager
    async def around(_: Any) -> AsyncGenerator[None]:
        async with running_async(*workers):
            yield

    return around


def router(inbox: Inbox, path: str = "/wechatpay/notify") -> APIRouter:
    """Return a router for the notification URL.

    It replies after the notification is committed, with 4xx if it is not from WeChat Pay, and with
    503 while the database is unavailable. A body larger than `inbox.max_body_size` is not read to
    its end.

    Args:
        inbox: receives the notifications.
        path: the path of your `notify_url`; a `{mchid}` in it names the merchant.
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
            return Response(status_code=400)  # the client is gone
        reply = await inbox.receive_async(
            request.headers, bytes(body), mchid=request.path_params.get("mchid")
        )
        return Response(reply.body, reply.status, reply.headers)

    return made
