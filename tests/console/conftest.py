"""A gateway, its client, a shop that is notified, and a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import chromium as chromium
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

from .console_page import ConsolePage

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real Chromium")


@pytest.fixture
def gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.fixture
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    with gateway.client() as wxpay:
        yield wxpay


class Shop:
    """Receives notifications; answers with `status`, which a test may change."""

    def __init__(self) -> None:
        self.status = 204
        self.received: list[tuple[dict[str, str], bytes]] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                shop.received.append((dict(self.headers), body))
                self.send_response(shop.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notify"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever)
    thread.start()
    yield shop
    shop.server.shutdown()
    thread.join(10)
    shop.server.server_close()


@pytest.fixture
def console(chromium: Chrome, gateway: Gateway) -> Iterator[ConsolePage]:
    console = ConsolePage(chromium, gateway.base_uri)
    console.severe_messages()
    yield console
    chromium.get("about:blank")
    # Chromium logs every response with an error status as well.
    assert [
        each
        for each in console.severe_messages()
        if not any(part in each for part in console.expected_errors)
    ] == []
