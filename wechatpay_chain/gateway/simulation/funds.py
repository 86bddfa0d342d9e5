"""Accounts for the money of an order: its merchant's, or a frozen one until it is shared.

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
"""Seconds from the payment until unshared money is released to the merchant."""

Order = dict[str, Any]


def sub_merchant(order: Order) -> str:
    """Return the paid sub-merchant; empty if the merchant itself is paid."""
    parties = order["parties"]
    return str(parties.get("sub_mchid") or parties.get("sub_mch_id") or "")


def account(kind: str, order: Order) -> str:
    """Return the `merchant` or `frozen` account of the paid merchant or sub-merchant."""
    return account_of(kind, sub_merchant(order))


def account_of(kind: str, sub_mchid: str) -> str:
    """Return an account of a sub-merchant, or of the merchant if `sub_mchid` is empty."""
    return f"{kind}:{sub_mchid}" if sub_mchid else kind


def top_up(state: State, account: str, amount: int, at: float | None = None) -> None:
    """Top up an account from the bank to at least an amount.

    Args:
        state: the state of the merchant.
        account: the ledger account.
        amount: the required balance, in fen.
        at: the time; None means now.
    """
    lacking = amount - state.ledger.balance(account)
    if lacking > 0:
        state.ledger.move("recharge", lacking, "bank", account, at=at)


def unsplit(state: State, order: Order) -> int:
    """Return the amount of an order that can still be shared, in fen."""
    going_on = order.get("profit_sharing") and not order.get("shared_out")
    if going_on and order["paid"] + FROZEN_FOR <= state.clock.now():
        release(state, order, at=order["paid"] + FROZEN_FOR)
    return int(order.get("frozen", 0))


@settles
def unfreeze_due(state: State) -> None:
    """Release the money of orders that were not shared in time."""
    for each in state.store.all("unsplit"):
        if each["until"] <= state.clock.now():
            order = state.store.get("order", each["out_trade_no"])
            state.store.delete("unsplit", each["out_trade_no"])
            if order is not None:
                unsplit(state, order)


def freeze(state: State, order: Order, amount: int) -> None:
    """Freeze the payment of an order until the order is shared or the term ends."""
    order["frozen"] = amount
    number, until = order["out_trade_no"], order["paid"] + FROZEN_FOR
    state.store.put("unsplit", number, {"out_trade_no": number, "until": until})


def release(state: State, order: Order, at: float | None = None) -> int:
    """Release the frozen money of an order, end its sharing, and return the amount in fen."""
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
    """Return the account for returned money of an order: frozen until it is shared or consumed."""
    unsplit(state, order)  # the sharing may have ended in the meantime
    frozen = order.get("profit_sharing") or order.get("deposit")
    if frozen and not order.get("shared_out"):
        order["frozen"] += amount
        return account("frozen", order)
    return account("merchant", order)
