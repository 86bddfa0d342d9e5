"""WeChat Pay's fee for a payment: charged at the payment, returned in part at a refund.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
"""

from __future__ import annotations

from typing import Any

from ..state import State
from .bills import settings
from .bills.settings import fee

__all__ = ["charge", "fee", "give_back", "rate", "returned"]

WECHAT_PAY = "wechatpay"
"""The ledger account for fees."""


def rate(state: State) -> int:
    """Return the fee rate of payments, in ten-thousandths."""
    return settings.current(state).fee_rate


def charge(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Debit a fee from an account; no effect if it is 0."""
    if amount:
        state.ledger.move("fee", amount, account, WECHAT_PAY, **numbers)


def give_back(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Return a fee to an account; no effect if it is 0."""
    if amount:
        state.ledger.move("fee_returned", amount, WECHAT_PAY, account, **numbers)


def returned(order: dict[str, Any], amount: int) -> int:
    """Return the part of an order's fee that a refund returns, in fen; at most the unreturned fee.

    It is rounded for all refunds of the order together, so that they never cost more than the order
    has brought in, and the last one returns the rest.

    Args:
        order: the refunded order; `fee_base` is the amount of its earlier refunds, in fen.
        amount: the amount of the refund, in fen.
    """
    so_far = order.get("fee_returned", 0)
    due = fee(order.get("fee_base", 0) + amount, order.get("fee_rate", 0)) - so_far
    return int(max(0, min(order.get("fee", 0) - so_far, due)))
