"""Subsidies that a platform adds to orders created with `settle_info.subsidy_amount`.

A subsidy is paid from the platform's account once, before the order is shared, and is shared with
it. After a refund, the platform can pay a smaller subsidy, take some back, or cancel it.

Sources: https://pay.weixin.qq.com/docs/partner/apis/ecommerce-subsidy/subsidies/create.html,
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-subsidy/subsidies/return.html,
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-subsidy/subsidies/cancel.html
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

__all__ = ["assert_refunded", "assert_settled", "cancel", "create", "return_"]

BASE = "v3/ecommerce/subsidies"
LARGEST = 500_000
"""Maximum subsidy of an order, in fen."""
CANCELLED = "CANCELLED"

Subsidy = dict[str, Any]


def _promised(order: Order) -> int:
    """Return the subsidy in the order's creation request, in fen; 0 if there is none."""
    settle = order["content"].get("settle_info")
    amount = settle.get("subsidy_amount") if isinstance(settle, dict) else None
    promised = isinstance(amount, int) and not isinstance(amount, bool) and amount > 0
    return int(amount or 0) if promised and order.get("profit_sharing") else 0


def assert_settled(order: Order) -> None:
    """Reject the sharing of an order if its subsidy was neither paid nor cancelled.

    Raises:
        Rejection: the subsidy is outstanding.
    """
    if _promised(order) and not order.get("subsidy"):
        raise Rejection(400, "INVALID_REQUEST", "订单带有补差标识，请先补差或取消补差")


def _order(call: Call) -> Order:
    """Return the paid order of a request, which must have been created with a subsidy."""
    data, state = call.data, call.state
    order = payments.find(state, transaction_id=data["transaction_id"])
    if order is None or funds.sub_merchant(order) != data["sub_mchid"]:
        raise Rejection(400, "INVALID_REQUEST", f"订单不存在: {data['transaction_id']}")
    if not _promised(order):
        raise Rejection(400, "INVALID_REQUEST", "订单下单时没有传入补差金额")
    return order


def assert_refunded(state: State, order: Order, refund_id: Any) -> None:
    """Reject a refund that does not belong to an order.

    Raises:
        Rejection: the order has no such refund.
    """
    refund = refunding.find_by_id(state, refund_id)
    if refund is None or refund["out_refund_no"] not in order.get("refunds", ()):
        raise Rejection(400, "INVALID_REQUEST", f"退款单不存在: {refund_id}")


@operation("POST", f"{BASE}/create")
def create(call: Call) -> dict[str, Any]:
    """Pay an order's subsidy from the platform's account."""
    content, data, state = checks.accepted(call), call.data, call.state
    amount = payments.whole_fen(data["amount"], "/amount")
    description = checks.text(data["description"], "/description", 80)
    if data.get("out_subsidy_no"):
        checks.number(data["out_subsidy_no"], "/out_subsidy_no")
    order = _order(call)
    known = state.store.get("subsidy", order["transaction_id"])
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "INVALID_REQUEST", "一笔订单只能补差一笔")
        return _shown(state, known)
    _assert_payable(state, order, amount, data.get("refund_id"))
    subsidy = {
        "subsidy_id": record_number(state, "3200"),
        "sub_mchid": data["sub_mchid"],
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "amount": amount,
        "returned": 0,
        "description": description,
        "time": state.clock.now(),
        "content": content,
    }
    account = funds.freeze_again(state, order, amount)
    order["subsidy"] = subsidy["subsidy_id"]
    payments.save(state, order)
    state.store.put("subsidy", order["transaction_id"], subsidy)
    state.ledger.move("subsidy", amount, "merchant", account, **_numbers(subsidy))
    return _shown(state, subsidy)


def _assert_payable(state: State, order: Order, amount: int, refund_id: Any) -> None:
    promised = _promised(order)
    if order.get("subsidy") == CANCELLED:
        raise Rejection(400, "INVALID_REQUEST", "订单已取消补差")
    funds.unsplit(state, order)
    if order.get("sharings") or order.get("shared_out"):
        raise Rejection(400, "INVALID_REQUEST", "订单已分账，不能补差")
    if amount > min(promised, LARGEST):
        message = f"补差金额超过下单时的补差金额: {amount} > {min(promised, LARGEST)}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if amount < promised:
        if not refund_id:
            message = f"补差金额与下单时不一致，且没有微信退款单号: {amount} < {promised}"
            raise Rejection(400, "INVALID_REQUEST", message)
        assert_refunded(state, order, refund_id)
    if state.ledger.balance("merchant") < amount:
        raise Rejection(403, "NOT_ENOUGH", f"电商平台账户余额不足: {amount}")


