"""Coupons with combined orders, payment codes and deductions: the discount is shown everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway import test_combined_merchants as combining
from tests.gateway.support import new_number
from tests.gateway.test_bills import trades
from tests.gateway.test_coupons import CUSTOMER, balances, queried, refund, send, started
from tests.gateway.test_papay import APPLY, SCHEDULED, deduction
from tests.gateway.test_papay import contract as contract_of
from wechatpay_chain.gateway import Gateway

COMBINED = combining.COMBINED


@pytest.fixture
def gateway(identity: Any) -> Iterator[Gateway]:
    """A gateway whose merchant has no money."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


def sub_order(gateway: Any, total: int = 100, **changes: Any) -> dict[str, Any]:
    return combining.sub_order(gateway.identity.mchid, total, **changes)


def bill(gateway: Any, wxpay: Any) -> Any:
    """The rows of today's trade bill."""
    return trades(wxpay, gateway.state.clock.date())[0]


def orders_of(wxpay: Any, number: str) -> Any:
    shown = wxpay[combining.QUERY].get(combine_out_trade_no=number).json()
    return shown["sub_orders"]


def by_code(gateway: Any, wxpay: Any, shown: Any, path: str = "", total: int = 100) -> Any:
    """The response to an order by payment code, and its number."""
    number, mchid = new_number("P"), gateway.identity.mchid
    if path.startswith("v2/"):
        fields = {
            "appid": gateway.identity.appid,
            "mch_id": mchid,
            "body": "x",
            "out_trade_no": number,
            "total_fee": total,
            "spbill_create_ip": "127.0.0.1",
            "auth_code": shown["code"],
        }
        return wxpay[path].post(xml=fields).xml(), number
    body = {
        "appid": gateway.identity.appid,
        "mchid": mchid,
        "description": "x",
        "out_trade_no": number,
        "payer": {"auth_code": shown["code"]},
        "amount": {"total": total, "currency": "CNY"},
        "scene_info": {"store_info": {"id": "store-1"}},
    }
    return wxpay.v3.pay.transactions.codepay.post(json=body).json(), number


@pytest.mark.parametrize("no_cash", [True, False])
def test_a_combined_order(gateway: Any, wxpay: Any, receiver: Any, no_cash: bool) -> None:
    number = started(gateway, wxpay, no_cash=no_cash)
    coupons = [send(gateway, wxpay, number) for _ in range(2)]
    before, budget = balances(gateway)
    orders = [sub_order(gateway, 50), sub_order(gateway, 100), sub_order(gateway, 200)]
    body = combining.combined(gateway, *orders, notify_url=receiver.url)
    wxpay[f"{COMBINED}/native"].post(json=body)
    gateway.pay(body["combine_out_trade_no"], coupons=coupons)
    cash = 0 if no_cash else 60
    assert balances(gateway) == (before + 290 + cash, budget - cash)
    shown = orders_of(wxpay, body["combine_out_trade_no"])
    assert [each["amount"]["payer_amount"] for each in shown] == [50, 70, 170]
    used = [each["coupon_id"] for one in shown for each in one.get("promotion_detail", ())]
    assert used == coupons
    told = wxpay.notify(*receiver.take()).resource["sub_orders"]
    assert [each.get("promotion_detail") for each in told] == [
        each.get("promotion_detail") for each in shown
    ]
    back = refund(wxpay, orders[1]["out_trade_no"], 100)
    assert (back["amount"]["payer_refund"], back["amount"]["discount_refund"]) == (70, 30)
    assert back["promotion_detail"][0]["refund_amount"] == 30
    row = next(
        each for each in bill(gateway, wxpay) if each["商户订单号"] == orders[2]["out_trade_no"]
    )
    assert (row["订单金额"], row["代金券金额"]) == ("2.00", "0.30")


