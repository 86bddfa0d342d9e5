"""A gateway, its client, a server for notifications, and the console in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import chromium as chromium
from tests.servers import NotificationServer
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
    with gateway.client(retry=None) as wxpay:
        yield wxpay


@pytest.fixture
def shop() -> Iterator[NotificationServer]:
    with NotificationServer((204, b"")) as server:
        yield server


@pytest.fixture
def console(chromium: Chrome, gateway: Gateway) -> Iterator[ConsolePage]:
    console = ConsolePage(chromium, gateway.base_uri)
    console.severe_messages()
    yield console
    chromium.get("about:blank")
    # Chromium also logs every response with an error status.
    assert [
        each
        for each in console.severe_messages()
        if not any(part in each for part in console.expected_errors)
    ] == []
