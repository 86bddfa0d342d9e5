"""Orders and refunds as the console and the cashier show them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ..simulation.payments import records as payments
from ..state import State
from . import money

__all__ = ["notice_numbers", "order_view", "refund_view"]

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
AMOUNTS = ("refund_fee", "refund_amount", "refund", "amount", "total")
"""The members that may say how much is given back."""


def order_view(order: dict[str, Any], state: State) -> dict[str, Any]:
    """An order as it is at this moment; one whose time is over is closed, as any query would say.

    Nothing is written: whoever looks changes nothing.
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


def refund_view(refund: dict[str, Any], state: State) -> dict[str, Any]:
    """A refund; what a record does not have is empty."""
    currency = str(refund.get("currency") or "CNY")
    amount = _amount(refund)
    created, now = refund.get("created"), state.clock.now()
    standing = str(refund.get("state") or refund.get("status") or "")
    if standing == "PROCESSING" and refund.get("settles", math.inf) <= now:
        standing = "SUCCESS"  # as any query would say
    return {
        "out_refund_no": str(refund.get("out_refund_no") or ""),
        "refund_id": str(refund.get("refund_id") or ""),
        "out_trade_no": str(refund.get("out_trade_no") or ""),
        "transaction_id": str(refund.get("transaction_id") or ""),
        "reason": str(refund.get("reason") or ""),
        "state": standing,
        "amount": "" if amount is None else money.shown(amount, currency),
        "created": created if isinstance(created, int | float) else None,
    }


def _amount(refund: dict[str, Any]) -> int | None:
    for name in AMOUNTS:
        value = refund.get(name)
        if isinstance(value, dict):
            value = value.get("refund")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def notice_numbers(notice: dict[str, Any]) -> Iterator[str]:
    """The numbers of the orders that a notification is about."""
    resource = notice.get("resource") or {}
    inner = resource.get("sub_orders")
    for each in (resource, *(inner if isinstance(inner, list) else ())):
        if isinstance(each, dict) and each.get("out_trade_no"):
            yield str(each["out_trade_no"])
