"""Lifecycle of an order of any API: created, paid, failed, closed, expired.

The operations of APIv3, APIv2 and combined orders validate their requests, call these functions,
and convert the results to their own members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ....messages import canonical
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..coupons import redeeming
from ..schedule import settles
from ..tokens import random_token
from . import collecting, receiving

__all__ = [
    "ACCEPT",
    "CLOSED",
    "NOTPAY",
    "Order",
    "PAYERROR",
    "REFUND",
    "REVOKED",
    "SUCCESS",
    "USERPAYING",
    "Together",
    "absent",
    "close",
    "create",
    "decide_at",
    "expiry",
    "fail",
    "find",
    "members",
    "on_failed",
    "on_paid",
    "on_received",
    "pay",
    "save",
    "settle_due",
    "together",
    "whole_fen",
]

Order = dict[str, Any]

NO_OPENID = 268501013
"""WeChat Pay's error number for a JSAPI payment without an openid."""
NOTPAY, SUCCESS, REFUND = "NOTPAY", "SUCCESS", "REFUND"
ACCEPT = receiving.ACCEPT
CLOSED, PAYERROR, USERPAYING, REVOKED = "CLOSED", "PAYERROR", "USERPAYING", "REVOKED"
OPEN = (NOTPAY, ACCEPT, PAYERROR, USERPAYING)
"""The states of an order that can still be paid."""

LIFETIME = 2 * 3600
"""Lifetime of an order without an expiry time, in seconds."""


class Together(NamedTuple):
    """Orders that are paid at once: one, or all of a combined order.

    Attributes:
        holder: state of the merchant that is notified of the payment.
        members: state of the merchant that is paid, and `out_trade_no`, of each order.
    """

    holder: State
    members: list[tuple[State, str]]

    def orders(self) -> list[tuple[State, Order]]:
        """Return the orders as they are now, each with the state of its merchant.

        Raises:
            Rejection: one of them does not exist.
        """
        return [(state, existing(state, number)) for state, number in self.members]


_notices: dict[str, Callable[[State, Order], None]] = {}
_failures: dict[str, Callable[[State, Order], None]] = {}
_receipts: dict[str, Callable[[State, Order], None]] = {}


def on_paid(protocol: str) -> Callable[[Callable[[State, Order], None]], Any]:
    """Register the notification of a paid order of a protocol."""

    def register(notice: Callable[[State, Order], None]) -> Any:
        _notices[protocol] = notice
        return notice

    return register


def on_failed(protocol: str) -> Callable[[Callable[[State, Order], None]], Any]:
    """Register the notification of a failed payment of a protocol."""

    def register(notice: Callable[[State, Order], None]) -> Any:
        _failures[protocol] = notice
        return notice

    return register


def on_received(protocol: str) -> Callable[[Callable[[State, Order], None]], Any]:
    """Register an effect of a received payment of a protocol."""

    def register(change: Callable[[State, Order], None]) -> Any:
        _receipts[protocol] = change
        return change

    return register


def create(
    state: State, number: str, content: Mapping[str, Any], about: Mapping[str, Any]
) -> Order:
    """Create an order, or return the existing one if the content is the same.

    Args:
        state: the state of the gateway.
        number: `out_trade_no`.
        content: the members of the request, which identify a repetition.
        about: the order's `protocol`, `trade_type`, `total`, `notify_url`, …

    Raises:
        Rejection: the number was used for another order; its order is paid or closed; the merchant
            is frozen; the order is above its limits.
    """
    known = find(state, number)
    if known is None:
        token = random_token(12)
        order = {
            "out_trade_no": number,
            "content": dict(content),
            "state": NOTPAY,
            "created": state.clock.now(),
            "expires": state.clock.now() + LIFETIME,
            "prepay_id": f"wx{state.clock.compact()}{canonical.nonce(18).lower()}",
            "token": token,
            "currency": "CNY",
            "refunded": 0,
            "transaction_id": "",
            **about,
        }
        collecting.assert_collects(state, order)
        collecting.assert_within_limits(state, order)
        save(state, order)
        state.store.put("token", token, {"out_trade_no": number})
        return order
    if known["content"] != dict(content):
        raise Rejection(403, "OUT_TRADE_NO_USED", f"商户订单号重复: {number}")
    if known["state"] in (SUCCESS, REFUND):
        code = "ORDERPAID" if known["protocol"].startswith("v2") else "INVALID_REQUEST"
        raise Rejection(400, code, f"该订单已支付: {number}")
    if known["state"] in (CLOSED, REVOKED):
        code = "ORDERCLOSED" if known["protocol"].startswith("v2") else "ORDER_CLOSED"
        raise Rejection(400, code, f"该订单已关闭: {number}")
    return known


