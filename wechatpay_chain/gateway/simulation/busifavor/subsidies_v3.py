"""Subsidies of merchants' coupons (营销补差): money for an order with a used coupon.

The calling merchant pays the subsidy to the paid merchant of the order, which is shared; a refund
of the order allows a partial return.
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..ecommerce.subsidies import assert_refunded
from ..payments import records as payments
from ..payments.records import Order
from ..registry import operation
from ..sharing.records import record_number
from . import records, stocks
from .requests import once

__all__ = ["pay"]

BASE = "v3/marketing/busifavor/subsidy"
PAID, RETURNED = "busifavor-subsidy", "busifavor-subsidy-return"
"""The kinds of records."""
SUCCESS, FAIL = "PAY_RECEIPT_SUCCESS", "PAY_RECEIPT_FAIL"
PARTLY, WHOLLY = "PAY_RECEIPT_PARTIAL_RETURN", "PAY_RECEIPT_FULL_RETURN"
RETURN_SUCCESS, RETURN_FAIL = "RETURN_RECEIPT_SUCCESS", "RETURN_RECEIPT_FAIL"
PARTIES = ("stock_id", "coupon_code", "transaction_id", "payer_merchant", "payee_merchant")
GIVEN = (*PARTIES, "amount", "description")
TIMES = ("create_time", "success_time", "return_create_time", "return_done_time")

Receipt = dict[str, Any]


@operation("POST", f"{BASE}/pay-receipts")
def pay(call: Call) -> dict[str, Any]:
    """Pay a subsidy for an order with a used coupon."""

    def carry_out() -> dict[str, Any]:
        data, state = call.data, call.state
        amount, order = _amount(call), _order(call)
        coupon = records.existing(state, data["coupon_code"], stock_id=data["stock_id"])
        records.in_state(coupon, records.USED)
        if not stocks.existing(state, coupon["stock_id"]).get("subsidy"):
            raise Rejection(400, "INVALID_REQUEST", f"批次不允许营销补差: {data['stock_id']}")
        receipt = {
            **{name: data[name] for name in GIVEN},
            "subsidy_receipt_id": record_number(state, "3200"),
            "out_subsidy_no": data["out_subsidy_no"],
            "returned": 0,
            "status": SUCCESS,
            "create_time": state.clock.now(),
            "success_time": state.clock.now(),
        }
        if reason := _obstacle(state, order, amount):
            del receipt["success_time"]
            receipt |= {"status": FAIL, "fail_reason": reason}
        else:
            account = funds.freeze_again(state, order, amount)
            payments.save(state, order)
            numbers = _numbers(order, receipt)
            state.ledger.move("subsidy", amount, "merchant", account, **numbers)
        state.store.put(PAID, receipt["subsidy_receipt_id"], receipt)
        return _shown(state, receipt)

    return once(call, "out_subsidy_no", carry_out, scope="subsidy")


def _amount(call: Call) -> int:
    checks.text(call.data["description"], "/description", 1024)
    return payments.whole_fen(call.data["amount"], "/amount")


def _order(call: Call) -> Order:
    """Return the paid order of a request, which must contain the order's parties."""
    data, state = call.data, call.state
    if data["payer_merchant"] != state.mchid:
        issue = f"must be the calling merchant, {state.mchid}"
        raise Rejection.parameter("/payer_merchant", data["payer_merchant"], issue)
    order = payments.find(state, transaction_id=data["transaction_id"])
    if order is None or "paid" not in order:
        message = f"订单不存在或未支付: {data['transaction_id']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    payee = funds.sub_merchant(order) or state.mchid
    if data["payee_merchant"] != payee:
        issue = f"must be the merchant that is paid for the order, {payee}"
        raise Rejection.parameter("/payee_merchant", data["payee_merchant"], issue)
    return order


def _obstacle(state: State, order: Order, amount: int) -> str:
    """Return the reason why a subsidy cannot be paid; empty if it can."""
    funds.unsplit(state, order)
    if not order.get("profit_sharing") or order.get("shared_out"):
        return "PAY_RECEIPT_NOT_INCOMESPLIT_ORDER"
    if state.ledger.balance("merchant") < amount:
        return "PAY_RECEIPT_INSUFFICIENT_BALANCE"
    return ""


