"""Orders that a customer pays together: one, or all orders of a combined order."""

from __future__ import annotations

from ...messages.exchange import Rejection
from ...state import State
from . import records as payments
from .records import Order

__all__ = ["expire", "fail", "stored", "together"]


def together(state: State, number: str) -> list[Order]:
    """Return the orders that are paid together with an order; empty if there is no such order.

    Args:
        state: the state of the merchant.
        number: `out_trade_no`.
    """
    return [order for _, order in stored(state, number)]


def stored(state: State, number: str) -> list[tuple[State, Order]]:
    """Return the same orders as they are stored, each with the state of its merchant."""
    if state.store.get("order", number) is None:
        return []
    members = payments.together(state, number).members
    found = [(payee, payee.store.get("order", each)) for payee, each in members]
    return [(payee, order) for payee, order in found if order]


def fail(state: State, number: str) -> None:
    """Fail a payment; all orders of a combined order fail together.

    Raises:
        Rejection: one of the orders is not open.
    """
    for payee, order in stored(state, number):
        payments.fail(payee, order["out_trade_no"])


def expire(state: State, number: str) -> None:
    """Expire an order now.

    The order's own `time_expire` is set to the current time. The clock does not move: that would
    expire other orders and repeat notifications.

    Raises:
        Rejection: there is no such order, or it is not open.
    """
    found = stored(state, number)
    if not found:
        raise Rejection(404, "ORDER_NOT_EXIST", f"订单不存在: {number}")
    for payee, order in found:
        current = payments.find(payee, order["out_trade_no"]) or order
        if current["state"] not in payments.OPEN:
            raise Rejection(400, "INVALID_REQUEST", f"订单状态是 {current['state']}: {number}")
        current["expires"] = payee.clock.now()
        payments.save(payee, current)
        payments.find(payee, current["out_trade_no"])  # closes it, as any query would
