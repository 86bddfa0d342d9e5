"""Payment with coupons: the discount of an order, and the effects on coupons and stocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import funds
from . import amounts, notices, records, stocks
from .records import Coupon
from .stocks import Stock

__all__ = ["consume", "redeem"]

Order = dict[str, Any]


def redeem(state: State, order: Order, numbers: Sequence[str], openid: str) -> str:
    """Apply coupons to an order, and return the openid of its customer.

    Args:
        state: the state of the merchant.
        order: the order to pay.
        numbers: the numbers of the coupons.
        openid: the openid of the customer; by default, of the order or of the coupons.

    Raises:
        Rejection: a coupon cannot be used for this order.
    """
    if isinstance(numbers, str) or len(set(numbers)) != len(numbers):
        raise Rejection.parameter("coupons", numbers, "must be a list of different coupons")
    ordinary = order["protocol"] in ("v2", "v3") and order["trade_type"] != "MICROPAY"
    if not ordinary or order.get("deposit"):
        raise _unusable(numbers[0], "合单、付款码、押金和委托代扣订单不支持代金券")
    used: list[dict[str, Any]] = []
    for number in numbers:
        coupon = records.existing(state, number)
        stock = stocks.existing(state, coupon["stock_id"])
        openid = openid or order.get("openid") or coupon["openid"]
        if coupon["openid"] != openid:
            raise _unusable(number, f"不属于用户 {openid}")
        if len(numbers) > 1 and not stock["use"].get("combine_use"):
            raise _unusable(number, "不能与其他优惠叠加")
        _assert_usable(state, coupon, stock, order)
        used.append(_used(coupon, stock, order))
    discount = sum(each["amount"] for each in used)
    if discount >= order["total"]:
        raise _unusable(numbers[-1], f"优惠 {discount} 不小于订单金额 {order['total']}")
    order["coupons"] = used
    return openid


def _unusable(number: str, reason: str) -> Rejection:
    return Rejection(400, "INVALID_REQUEST", f"代金券 {number} 不可用: {reason}")


def _assert_usable(state: State, coupon: Coupon, stock: Stock, order: Order) -> None:
    number, now, use = coupon["coupon_id"], state.clock.now(), stock["use"]
    if coupon["state"] != records.SENT:
        raise _unusable(number, f"状态是 {coupon['state']}")
    if now < coupon["begins"]:
        raise _unusable(number, f"{state.clock.rfc3339(coupon['begins'])} 起可用")
    tags = use.get("goods_tag")
    if tags and order["content"].get("goods_tag") not in tags:
        raise _unusable(number, f"订单优惠标记 goods_tag 不是 {'、'.join(tags)}")
    merchants = use.get("available_merchants")
    payee = funds.sub_merchant(order) or state.mchid
    if merchants and payee not in merchants:
        raise _unusable(number, f"商户号 {payee} 不在可核销商户号中")
    if use.get("available_items") and not _goods(stock, order):
        raise _unusable(
            number, "订单 detail.goods_detail 中没有可用单品（APIv2 订单不能使用单品券）"
        )
    spent = _goods_total(stock, order)
    if spent < stock["minimum"]:
        raise _unusable(number, f"金额 {spent} 未达到使用门槛 {stock['minimum']}")


def _goods(stock: Stock, order: Order) -> list[dict[str, Any]]:
    """Return the goods of an order that a coupon covers; empty if it covers the whole order."""
    items = stock["use"].get("available_items") or ()
    detail = order["content"].get("detail")
    given = detail.get("goods_detail") or () if isinstance(detail, dict) else ()
    return [each for each in given if each["merchant_goods_id"] in items]


def _goods_total(stock: Stock, order: Order) -> int:
    """Return the amount of an order that a coupon covers, in fen."""
    if not stock["use"].get("available_items"):
        return int(order["total"])
    return sum(each["unit_price"] * each["quantity"] for each in _goods(stock, order))


def _used(coupon: Coupon, stock: Stock, order: Order) -> dict[str, Any]:
    return {
        "coupon_id": coupon["coupon_id"],
        "stock_id": stock["stock_id"],
        "name": stock["name"],
        "amount": coupon["amount"],
        "no_cash": coupon["no_cash"],
        "scope": "SINGLE" if stock["use"].get("available_items") else "GLOBAL",
        "refunded": 0,
    }


def consume(state: State, order: Order) -> None:
    """Mark the coupons of a paid order as used; coupons with cash are paid from the budget."""
    for each in amounts.coupons(order):
        coupon = records.existing(state, each["coupon_id"])
        amount = 0 if each["no_cash"] else each["amount"]
        if amount:
            account = funds.account("frozen" if order["frozen"] else "merchant", order)
            numbers = {name: order[name] for name in ("out_trade_no", "transaction_id")}
            numbers |= {name: each[name] for name in ("coupon_id", "stock_id")}
            moment = order["paid"]
            state.ledger.move("coupon", amount, stocks.ACCOUNT, account, at=moment, **numbers)
        consumed = {
            "time": order["paid"],
            "mchid": funds.sub_merchant(order) or state.mchid,
            "transaction_id": order["transaction_id"],
            "out_trade_no": order["out_trade_no"],
        }
        coupon = records.spend(state, coupon, {"state": records.USED, "consumed": consumed}, amount)
        notices.used(state, coupon)
