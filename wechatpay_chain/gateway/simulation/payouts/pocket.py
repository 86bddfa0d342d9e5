"""Payments to a user's balance (`promotion/transfers`), and to employees by WeCom.

Sources: https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay.php?chapter=14_2 (pay),
https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay.php?chapter=14_3 (query)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..payments.parties import assert_bound
from ..registry import operation
from . import records
from .records import Payout

__all__ = ["pay", "query"]

BASE = "v2/mmpaymkttransfers"
USER, EMPLOYEE = "user", "employee"
FORCED, UNFORCED = "FORCE_CHECK", ("NO_CHECK", "OPTION_CHECK")
"""Name check options; clients such as wechatpy still send `OPTION_CHECK`."""


def _pay(call: Call, product: str, app: str) -> Payout:
    content, data = checks.accepted(call), call.data
    assert_bound(call, app)
    number = checks.number(
        data["partner_trade_no"], "/partner_trade_no", longest=32, signs=checks.LETTERS
    )
    if data["check_name"] not in (FORCED, *UNFORCED):
        issue = f"must be {FORCED} or {UNFORCED[0]}"
        raise Rejection.parameter("check_name", data["check_name"], issue)
    if data["check_name"] == FORCED:
        call.require("re_user_name")
    about = {
        "product": product,
        "appid": data[app],
        "openid": checks.text(data["openid"], "/openid", 64),
        "user_name": checks.v2_text(call, "re_user_name"),
        "amount": checks.v2_fen(call, "amount"),
        "desc": checks.text(data["desc"], "/desc", 100),
    }
    return records.pay(call.state, number, content, about)


def _paid(call: Call, payout: Payout) -> dict[str, Any]:
    device = {"device_info": call.data["device_info"]} if call.data.get("device_info") else {}
    return {
        **device,
        "partner_trade_no": payout["partner_trade_no"],
        "payment_no": payout["payment_no"],
        "payment_time": call.state.clock.spaced(payout["created"]),
    }


@operation("POST", f"{BASE}/promotion/transfers")
def pay(call: Call) -> dict[str, Any]:
    """Pay a user; the money arrives at once."""
    payout = _pay(call, USER, "mch_appid")
    parties = {"mch_appid": payout["appid"], "mchid": call.state.mchid}
    return {**parties, **_paid(call, payout)}


@operation("POST", f"{BASE}/promotion/paywwsptrans2pocket")
def pay_employee(call: Call) -> dict[str, Any]:
    """Pay an employee; WeCom's additional sign is not verified."""
    payout = _pay(call, EMPLOYEE, "appid")
    parties = {"appid": payout["appid"], "mch_id": call.state.mchid}
    return {**parties, **_paid(call, payout)}


@operation("POST", f"{BASE}/gettransferinfo")
def query(call: Call) -> dict[str, Any]:
    """Return a payment to a user."""
    payout = _existing(call, USER)
    moment = call.state.clock.spaced(payout["created"])
    return {
        **_shown(call, payout),
        "appid": payout["appid"],
        "openid": payout["openid"],
        "payment_time": moment,
    }


@operation("POST", f"{BASE}/promotion/querywwsptrans2pocket")
def query_employee(call: Call) -> dict[str, Any]:
    """Return a payment to an employee."""
    return _shown(call, _existing(call, EMPLOYEE))


def _existing(call: Call, product: str) -> Payout:
    checks.accepted(call)
    assert_bound(call, "appid")
    number = checks.v2_text(call, "partner_trade_no")
    return records.existing(call.state, number, product, "NOT_FOUND")


def _shown(call: Call, payout: Payout) -> dict[str, Any]:
    name = {"transfer_name": payout["user_name"]} if payout["user_name"] else {}
    return {
        "partner_trade_no": payout["partner_trade_no"],
        "mch_id": call.state.mchid,
        "detail_id": payout["payment_no"],
        "status": payout["state"],
        **name,
        "payment_amount": payout["amount"],
        "transfer_time": call.state.clock.spaced(payout["created"]),
        "desc": payout["desc"],
    }
