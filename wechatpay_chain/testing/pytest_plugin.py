"""Fixtures for tests of code that takes payments: a local WeChat Pay, and a client of it.

    def test_an_order_is_paid(wechatpay_gateway, wechatpay):
        order = wechatpay.v3.pay.transactions.native.post(json={…})
        wechatpay_gateway.pay(out_trade_no)

Installing the package is enough for pytest to find them; nothing is loaded until one is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..client import WeChatPay
    from ..gateway import Gateway
    from ..gateway.store.identity import Identity

__all__ = ["wechatpay", "wechatpay_gateway", "wechatpay_identity"]


@pytest.fixture(scope="session")
def wechatpay_identity(request: pytest.FixtureRequest) -> Identity:
    """The gateway's keys, made once and kept in pytest's cache: making them takes the longest."""
    from ..gateway.store.data_directory import DataDirectoryError, load_identity
    from ..gateway.store.identity import Identity

    cache = getattr(request.config, "cache", None)
    if cache is None:  # -p no:cacheprovider
        return Identity.new()
    try:
        return load_identity(cache.mkdir("wechatpay_gateway"))
    except DataDirectoryError:  # of another user, say: a container's cache may be
        return Identity.new()


@pytest.fixture
def wechatpay_gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    """A WeChat Pay of this test's own, on a free port of 127.0.0.1, with nothing in it."""
    from ..gateway import Gateway

    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.fixture
def wechatpay(wechatpay_gateway: Gateway) -> Iterator[WeChatPay]:
    """A client of `wechatpay_gateway`'s merchant, sync and async."""
    with wechatpay_gateway.client() as client:
        yield client