def test_a_combined_order_of_two_merchants(gateway: Any, wxpay: Any) -> None:
    tea = gateway.add_merchant("any", apps=[gateway.identity.appid])
    with tea.client(retry=None) as theirs:
        number = started(tea, theirs, no_cash=True)
        coupon = send(tea, theirs, number)
    orders = [sub_order(gateway, 100), combining.sub_order(tea.mchid, 100)]
    body = combining.combined(gateway, *orders)
    wxpay[f"{COMBINED}/native"].post(json=body)
    gateway.pay(body["combine_out_trade_no"], coupons=[coupon])
    shown = orders_of(wxpay, body["combine_out_trade_no"])
    assert [each["amount"]["payer_amount"] for each in shown] == [100, 70]
    assert (balances(gateway)[0], tea.balance()) == (100, 70)


def test_a_combined_order_of_v2(gateway: Any, wxpay: Any, receiver: Any) -> None:
    coupon = send(gateway, wxpay, started(gateway, wxpay, no_cash=True))
    orders = [combining.v2_order(gateway, 100), combining.v2_order(gateway, 7)]
    fields = combining.in_v2(gateway, *orders, notify_url=receiver.url)
    wxpay.v2.pay.combinedorder.post(xml=fields)
    gateway.pay(fields["combine_out_trade_no"], coupons=[coupon])
    _, content = receiver.take()
    told = json.loads(wxpay.notify_v2(content).resource["sub_order_list"])["order_list"]
    assert [each["cash_fee"] for each in told] == [70, 7]
    names = ("combine_appid", "combine_mch_id", "sign_type", "combine_out_trade_no")
    asked = {name: fields[name] for name in names}
    shown = wxpay.v2.pay.querycombinedorder.post(xml=asked).xml()
    listed = json.loads(shown["sub_order_list"])["order_list"]
    assert listed[0]["promotion_detail"]["promotion_id"] == coupon
    assert "promotion_detail" not in listed[1]


@pytest.mark.parametrize("no_cash", [True, False])
def test_a_payment_code(gateway: Any, wxpay: Any, no_cash: bool) -> None:
    number = started(gateway, wxpay, no_cash=no_cash)
    before, budget = balances(gateway)
    code_ = gateway.payment_codes.show(coupons=[send(gateway, wxpay, number)])
    assert code_["openid"] == CUSTOMER
    told, bought = by_code(gateway, wxpay, code_)
    assert (told["trade_state"], told["amount"]["payer_total"]) == ("SUCCESS", 70)
    assert queried(gateway, wxpay, bought)["promotion_detail"][0]["amount"] == 30
    cash = 0 if no_cash else 30
    assert balances(gateway) == (before + 70 + cash, budget - cash)
    own = {"appid": gateway.identity.appid, "mchid": gateway.identity.mchid}
    reverse = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.reverse
    reverse.post(out_trade_no=bought, json=own)
    assert balances(gateway) == (before + cash, budget - cash)  # the merchant paid the coupon
    row = next(each for each in bill(gateway, wxpay) if each["交易状态"] == "REVOKED")
    settled = "0.70" if no_cash else "1.00"
    assert (row["退款金额"], row["申请退款金额"]) == (settled, "1.00")
    assert row["充值券退款金额"] == ("0.00" if no_cash else "0.30")


def test_a_payment_code_of_v2(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, no_cash=True)
    coupon = send(gateway, wxpay, number)
    told, bought = by_code(
        gateway, wxpay, gateway.payment_codes.show(coupons=[coupon]), "v2/pay/micropay"
    )
    assert (told["coupon_fee"], told["cash_fee"], told["settlement_total_fee"]) == (
        "30",
        "70",
        "70",
    )
    assert "coupon_id_0" not in told  # which only the query has
    asked = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    shown = wxpay.v2.pay.orderquery.post(xml={**asked, "out_trade_no": bought}).xml()
    assert (shown["coupon_id_0"], shown["coupon_count"]) == (coupon, "1")


