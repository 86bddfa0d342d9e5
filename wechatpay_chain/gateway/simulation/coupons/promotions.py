"""Members of orders and refunds that depend on coupons, in both APIs."""

from __future__ import annotations

from typing import Any

from . import amounts

__all__ = [
    "details_in_v2",
    "order_amount",
    "order_in_v2",
    "order_promotions",
    "refund_amount",
    "refund_in_v2",
    "refund_promotions",
]

Order = dict[str, Any]
Refund = dict[str, Any]


def order_amount(order: Order) -> dict[str, Any]:
    """Return the members of a paid order's `amount` that depend on coupons."""
    return {"payer_total": amounts.payer_total(order)}


def order_promotions(order: Order) -> list[dict[str, Any]]:
    """Return the `promotion_detail` of an order."""
    return [
        {
            "coupon_id": each["coupon_id"],
            "name": each["name"],
            "scope": each["scope"],
            "type": "NOCASH" if each["no_cash"] else "CASH",
            "amount": each["amount"],
            "stock_id": each["stock_id"],
            "wechatpay_contribute": 0,
            "merchant_contribute": each["amount"],
            "other_contribute": 0,
            "currency": "CNY",
        }
        for each in amounts.coupons(order)
    ]


def details_in_v2(order: Order) -> list[dict[str, Any]]:
    """Return `promotion_detail` of an order as APIv2 shows it."""
    return [
        {
            "promotion_id": each["coupon_id"],
            "name": each["name"],
            "scope": each["scope"],
            "type": "DISCOUNT" if each["no_cash"] else "COUPON",
            "amount": str(each["amount"]),
            "activity_id": each["stock_id"],
            "wxpay_contribute": "0",
            "merchant_contribute": str(each["amount"]),
            "other_contribute": "0",
            "goods_detail": [],
        }
        for each in amounts.coupons(order)
    ]


def refund_amount(order: Order, refund: Refund) -> dict[str, Any]:
    """Return the members of a refund's `amount` that depend on coupons.

    Args:
        order: the refunded order.
        refund: a refund of the order.
    """
    return {
        "payer_total": amounts.payer_total(order),
        "payer_refund": amounts.paid_back(refund),
        "settlement_total": amounts.settlement(order),
        "settlement_refund": amounts.settlement_refund(refund),
        "discount_refund": amounts.discount(refund),
    }


def refund_promotions(order: Order, refund: Refund) -> list[dict[str, Any]]:
    """Return the `promotion_detail` of a refund.

    Args:
        order: the refunded order.
        refund: a refund of the order.
    """
    faces = {each["coupon_id"]: each["amount"] for each in amounts.coupons(order)}
    return [
        {
            "promotion_id": each["coupon_id"],
            "scope": each["scope"],
            "type": "DISCOUNT" if each["no_cash"] else "COUPON",
            "amount": faces[each["coupon_id"]],
            "refund_amount": each["amount"],
        }
        for each in amounts.coupons(refund)
    ]


def _kind(used: dict[str, Any]) -> str:
    return "NO_CASH" if used["no_cash"] else "CASH"


def order_in_v2(order: Order) -> dict[str, Any]:
    """Return the APIv2 fields of a paid order that depend on coupons."""
    view: dict[str, Any] = {"cash_fee": amounts.payer_total(order)}
    used = amounts.coupons(order)
    if used:
        view |= {
            "settlement_total_fee": amounts.settlement(order),
            "coupon_fee": amounts.discount(order),
            "coupon_count": len(used),
        }
    for index, each in enumerate(used):
        view |= {
            f"coupon_type_{index}": _kind(each),
            f"coupon_id_{index}": each["coupon_id"],
            f"coupon_fee_{index}": each["amount"],
        }
    return view


def refund_in_v2(refund: Refund, place: str = "") -> dict[str, Any]:
    """Return the APIv2 fields of a refund that depend on coupons.

    Args:
        refund: the refund.
        place: the suffix in a response with several refunds, such as `_0`.
    """
    used = amounts.coupons(refund)
    view: dict[str, Any] = {
        f"settlement_refund_fee{place}": amounts.settlement_refund(refund),
        f"coupon_refund_fee{place}": amounts.discount(refund),
        f"coupon_refund_count{place}": len(used),
    }
    for index, each in enumerate(used):
        view |= {
            f"coupon_type{place}_{index}": _kind(each),
            f"coupon_refund_id{place}_{index}": each["coupon_id"],
            f"coupon_refund_fee{place}_{index}": each["amount"],
        }
    return view
