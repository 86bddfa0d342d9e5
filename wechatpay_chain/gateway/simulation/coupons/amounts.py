"""The parts of an order and of its refunds that the customer and the sponsors pay.

A coupon with cash (预充值券) is paid by the merchant that made it: whoever is paid for the order
receives its whole total. A coupon without cash (免充值券) lowers what the order brings in.

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
    """Return the coupons of an order that is paid, or of a refund."""
    return list(record.get("coupons", ()))


def discount(record: dict[str, Any]) -> int:
    """Return the fen that coupons take off an order, or off what a refund pays to the customer."""
    return sum(each["amount"] for each in coupons(record))


def with_cash(record: dict[str, Any]) -> int:
    """Return the fen of the coupons that somebody pays for."""
    return sum(each["amount"] for each in coupons(record) if not each["no_cash"])


def payer_total(order: Order) -> int:
    """Return the fen that the customer pays for an order."""
    return int(order["total"]) - discount(order)


def settlement(order: Order) -> int:
    """Return the fen that the customer and the sponsors of coupons pay for an order."""
    return payer_total(order) + with_cash(order)


def paid_back(refund: Refund) -> int:
    """Return the fen of a refund that the customer receives."""
    return int(refund["amount"]) - discount(refund)


def settlement_refund(refund: Refund) -> int:
    """Return the fen of a refund that whoever was paid for the order gives back."""
    return paid_back(refund) + with_cash(refund)


def split(order: Order, amount: int) -> list[Used]:
    """Return the coupons of an order, each with its part of a refund, which the order keeps.

    Args:
        order: the order that is refunded; its `refunded` is without this refund.
        amount: fen of the refund, at most what is left of the order.
    """
    used = coupons(order)
    left = [each["amount"] - each["refunded"] for each in used]
    rest = order["total"] - order["refunded"]
    parts = left if amount == rest else _parts(order, amount, rest, left)
    for each, part in zip(used, parts, strict=True):
        each["refunded"] += part
    return [{**each, "amount": part} for each, part in zip(used, parts, strict=True)]


def _parts(order: Order, amount: int, rest: int, left: list[int]) -> list[int]:
    """Return the part of each coupon; their sum is the rest after the customer's rounded part."""
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
    """Undo `split`, as when the refund is closed."""
    refunded = {each["coupon_id"]: each["amount"] for each in parts}
    for each in coupons(order):
        each["refunded"] -= refunded.get(each["coupon_id"], 0)
