"""Operations for the coupons (代金券) of users: send, query, list.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012463807 (sending)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..listing import listed
from ..registry import operation
from . import notices, records, stocks
from .records import Coupon

__all__ = ["query", "send"]

COUPONS = "v3/marketing/favor/users/{openid}/coupons"
MOST = 20
"""Maximum number of coupons in a page."""


@operation("POST", COUPONS)
def send(call: Call) -> dict[str, Any]:
    """Send a coupon of a stock to a user."""
    checks.accepted(call)
    data, state, openid = call.data, call.state, call.params["openid"]
    number = checks.number(data["out_request_no"], "/out_request_no", longest=128)
    content = checks.fingerprint({**data, "openid": openid})
    creator = data["stock_creator_mchid"]
    coupon = records.send_once(state, data["stock_id"], openid, number, content, creator)
    return {"coupon_id": coupon["coupon_id"]}


@operation("GET", f"{COUPONS}/{{coupon_id}}")
def query(call: Call) -> dict[str, Any]:
    """Return a coupon of a user."""
    checks.accepted(call)
    coupon = records.existing(call.state, call.params["coupon_id"], call.params["openid"])
    return listed(call, notices.shown(call.state, coupon))


@operation("GET", COUPONS)
def query_all(call: Call) -> dict[str, Any]:
    """Return the coupons of a user, filtered by state, stock and merchant."""
    checks.accepted(call)
    state, given = call.state, call.query
    limit, offset = call.page(MOST, MOST)
    if given.get("status"):
        checks.one_of(given["status"], "status", (records.SENT, records.USED), "query")
    found = [
        each
        for each in records.listed(state, call.params["openid"])
        if given.get("status", "") in ("", each["state"])
        and given.get("stock_id", "") in ("", each["stock_id"])
        and _is_merchants(state, each, given)
    ]
    part = [notices.shown(state, each) for each in found[offset : offset + limit]]
    return {"total_count": len(found), "offset": offset, "limit": limit, "data": part}


def _is_merchants(state: State, coupon: Coupon, given: dict[str, str]) -> bool:
    """Return whether the merchants in a query created, sent and accept a coupon."""
    own = [given.get(name, "") for name in ("creator_mchid", "sender_mchid")]
    where = given.get("available_mchid", "")
    usable = stocks.existing(state, coupon["stock_id"])["use"].get("available_merchants")
    return set(own) <= {"", state.mchid} and (not where or not usable or where in usable)
