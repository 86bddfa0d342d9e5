"""`Outbox.refund`, and a sweeper that watches what the outbox made."""

from __future__ import annotations

import pytest

from tests.durable.shop import record
from tests.gateway.support import order
from wechatpay_chain import ConfigurationError
from wechatpay_chain.durable import Inbox, Outbox, Sweeper
from wechatpay_chain.durable.outbox.refunds import body_of_refund
from wechatpay_chain.durable.sweeper.watching import followed

REFUND = {"out_trade_no": "A1", "out_refund_no": "R1", "refund": 100, "total": 300}


def test_a_body_has_what_the_api_wants():
    assert body_of_refund(REFUND, None) == {
        "out_trade_no": "A1",
        "out_refund_no": "R1",
        "amount": {"refund": 100, "total": 300, "currency": "CNY"},
    }
    given = {
        **REFUND,
        "reason": "商品已售完",
        "sub_mchid": "1900000109",
        "notify_url": "https://other.example/notify",
        "currency": "HKD",
        "mchid": "1900000001",
    }
    assert body_of_refund(given, "https://shop.example/notify") == {
        "out_trade_no": "A1",
        "sub_mchid": "1900000109",
        "reason": "商品已售完",
        "out_refund_no": "R1",
        "notify_url": "https://other.example/notify",
        "amount": {"refund": 100, "total": 300, "currency": "HKD"},
    }
    whole = {name: REFUND[name] for name in REFUND if name != "refund"}
    assert body_of_refund(whole, None)["amount"]["refund"] == 300
    body = body_of_refund({**given, "notify_url": None}, "https://shop.example/notify")
    assert body["notify_url"] == "https://shop.example/notify"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"total": None}, "total=None: expected fen"),
        ({"refund": 1.0}, "refund=1.0: expected fen"),
        ({"refund": True}, "refund=True: expected fen"),
        ({"refund": 0}, "refund=0: expected 1 fen to the total of 300"),
        ({"refund": 301}, "refund=301"),
        ({"transaction_id": "42"}, "a refund needs out_trade_no or transaction_id of"),
        ({"amount": 1}, "amount is not a field of a refund"),
    ],
)
def test_a_refund_that_cannot_be(changes, message):
    with pytest.raises(ConfigurationError, match=message):
        body_of_refund({**REFUND, **changes}, None)
    for name in ("out_trade_no", "out_refund_no", "total"):
        with pytest.raises(ConfigurationError, match=r"is missing|of the order"):
            body_of_refund({key: REFUND[key] for key in REFUND if key != name}, None)


@pytest.mark.parametrize("outcome", ["notified", "unknown", "failed"])
async def test_what_a_call_made_is_watched(world, wxpay, gateway, clock, outcome):
    inbox = Inbox(world.engine, wxpay, clock=clock)
    outbox = Outbox(world.engine, wxpay, clock=clock, deadline=5)
    sweeper = Sweeper(inbox, outbox, clock=clock, deadline=5)
    made = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=made)
    number, total = made["out_trade_no"], made["amount"]["total"]
    if outcome != "failed":
        gateway.pay(number)
    if outcome == "unknown":
        gateway.faults.add("v3/refund/*", "reset")
    refund = {"out_trade_no": number, "out_refund_no": f"R{number}", "total": total}
    await record(world, outbox.refund, **refund)
    for _ in range(20 if outcome == "unknown" else 1):
        assert await world.call(outbox.run_once) == 1
        clock.now += 3600
    gateway.faults.clear()
    (row,) = world.rows("wechatpay_outbox")
    assert row["state"] == {"notified": "done"}.get(outcome, "dead")
    watched = [(each["kind"], each["number"]) for each in world.rows("wechatpay_watch")]
    assert watched == ([] if outcome == "failed" else [("refund", f"R{number}")])
    if outcome == "notified":
        gateway.advance(minutes=1)
        assert await world.call(sweeper.run_once) == 1
        events = [each["event_type"] for each in world.rows()]
        assert events == ["REFUND.SUCCESS"]


async def test_a_call_that_makes_nothing_is_not_watched(world, wxpay, gateway, clock):
    outbox = Outbox(world.engine, wxpay, clock=clock)
    Sweeper(Inbox(world.engine, wxpay, clock=clock), outbox, clock=clock)
    made = order(gateway)
    await record(world, outbox.call, "POST", "v3/pay/transactions/native", json=made)
    assert await world.call(outbox.run_once) == 1
    assert world.rows("wechatpay_watch") == []


def test_one_sweeper_watches_an_outbox(world, wxpay):
    inbox, outbox = Inbox(world.engine, wxpay), Outbox(world.engine, wxpay)
    Sweeper(inbox, outbox)
    with pytest.raises(ConfigurationError, match="another sweeper"):
        Sweeper(inbox, outbox)


def test_transfers_and_shared_profits_are_followed(caplog):
    def kind(path, **body):
        row = followed({"id": 1, "mchid": "1900000109", "path": path}, body, 0)
        return row and (row["kind"], row["number"], row["parameters"])

    transfers = "v3/fund-app/mch-transfer/transfer-bills"
    assert kind(transfers, out_bill_no="T1") == ("transfer", "T1", "{}")
    orders = "/v3/profitsharing/orders"
    shared = kind(orders, out_order_no="P1", transaction_id="42", sub_mchid="1900000110")
    assert shared == (
        "profitsharing",
        "P1",
        '{"transaction_id": "42", "sub_mchid": "1900000110"}',
    )
    assert kind("v3/pay/transactions/native", out_trade_no="A1") is None
    assert caplog.records == []
    assert kind(orders, out_order_no="P1") is None
    assert "outbox 1 is not watched: transaction_id is missing" in caplog.text
