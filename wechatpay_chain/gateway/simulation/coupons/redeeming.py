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

PROTOCOLS = ("v2", "v3", "combined", "v2-combined", "papay-v2", "papay-v3")
"""The protocols of orders that can be paid with coupons."""
Order = dict[str, Any]


def redeem(
    found: Sequence[tuple[State, Order]],
    numbers: Sequence[str],
    openid: str,
    *,
    strict: bool = True,
) -> str:
    """Apply coupons to orders that are paid at once, and return the customer who has them.

    Args:
        found: the orders that are about to be paid, each with the state of its merchant. Each
            coupon is used with the first of them that it can be used with.
        numbers: the numbers of the coupons.
        openid: the openid of the customer; by default, the owner of the coupons.
        strict: whether a coupon that cannot be used is an error; else it is left unused.

    Raises:
        Rejection: a coupon cannot be used with any of the orders.
    """
    if isinstance(numbers, str) or len(set(numbers)) != len(numbers):
        raise Rejection.parameter("coupons", numbers, "must be a list of different coupons")
    for number in numbers:
        try:
            openid = _redeem(found, number, openid)
        except Rejection:
            if strict:
                raise
    return openid


def _redeem(found: Sequence[tuple[State, Order]], number: str, openid: str) -> str:
    """Apply a coupon to the first order that it can be used with; return the customer."""
    reasons = []
    for state, order in found:
        if state.store.get(records.KIND, number) is None:
            continue
        try:
            return _apply(state, order, number, openid)
        except Rejection as reason:
            reasons.append(reason)
    if reasons:
        raise reasons[0]
    records.existing(found[0][0], number)  # raises, as no merchant of these orders has it
    raise _unusable(number, "不存在")


def _apply(state: State, order: Order, number: str, openid: str) -> str:
    if order["protocol"] not in PROTOCOLS or order.get("deposit"):
        raise _unusable(number, "押金、微信支付分和刷脸订单不支持代金券")
    coupon = records.existing(state, number)
    stock = stocks.existing(state, coupon["stock_id"])
    customer = openid or order.get("openid") or coupon["openid"]
    if coupon["openid"] != customer:
        raise _unusable(number, f"不属于用户 {customer}")
    others = amounts.coupons(order)
    used_stocks = [stock, *(stocks.existing(state, each["stock_id"]) for each in others)]
    if others and not all(each["use"].get("combine_use") for each in used_stocks):
        raise _unusable(number, "不能与其他优惠叠加")
    _assert_usable(state, coupon, stock, order)
    used = [*others, _used(coupon, stock, order)]
    discount = sum(each["amount"] for each in used)
    if discount >= order["total"]:
        raise _unusable(number, f"优惠 {discount} 不小于订单金额 {order['total']}")
    order["coupons"] = used
    return str(customer)


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
            number, "订单 detail.goods_detail 中没有可用单品（APIv2 订单和合单不能使用单品券）"
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
