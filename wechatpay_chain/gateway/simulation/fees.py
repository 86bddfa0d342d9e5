"""WeChat Pay's fee for a payment: taken when it is paid, given back with what is refunded.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
"""

from __future__ import annotations

from typing import Any

from ..state import State
from .bills import settings
from .bills.settings import fee

__all__ = ["charge", "fee", "give_back", "rate", "returned"]

WECHAT_PAY = "wechatpay"
"""The account that fees go to."""


def rate(state: State) -> int:
    """Return the fee for payments, in ten-thousandths."""
    return settings.current(state).fee_rate


def charge(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Charge a fee to an account; nothing if it is 0."""
    if amount:
        state.ledger.move("fee", amount, account, WECHAT_PAY, **numbers)


def give_back(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Return a fee to an account; nothing if it is 0."""
    if amount:
        state.ledger.move("fee_returned", amount, WECHAT_PAY, account, **numbers)


def returned(order: dict[str, Any], amount: int) -> int:
    """Return the part of an order's fee that a refund returns, in fen.

    Args:
        order: the order that is refunded.
        amount: fen of the refund.
    """
    left = order.get("fee", 0) - order.get("fee_returned", 0)
    return int(min(left, fee(amount, order.get("fee_rate", 0))))
