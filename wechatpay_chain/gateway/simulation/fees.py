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
    """The fee for payments, in ten-thousandths."""
    return settings.current(state).fee_rate


def charge(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Take a fee from an account; nothing where it is 0."""
    if amount:
        state.ledger.move("fee", amount, account, WECHAT_PAY, **numbers)


def give_back(state: State, amount: int, account: str, **numbers: Any) -> None:
    """Give a fee back to an account; nothing where it is 0."""
    if amount:
        state.ledger.move("fee_returned", amount, WECHAT_PAY, account, **numbers)


def returned(order: dict[str, Any], amount: int) -> int:
    """How much of an order's fee comes back with a refund, in fen: never more than is left of it.

    Args:
        order: that is refunded.
        amount: fen of the refund.
    """
    left = order.get("fee", 0) - order.get("fee_returned", 0)
    return int(min(left, fee(amount, order.get("fee_rate", 0))))
