"""The ledger: every entry has two sides, and the days add up to the balances."""

from __future__ import annotations

import pytest

from tests.gateway.support import control, new_number, paid
from wechatpay_chain.gateway.store.clock import Clock
from wechatpay_chain.gateway.store.ledger import Imbalance, Ledger
from wechatpay_chain.gateway.store.store import Store

DAY = 86400
NOON = 1_795_233_600.0  # 2026-11-21 12:00 in Beijing


@pytest.fixture
def moment():
    return [NOON]


@pytest.fixture
def store():
    store = Store()
    yield store
    store.close()


@pytest.fixture
def ledger(store, moment):
    return Ledger(store, Clock(real=lambda: moment[0]))


def test_money_moves_from_one_account_to_another(ledger):
    ledger.move("payment", 100, "payer", "merchant", out_trade_no="N1")
    ledger.move("refund", 30, "merchant", "payer", out_trade_no="N1")
    assert ledger.balances() == {"payer": -70, "merchant": 70}
    assert ledger.balance("nobody") == 0
    assert [entry["amount"] for entry in ledger.entries()] == [100, 30]
    assert ledger.entries()[0]["out_trade_no"] == "N1"
    ledger.check()


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "1", None])
def test_an_amount_that_is_none(ledger, amount):
    with pytest.raises(Imbalance, match="of .* fen"):
        ledger.move("payment", amount, "payer", "merchant")
    ledger.check()


def test_the_days_of_beijing(ledger, moment):
    ledger.move("payment", 1, "payer", "merchant")
    moment[0] += 12 * 3600 - 1  # 23:59:59
    ledger.move("payment", 2, "payer", "merchant")
    moment[0] += 1
    ledger.move("payment", 4, "payer", "merchant")
    ledger.move("refund", 8, "merchant", "refunding", at=NOON - 1)  # entered later than it happened
    assert [entry["amount"] for entry in ledger.entries("2026-11-21")] == [8, 1, 2]
    assert [entry["amount"] for entry in ledger.entries("2026-11-22")] == [4]
    assert ledger.entries("2026-11-23") == []
    assert ledger.opening("2026-11-21", ["merchant"]) == 0
    assert ledger.opening("2026-11-22", ["merchant"]) == -5
    assert ledger.opening("2026-11-22", ["merchant", "refunding"]) == 3
    assert ledger.opening("2027-01-01", ["merchant"]) == ledger.balance("merchant") == -1


def test_books_that_somebody_meddled_with(ledger, store):
    ledger.move("payment", 100, "payer", "merchant")
    store.put("account", "merchant", {"account": "merchant", "balance": 99})
    with pytest.raises(Imbalance, match="the entries sum up to"):
        ledger.check()


def test_an_account_that_must_not_be_below_zero(ledger):
    ledger.move("transfer", 100, "operation", "transit")
    with pytest.raises(Imbalance, match="below zero: {'operation': -100}"):
        ledger.check()


def test_what_was_rolled_back_never_happened(ledger, store):
    def interrupted():
        with store.transaction():
            ledger.move("payment", 100, "payer", "merchant")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert ledger.balances() == {}
    assert ledger.entries() == []
    ledger.check()


@pytest.mark.parametrize("fault", ["reset", "truncate", "bad_signature", "status"])
def test_it_balances_after_a_fault(gateway, wxpay, fault):
    bought = paid(gateway, wxpay, 100)
    spent = gateway.state.ledger.balance("merchant")
    body = {
        "out_trade_no": bought["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 30, "total": 100, "currency": "CNY"},
    }
    gateway.state.faults.add("v3/refund/*", fault, times=1)
    post = wxpay.v3.refund.domestic.refunds.post
    with pytest.raises(Exception, match=r".+"):
        post(json=body)
    assert post(json=body).json()["status"] == "PROCESSING"  # executed once
    assert spent - gateway.state.ledger.balance("merchant") == 30


def test_a_script_reads_it(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    told = control(gateway, "ledger", "GET")
    assert sum(told["accounts"].values()) == 0
    assert told["entries"][-1]["out_trade_no"] == bought["out_trade_no"]
    assert control(gateway, "ledger?day=2020-01-01", "GET")["entries"] == []


def test_a_script_is_told_that_the_books_are_wrong(gateway, wxpay):
    paid(gateway, wxpay, 100)
    store = gateway.state.store
    merchant = store.get("account", "merchant")
    store.put("account", "merchant", merchant | {"balance": 1})
    status, told = control(gateway, "ledger", "GET")
    store.put("account", "merchant", merchant)
    assert (status, "the entries sum up to" in told["error"]) == (500, True)
