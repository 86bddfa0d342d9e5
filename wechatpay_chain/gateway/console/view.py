"""Orders in the console and the cashier."""

from __future__ import annotations

from typing import Any

from ..simulation.payments import records as payments
from ..state import State
from . import money

__all__ = ["order_view"]

KEPT = (
    "out_trade_no",
    "transaction_id",
    "description",
    "attach",
    "protocol",
    "trade_type",
    "parties",
    "openid",
    "notify_url",
    "combine_out_trade_no",
    "token",
    "created",
    "expires",
    "paid",
)


def order_view(order: dict[str, Any], state: State) -> dict[str, Any]:
    """Return an order in its current state; an expired one is closed.

    The function does not change the stored order.
    """
    currency = str(order.get("currency") or "CNY")
    is_open = order["state"] in payments.OPEN
    expired = is_open and order["expires"] <= state.clock.now()
    refunded = int(order.get("refunded") or 0)
    return {
        **{name: order.get(name) for name in KEPT},
        "amount": money.shown(order["total"], currency),
        "refunded": money.shown(refunded, currency) if refunded else "",
        "refunded_in_part": 0 < refunded < order["total"],
        "state": payments.CLOSED if expired else order["state"],
        "open": is_open and not expired,
    }
