"""Merchants' coupons (商家券) of users: received, used, returned, deactivated, or expired.

The merchant reports the use of a coupon; WeChat Pay does not change the order's amount.
"""

from __future__ import annotations

import secrets
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..coupons.callbacks import MERCHANTS_COUPONS
from ..coupons.records import midnight
from ..schedule import settles
from . import codes, stocks
from .stocks import Stock

__all__ = [
    "API",
    "DEACTIVATED",
    "DELETED",
    "EXPIRED",
    "KIND",
    "MINI_PROGRAM",
    "SENT",
    "USED",
    "Coupon",
    "existing",
    "in_state",
    "listed",
    "save",
    "send",
    "settle_due",
    "turn",
]

KIND, WAITING, RECEIVED = "busifavor-coupon", "busifavor-waiting", "busifavor-received"
SENT, USED, EXPIRED = "SENDED", "USED", "EXPIRED"
DELETED, DEACTIVATED = "DELETED", "DEACTIVATED"
"""The states, spelled as in the API."""
API, MINI_PROGRAM = "BUSICOUPON_SEND_CHANNEL_API", "BUSICOUPON_SEND_CHANNEL_MINIAPP"
"""The channels by which a user receives a coupon."""
DAY = 86400

Coupon = dict[str, Any]


def send(
    state: State,
    stock: Stock,
    openid: str,
    appid: str,
    *,
    number: str,
    code: str = "",
    channel: str = API,
) -> Coupon:
    """Send a coupon to a user, and send the notification `COUPON.SEND`.

    Args:
        state: the state of the merchant.
        stock: the stock of the coupon.
        openid: the openid of the user.
        appid: the appid of the app to which `openid` belongs.
        number: `out_request_no`.
        code: the code of the coupon, if the merchant assigns it.
        channel: the channel by which the user receives the coupon.

    Raises:
        Rejection: the stock sends no coupons, the user has the maximum number, or the code is
            wrong.
    """
    today = state.clock.date()
    key = f"{stock['stock_id']} {openid}"
    received = (state.store.get(RECEIVED, key) or {"count": 0})["count"]
    _assert_sendable(state, stock, received, today)
    now = state.clock.now()
    coupon = {
        "coupon_code": _code(state, stock, openid, code),
        "stock_id": stock["stock_id"],
        "openid": openid,
        "appid": appid,
        "coupon_state": SENT,
        "send_request_no": number,
        "created": now,
        **_validity(stock, now),
    }
    state.store.put(RECEIVED, key, {"count": received + 1})
    stock["sent"] += 1
    stock["sent_by_day"][today] = stock["sent_by_day"].get(today, 0) + 1
    stocks.save(state, stock)
    save(state, coupon)
    _notify(state, coupon, channel)
    return coupon


def _assert_sendable(state: State, stock: Stock, received: int, today: str) -> None:
    number, rule = stock["stock_id"], stock["stock_send_rule"]
    if stock["stock_state"] != stocks.RUNNING:
        raise Rejection(400, "INVALID_REQUEST", f"批次状态是 {stock['stock_state']}: {number}")
    if stock["sent"] >= rule["max_coupons"]:
        raise Rejection(403, "NOT_ENOUGH", f"批次预算不足: {number}")
    most = rule.get("max_coupons_by_day") or 0
    if most and stock["sent_by_day"].get(today, 0) >= most:
        raise Rejection(403, "RULE_LIMIT", f"批次单天发放个数已达上限: {most}")
    if received >= rule["max_coupons_per_user"]:
        raise Rejection(403, "RULE_LIMIT", f"用户领取数量已达上限: {received}")


def _code(state: State, stock: Stock, openid: str, given: str) -> str:
    mode = stock["coupon_code_mode"]
    if (mode == "MERCHANT_API") != bool(given):
        issue = f"is required with MERCHANT_API, and not allowed otherwise; the stock has {mode}"
        raise Rejection.parameter("/coupon_code", given, issue)
    if mode == stocks.UPLOADED:
        code = codes.take(state, stock, openid)
    elif given:
        code = checks.number(given, "/coupon_code", longest=32)
    else:
        code = str(10**15 + secrets.randbelow(9 * 10**15))
    if state.store.get(KIND, code) is not None:
        raise Rejection(400, "INVALID_REQUEST", f"券 code 已发放: {code}")
    return code


