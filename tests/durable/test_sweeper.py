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
from wechatpay_chain.durable.sweeper.kinds import KINDS

REFUNDS = "v3/refund/domestic/refunds"
COMBINED = "v3/combine-transactions"
NOBODY = "http://127.0.0.1:1/notify"


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


def combine(gateway, wxpay, notify_url=NOBODY):
    """A combined order that is not paid; its number, and those of its orders."""
    number = new_number("C")
    inner = [new_number("S") for _ in range(2)]
    body = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": wxpay.mchid,
        "combine_out_trade_no": number,
        "notify_url": notify_url,
        "sub_orders": [
            {
                "mchid": wxpay.mchid,
                "attach": "a",
                "out_trade_no": each,
                "description": "x",
                "amount": {"total_amount": 100, "currency": "CNY"},
            }
            for each in inner
        ],
    }
    wxpay[f"{COMBINED}/native"].post(json=body)
    return number, inner


def states(wxpay, number):
    found = wxpay[f"{COMBINED}/out-trade-no/{number}"].get().json()
    return [each["trade_state"] for each in found["sub_orders"]]


async def test_a_combined_order_is_found_with_its_orders(
    world, inbox, sweeper, gateway, wxpay, clock
):
    seen, ends = booking(world, inbox, "TRANSACTION.SUCCESS"), ending(world, sweeper)
    number, inner = combine(gateway, wxpay)
    await record(world, sweeper.watch, combine_out_trade_no=number)
    assert await sweep(world, sweeper, clock, 10) == 1
    (row,) = world.rows("wechatpay_watch")
    assert (row["kind"], row["state"], row["error"]) == (
        "combined",
        "pending",
        "trade_state is NOTPAY",
    )
    gateway.pay(inner[0])
    assert await sweep(world, sweeper, clock, 30) == 1
    assert await world.call(inbox.run_once) == 1
    (notice,) = seen
    orders = notice.resource["sub_orders"]
    assert [(each["out_trade_no"], each["trade_state"]) for each in orders] == [
        (each, "SUCCESS") for each in inner
    ]
    assert [(end.kind, end.outcome) for end in ends] == [("combined", "SUCCESS")]


async def test_notification_and_query_tell_of_one_combined_payment(
    world, inbox, sweeper, gateway, wxpay, clock
):
    seen = booking(world, inbox, "TRANSACTION.SUCCESS")
    with NotificationServer() as shop:
        number, inner = combine(gateway, wxpay, shop.url)
        gateway.pay(inner[0])
        headers, body = shop.take()
    await record(world, sweeper.watch, combine_out_trade_no=number)
    assert await sweep(world, sweeper, clock, 10) == 1
    assert (await world.call(inbox.receive, headers, body)).status == 204
    assert await world.call(inbox.run_once) == 1
    assert [notice.source for notice in seen] == ["query"]


async def test_a_combined_order_is_closed_with_all_its_orders(
    world, sweeper, gateway, wxpay, clock
):
    ends = ending(world, sweeper)
    number, _ = combine(gateway, wxpay)
    await record(world, sweeper.watch, combine_out_trade_no=number, until=at(clock.now + 5))
    assert await sweep(world, sweeper, clock, 10) == 1
    assert sweeper.counters["closed"] == 1
    assert states(wxpay, number) == ["CLOSED", "CLOSED"]
    assert await sweep(world, sweeper, clock, 60) == 1
    assert [(end.number, end.outcome) for end in ends] == [(number, "CLOSED")]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (["SUCCESS", "NOTPAY"], "SUCCESS"),
        (["REFUND", "SUCCESS"], "SUCCESS"),
        (["CLOSED", "REFUND"], "REFUND"),
        (["CLOSED", "NOTPAY"], "NOTPAY"),
        (["CLOSED", "PAYERROR"], "PAYERROR"),
        (["CLOSED", "CLOSED"], "CLOSED"),
        ([], ""),
    ],
)
def test_the_orders_of_a_combined_one_tell_one_state(states, told):
    kind = KINDS["combined"]
    resource = {"sub_orders": [{"trade_state": state} for state in states]}
    assert kind.state_of(resource, kind.state) == told
    assert len(list(kind.found(resource))) == (told in ("SUCCESS", "REFUND"))


async def test_on_end_that_raises_costs_a_delay(world, inbox, sweeper, gateway, made, clock):
    seen, failing, ends = booking(world, inbox, "TRANSACTION.SUCCESS"), [True], []

    async def end(end, execute):
        await execute(sa.insert(effects).values(order=end.outcome, amount=0))
        ends.append(end)
        if failing:
            raise RuntimeError(f"no order of {end.resource['payer']['openid']}")

    sweeper.on_end(world.handler(end))
    gateway.pay(made)
    await record(world, sweeper.watch, out_trade_no=made)
    assert await sweep(world, sweeper, clock, 10) == 1
    (row,) = world.rows("wechatpay_watch")
    assert row["state"] == "pending"
    assert row["error"].startswith("RuntimeError: no order of *** ")
    assert world.rows(effects) == world.rows() == []
    failing.clear()
    assert await sweep(world, sweeper, clock, 30) == 1
    assert await world.call(inbox.run_once) == 1
    assert len(seen) == 1
    assert [row["order"] for row in world.rows(effects)] == ["SUCCESS", "TRANSACTION.SUCCESS"]


class Died(BaseException):
    """What the process dies of, as the database sees it."""


async def test_a_watch_whose_process_dies_each_time_is_given_up(
    world, inbox, sweeper, gateway, made, clock
):
    ends, dies = [], [True]

    async def end(end, execute):
        await execute(sa.insert(effects).values(order=end.outcome, amount=0))
        ends.append(end.outcome)
        if dies:
            raise Died

    sweeper.on_end(world.handler(end))
    gateway.pay(made)
    await record(world, sweeper.watch, out_trade_no=made)
    for wait in (10, 10 + 20, 30 + 20):
        with pytest.raises(Died):
            await sweep(world, sweeper, clock, wait)
        assert await world.call(sweeper.run_once) == 0
    clock.now += 8 * 86400
    dies.clear()
    assert await world.call(sweeper.run_once) == 1
    (row,) = world.rows("wechatpay_watch")
    assert (row["state"], row["outcome"]) == ("dead", "UNKNOWN")
    assert row["error"].startswith("attempt 3 did not finish: the process crashed")
    assert ends == ["SUCCESS", "SUCCESS", "SUCCESS", "UNKNOWN"]
    assert [row["order"] for row in world.rows(effects)] == ["UNKNOWN"]
    assert world.rows() == []


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
        ({"out_trade_no": "A\x00"}, "a text of 1 to 128"),
        ({"out_trade_no": "A\ud800"}, "a text of 1 to 128"),
        ({"out_trade_no": "1", "transaction_id": "2"}, "transaction_id: cannot be combined"),
        ({"out_order_no": "1"}, "transaction_id is missing"),
        ({"out_refund_no": "1", "until": datetime.now(UTC)}, "a refund cannot be closed"),
        (
            {"out_trade_no": "1", "until": datetime(2026, 11, 26)},
            "expected a datetime with a time zone, such as",
        ),
    ],
)
async def test_what_cannot_be_watched(world, sweeper, given, message):
    with pytest.raises(ConfigurationError, match=message):
        await record(world, sweeper.watch, **given)
