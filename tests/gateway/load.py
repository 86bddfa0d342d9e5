"""Runs many scenarios at once, with a fault for one call in ten; also used by the benchmark."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.gateway.load_scenarios import (
    CALLS_PER_SCENARIO,
    REFUND,
    SCENARIOS,
    TOTAL,
    LoadClient,
    LoadResult,
)
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway


async def load(
    description: Path,
    requests: int,
    concurrency: int,
    progress: Callable[[int], None] = lambda _: None,
) -> LoadResult:
    """Run scenarios, several at once, until so many calls are made; what they saw.

    Args:
        description: a running gateway's `gateway.json`.
        requests: how many calls.
        concurrency: how many scenarios run at once.
        progress: gets the number of calls made so far, after each scenario.
    """
    result = LoadResult()
    waiting = iter(range(requests // CALLS_PER_SCENARIO))
    finished = itertools.count(1)

    async def worker(client: LoadClient) -> None:
        for index in waiting:
            await SCENARIOS[index % len(SCENARIOS)](client, f"load{index:08}")
            progress(next(finished) * CALLS_PER_SCENARIO)

    async with (
        _client(description) as wxpay,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        _notification_server(wxpay, result) as (notify_url, wait_for),
    ):
        certificate_options = {
            "security": True,
            "base_uri": _described(description, "tls_base_uri"),
        }
        client = LoadClient(
            wxpay,
            session,
            _described(description),
            notify_url,
            result,
            certificate_options,
            _described(description, "appid"),
        )
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker(client))
        await wait_for(expected_notifications(result))
    return result


def _client(description: Path) -> WeChatPay:
    """Return a client with a single attempt; the scenarios repeat failed calls, and count them."""
    return WeChatPay.from_gateway(
        description, tls=True, base_uri=_described(description), retry=None, timeout=60
    )


def _described(description: Path, name: str = "base_uri") -> str:
    return str(json.loads(description.read_bytes())[name])


def expected_notifications(result: LoadResult) -> set[str]:
    """Return the orders with a notification: a combined order has one."""
    return {number.rstrip("AB") for number in result.paid}


@asynccontextmanager
async def _notification_server(
    wxpay: WeChatPay, result: LoadResult
) -> AsyncIterator[tuple[str, Callable[[set[str]], Awaitable[None]]]]:
    """Yield the URL of a server for notifications, and a function that waits for some of them."""
    arrival = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        notification = (
            wxpay.notify_v2(body) if body.startswith(b"<") else wxpay.notify(request.headers, body)
        )
        resource = notification.resource
        number = resource.get("combine_out_trade_no") or resource["out_trade_no"]
        result.notifications[number] += 1
        arrival.set()
        reply = notification.success()
        return web.Response(body=reply.body, status=reply.status, headers=reply.headers)

    async def wait_for(numbers: set[str]) -> None:
        async with asyncio.timeout(60):
            while not numbers <= result.notifications.keys():
                arrival.clear()
                await arrival.wait()

    app = web.Application()
    app.router.add_post("/notify", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/notify", wait_for
    finally:
        await runner.cleanup()


def audit(gateway: Gateway, result: LoadResult) -> None:
    """Check that the gateway has what the scenarios saw: nothing lost, nothing twice.

    Args:
        gateway: the one that they called, or one on its data directory.
        result: what they saw.
    """
    gateway.state.ledger.check()
    orders = gateway.orders()
    assert len(orders) == len(result.orders)
    assert {each["out_trade_no"]: each["state"] for each in orders} == result.orders
    transactions = [each["transaction_id"] for each in orders if each["transaction_id"]]
    assert len(transactions) == len(set(transactions)) == len(result.paid)
    payments = [each for each in gateway.state.ledger.entries() if each["kind"] == "payment"]
    assert len(payments) == len(result.paid)
    assert sum(each["amount"] for each in payments) == TOTAL * len(result.paid)
    refunds = gateway.state.store.all("refund")
    assert {each["out_refund_no"] for each in refunds} == result.refunds
    assert sum(each["refunded"] for each in orders) == REFUND * len(result.refunds)
    assert set(result.notifications) == expected_notifications(result)