def _numbers(subsidy: Subsidy) -> dict[str, Any]:
    names = ("out_trade_no", "transaction_id", "subsidy_id")
    return {name: subsidy[name] for name in names}


def _shown(state: State, subsidy: Subsidy) -> dict[str, Any]:
    names = ("sub_mchid", "transaction_id", "subsidy_id", "description", "amount")
    return {
        **{name: subsidy[name] for name in names},
        "result": "SUCCESS",
        "success_time": state.clock.rfc3339(subsidy["time"]),
    }


@operation("POST", f"{BASE}/return")
def return_(call: Call) -> dict[str, Any]:
    """Take back some of a subsidy, at most once for each refund of the order."""
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_order_no"], "/out_order_no")
    amount = payments.whole_fen(data["amount"], "/amount")
    description = checks.text(data["description"], "/description", 80)
    known = state.store.get("subsidy-return", number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "INVALID_REQUEST", f"商户补差回退单号已用于其他内容: {number}")
        return _shown_return(state, known)
    order = _order(call)
    subsidy = state.store.get("subsidy", order["transaction_id"])
    if subsidy is None or data.get("subsidy_id") not in (None, "", subsidy["subsidy_id"]):
        raise Rejection(400, "INVALID_REQUEST", "补差单不存在")
    assert_refunded(state, order, data["refund_id"])
    refunds = subsidy.setdefault("refunds", [])
    if data["refund_id"] in refunds:
        raise Rejection(400, "INVALID_REQUEST", "一笔微信退款单只允许补差回退一次")
    rest = subsidy["amount"] - subsidy["returned"]
    if amount > rest:
        raise Rejection(400, "INVALID_REQUEST", f"超过补差单剩余可回退的金额: {amount} > {rest}")
    source = _source(state, order, amount, data.get("from"))
    made = {
        "subsidy_refund_id": record_number(state, "3300"),
        "sub_mchid": data["sub_mchid"],
        "transaction_id": order["transaction_id"],
        "refund_id": data["refund_id"],
        "out_order_no": number,
        "amount": amount,
        "description": description,
        "time": state.clock.now(),
        "content": content,
    }
    subsidy["returned"] += amount
    refunds.append(data["refund_id"])
    payments.save(state, order)
    state.store.put("subsidy", order["transaction_id"], subsidy)
    state.store.put("subsidy-return", number, made)
    state.ledger.move("subsidy_return", amount, source, "merchant", **_numbers(subsidy))
    return _shown_return(state, made)


def _source(state: State, order: Order, amount: int, given: Any) -> str:
    """Return the sub-merchant's paying account; by default, frozen money is used first."""
    account = ""
    for each in given or ():
        account = checks.one_of(
            each.get("account"), "/from/0/account", ("AVAILABLE", "UNAVAILABLE")
        )
    if given and (len(given) != 1 or given[0].get("amount") != amount):
        raise Rejection.parameter("/from", given, "must be one account that pays the whole amount")
    unsplit = funds.unsplit(state, order)
    if account != "AVAILABLE" and amount <= unsplit:
        order["frozen"] -= amount
        return funds.account("frozen", order)
    available = funds.account("merchant", order)
    if account == "UNAVAILABLE" or state.ledger.balance(available) < amount:
        raise Rejection(403, "NOT_ENOUGH", f"二级商户账户余额不足: {amount}")
    return available


def _shown_return(state: State, made: dict[str, Any]) -> dict[str, Any]:
    names = ("sub_mchid", "transaction_id", "subsidy_refund_id", "refund_id", "out_order_no")
    return {
        **{name: made[name] for name in (*names, "amount", "description")},
        "result": "SUCCESS",
        "success_time": state.clock.rfc3339(made["time"]),
    }


@operation("POST", f"{BASE}/cancel")
def cancel(call: Call) -> dict[str, Any]:
    """Cancel the subsidy of a refunded order, so that the order can be shared."""
    checks.accepted(call)
    description = checks.text(call.data["description"], "/description", 80)
    order = _order(call)
    if order.get("subsidy") not in (None, CANCELLED):
        raise Rejection(400, "INVALID_REQUEST", "订单已补差，不能取消")
    if not order.get("refunds"):
        raise Rejection(400, "INVALID_REQUEST", "订单没有退款，不能取消补差")
    order["subsidy"] = CANCELLED
    payments.save(call.state, order)
    names = ("sub_mchid", "transaction_id")
    return {
        **{name: call.data[name] for name in names},
        "result": "SUCCESS",
        "description": description,
    }
