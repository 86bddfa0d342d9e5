"""Coupons of users (代金券): sent from a stock, used for an order, or expired.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012463807 (sending)
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ..schedule import settles
from . import stocks
from .stocks import Stock

__all__ = [
    "EXPIRED",
    "KIND",
    "SENT",
    "USED",
    "Coupon",
    "existing",
    "expire",
    "listed",
    "midnight",
    "of_stock",
    "save",
    "send",
    "send_once",
    "settle_due",
    "spend",
]

KIND, WAITING, REQUEST = "coupon", "coupon-waiting", "coupon-request"
RECEIVED = "coupon-received"
"""The kind of records that count a user's coupons of a stock."""
SENT, USED, EXPIRED = "SENDED", "USED", "EXPIRED"
"""The states, spelled as in the API."""
DAY = 86400
CHINA = datetime.timezone(datetime.timedelta(hours=8))

Coupon = dict[str, Any]


def send_once(
    state: State,
    stock_id: str,
    openid: str,
    number: str,
    content: str,
    creator: str | None = None,
) -> Coupon:
    """Send a coupon, or return the coupon of an identical earlier request.

    Args:
        state: the state of the merchant.
        stock_id: the stock id of the stock.
        openid: the openid of the user.
        number: `out_request_no`.
        content: the fingerprint of the request.
        creator: the required creator of the stock; None accepts any.

    Raises:
        Rejection: the number was used with other content, or the coupon cannot be sent.
    """
    known = state.store.get(REQUEST, number)
    if known is None:
        coupon = send(state, stocks.existing(state, stock_id, creator), openid)
        pointer = {"content": content, "coupon_id": coupon["coupon_id"]}
        state.store.put(REQUEST, number, pointer)
        return coupon
    if known["content"] != content:
        raise Rejection(400, "PARAM_ERROR", f"商户单据号已使用，参数不一致: {number}")
    return existing(state, known["coupon_id"])


def send(state: State, stock: Stock, openid: str) -> Coupon:
    """Send a coupon to a user.

    Args:
        state: the state of the merchant.
        stock: the stock of the coupon.
        openid: the openid of the user.

    Raises:
        Rejection: the stock sends no coupons, or the user has the maximum number.
    """
    now, today = state.clock.now(), state.clock.date()
    key = f"{stock['stock_id']} {openid}"
    received = (state.store.get(RECEIVED, key) or {"count": 0})["count"]
    _assert_sendable(state, stock, received, today)
    state.store.put(RECEIVED, key, {"count": received + 1})
    coupon = {
        "coupon_id": stocks.new_number(),
        "stock_id": stock["stock_id"],
        "openid": openid,
        "state": SENT,
        "created": now,
        "amount": stock["amount"],
        "no_cash": stock["no_cash"],
        **_validity(stock, now),
    }
    stock["sent"] += 1
    by_day = stock["sent_by_day"]
    by_day[today] = by_day.get(today, 0) + stock["amount"]
    stock["outstanding"] += stock["amount"]
    stocks.save(state, stock)
    state.store.put(WAITING, coupon["coupon_id"], {"coupon_id": coupon["coupon_id"]})
    save(state, coupon)
    return coupon


def _assert_sendable(state: State, stock: Stock, received: int, today: str) -> None:
    number, rule, now = stock["stock_id"], stock["rule"], state.clock.now()
    if stock["state"] != stocks.RUNNING:
        raise Rejection(400, "INVALID_REQUEST", f"批次状态是 {stock['state']}: {number}")
    if now < stock["begins"]:
        raise Rejection(400, "INVALID_REQUEST", f"批次尚未开始: {number}")
    if stock["sent"] >= rule["max_coupons"]:
        raise Rejection(403, "NOT_ENOUGH", f"批次预算不足: {number}")
    most = rule.get("max_amount_by_day") or 0
    if most and stock["sent_by_day"].get(today, 0) + stock["amount"] > most:
        raise Rejection(403, "RULE_LIMIT", f"批次单天发放金额已达上限: {most}")
    if received >= rule["max_coupons_per_user"]:
        raise Rejection(403, "RULE_LIMIT", f"用户领取数量已达上限: {received}")


def _validity(stock: Stock, now: float) -> dict[str, float]:
    """Return the start and the end of the validity of a coupon sent now."""
    by_stock = {name: stock[name] for name in ("begins", "ends")}
    times: dict[str, Any] = {**by_stock, **stock["use"]["coupon_available_time"]}
    begins, ends = times["begins"], times["ends"]
    if times.get("second_day_available"):
        begins = max(begins, midnight(now) + DAY)
    if minutes := times.get("available_time_after_receive"):
        ends = min(ends, max(begins, now) + 60 * minutes)
    return {"begins": begins, "ends": ends}


def midnight(moment: float) -> float:
    """Return the beginning of a moment's day in China; both in seconds since 1970."""
    day = datetime.datetime.fromtimestamp(moment, CHINA)
    return day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def save(state: State, coupon: Coupon) -> None:
    """Store a coupon."""
    state.store.put(KIND, coupon["coupon_id"], coupon)
    if coupon["state"] != SENT:
        state.store.delete(WAITING, coupon["coupon_id"])


def existing(state: State, number: str, openid: str = "") -> Coupon:
    """Return a coupon by its number, in its current state.

    Args:
        state: the state of the merchant.
        number: `coupon_id`.
        openid: the required user; empty accepts any.

    Raises:
        Rejection: there is no such coupon.
    """
    coupon = state.store.get(KIND, number)
    if coupon is None or openid not in ("", coupon["openid"]):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"代金券不存在: {number}")
    return _settled(state, coupon)


def _settled(state: State, coupon: Coupon) -> Coupon:
    if coupon["state"] == SENT and coupon["ends"] <= state.clock.now():
        with state.store.transaction():  # concurrent readers expire it once
            return spend(state, coupon, {"state": EXPIRED}, 0)
    return coupon


@settles
def settle_due(state: State) -> None:
    """Store the coupons that have expired."""
    for each in state.store.all(WAITING):
        existing(state, each["coupon_id"])


def spend(state: State, coupon: Coupon, changes: Mapping[str, Any], amount: int) -> Coupon:
    """Change a used or expired coupon, and the amounts that its stock reserves for it.

    Args:
        state: the state of the merchant.
        coupon: the coupon.
        changes: its new members.
        amount: the amount taken from the locked budget, in fen.
    """
    coupon |= changes
    save(state, coupon)
    stock = stocks.existing(state, coupon["stock_id"])
    stock["outstanding"] -= coupon["amount"]
    stock["held"] -= amount
    stocks.save(state, stock)
    return coupon


def expire(state: State, number: str) -> Coupon:
    """Expire a coupon now.

    Raises:
        Rejection: there is no such coupon, or it is used or expired.
    """
    coupon = existing(state, number)
    if coupon["state"] != SENT:
        raise Rejection(400, "INVALID_REQUEST", f"代金券状态是 {coupon['state']}: {number}")
    return spend(state, coupon, {"state": EXPIRED, "ends": state.clock.now()}, 0)


def of_stock(state: State, number: str) -> list[Coupon]:
    """Return the coupons of a stock, oldest first."""
    return [_settled(state, each) for each in state.store.all(KIND) if each["stock_id"] == number]


def listed(state: State, openid: str) -> list[Coupon]:
    """Return the coupons of a user, newest first."""
    found = state.store.all(KIND, newest_first=True)
    return [_settled(state, each) for each in found if each["openid"] == openid]