def _validity(stock: Stock, now: float) -> dict[str, float]:
    """Return the start and the end of the validity of a coupon sent now."""
    times = stock["coupon_use_rule"]["coupon_available_time"]
    begins, ends = stock["begins"], stock["ends"]
    if wait := times.get("wait_days_after_receive"):
        begins = max(begins, midnight(now) + wait * DAY)
    if days := times.get("available_day_after_receive"):
        ends = min(ends, midnight(max(begins, now)) + days * DAY)
    if seconds := times.get("available_second_after_receive"):
        ends = min(ends, now + seconds)
    return {"begins": begins, "ends": ends}


def _notify(state: State, coupon: Coupon, channel: str) -> None:
    setting = state.store.get("setting", MERCHANTS_COUPONS)
    if setting is None:
        return
    content = {
        "event_type": "EVENT_TYPE_BUSICOUPON_SEND",
        "coupon_code": coupon["coupon_code"],
        "stock_id": coupon["stock_id"],
        "send_time": state.clock.rfc3339(coupon["created"]),
        "openid": coupon["openid"],
        "send_channel": channel,
        "send_merchant": state.mchid,
    }
    state.outbox.post(
        setting["notify_url"],
        "COUPON.SEND",
        content,
        summary="商家券领券通知",
        original_type="coupon",
    )


def save(state: State, coupon: Coupon) -> None:
    """Store a coupon."""
    code = coupon["coupon_code"]
    state.store.put(KIND, code, coupon)
    if coupon["coupon_state"] == SENT:
        state.store.put(WAITING, code, {"coupon_code": code})
    else:
        state.store.delete(WAITING, code)


def existing(state: State, code: str, *, stock_id: str = "", openid: str = "") -> Coupon:
    """Return a coupon by its code, in its current state.

    Args:
        state: the state of the merchant.
        code: `coupon_code`.
        stock_id: the required stock; empty accepts any.
        openid: the required user; empty accepts any.

    Raises:
        Rejection: there is no such coupon.
    """
    coupon = state.store.get(KIND, code)
    if (
        coupon is None
        or stock_id not in ("", coupon["stock_id"])
        or openid not in ("", coupon["openid"])
    ):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"商家券不存在: {code}")
    return _settled(state, coupon)


def _settled(state: State, coupon: Coupon) -> Coupon:
    if coupon["coupon_state"] == SENT and coupon["ends"] <= state.clock.now():
        coupon["coupon_state"] = EXPIRED
        save(state, coupon)
    return coupon


@settles
def settle_due(state: State) -> None:
    """Store the coupons that have expired."""
    for each in state.store.all(WAITING):
        existing(state, each["coupon_code"])


def listed(state: State, openid: str) -> list[Coupon]:
    """Return the coupons of a user, newest first."""
    found = state.store.all(KIND, newest_first=True)
    return [_settled(state, each) for each in found if each["openid"] == openid]


def in_state(coupon: Coupon, wanted: str) -> None:
    """Reject a coupon in another state.

    Raises:
        Rejection: its state is not `wanted`.
    """
    if coupon["coupon_state"] != wanted:
        message = f"商家券状态是 {coupon['coupon_state']}: {coupon['coupon_code']}"
        raise Rejection(400, "INVALID_REQUEST", message)


def turn(state: State, coupon: Coupon, before: str, after: str, **changes: Any) -> Coupon:
    """Change the state of a coupon.

    Args:
        state: the state of the merchant.
        coupon: the coupon.
        before: the required state.
        after: the new state.
        changes: other new members.

    Raises:
        Rejection: the coupon is not in the required state.
    """
    in_state(coupon, before)
    coupon |= {"coupon_state": after, **changes}
    save(state, coupon)
    return coupon