def test_a_payment_code_with_a_password(gateway: Any, wxpay: Any) -> None:
    coupon = send(gateway, wxpay, started(gateway, wxpay, no_cash=True))
    for outcome in ("password", "password_then_paid"):
        shown = gateway.payment_codes.show(outcome, coupons=[coupon])
        told, bought = by_code(gateway, wxpay, shown)
        assert told["trade_state"] == "USERPAYING"
        if outcome == "password":
            gateway.payment_codes.cancel(bought)  # the coupon can be used again
    gateway.advance(seconds=11)
    assert queried(gateway, wxpay, bought)["amount"]["payer_total"] == 70
    assert gateway.coupons.get(coupon)["state"] == "USED"


def test_a_coupon_that_does_not_fit_stays_with_the_customer(gateway: Any, wxpay: Any) -> None:
    coupon = send(gateway, wxpay, started(gateway, wxpay, no_cash=True))
    told, _ = by_code(gateway, wxpay, gateway.payment_codes.show(coupons=[coupon]), total=99)
    assert (told["trade_state"], told["amount"]["payer_total"]) == ("SUCCESS", 99)
    assert gateway.coupons.get(coupon)["state"] == "SENDED"
    with pytest.raises(LookupError):
        gateway.payment_codes.show(coupons=["4242"])
    body = combining.combined(gateway, sub_order(gateway, 99), sub_order(gateway, 99))
    wxpay[f"{COMBINED}/native"].post(json=body)
    for coupons in ([coupon], ["4242"]):
        with pytest.raises(LookupError):
            gateway.pay(body["combine_out_trade_no"], coupons=coupons)
    shown = orders_of(wxpay, body["combine_out_trade_no"])
    assert {each["trade_state"] for each in shown} == {"NOTPAY"}


@pytest.mark.parametrize("protocol", ["v3", "v2"])
def test_a_deduction(gateway: Any, wxpay: Any, receiver: Any, protocol: str) -> None:
    coupon = send(gateway, wxpay, started(gateway, wxpay, no_cash=True))
    asked = contract_of(gateway)
    wxpay[f"{SCHEDULED}/contracts/pre-entrust-sign/h5"].post(json=asked)
    signed = gateway.contracts.sign(asked["out_contract_code"], openid=CUSTOMER)
    made = deduction(gateway, signed["contract_id"], transaction_notify_url=receiver.url, total=100)
    number = made["out_trade_no"]
    if protocol == "v3":
        wxpay[APPLY].post(json=made)
    else:
        fields = {
            "appid": gateway.identity.appid,
            "mch_id": gateway.identity.mchid,
            "body": "x",
            "out_trade_no": number,
            "total_fee": 100,
            "contract_id": signed["contract_id"],
            "notify_url": receiver.url,
            "trade_type": "PAP",
            "spbill_create_ip": "127.0.0.1",
        }
        wxpay.v2.pay.pappayapply.post(xml=fields)
    gateway.pay(number, coupons=[coupon])  # before it is due
    headers, content = receiver.take()
    if protocol == "v3":
        told = wxpay.notify(headers, content).resource
        assert (told["amount"]["payer_total"], told["trade_type"]) == (70, "PAP")
    else:
        told = wxpay.notify_v2(content).resource
        assert (told["cash_fee"], told["coupon_fee"]) == ("70", "30")
    assert queried(gateway, wxpay, number)["promotion_detail"][0]["coupon_id"] == coupon
    assert refund(wxpay, number, 100)["amount"]["payer_refund"] == 70
    assert balances(gateway)[0] == 0


def test_deposits_take_no_coupon(gateway: Any, wxpay: Any) -> None:
    coupon = send(gateway, wxpay, started(gateway, wxpay, no_cash=True))
    fields = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "deposit": "Y",
        "body": "x",
        "out_trade_no": new_number("D"),
        "total_fee": 100,
        "fee_type": "CNY",
        "spbill_create_ip": "127.0.0.1",
        "auth_code": gateway.payment_codes.show(coupons=[coupon])["code"],
    }
    told = wxpay.v2.deposit.micropay.post(xml=fields).xml()
    assert told["cash_fee"] == "100"
    assert gateway.coupons.get(coupon)["state"] == "SENDED"
