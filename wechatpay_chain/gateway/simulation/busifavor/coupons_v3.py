"""Operations for merchants' coupons (商家券) of users, which a merchant sends and reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..coupons.stocks import moment
from ..registry import operation
from . import records, shown, stocks
from .records import Coupon
from .requests import once

__all__ = ["send"]

BASE = "v3/marketing/busifavor/coupons"
USERS = "v3/marketing/busifavor/users/{openid}/coupons"
MOST = 50
"""Maximum number of coupons in a page."""


@operation("POST", f"{BASE}/send")
def send(call: Call) -> dict[str, Any]:
    """Send a coupon to a user."""

    def carry_out() -> dict[str, Any]:
        data = call.data
        stock, number = stocks.existing(call.state, data["stock_id"]), data["out_request_no"]
        code, openid = data.get("coupon_code") or "", data["openid"]
        coupon = records.send(call.state, stock, openid, data["appid"], number=number, code=code)
        names = ("stock_id", "coupon_code")
        return {**{name: coupon[name] for name in names}, "out_request_no": number}

    return once(call, "out_request_no", carry_out, scope="send")


def _coupon(call: Call) -> Coupon:
    """Return the coupon in the body of a request."""
    data = call.data
    given = {name: data.get(name) or "" for name in ("stock_id", "openid")}
    return records.existing(call.state, data["coupon_code"], **given)


@operation("POST", f"{BASE}/use")
def use(call: Call) -> dict[str, Any]:
    """Mark a coupon as used, as reported by the merchant."""

    def carry_out() -> dict[str, Any]:
        data, now = call.data, call.state.clock.now()
        coupon = _coupon(call)
        used = moment(data["use_time"], "/use_time")
        if coupon["appid"] != data["appid"]:
            raise Rejection.parameter("/appid", data["appid"], f"must be {coupon['appid']}")
        records.in_state(coupon, records.SENT)
        if now < coupon["begins"]:
            message = f"商家券尚未生效: {coupon['coupon_code']}"
            raise Rejection(400, "INVALID_REQUEST", message)
        changes = {"use_request_no": data["use_request_no"], "used": used}
        records.turn(call.state, coupon, records.SENT, records.USED, **changes)
        told = {name: coupon[name] for name in ("stock_id", "openid")}
        return {**told, "wechatpay_use_time": call.state.clock.rfc3339(now)}

    return once(call, "use_request_no", carry_out, scope="use")


def _turn(call: Call, before: str, after: str, **changes: Any) -> None:
    records.turn(call.state, _coupon(call), before, after, **changes)


@operation("POST", f"{BASE}/return")
def return_(call: Call) -> dict[str, Any]:
    """Return a used coupon to its user."""

    def carry_out() -> dict[str, Any]:
        now, number = call.state.clock.now(), call.data["return_request_no"]
        _turn(call, records.USED, records.SENT, return_request_no=number, returned=now)
        return {"wechatpay_return_time": call.state.clock.rfc3339(now)}

    return once(call, "return_request_no", carry_out, scope="return")


@operation("POST", f"{BASE}/deactivate")
def deactivate(call: Call) -> dict[str, Any]:
    """Deactivate a coupon."""

    def carry_out() -> dict[str, Any]:
        now, data = call.state.clock.now(), call.data
        names = ("deactivate_request_no", "deactivate_reason")
        changes = {name: data[name] for name in names if name in data}
        _turn(call, records.SENT, records.DEACTIVATED, deactivated=now, **changes)
        return {"wechatpay_deactivate_time": call.state.clock.rfc3339(now)}

    return once(call, "deactivate_request_no", carry_out, scope="deactivate")


def _register(name: str, change: Callable[[Coupon, str], None]) -> None:
    @operation("POST", f"{BASE}/{name}")
    def changed(call: Call) -> dict[str, Any]:
        def carry_out() -> dict[str, Any]:
            coupon = _coupon(call)
            records.in_state(coupon, records.SENT)
            change(coupon, call.data["out_trade_no"])
            records.save(call.state, coupon)
            return {f"wechatpay_{name}_time": call.state.clock.rfc3339()}

        return once(call, "out_request_no", carry_out, scope=name)


def _associate(coupon: Coupon, number: str) -> None:
    if coupon.setdefault("associate_out_trade_no", number) != number:
        message = f"商家券已关联订单: {coupon['associate_out_trade_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)


def _disassociate(coupon: Coupon, number: str) -> None:
    if coupon.pop("associate_out_trade_no", None) != number:
        raise Rejection(400, "INVALID_REQUEST", f"商家券没有关联订单: {number}")


_register("associate", _associate)
_register("disassociate", _disassociate)


@operation("GET", f"{USERS}/{{coupon_code}}/appids/{{appid}}")
def query(call: Call) -> dict[str, Any]:
    """Return a coupon of a user."""
    checks.accepted(call)
    state, params = call.state, call.params
    coupon = records.existing(state, params["coupon_code"], openid=params["openid"])
    if coupon["appid"] != params["appid"]:
        message = f"商家券不存在: {params['coupon_code']}"
        raise Rejection(404, "RESOURCE_NOT_EXISTS", message)
    return shown.coupon(state, stocks.existing(state, coupon["stock_id"]), coupon)


@operation("GET", USERS)
def query_all(call: Call) -> dict[str, Any]:
    """Return the coupons of a user, filtered by state, stock and merchants."""
    checks.accepted(call)
    state, given = call.state, call.query
    limit, offset = call.page(20, MOST)
    found = []
    for each in records.listed(state, call.params["openid"]):
        stock = stocks.existing(state, each["stock_id"])
        known = {
            **{name: each[name] for name in ("appid", "stock_id", "coupon_state")},
            "creator_merchant": state.mchid,
            "sender_merchant": state.mchid,
            "belong_merchant": stock["belong_merchant"],
        }
        if all(given.get(name, "") in ("", value) for name, value in known.items()):
            found.append(shown.coupon(state, stock, each))
    part = found[offset : offset + limit]
    return {"total_count": len(found), "offset": offset, "limit": limit, "data": part}
