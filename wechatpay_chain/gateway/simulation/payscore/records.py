"""Lifecycle of a service order: created, confirmed, completed, paid, or cancelled.

A completed order is collected by a deduction, which is a separate order of `payments`; its
`transaction_id` identifies the payment to refund. WeChat Pay keeps collecting until it succeeds.

Sources: https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/service-order/complete-service-order.html,
https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/service-order/cancel-service-order.html,
https://developers.weixin.qq.com/community/pay/doc/0008e29f1809c06666201cf0b6b800 (the code for an
order in another state)
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ..payments import receiving
from ..payments import records as payments
from ..tokens import random_token
from .charges import check_moment
from .views import (
    CREATED,
    DOING,
    DONE,
    EXPIRED,
    MCH_COMPLETE,
    PARTIES,
    REVOKED,
    TERMS,
    USER_CONFIRM,
    USERS,
    ServiceOrder,
    description_of,
    notify,
    paid_by,
)

__all__ = [
    "KIND",
    "absent",
    "cancel",
    "collect",
    "complete",
    "confirm",
    "create",
    "existing",
    "fail",
    "find",
    "mark_paid",
    "modify",
    "pay",
    "settle_due",
]

KIND = "service-order"
CHARGES = ("post_payments", "post_discounts")
CONFIRM_WITHIN = 30 * 86400
"""Seconds during which a user can confirm an order."""


def create(
    state: State, number: str, content: str, given: Mapping[str, Any], *, confirmed: bool
) -> ServiceOrder:
    """Create a service order, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        number: `out_order_no`.
        content: the fingerprint of the request.
        given: the members of the request.
        confirmed: whether the order needs no confirmation by the user.

    Raises:
        Rejection: the number was used for another order.
    """
    known = find(state, number)
    if known is not None:
        _assert_same(known, "content", content)
        return known
    order = {
        "out_order_no": number,
        "service_id": given["service_id"],
        "order_id": f"1{state.clock.compact()}{secrets.randbelow(10**17):017}",
        "query_id": random_token(24),
        "package": "" if confirmed else random_token(48),
        "content": content,
        "state": DOING if confirmed else CREATED,
        "created": state.clock.now(),
        "expires": state.clock.now() + CONFIRM_WITHIN,
        "total": None,
        **{name: given.get(name) or "" for name in ("sign_plan_id", "finish_ticket")},
        **{name: given.get(name) or "" for name in (*PARTIES, *USERS)},
        "terms": {name: given[name] for name in TERMS if given.get(name) not in (None, "", [])},
    }
    state.store.put("service-order-query", order["query_id"], {"out_order_no": number})
    _save(state, order)
    return order


def _save(state: State, order: ServiceOrder) -> None:
    """Store a service order."""
    number = order["out_order_no"]
    state.store.put(KIND, number, order)
    if order["state"] in (CREATED, DOING):
        state.store.put("service-order-open", number, {"out_order_no": number})
    else:
        state.store.delete("service-order-open", number)
    state.log.tell("service-order", order)


def find(state: State, number: str = "", query_id: str = "") -> ServiceOrder | None:
    """Return a service order by either of its numbers, in its current state, or None."""
    if query_id:
        number = (state.store.get("service-order-query", query_id) or {}).get("out_order_no", "")
    order = state.store.get(KIND, number)
    if order is None:
        return None
    if order["state"] == CREATED and order["expires"] <= state.clock.now():
        order["state"] = EXPIRED
        _save(state, order)
    elif order["state"] == DOING and order["total"] is not None:
        trade = payments.existing(state, order["order_id"])
        if trade["state"] in (payments.SUCCESS, payments.REFUND):
            order |= paid_by(trade)
            _save(state, order)
    return order


def existing(state: State, number: str) -> ServiceOrder:
    """Return a service order by its merchant-assigned number.

    Raises:
        Rejection: there is no such order.
    """
    order = find(state, number)
    if order is None:
        raise absent(number)
    return order


def absent(number: str) -> Rejection:
    """Return the rejection for a service order that does not exist or belongs to another party."""
    return Rejection(404, "ORDER_NOT_EXIST", f"单据不存在: {number}")


def settle_due(state: State) -> None:
    """Store the service orders that are paid or have expired."""
    for each in state.store.all("service-order-open"):
        find(state, each["out_order_no"])


def _assert_same(order: ServiceOrder, name: str, content: str) -> None:
    if order.get(name) != content:
        message = f"相同单号使用了不同的参数: {order['out_order_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)


def _assert_in(order: ServiceOrder, allowed: Collection[str]) -> None:
    now = description_of(order) or order["state"]
    if now not in allowed:
        raise Rejection(400, "INVALID_REQUEST", f"当前订单状态不合法: {now}")


def confirm(state: State, number: str, openid: str = "") -> ServiceOrder:
    """Confirm a service order on behalf of its user; the merchant is notified.

    Args:
        state: the state of the merchant.
        number: `out_order_no`.
        openid: the openid of the user; a generated one by default.

    Raises:
        Rejection: there is no such order, or it does not wait for its user.
    """
    order = existing(state, number)
    _assert_in(order, (CREATED,))
    order |= {"state": DOING, "openid": openid or order["openid"] or f"o{random_token(20)}"}
    _save(state, order)
    notify(state, state.outbox, "PAYSCORE.USER_CONFIRM", order)
    return order


def complete(
    state: State, order: ServiceOrder, content: str, total: int, given: Mapping[str, Any]
) -> ServiceOrder:
    """Complete a service order and start to collect its total.

    Args:
        state: the state of the merchant.
        order: a confirmed order.
        content: the fingerprint of the request; a repetition has no effect.
        total: the amount to collect, in fen.
        given: the members of the request.

    Raises:
        Rejection: the order is not confirmed, or was completed with other content.
    """
    if order.get("completed") and order["state"] != REVOKED:
        _assert_same(order, "completed", content)
        return order
    _assert_in(order, (USER_CONFIRM,))
    terms = order["terms"]
    times = {**terms.get("time_range", {}), **(given.get("time_range") or {})}
    if not times.get("end_time"):
        issue = "is required: the order was created without it"
        raise Rejection.parameter("/time_range/end_time", None, issue)
    places = {**terms.get("location", {}), **(given.get("location") or {})}
    terms |= {"time_range": times, **({"location": places} if places else {})}
    order |= {"completed": content, "openid": order["openid"] or f"o{random_token(20)}"}
    _charge(state, order, total, given)
    return order


def modify(
    state: State, order: ServiceOrder, content: str, total: int, given: Mapping[str, Any]
) -> ServiceOrder:
    """Reduce the total of an order in collection.

    Args:
        state: the state of the merchant.
        order: a completed order.
        content: the fingerprint of the request; a repetition has no effect.
        total: the new amount to collect, in fen.
        given: the members of the request.

    Raises:
        Rejection: the order is not in collection, or the total is higher than before.
    """
    if order.get("modified") == content and order["state"] != REVOKED:
        return order
    _assert_in(order, (MCH_COMPLETE,))
    if total > order["total"]:
        message = f"修改后的总金额不能大于原金额: {total} > {order['total']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    order["modified"] = content
    _charge(state, order, total, given)
    return order


def _charge(state: State, order: ServiceOrder, total: int, given: Mapping[str, Any]) -> None:
    """Collect a total, or finish an order with a total of 0."""
    kept = {name: each for name, each in order["terms"].items() if name not in CHARGES}
    order["terms"] = kept | {name: given[name] for name in CHARGES if given.get(name)}
    order["total"] = total
    if total == 0:
        _stop_collecting(state, order)
        order["state"] = DONE
    else:
        trade = payments.find(state, order["order_id"]) or _trade(state, order, given)
        trade["total"] = total
        _deduct(state, order, trade)
    _save(state, order)


def _trade(state: State, order: ServiceOrder, given: Mapping[str, Any]) -> payments.Order:
    """Return the payment order that collects a service order."""
    partner = "sp_" if order["sub_mchid"] else ""
    parties = {
        f"{partner}mchid": state.mchid,
        f"{partner}appid": order["appid"],
        **{name: order[name] for name in ("sub_mchid", "sub_appid") if order[name]},
    }
    about = {
        "protocol": "payscore",
        "trade_type": "PAP",
        "parties": parties,
        "total": order["total"],
        "description": order["terms"].get("service_introduction", ""),
        "attach": order["terms"].get("attach"),
        "notify_url": order["terms"].get("notify_url", ""),
        "openid": order["openid"],
        "service_order": order["out_order_no"],
        "profit_sharing": given.get("profit_sharing") is True,
        "expires": state.clock.now() + receiving.NEVER,
    }
    return payments.create(state, order["order_id"], {}, about)


def _deduct(state: State, order: ServiceOrder, trade: payments.Order) -> None:
    receiving.deduct(
        state,
        trade,
        lambda outbox, paid: notify(state, outbox, "PAYSCORE.USER_PAID", order | paid_by(paid)),
    )
    payments.save(state, trade)


def _stop_collecting(state: State, order: ServiceOrder) -> None:
    if payments.find(state, order["order_id"]) is not None:
        payments.close(state, order["order_id"])


def collect(state: State, order: ServiceOrder) -> ServiceOrder:
    """Start a new deduction of an unpaid order.

    Raises:
        Rejection: the order is not in collection.
    """
    _assert_in(order, (MCH_COMPLETE,))
    _deduct(state, order, payments.existing(state, order["order_id"]))
    return order


def pay(state: State, number: str) -> ServiceOrder:
    """Pay an order in collection on behalf of its user; the merchant is notified.

    Raises:
        Rejection: there is no such order, or it is not in collection.
    """
    order = existing(state, number)
    _assert_in(order, (MCH_COMPLETE,))
    payments.pay(state, order["order_id"])
    return existing(state, number)


def fail(state: State, number: str) -> ServiceOrder:
    """Fail a deduction, as for a user without money; the order stays unpaid.

    Raises:
        Rejection: there is no such order, or it is not in collection.
    """
    order = existing(state, number)
    _assert_in(order, (MCH_COMPLETE,))
    payments.fail(state, order["order_id"])
    return order


def cancel(state: State, order: ServiceOrder, content: str) -> ServiceOrder:
    """Cancel an unpaid order.

    Args:
        state: the state of the merchant.
        order: a created or confirmed order, or one in collection.
        content: the fingerprint of the request; a repetition has no effect.

    Raises:
        Rejection: the order is paid, has expired, or was cancelled with other content.
    """
    if order.get("cancelled"):
        _assert_same(order, "cancelled", content)
        return order
    _assert_in(order, (CREATED, USER_CONFIRM, MCH_COMPLETE))
    _stop_collecting(state, order)
    order |= {"state": REVOKED, "cancelled": content}
    _save(state, order)
    return order


def mark_paid(state: State, order: ServiceOrder, paid_time: Any) -> ServiceOrder:
    """Mark an order as paid in another way; no money moves.

    Args:
        state: the state of the merchant.
        order: an order in collection.
        paid_time: in the format `20261120132935`; a repetition has no effect.

    Raises:
        Rejection: the order is not in collection, or the time is invalid.
    """
    if order.get("synced") == paid_time:
        return order
    _assert_in(order, (MCH_COMPLETE,))
    check_moment(paid_time, "/detail/paid_time")
    _stop_collecting(state, order)
    detail = {"seq": 1, "amount": order["total"], "paid_type": "MCH", "paid_time": paid_time}
    order |= {"state": DONE, "synced": paid_time, "details": [detail]}
    _save(state, order)
    return order


@payments.on_paid("payscore")
def tell(state: State, trade: payments.Order) -> None:
    """Send `PAYSCORE.USER_PAID` for a payment before the deduction."""
    order = existing(state, trade["service_order"])
    notify(state, state.outbox, "PAYSCORE.USER_PAID", order)