def find(state: State, number: str = "", transaction_id: str = "") -> Order | None:
    """Return an order by either of its numbers, in its current state; None if there is none."""
    if transaction_id and not number:
        pointer = state.store.get("transaction", transaction_id)
        if pointer is None:
            return None
        number = pointer["out_trade_no"]
    order = state.store.get("order", number)
    if order is None or (transaction_id and order["transaction_id"] != transaction_id):
        return None
    if order["state"] == USERPAYING:
        order = _decided(state, order)
    if order["state"] in OPEN and receiving.is_due(state, order):
        with state.store.transaction():  # concurrent readers move the money once
            receiving.receive_due(state, order)
            _received(state, order)
    elif order["state"] in OPEN and order["expires"] <= state.clock.now():
        order["state"] = CLOSED
        save(state, order)
    return order


def decide_at(state: State, order: Order, moment: float, *, pays: bool) -> None:
    """Schedule the decision of the customer of an order that is USERPAYING.

    Args:
        state: the state of the gateway.
        order: the order.
        moment: in seconds since 1970.
        pays: whether the customer pays; otherwise, the payment fails.
    """
    number = order["out_trade_no"]
    decision = {"out_trade_no": number, "at": moment, "pays": pays}
    state.store.put("decision", number, decision)


def _decided(state: State, order: Order) -> Order:
    number = order["out_trade_no"]
    decision = state.store.get("decision", number)
    if decision is None or decision["at"] > min(state.clock.now(), order["expires"]):
        return order
    with state.store.transaction():  # concurrent readers pay it once
        state.store.delete("decision", number)
        return pay(state, number, at=decision["at"]) if decision["pays"] else fail(state, number)


@settles
def settle_due(state: State) -> None:
    """Store the successful deductions and the decisions of customers that are due."""
    for kind in ("deducting", "decision"):
        for each in state.store.all(kind):
            find(state, each["out_trade_no"])


def absent(number: str) -> Rejection:
    """Return the rejection for an order that does not exist or belongs to another party."""
    return Rejection(404, "ORDER_NOT_EXIST", f"订单不存在: {number}")


def existing(state: State, number: str = "", transaction_id: str = "") -> Order:
    """Return an order by either of its numbers, in its current state.

    Raises:
        Rejection: there is no such order.
    """
    order = find(state, number, transaction_id)
    if order is None:
        raise absent(number or transaction_id)
    return order


def save(state: State, order: Order) -> None:
    """Store an order and publish the change to the console."""
    state.store.put("order", order["out_trade_no"], order)
    state.log.tell("order", order)


def pay(
    state: State,
    number: str,
    openid: str = "",
    at: float | None = None,
    coupons: Sequence[str] = (),
) -> Order:
    """Pay an order on behalf of its customer; the money moves, and the merchant is notified.

    Args:
        state: the state of the gateway.
        number: `out_trade_no`, or any number of a combined order or of one of its orders.
        openid: the openid of the customer; a generated one by default.
        at: the time of the payment; None means now.
        coupons: the numbers of the customer's coupons for the order.

    Raises:
        Rejection: there is no such order, or it cannot be paid, or not with these coupons; its
            merchant is frozen or has reached its limit.
    """
    paid_together = together(state, number)
    found = paid_together.orders()
    for payee, order in found:
        if order["state"] in (SUCCESS, REFUND):
            raise Rejection(400, "INVALID_REQUEST", f"该订单已支付: {order['out_trade_no']}")
        if order["state"] not in OPEN:
            raise Rejection(400, "ORDER_CLOSED", f"该订单已关闭: {order['out_trade_no']}")
        collecting.assert_collects(payee, order)
        collecting.assert_within_limits(payee, order)
    chosen = coupons or found[0][1].get("offered", ())
    openid = redeeming.redeem(found, chosen, openid, strict=bool(coupons))
    for payee, order in found:
        receiving.receive(payee, order, openid, at)
        _received(payee, order)
        redeeming.consume(payee, order)
    first = found[0][1]
    _notices[first["protocol"]](paid_together.holder, first)
    own = (order for payee, order in found if payee is state and order["out_trade_no"] == number)
    return next(own, first)


