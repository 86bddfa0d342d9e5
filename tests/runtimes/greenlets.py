"""Sells in greenlets, in a process that gevent has patched; `test_gevent` runs it."""

from __future__ import annotations

# ruff: noqa: E402 - Python is patched before anything else is imported
from gevent import monkey

monkey.patch_all()

import json
import os
import sys

import gevent
from gevent.pool import Pool

from wechatpay_chain import WeChatPay

from . import shop

AT_ONCE = 8


def new_client(**arguments: object) -> WeChatPay:
    return WeChatPay.from_gateway(os.environ["SHOP_GATEWAY"], tls=True, **arguments)


def others_run_meanwhile() -> None:
    """The gateway takes its time, and another greenlet has some of it."""
    ticks = []

    def tick() -> None:
        while True:
            gevent.sleep(0.01)
            ticks.append(None)

    ticking = gevent.spawn(tick)
    assert shop.wxpay.v3.certificates.get().verified
    ticking.kill()
    assert ticks, "a call blocks the other greenlets"


def one_connection_is_shared() -> None:
    client = new_client(max_connections=1)
    verified = Pool().map(lambda _: client.v3.certificates.get().verified, range(AT_ONCE))
    assert verified == [True] * AT_ONCE
    client.close()


def certificates_are_fetched_once() -> None:
    client = new_client(certs=None)
    path = "v3/merchant-service/complaints-v2?begin_date=2026-01-01&end_date=2026-01-02"
    verified = Pool().map(lambda _: client[path].get().verified, range(AT_ONCE))
    assert verified == [True] * AT_ONCE


if __name__ == "__main__":
    others_run_meanwhile()
    for sold in Pool().map(lambda _: shop.sell(), range(AT_ONCE)):
        sys.stdout.write(f"{json.dumps(sold)}\n")
    one_connection_is_shared()
    certificates_are_fetched_once()
