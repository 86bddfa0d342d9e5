"""Many customers at once, and one request in ten that goes wrong; the benchmark does it as well."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.gateway.customers import CALLS, CUSTOMERS, REFUND, TOTAL, Outcome, Shop
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway


async def load(
    description: Path,
    requests: int,
    at_once: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Let customers come, so many at once, until so many calls are made; what they saw.

    Args:
        description: a running gateway's `gateway.json`.
        requests: how many calls.
        at_once: how many customers.
        progress: is told how many calls are made, after each customer.
    """
    outcome = Outcome()
    waiting = iter(range(requests // CALLS))
    served = itertools.count(1)

    async def customers(shop: Shop) -> None:
        for index in waiting:
            await CUSTOMERS[index % len(CUSTOMERS)](shop, f"load{index:08}")
            progress(next(served) * CALLS)

    async with (
        WeChatPay.from_gateway(description, tls=True, base_uri=_told(description)) as wxpay,
        aiohttp.ClientSession() as session,
        _receiver(wxpay, outcome) as (notify_url, arrived),
    ):
        secure = {"security": True, "base_uri": _told(description, "tls_base_uri")}
        shop = Shop(
            wxpay,
            session,
            _told(description),
            notify_url,
            outcome,
            secure,
            _told(description, "appid"),
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(customers(shop))
        await arrived(expected(outcome))
    return outcome


def _told(description: Path, name: str = "base_uri") -> str:
    return str(json.loads(description.read_bytes())[name])


def expected(outcome: Outcome) -> set[str]:
    """The orders that a notification must have come of: of two paid at once, one for both."""
    return {number.rstrip("AB") for number in outcome.paid}


@asynccontextmanager
async def _receiver(
    wxpay: WeChatPay, outcome: Outcome
) -> AsyncIterator[tuple[str, Callable[[set[str]], Awaitable[None]]]]:
    """Where notifications go, and what waits until those of some orders came."""
    news = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        notice = (
            wxpay.notify_v2(body) if body.startswith(b"<") else wxpay.notify(request.headers, body)
        )
        resource = notice.resource
        number = resource.get("combine_out_trade_no") or resource["out_trade_no"]
        outcome.notices[number] += 1
        news.set()
        reply = notice.success()
        return web.Response(body=reply.body, status=reply.status, headers=reply.headers)

    async def arrived(numbers: set[str]) -> None:
        async with asyncio.timeout(60):
            while not numbers <= outcome.notices.keys():
                news.clear()
                await news.wait()

    app = web.Application()
    app.router.add_post("/notify", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/notify", arrived
    finally:
        await runner.cleanup()


def audit(gateway: Gateway, outcome: Outcome) -> None:
    """See that the gateway has what the customers saw: nothing lost, nothing twice.

    Args:
        gateway: the one that they called, or one on its directory.
        outcome: what they saw.
    """
    gateway.state.ledger.check()
    orders = gateway.orders()
    assert len(orders) == len(outcome.orders)
    assert {each["out_trade_no"]: each["state"] for each in orders} == outcome.orders
    transactions = [each["transaction_id"] for each in orders if each["transaction_id"]]
    assert len(transactions) == len(set(transactions)) == len(outcome.paid)
    payments = [each for each in gateway.state.ledger.entries() if each["kind"] == "payment"]
    assert len(payments) == len(outcome.paid)
    assert sum(each["amount"] for each in payments) == TOTAL * len(outcome.paid)
    refunds = gateway.state.store.all("refund")
    assert {each["out_refund_no"] for each in refunds} == outcome.refunds
    assert sum(each["refunded"] for each in orders) == REFUND * len(outcome.refunds)
    assert set(outcome.notices) == expected(outcome)