def _received(state: State, order: Order) -> None:
    save(state, order)
    if order["protocol"] in _receipts:
        _receipts[order["protocol"]](state, order)


def together(state: State, number: str) -> Together:
    """Return the orders that are paid at once: one, or all of a combined order.

    Args:
        state: the state of the merchant that has the order, or the combined order.
        number: `out_trade_no`; of a combined order any of its orders', or its own.
    """
    combined = state.store.get("combined", number)
    if combined is not None:
        return Together(state, members(state, combined))
    order = state.store.get("order", number) or {}
    holder = state.participant(order.get("combiner") or state.mchid) or state
    combined = holder.store.get("combined", order.get("combine_out_trade_no") or "")
    if combined is None:
        return Together(state, [(state, number)])
    return Together(holder, members(holder, combined))


def members(state: State, combined: Mapping[str, Any]) -> list[tuple[State, str]]:
    """Return the payee and `out_trade_no` of each order of a combined order.

    Args:
        state: the state of the merchant that made the combined order.
        combined: the record of it.
    """
    numbers = combined["numbers"]
    payees = combined.get("mchids") or [state.mchid] * len(numbers)
    return [
        (state.participant(mchid) or state, number)
        for mchid, number in zip(payees, numbers, strict=True)
    ]


def fail(state: State, number: str) -> Order:
    """Fail a payment; the order can be paid again until it expires.

    Raises:
        Rejection: there is no such order, or it is not open.
    """
    order = existing(state, number)
    if order["state"] not in OPEN:
        raise Rejection(400, "INVALID_REQUEST", f"订单状态是 {order['state']}: {number}")
    receiving.stop(state, order)
    order["state"] = PAYERROR
    save(state, order)
    if order["protocol"] in _failures:
        _failures[order["protocol"]](state, order)
    return order


def close(state: State, number: str) -> Order:
    """Close an unpaid order; a repetition has no effect.

    Raises:
        Rejection: there is no such order, or it is paid.
    """
    order = existing(state, number)
    if order["state"] in (SUCCESS, REFUND):
        code = "ORDERPAID" if order["protocol"].startswith("v2") else "INVALID_REQUEST"
        raise Rejection(400, code, f"订单已支付，不能关闭: {number}")
    if order["state"] in OPEN:
        receiving.stop(state, order)
        order["state"] = CLOSED
        save(state, order)
    return order


def whole_fen(value: Any, pointer: str) -> int:
    """Validate an amount in fen.

    Raises:
        Rejection: the value is not an integer above 0.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Rejection.parameter(pointer, value, "must be a whole number of fen above 0")
    return value


def expiry(state: State, text: Any, pointer: str, *, compact: bool = False) -> float:
    """Return the time at which an order expires, in seconds since 1970.

    Args:
        state: the state of the gateway.
        text: RFC 3339.
        pointer: to the member.
        compact: whether the text has APIv2's format instead: `20261120132935`, Beijing time.

    Raises:
        Rejection: the text is no time, or the time has passed.
    """
    moment = checks.moment(text, compact=compact)
    if moment is None:
        example = "20261120132935" if compact else "2026-11-20T13:29:35+08:00"
        raise Rejection.parameter(pointer, text, f"must be a time such as {example}")
    if moment <= state.clock.now():
        raise Rejection.parameter(pointer, text, f"has passed; it is {state.clock.rfc3339()}")
    return moment