def _numbers(order: Order, receipt: Receipt) -> dict[str, Any]:
    numbers = {name: order[name] for name in ("out_trade_no", "transaction_id")}
    return {**numbers, "subsidy_id": receipt["subsidy_receipt_id"]}


def _shown(state: State, receipt: Receipt) -> dict[str, Any]:
    times = {name: state.clock.rfc3339(receipt[name]) for name in TIMES if name in receipt}
    return {name: each for name, each in receipt.items() if name != "returned"} | times


def _existing(call: Call, kind: str, name: str) -> dict[str, Any]:
    """Return the receipt for the number in the path, as a response."""
    checks.accepted(call)
    receipt = call.state.store.get(kind, call.params[name])
    if receipt is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"补差单不存在: {call.params[name]}")
    return _shown(call.state, receipt)


@operation("GET", f"{BASE}/pay-receipts/{{subsidy_receipt_id}}")
def query(call: Call) -> dict[str, Any]:
    """Return a subsidy."""
    return _existing(call, PAID, "subsidy_receipt_id")


@operation("GET", f"{BASE}/pay-receipts")
def query_all(call: Call) -> dict[str, Any]:
    """Return the subsidies of a coupon."""
    checks.accepted(call)
    wanted = {name: call.query.get(name, "") for name in ("stock_id", "coupon_code")}
    wanted["out_subsidy_no"] = call.query.get("out_subsidy_no", "")
    found = [
        _shown(call.state, each)
        for each in call.state.store.all(PAID)
        if all(value in ("", each[name]) for name, value in wanted.items())
    ]
    return {"pay_receipt_list": found}


@operation("POST", f"{BASE}/return-receipts")
def return_(call: Call) -> dict[str, Any]:
    """Take back some of a subsidy after a refund of the order."""

    def carry_out() -> dict[str, Any]:
        data, state = call.data, call.state
        amount, order = _amount(call), _order(call)
        assert_refunded(state, order, data["refund_id"])
        receipt = _returnable(state, data)
        rest = receipt["amount"] - receipt["returned"]
        if amount > rest:
            message = f"超过补差付款单剩余可回退的金额: {amount} > {rest}"
            raise Rejection(400, "INVALID_REQUEST", message)
        made = {
            **{name: data[name] for name in (*GIVEN, "refund_id", "out_subsidy_return_no")},
            "subsidy_return_receipt_id": record_number(state, "3300"),
            "subsidy_receipt_id": receipt["subsidy_receipt_id"],
            "status": RETURN_SUCCESS,
            "return_create_time": state.clock.now(),
            "return_done_time": state.clock.now(),
        }
        if source := _source(state, order, amount):
            payments.save(state, order)
            receipt["returned"] += amount
            receipt["status"] = WHOLLY if amount == rest else PARTLY
            state.store.put(PAID, receipt["subsidy_receipt_id"], receipt)
            numbers = _numbers(order, receipt)
            state.ledger.move("subsidy_return", amount, source, "merchant", **numbers)
        else:
            del made["return_done_time"]
            made |= {"status": RETURN_FAIL, "fail_reason": "RETURN_RECEIPT_INSUFFICIENT_BALANCE"}
        state.store.put(RETURNED, made["subsidy_return_receipt_id"], made)
        return _shown(state, made)

    return once(call, "out_subsidy_return_no", carry_out, scope="subsidy-return")


def _returnable(state: State, data: dict[str, Any]) -> Receipt:
    """Return the subsidy of a request, which must have a returnable amount."""
    for each in state.store.all(PAID):
        if each["status"] in (SUCCESS, PARTLY) and all(each[it] == data[it] for it in PARTIES):
            return each
    raise Rejection(400, "INVALID_REQUEST", "没有可回退的补差付款单")


def _source(state: State, order: Order, amount: int) -> str:
    """Return the account that returns a subsidy: frozen money first; empty if none has enough."""
    if amount <= funds.unsplit(state, order):
        order["frozen"] -= amount
        return funds.account("frozen", order)
    available = funds.account("merchant", order)
    return available if amount <= state.ledger.balance(available) else ""


@operation("GET", f"{BASE}/return-receipts/{{subsidy_return_receipt_id}}")
def query_return(call: Call) -> dict[str, Any]:
    """Return the return of a subsidy."""
    return _existing(call, RETURNED, "subsidy_return_receipt_id")
