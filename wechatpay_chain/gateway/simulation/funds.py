"""The money of an order: available to its merchant, or frozen until profit sharing.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4014547102 (30 days, then it is not frozen)
"""

from __future__ import annotations

from typing import Any

from ..state import State
from .schedule import settles

__all__ = [
    "account",
    "account_of",
    "freeze",
    "freeze_again",
    "release",
    "sub_merchant",
    "top_up",
    "unfreeze_due",
    "unsplit",
]

FROZEN_FOR = 30 * 86400
"""Seconds from the payment until what was not shared is the merchant's."""

Order = dict[str, Any]


def sub_merchant(order: Order) -> str:
    """Return the sub-merchant who is paid; empty if it is the merchant itself."""
    parties = order["parties"]
    return str(parties.get("sub_mchid") or parties.get("sub_mch_id") or "")


def account(kind: str, order: Order) -> str:
    """`merchant` or `frozen`, of whoever is paid for an order."""
    return account_of(kind, sub_merchant(order))


def account_of(kind: str, sub_mchid: str) -> str:
    """Return an account of the merchant, or of a sub-merchant unless `sub_mchid` is empty."""
    return f"{kind}:{sub_mchid}" if sub_mchid else kind


def top_up(state: State, account: str, amount: int, at: float | None = None) -> None:
    """Bring in from the bank what an account lacks of an amount.

    Args:
        state: the state of the merchant.
        account: the account of the ledger.
        amount: fen that the account is to have.
        at: the time; by default now.
    """
    lacking = amount - state.ledger.balance(account)
    if lacking > 0:
        state.ledger.move("recharge", lacking, "bank", account, at=at)


def unsplit(state: State, order: Order) -> int:
    """Return the fen of an order that can still be shared."""
    going_on = order.get("profit_sharing") and not order.get("shared_out")
    if going_on and order["paid"] + FROZEN_FOR <= state.clock.now():
        release(state, order, at=order["paid"] + FROZEN_FOR)
    return int(order.get("frozen", 0))


@settles
def unfreeze_due(state: State) -> None:
    """Store which orders are not frozen any more, since nobody shared them in time."""
    for each in state.store.all("unsplit"):
        if each["until"] <= state.clock.now():
            order = state.store.get("order", each["out_trade_no"])
            state.store.delete("unsplit", each["out_trade_no"])
            if order is not None:
                unsplit(state, order)


def freeze(state: State, order: Order, amount: int) -> None:
    """Freeze what is paid for an order that is to be shared, until it is shared or time is over."""
    order["frozen"] = amount
    number, until = order["out_trade_no"], order["paid"] + FROZEN_FOR
    state.store.put("unsplit", number, {"out_trade_no": number, "until": until})


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
    state.store.delete("unsplit", order["out_trade_no"])
    state.store.put("order", order["out_trade_no"], order)
    return rest


def freeze_again(state: State, order: Order, amount: int) -> str:
    """Return the account for returned money of an order, the frozen one before its sharing."""
    unsplit(state, order)  # which may be over meanwhile
    frozen = order.get("profit_sharing") or order.get("deposit")
    if frozen and not order.get("shared_out"):
        order["frozen"] += amount
        return account("frozen", order)
    return account("merchant", order)
