"""Deposits: paid in advance, consumed with a fee, refunded and reversed, exact to the fen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import NOBODY, SUB, new_code, new_number
from wechatpay_chain import APIError
from wechatpay_chain.gateway.simulation.refunds.records import SETTLING

SUB_V2 = {"sub_mch_id": SUB["sub_mchid"]}
SECURE = ("consume", "refund", "reverse")


def ask(gateway: Any, wxpay: Any, path: str, **fields: Any) -> dict[str, str]:
    xml = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid, **fields}
    call = wxpay.chain(f"v2/deposit/{path}").post
    shown: dict[str, str] = call(xml=xml, security=path in SECURE).xml()
    return shown


def rejected(*arguments: Any, **options: Any) -> str:
    with pytest.raises(APIError) as caught:
        ask(*arguments, **options)
    assert caught.value.verified
    return caught.value.code


def made(**changes: Any) -> dict[str, Any]:
    return {
        "body": "umbrella",
        "out_trade_no": new_number("D"),
        "total_fee": 1000,
        "fee_type": "CNY",
        "spbill_create_ip": "127.0.0.1",
        **changes,
    }


def paid(gateway: Any, wxpay: Any, **changes: Any) -> str:
    order = made(auth_code=new_code(), deposit="Y", **changes)
    assert ask(gateway, wxpay, "micropay", **order)["trade_type"] == "MICROPAY"
    return str(order["out_trade_no"])


def consume(gateway: Any, wxpay: Any, number: str, fen: int, **changes: Any) -> dict[str, str]:
    fields = {"out_trade_no": number, "total_fee": 1000, "consume_fee": fen, "fee_type": "CNY"}
    return ask(gateway, wxpay, "consume", **{**fields, **changes})


def balances(gateway: Any, sub: str = "") -> tuple[int, int, int]:
    gateway.refunds.all(1)  # stores the refunds that are due
    balance, own = gateway.state.ledger.balance, f":{sub}" if sub else ""
    return balance(f"frozen{own}"), balance(f"merchant{own}"), balance("payer")


def change(gateway: Any, before: tuple[int, int, int], sub: str = "") -> tuple[int, ...]:
    now = balances(gateway, sub)
    return tuple(after - each for after, each in zip(now, before, strict=True))


@pytest.fixture(autouse=True)
def fee(gateway: Any) -> Any:
    gateway.set_bills(fee_rate="0.0100")
    yield
    gateway.set_bills(fee_rate="0")
    gateway.advance(SETTLING)


@pytest.mark.parametrize("named", [{}, SUB_V2])
def test_some_of_a_deposit_is_consumed_and_the_rest_comes_back(gateway, wxpay, named):
    sub = named.get("sub_mch_id", "")
    gateway.advance(SETTLING)
    before = balances(gateway, sub)
    number = paid(gateway, wxpay, **named)
    assert change(gateway, before, sub) == (1000, 0, -1000)
    told = consume(gateway, wxpay, number, 300, **named)
    assert (told["consume_fee"], told["total_fee"]) == ("300", "1000")
    gateway.advance(SETTLING)
    assert change(gateway, before, sub) == (0, 297, -300)
    shown = ask(gateway, wxpay, "orderquery", out_trade_no=number, **named)
    assert (shown["trade_state"], shown["consume_fee"]) == ("REFUND", "300")
    refunds = ask(gateway, wxpay, "refundquery", out_trade_no=number, **named)
    assert (refunds["refund_count"], refunds["refund_fee_0"]) == ("1", "700")
    asked = {"out_trade_no": number, "total_fee": 1000, "consume_fee": 1, "fee_type": "CNY"}
    assert rejected(gateway, wxpay, "consume", **asked, **named) == "INVALID_REQUEST"


def test_all_of_a_deposit_is_consumed(gateway, wxpay):
    before, number = balances(gateway), paid(gateway, wxpay)
    for changes in ({"consume_fee": 1001}, {"total_fee": 999}, {"consume_fee": 0}):
        asked = {"out_trade_no": number, "total_fee": 1000, "consume_fee": 1, **changes}
        code = rejected(gateway, wxpay, "consume", **asked)
        assert code == ("INVALID_REQUEST" if changes.get("consume_fee") else "PARAM_ERROR")
    consume(gateway, wxpay, number, 1000)
    assert change(gateway, before) == (0, 990, -1000)
    shown = ask(gateway, wxpay, "orderquery", out_trade_no=number)
    assert shown["trade_state"] == "SUCCESS"


def test_a_deposit_is_refunded_in_parts_before_and_after(gateway, wxpay):
    gateway.advance(SETTLING)
    before, number = balances(gateway), paid(gateway, wxpay)
    refund = {"out_trade_no": number, "total_fee": 1000}
    ask(gateway, wxpay, "refund", **refund, refund_fee=400, out_refund_no=new_number("R"))
    consume(gateway, wxpay, number, 500)
    ask(gateway, wxpay, "refund", **refund, refund_fee=200, out_refund_no=new_number("R"))
    gateway.advance(SETTLING)
    assert change(gateway, before) == (0, 297, -300)
    number = new_number("R")
    last = {"refund_fee": 301, "out_refund_no": number}
    assert rejected(gateway, wxpay, "refund", **refund, **last) == "INVALID_REQUEST"


@pytest.mark.parametrize("consumed", [False, True])
def test_a_refund_that_is_closed_goes_back_where_it_came_from(gateway, wxpay, consumed):
    gateway.advance(SETTLING)
    before, number, refund = balances(gateway), paid(gateway, wxpay), new_number("R")
    asked = {"out_trade_no": number, "total_fee": 1000, "refund_fee": 400}
    ask(gateway, wxpay, "refund", **asked, out_refund_no=refund)
    if consumed:
        consume(gateway, wxpay, number, 600)
    gateway.refunds.close(refund)
    assert change(gateway, before) == ((0, 994, -1000) if consumed else (1000, 0, -1000))


def test_a_deposit_is_reversed(gateway, wxpay):
    before, number = balances(gateway), paid(gateway, wxpay)
    assert ask(gateway, wxpay, "reverse", out_trade_no=number)["recall"] == "N"
    assert change(gateway, before) == (0, 0, 0)
    asked = {"out_trade_no": number, "total_fee": 1000, "consume_fee": 1}
    assert rejected(gateway, wxpay, "consume", **asked) == "INVALID_REQUEST"


@pytest.mark.parametrize("kind", ["JSAPI", "APP"])
def test_a_deposit_is_ordered_and_paid_later(gateway, wxpay, kind):
    before = balances(gateway)
    order = made(trade_type=kind, notify_url=NOBODY, openid="oUser")
    assert ask(gateway, wxpay, "unifiedorder", **order)["prepay_id"]
    number = order["out_trade_no"]
    asked = {"out_trade_no": number, "total_fee": 1000, "consume_fee": 1}
    assert rejected(gateway, wxpay, "consume", **asked) == "INVALID_REQUEST"
    gateway.pay(number)
    assert change(gateway, before) == (1000, 0, -1000)
    consume(gateway, wxpay, number, 1000)
    wrong = made(trade_type="NATIVE", notify_url=NOBODY)
    assert rejected(gateway, wxpay, "unifiedorder", **wrong) == "PARAM_ERROR"


def test_a_face_pays_a_deposit(gateway, wxpay):
    order = made(face_code=f"face-{new_number()}9")
    paid_by_face = ask(gateway, wxpay, "facepay", **order)
    assert paid_by_face["trade_type"] == "FACEPAY"
    consume(gateway, wxpay, order["out_trade_no"], 1000)


def test_other_orders_are_no_deposits(gateway, wxpay):
    order = {**made(auth_code=new_code()), "appid": gateway.identity.appid}
    wxpay.v2.pay.micropay.post(xml={**order, "mch_id": gateway.identity.mchid})
    number = order["out_trade_no"]
    assert rejected(gateway, wxpay, "orderquery", out_trade_no=number) == "ORDERNOTEXIST"
    asked = {"out_trade_no": number, "total_fee": 1000, "consume_fee": 1}
    assert rejected(gateway, wxpay, "consume", **asked) == "ORDERNOTEXIST"
    with pytest.raises(APIError, match="No required SSL certificate"):
        wxpay.v2.deposit.consume.post(xml={"mch_id": gateway.identity.mchid})
