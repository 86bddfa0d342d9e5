"""After-sales profit sharing (售后服务分账): the platform's fee for a refund of an order.

The sub-merchant keeps a part of an order, such as the fee for a returned ticket, and shares it with
the platform. The money leaves the sub-merchant's account at once; the result is known after a few
seconds. Another refund of the order allows another request.

WeChat Pay documents the members and the errors of these operations, but not the limits: the rules
here follow from the errors.
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from ..payments.records import Order
from ..refunds import records as refunding
from ..registry import operation
from ..sharing.records import record_number
from .subsidies import assert_refunded

__all__ = ["query", "share"]

PATH = "v3/ecommerce/profitsharing/after-sales-orders"
TYPES = ("SERVICE_FEE_INCOME",)
SCENES = ("REFUND_TICKET", "CHANGE_TICKET", "RETURN_GOODS")
ENDS = 5
"""Seconds until the result."""

AfterSales = dict[str, Any]


@operation("POST", PATH)
def share(call: Call) -> dict[str, Any]:
    """Share the fee for a refund with the platform."""
    content, data, state = checks.accepted(call), call.data, call.state
    amount = payments.whole_fen(data["amount"], "/amount")
    checks.one_of(data["type"], "/type", TYPES)
    checks.one_of(data["scene"], "/scene", SCENES)
    order = _order(state, data["transaction_id"], data["sub_mchid"])
    known = _find(state, order["transaction_id"])
    if known is not None and known["refund_id"] == data["refund_id"]:
        if known["content"] != content:
            message = f"微信退款单号已用于其他内容: {data['refund_id']}"
            raise Rejection(400, "INVALID_REQUEST", message)
        return _shown(known)
    shared = 0 if known is None else known["shared"]
    _check_shareable(state, order, data["refund_id"], amount, shared)
    made = {
        "after_sales_id": record_number(state, "3100"),
        "sub_mchid": data["sub_mchid"],
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "refund_id": data["refund_id"],
        "amount": amount,
        "shared": shared + amount,
        "content": content,
        "created": state.clock.now(),
    }
    state.store.put("after-sales", order["transaction_id"], made)
    state.log.tell("after-sales", made)
    numbers = {name: made[name] for name in ("out_trade_no", "transaction_id", "refund_id")}
    state.ledger.move("share", amount, funds.account("merchant", order), "merchant", **numbers)
    return _shown(made)


def _order(state: State, transaction_id: str, sub_mchid: str) -> Order:
    """Return the order of a sub-merchant.

    Raises:
        Rejection: it does not exist.
    """
    order = payments.find(state, transaction_id=transaction_id)
    if order is None or funds.sub_merchant(order) != sub_mchid:
        raise Rejection(400, "INVALID_REQUEST", f"订单不存在: {transaction_id}")
    return order


def _check_shareable(state: State, order: Order, refund_id: str, amount: int, shared: int) -> None:
    """Reject a request that the order, its refunds or the balance do not allow.

    Raises:
        Rejection: `INVALID_REQUEST`, `RULE_LIMIT` or `NOT_ENOUGH`.
    """
    assert_refunded(state, order, refund_id)
    refunds = refunding.of_order(state, order)
    refund = next(each for each in refunds if each["refund_id"] == refund_id)
    if refund["state"] != refunding.SUCCESS:
        raise Rejection(400, "INVALID_REQUEST", f"退款单状态是 {refund['state']}: {refund_id}")
    rest = order["total"] - order["refunded"] - shared
    if amount > rest:
        raise Rejection(403, "RULE_LIMIT", f"分账金额超过订单剩余金额: {amount} > {rest}")
    balance = state.ledger.balance(funds.account("merchant", order))
    if balance < amount:
        raise Rejection(403, "NOT_ENOUGH", f"二级商户账户余额不足: {balance} < {amount}")


def _find(state: State, transaction_id: str) -> AfterSales | None:
    return state.store.get("after-sales", transaction_id)


def _shown(made: AfterSales) -> dict[str, Any]:
    return {name: made[name] for name in ("sub_mchid", "transaction_id", "amount")}


@operation("GET", PATH)
def query(call: Call) -> dict[str, Any]:
    """Return the last after-sales sharing of an order, or of a sub-merchant."""
    checks.accepted(call)
    state, sub = call.state, call.query["sub_mchid"]
    number = call.query.get("transaction_id") or ""
    if number:
        made = _find(state, number)
    else:
        found = [each for each in state.store.all("after-sales") if each["sub_mchid"] == sub]
        made = max(found, key=lambda each: float(each["created"]), default=None)
    if made is None or made["sub_mchid"] != sub:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"售后服务分账单不存在: {number or sub}")
    ends = made["created"] + ENDS
    return {
        **_shown(made),
        "result": "PROCESSING" if state.clock.now() < ends else "SUCCESS",
        "finish_time": state.clock.rfc3339(ends),
    }
