"""Workers beside a web application: they run as long as it does."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from aiohttp import web
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.contrib.test_frameworks import post
from tests.durable.notifications import delivery, paid
from wechatpay_chain.contrib.aiohttp import background, handler
from wechatpay_chain.contrib.fastapi import lifespan, router
from wechatpay_chain.durable import Inbox, create_tables
from wechatpay_chain.testing.serving import serve

PATH = "/wechatpay/notify"


def fastapi_application(inbox):
    app = FastAPI(lifespan=lifespan(inbox))
    app.include_router(router(inbox, PATH))
    return app


def aiohttp_application(inbox):
    app = web.Application()
    app.cleanup_ctx.append(background(inbox))
    app.router.add_post(PATH, handler(inbox))
    return app


@pytest.mark.parametrize("make", [fastapi_application, aiohttp_application])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_what_is_received_is_handled(make, is_async, tmp_path, keys):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)
    create_tables(engine)
    url = engine.url.set(drivername="sqlite+aiosqlite")
    used = create_async_engine(url, poolclass=NullPool) if is_async else engine
    inbox, handled = Inbox(used, keys.client()), threading.Event()

    def handle(notice, session):
        handled.set()

    async def handle_async(notice, session):
        handled.set()

    inbox.on("TRANSACTION.SUCCESS")(handle_async if is_async else handle)
    with serve(make(inbox)) as address:
        port = int(address.rpartition(":")[2])
        assert post(port, *delivery(keys, paid("A1")))[0] == 204
        assert handled.wait(20)
    names = [each.name for each in threading.enumerate()]
    assert [name for name in names if name.startswith("wechatpay_chain.")] == []
    engine.dispose()
