"""Amounts of orders and refunds with coupons: the customer's part and the merchant's part.

A coupon with cash (预充值券) is paid by the merchant that created it: the order's total is credited
in full. A coupon without cash (免充值券) reduces the credited amount.

Source: https://pay.weixin.qq.com/docs/merchant/products/refund/introduction.html (refunds of orders
with coupons: the part of the refund that the customer paid, rounded)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "coupons",
    "discount",
    "paid_back",
    "payer_total",
    "put_back",
    "settlement",
    "settlement_refund",
    "split",
    "with_cash",
]

Order = dict[str, Any]
Refund = dict[str, Any]
Used = dict[str, Any]


def coupons(record: dict[str, Any]) -> list[Used]:
    """Return the coupons of a paid order or of a refund."""
    return list(record.get("coupons", ()))


def discount(record: dict[str, Any]) -> int:
    """Return the discount of an order, or the coupons' part of a refund, in fen."""
    return sum(each["amount"] for each in coupons(record))


def with_cash(record: dict[str, Any]) -> int:
    """Return the part of the discount that coupons with cash pay for, in fen."""
    return sum(each["amount"] for each in coupons(record) if not each["no_cash"])


def payer_total(order: Order) -> int:
    """Return the amount that the customer pays for an order, in fen."""
    return int(order["total"]) - discount(order)


def settlement(order: Order) -> int:
    """Return the fen that an order credits: the customer's part and the coupons with cash."""
    return payer_total(order) + with_cash(order)


def paid_back(refund: Refund) -> int:
    """Return the amount of a refund that the customer receives, in fen."""
    return int(refund["amount"]) - discount(refund)


def settlement_refund(refund: Refund) -> int:
    """Return the amount of a refund that the merchant pays, in fen."""
    return paid_back(refund) + with_cash(refund)


def split(order: Order, amount: int) -> list[Used]:
    """Distribute a refund over the coupons of an order, and record their parts in the order.

    Args:
        order: the refunded order; its `refunded` excludes this refund.
        amount: the amount of the refund in fen, at most the order's rest.
    """
    used = coupons(order)
    left = [each["amount"] - each["refunded"] for each in used]
    rest = order["total"] - order["refunded"]
    parts = left if amount == rest else _parts(order, amount, rest, left)
    for each, part in zip(used, parts, strict=True):
        each["refunded"] += part
    return [{**each, "amount": part} for each, part in zip(used, parts, strict=True)]


def _parts(order: Order, amount: int, rest: int, left: list[int]) -> list[int]:
    """Return a part for each coupon: the total less the customer's rounded part."""
    total, left_to_pay = order["total"], rest - sum(left)
    rounded = (2 * amount * payer_total(order) + total) // (2 * total)
    lowest = max(0, amount - sum(left))
    missing = amount - min(max(rounded, lowest), left_to_pay)
    parts = []
    for most in left:
        parts.append(min(most, missing))
        missing -= parts[-1]
    return parts


def put_back(order: Order, parts: Iterable[Used]) -> None:
    """Undo `split` after the refund was closed."""
    refunded = {each["coupon_id"]: each["amount"] for each in parts}
    for each in coupons(order):
        each["refunded"] -= refunded.get(each["coupon_id"], 0)
