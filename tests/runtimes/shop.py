"""A shop with one client, made as the module is loaded, and its faces for web servers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from wechatpay_chain import WeChatPay
from wechatpay_chain.messages import canonical

wxpay = WeChatPay.from_gateway(os.environ["SHOP_GATEWAY"], tls=True)
PATH = "v3/pay/transactions/out-trade-no/{out_trade_no}"


def tolerate_slowness() -> None:
    """Have the debug mode of asyncio say nothing where the machine is slow."""
    asyncio.get_running_loop().slow_callback_duration = 60


def new_order() -> dict[str, Any]:
    return {
        "appid": os.environ["SHOP_APPID"],
        "mchid": wxpay.mchid,
        "description": "Image形象店",
        "out_trade_no": canonical.nonce(20),
        "notify_url": "http://127.0.0.1:1/notify",
        "amount": {"total": 100, "currency": "CNY"},
    }


def seen(order: dict[str, Any], made: Any, found: Any) -> dict[str, Any]:
    """What a shop knows of an order: both responses were verified, and the query is of this one."""
    assert made.verified
    assert made.json()["code_url"]
    assert found.verified
    assert found.json()["out_trade_no"] == order["out_trade_no"]
    return {"pid": os.getpid(), "number": order["out_trade_no"], **found.json()}


def sell() -> dict[str, Any]:
    """Make an order, and query it."""
    order = new_order()
    made = wxpay.v3.pay.transactions.native.post(json=order)
    query = {"mchid": wxpay.mchid}
    return seen(order, made, wxpay[PATH].get(out_trade_no=order["out_trade_no"], query=query))


async def sell_async() -> dict[str, Any]:
    """The same on an event loop."""
    tolerate_slowness()
    order = new_order()
    made = await wxpay.v3.pay.transactions.native.post_async(json=order)
    query = {"mchid": wxpay.mchid}
    found = await wxpay[PATH].get_async(out_trade_no=order["out_trade_no"], query=query)
    return seen(order, made, found)


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """One sale a request."""
    content = json.dumps(sell()).encode()
    start_response("200 OK", [("Content-Length", str(len(content)))])
    return [content]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same; blocking calls are made in a thread, as frameworks do."""
    if scope["type"] != "http":
        return
    sold = await asyncio.to_thread(sell) if scope["path"] == "/sync" else await sell_async()
    content = json.dumps(sold).encode()
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": content})


if os.environ.get("SHOP_SELLS_AT_ONCE"):  # so that connections are kept before a server forks
    first = sell()
