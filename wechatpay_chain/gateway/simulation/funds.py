"""Whose an order's money is: its merchant's at once, or frozen until it is shared.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4014547102 (30 days, then it is not frozen)
"""

from __future__ import annotations

from typing import Any

from ..state import State

__all__ = ["account", "freeze_again", "release", "sub_merchant", "unsplit"]

FROZEN_FOR = 30 * 86400
"""Seconds from the payment until what was not shared is the merchant's."""

Order = dict[str, Any]


def sub_merchant(order: Order) -> str:
    """The sub-merchant who is paid; empty where it is the merchant itself."""
    parties = order["parties"]
    return str(parties.get("sub_mchid") or parties.get("sub_mch_id") or "")


def account(kind: str, order: Order) -> str:
    """`merchant` or `frozen`, of whoever is paid for an order."""
    sub = sub_merchant(order)
    return f"{kind}:{sub}" if sub else kind


def unsplit(state: State, order: Order) -> int:
    """Fen of an order that can still be shared."""
    frozen = int(order.get("frozen", 0))
    if frozen and order["paid"] + FROZEN_FOR <= state.clock.now():
        release(state, order, at=order["paid"] + FROZEN_FOR)
        return 0
    return frozen


def release(state: State, order: Order, at: float | None = None) -> int:
    """Hand the merchant what is frozen, and end the sharing of an order; how many fen it was."""
    rest = int(order.get("frozen", 0))
    if rest:
        state.ledger.move(
            "unfreeze",
            rest,
            account("frozen", order),
            account("merchant", order),
            at=at,
            out_trade_no=order["out_trade_no"],
            transaction_id=order["transaction_id"],
        )
    order |= {"frozen": 0, "shared_out": True}
    state.store.put("order", order["out_trade_no"], order)
    return rest


def freeze_again(order: Order, amount: int) -> str:
    """The account that money of an order comes back to: frozen as before, if sharing goes on."""
    if order.get("profit_sharing") and not order.get("shared_out"):
        order["frozen"] += amount
        return account("frozen", order)
    return account("merchant", order)
