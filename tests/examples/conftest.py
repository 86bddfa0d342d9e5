"""The shop on a real server, with a gateway, and time that tests set."""

from __future__ import annotations

import queue
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import uvicorn

from examples.shop.shop import Shop
from examples.shop.tables import create
from examples.shop.web import NOTIFY, create_app
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity


class Entrance:
    """Stands before an application: sees what is replied to notifications, or rejects them.

    Attributes:
        replies: the statuses of the replies, oldest first.
        is_down: whether a notification gets 503, as from a proxy whose application is down.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.replies: queue.Queue[int] = queue.Queue()
        self.is_down = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != NOTIFY:
            await self._app(scope, receive, send)
            return
        status = []

        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        if self.is_down:
            await watched({"type": "http.response.start", "status": 503, "headers": []})
            await watched({"type": "http.response.body", "body": b""})
        else:
            await self._app(scope, receive, watched)
        self.replies.put(*status)


class Desk:
    """A shop that runs, and what a customer sees of it.

    Attributes:
        now: the shop's time, in seconds since 1970.
    """

    def __init__(self, gateway: Gateway, wxpay: Any, folder: Path) -> None:
        self.gateway, self.now, self.bills = gateway, time.time(), folder / "bills"
        self._listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.engine = sa.create_engine(f"sqlite:///{folder / 'shop.db'}")
        create(self.engine)
        self.shop = Shop(
            self.engine,
            wxpay,
            appid=gateway.identity.appid,
            notify_url=address + NOTIFY,
            clock=lambda: self.now,
        )
        self.entrance = Entrance(create_app(self.shop, self.bills))
        config = uvicorn.Config(self.entrance, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}
        )
        self.browser = httpx.Client(base_url=address, follow_redirects=True, trust_env=False)

    def __enter__(self) -> Desk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
        self.engine.dispose()

    def order(self) -> str:
        """Order a doll; the number of the order."""
        page = self.browser.post("/orders?item=doll")
        assert page.status_code == 200
        return page.url.path.removeprefix("/orders/")

    def state(self, number: str) -> str:
        """What the page of an order says."""
        page = self.browser.get(f"/orders/{number}").text
        return re.search('<b id="state">(.*?)</b>', page)[1]

    def received(self) -> str:
        """How much money is in the books."""
        return re.search('<b id="received">(.*?)</b>', self.browser.get("/").text)[1]

    def replied(self, times: int = 1) -> list[int]:
        """Wait for notifications; the statuses that they got."""
        return [self.entrance.replies.get(timeout=10) for _ in range(times)]


@pytest.fixture(scope="session")
def identity() -> Identity:
    return Identity.new()


@pytest.fixture(scope="module")
def gateway(identity: Identity) -> Iterator[Gateway]:
    """Its time hardly moves by itself, so that nothing depends on how fast a test is."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


@pytest.fixture
def desk(gateway: Gateway, tmp_path: Path) -> Iterator[Desk]:
    with gateway.client(retry=None) as wxpay, Desk(gateway, wxpay, tmp_path) as desk:
        yield desk
    gateway.faults.clear()
