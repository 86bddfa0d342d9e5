"""The orders that a customer pays at once: one, or all of a combined order."""

from __future__ import annotations

from ...messages.exchange import Rejection
from ...state import State
from . import records as payments
from .records import Order

__all__ = ["expire", "fail", "together"]


def together(state: State, number: str) -> list[Order]:
    """Return the orders that are paid with an order; none if there is no such order.

    Args:
        state: the state of the merchant.
        number: `out_trade_no`.
    """
    order = state.store.get("order", number)
    if order is None:
        return []
    combined = state.store.get("combined", order.get("combine_out_trade_no") or "")
    numbers = combined["numbers"] if combined else [number]
    found = [state.store.get("order", each) for each in numbers]
    return [each for each in found if each]


def fail(state: State, number: str) -> None:
    """Make a payment fail; all orders of a combined one fail together.

    Raises:
        Rejection: one of them is not open.
    """
    for order in together(state, number):
        payments.fail(state, order["out_trade_no"])


def expire(state: State, number: str) -> None:
    """Make an order expire now.

    Its own `time_expire` becomes this moment. The clock is not moved to it: other orders would
    expire as well, and notifications would be repeated, which nobody expects who ends one order.

    Raises:
        Rejection: there is no such order, or it is not open.
    """
    found = together(state, number)
    if not found:
        raise Rejection(404, "ORDER_NOT_EXIST", f"订单不存在: {number}")
    for order in found:
        current = payments.find(state, order["out_trade_no"]) or order
        if current["state"] not in payments.OPEN:
            raise Rejection(400, "INVALID_REQUEST", f"订单状态是 {current['state']}: {number}")
        current["expires"] = state.clock.now()
        payments.save(state, current)
        payments.find(state, current["out_trade_no"])  # closes it, as any query would
