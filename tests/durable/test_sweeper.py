"""The sweeper: what no notification tells is queried, on time, and handled once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tests.durable.shop import record
from tests.durable.worlds import effects
from tests.gateway.support import control, new_number, order
from tests.servers import NotificationServer
from wechatpay_chain import ConfigurationError
from wechatpay_chain.durable import Inbox, Sweeper

REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture
def inbox(world, wxpay, clock):
    return Inbox(world.engine, wxpay, clock=clock)


@pytest.fixture
def sweeper(inbox, clock):
    return Sweeper(inbox, clock=clock, deadline=5)


@pytest.fixture
def made(gateway, wxpay):
    """An order that is not paid."""
    made = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=made)
    return made["out_trade_no"]


def booking(world, inbox, *events):
    seen = []

    async def book(notice, execute):
        await execute(sa.insert(effects).values(order=notice.event_type, amount=1))
        seen.append(notice)

    for event in events:
        inbox.on(event, key="out_trade_no")(world.handler(book))
    return seen


def ending(world, sweeper):
    ends = []

    async def end(end, execute):
        await execute(sa.insert(effects).values(order=end.outcome, amount=0))
        ends.append(end)

    sweeper.on_end(world.handler(end))
    return ends


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


async def sweep(world, sweeper, clock, seconds):
    """Let time pass, and sweep."""
    clock.now += seconds
    return await world.call(sweeper.run_once)


async def test_a_payment_without_a_notification_is_found_and_handled(
    world, inbox, sweeper, gateway, made, clock
):
    seen, ends = booking(world, inbox, "TRANSACTION.SUCCESS"), ending(world, sweeper)
    number = await record(world, sweeper.watch, out_trade_no=made)
    assert await record(world, sweeper.watch, out_trade_no=made) == number
    assert await sweep(world, sweeper, clock, 9) == 0
    assert await sweep(world, sweeper, clock, 1) == 1
    gateway.pay(made)
    assert await sweep(world, sweeper, clock, 29) == 0
    assert await sweep(world, sweeper, clock, 1) == 1
    assert await world.call(inbox.run_once) == 1
    assert [notice.resource["out_trade_no"] for notice in seen] == [made]
    assert [notice.source for notice in seen] == ["query"]
    assert [end.outcome for end in ends] == ["SUCCESS"]
    (row,) = world.rows("wechatpay_watch")
    assert (row["state"], row["outcome"]) == ("done", "SUCCESS")
    (stored,) = world.rows()
    assert seen[0].resource["payer"]["openid"] not in repr(stored)


async def test_queries_follow_the_schedule(world, sweeper, made, clock):
    await record(world, sweeper.watch, out_trade_no=made)
    waited = []
    for _ in range(10):
        (row,) = world.rows("wechatpay_watch")
        waited.append(row["due_at"] / 1000 - clock.now)
        assert await sweep(world, sweeper, clock, waited[-1]) == 1
    assert waited == [10, 30, 60, 180, 300, 600, 1800, 3600, 3600, 3600]


@pytest.mark.parametrize("first", ["notification", "query"])
async def test_notification_and_query_tell_of_one_payment(
    world, inbox, sweeper, gateway, wxpay, clock, first
):
    seen, ends = booking(world, inbox, "TRANSACTION.SUCCESS"), ending(world, sweeper)
    with NotificationServer() as shop:
        made = order(gateway, notify_url=shop.url)
        wxpay.v3.pay.transactions.native.post(json=made)
        gateway.pay(made["out_trade_no"])
        headers, body = shop.take()
    await record(world, sweeper.watch, out_trade_no=made["out_trade_no"])
    if first == "query":
        assert await sweep(world, sweeper, clock, 10) == 1
    assert (await world.call(inbox.receive, headers, body)).status == 204
    assert await world.call(inbox.run_once) == 1
    if first == "notification":
        assert await sweep(world, sweeper, clock, 10) == 1
    assert await world.call(inbox.run_once) == 0
    assert [notice.source for notice in seen] == ["v3" if first == "notification" else "query"]
    assert [end.outcome for end in ends] == ["SUCCESS"]


async def test_an_order_is_closed_when_its_time_is_up(world, sweeper, wxpay, made, clock):
    ends = ending(world, sweeper)
    await record(world, sweeper.watch, out_trade_no=made, until=at(clock.now + 20))
    assert await sweep(world, sweeper, clock, 10) == 1
    assert await sweep(world, sweeper, clock, 10) == 1
    asked = {"out_trade_no": made, "query": {"mchid": wxpay.mchid}}
    path = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    assert path.get(**asked).json()["trade_state"] == "CLOSED"
    assert ends == []
    assert await sweep(world, sweeper, clock, 60) == 1
    assert [end.outcome for end in ends] == ["CLOSED"]
    assert [row["order"] for row in world.rows(effects)] == ["CLOSED"]


async def test_an_order_whose_payment_failed_may_still_be_paid(
    world, inbox, sweeper, gateway, made, clock
):
    seen = booking(world, inbox, "TRANSACTION.SUCCESS")
    control(gateway, f"transactions/{made}/fail")
    await record(world, sweeper.watch, out_trade_no=made)
    assert await sweep(world, sweeper, clock, 10) == 1
    (row,) = world.rows("wechatpay_watch")
    assert (row["state"], row["error"]) == ("pending", "trade_state is PAYERROR")
    gateway.pay(made)
    assert await sweep(world, sweeper, clock, 30) == 1
    assert await world.call(inbox.run_once) == 1
    assert len(seen) == 1


async def test_a_payment_that_races_with_the_closing_is_noticed(
    world, inbox, sweeper, gateway, made, clock
):
    seen, ends = booking(world, inbox, "TRANSACTION.SUCCESS"), ending(world, sweeper)

    def pay(kind, entry):
        if kind == "request" and entry["method"] == "GET" and made in entry["target"]:
            gateway.state.log.listeners.discard(pay)
            gateway.pay(made)

    await record(world, sweeper.watch, out_trade_no=made, until=at(clock.now + 5))
    gateway.state.log.listeners.add(pay)
    assert await sweep(world, sweeper, clock, 10) == 1
    assert sweeper.counters["closed"] == 0
    assert await sweep(world, sweeper, clock, 60) == 1
    assert await world.call(inbox.run_once) == 1
    assert len(seen) == 1
    assert [end.outcome for end in ends] == ["SUCCESS"]


async def test_a_number_that_wechat_pay_does_not_know(world, sweeper, clock):
    ends = ending(world, sweeper)
    unknown = new_number()
    await record(world, sweeper.watch, out_trade_no=unknown, until=at(clock.now + 20))
    assert await sweep(world, sweeper, clock, 10) == 1
    assert ends == []
    assert await sweep(world, sweeper, clock, 10) == 1
    assert [(end.outcome, end.number) for end in ends] == [("NOT_EXIST", unknown)]


async def test_a_refund_is_found_too(world, inbox, sweeper, gateway, wxpay, made, clock):
    seen = booking(world, inbox, "REFUND.SUCCESS")
    gateway.pay(made)
    refund = new_number("R")
    amount = {"refund": 10, "total": 100, "currency": "CNY"}
    wxpay[REFUNDS].post(json={"out_trade_no": made, "out_refund_no": refund, "amount": amount})
    gateway.state.clock.advance(3600)
    await record(world, sweeper.watch, out_refund_no=refund)
    assert await sweep(world, sweeper, clock, 10) == 1
    assert await world.call(inbox.run_once) == 1
    assert [notice.resource["refund_status"] for notice in seen] == ["SUCCESS"]


async def test_a_failure_costs_a_delay(world, inbox, sweeper, gateway, made, clock):
    seen = booking(world, inbox, "TRANSACTION.SUCCESS")
    gateway.faults.add("v3/pay/*", "status", times=1, status=500)
    gateway.pay(made)
    await record(world, sweeper.watch, out_trade_no=made)
    assert await sweep(world, sweeper, clock, 10) == 1
    assert sweeper.counters["failed"] == 1
    assert await sweep(world, sweeper, clock, 30) == 1
    assert await world.call(inbox.run_once) == 1
    assert len(seen) == 1


async def test_a_watch_is_given_up_at_last(world, sweeper, made, clock):
    ends = ending(world, sweeper)
    await record(world, sweeper.watch, out_trade_no=made)
    clock.now += 8 * 86400
    assert await world.call(sweeper.run_once) == 1
    assert [end.outcome for end in ends] == ["UNKNOWN"]
    (row,) = world.rows("wechatpay_watch")
    assert row["state"] == "dead"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "one of out_trade_no"),
        ({"out_trade_no": "1", "out_refund_no": "2"}, "one of out_trade_no"),
        ({"out_trade_no": ""}, "a text of 1 to 128"),
        ({"out_trade_no": "1", "transaction_id": "2"}, "transaction_id: not expected"),
        ({"out_order_no": "1"}, "transaction_id is missing"),
        ({"out_refund_no": "1", "until": datetime.now(UTC)}, "a refund cannot be closed"),
        ({"out_trade_no": "1", "until": datetime(2026, 11, 26)}, "with a timezone"),
    ],
)
async def test_what_cannot_be_watched(world, sweeper, given, message):
    with pytest.raises(ConfigurationError, match=message):
        await record(world, sweeper.watch, **given)
