"""APIv2's operations for coupons (代金券), with the records of APIv3.

Sources: https://pay.weixin.qq.com/wiki/doc/api/tools/sp_coupon.php?chapter=12_3 (sending),
https://pay.weixin.qq.com/wiki/doc/api/tools/sp_coupon.php?chapter=12_4 (a stock),
https://pay.weixin.qq.com/wiki/doc/api/tools/sp_coupon.php?chapter=12_5 (a coupon)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..payments.parties import assert_bound
from ..registry import operation
from . import records, stocks

__all__ = ["send"]

BASE = "v2/mmpaymkttransfers"
CODES = {
    "NOT_ENOUGH": "STOCK_AMOUNT_NOT_ENOUGH",
    "RULE_LIMIT": "USER_AL_GET_COUPON",
    "INVALID_REQUEST": "STOCK_IS_NOT_VALID",
}
"""APIv2's codes for the reasons that prevent the sending of a coupon."""
STATUSES = {stocks.UNACTIVATED: 1, stocks.RUNNING: 4, stocks.PAUSED: 16, stocks.STOPPED: 16}


@contextlib.contextmanager
def _as_v2(absent: str) -> Iterator[None]:
    """Convert the rejections of APIv3 to APIv2's codes; `absent` is the code of an absent record.

    Raises:
        Rejection: APIv3's operation is rejected.
    """
    try:
        yield
    except Rejection as rejection:
        code = {**CODES, "RESOURCE_NOT_EXISTS": absent}.get(rejection.code)
        if code is None:
            raise
        raise Rejection(200, code, rejection.message) from None


@operation("POST", f"{BASE}/send_coupon")
def send(call: Call) -> dict[str, Any]:
    """Send a coupon of a stock to a user."""
    content, data, state = checks.accepted(call), call.data, call.state
    assert_bound(call, "appid")
    if data["openid_count"] != "1":
        raise Rejection.parameter("openid_count", data["openid_count"], "must be 1")
    number = checks.number(data["partner_trade_no"], "/partner_trade_no", longest=128)
    stock_id, openid = data["coupon_stock_id"], data["openid"]
    with _as_v2("COUPON_STOCK_ID_NOT_VALID"):
        coupon = records.send_once(state, stock_id, openid, number, content)
    return {
        "appid": data["appid"],
        "coupon_stock_id": stock_id,
        "resp_count": 1,
        "success_count": 1,
        "failed_count": 0,
        "openid": openid,
        "ret_code": "SUCCESS",
        "coupon_id": coupon["coupon_id"],
        "ret_msg": "OK",
    }


@operation("POST", f"{BASE}/query_coupon_stock")
def query_stock(call: Call) -> dict[str, Any]:
    """Return a stock."""
    checks.accepted(call)
    assert_bound(call, "appid")
    state, clock = call.state, call.state.clock
    with _as_v2("COUPON_STOCK_ID_NOT_VALID"):
        stock = stocks.existing(state, call.data["coupon_stock_id"])
    times = {"begin_time": "begins", "end_time": "ends", "create_time": "created"}
    return {
        "appid": call.data["appid"],
        "coupon_stock_id": stock["stock_id"],
        "coupon_name": stock["name"],
        "coupon_value": stock["amount"],
        "coupon_mininumn": stock["minimum"],
        "coupon_stock_status": STATUSES[stock["state"]],
        "coupon_total": stock["rule"]["max_coupons"],
        "max_quota": stock["rule"]["max_coupons_per_user"],
        "is_send_num": stock["sent"],
        "coupon_budget": stock["rule"]["max_amount"],
        **{name: int(stock[known]) for name, known in times.items()},
        **{f"{name}_t": clock.compact(stock[known]) for name, known in times.items()},
    }


@operation("POST", f"{BASE}/querycouponsinfo")
def query(call: Call) -> dict[str, Any]:
    """Return a coupon of a user."""
    checks.accepted(call)
    assert_bound(call, "appid")
    data, state = call.data, call.state
    with _as_v2("COUPON_NOT_FOUND"):
        coupon = records.existing(state, data["coupon_id"], data["openid"])
    if coupon["stock_id"] != data["stock_id"]:
        raise Rejection(200, "COUPON_NOT_FOUND", f"代金券不属于批次 {data['stock_id'][:32]}")
    stock = stocks.existing(state, coupon["stock_id"])
    used = coupon["amount"] if coupon["state"] == records.USED else 0
    return {
        "appid": data["appid"],
        "coupon_stock_id": coupon["stock_id"],
        "coupon_id": coupon["coupon_id"],
        "coupon_value": coupon["amount"],
        "coupon_mininumn": stock["minimum"],
        "coupon_name": stock["name"],
        "coupon_state": coupon["state"],
        "coupon_desc": stock["description"],
        "coupon_use_value": used,
        "coupon_remain_value": coupon["amount"] - used,
        "send_source": "NORMAL",
    }
