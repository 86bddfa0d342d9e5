"""APIv2's orders: `unifiedorder`, `orderquery`, `closeorder`, `shorturl`.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011935214
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ....crypto import digest
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..coupons import promotions
from ..registry import operation
from ..tokens import random_token
from . import parties
from . import records as payments
from .limits import hold_text
from .records import Order
from .v3 import STATES

__all__ = ["accepted", "assert_bound", "create", "existing", "ordered", "shown", "shown_paid"]

PARTIES = ("appid", "mch_id", "sub_appid", "sub_mch_id")
TYPES = ("JSAPI", "NATIVE", "APP", "MWEB")
SIGNING = ("sign", "nonce_str", "sign_type")
PAGES = {"NATIVE": "code_url", "MWEB": "mweb_url"}


@operation("POST", "v2/pay/unifiedorder")
def unifiedorder(call: Call) -> dict[str, Any]:
    """Create an order of any trade type."""
    return ordered(call)


def ordered(call: Call, types: Collection[str] = TYPES, *, deposit: bool = False) -> dict[str, Any]:
    """Create an order for a later payment, and return the response.

    Args:
        call: the request.
        types: the valid trade types.
        deposit: whether the order is a deposit.

    Raises:
        Rejection: the request is invalid, or its number was used.
    """
    checks.v2_required(call)
    data = call.data
    if data["trade_type"] not in types:
        issue = f"must be one of {', '.join(types)}"
        raise Rejection.parameter("trade_type", data["trade_type"], issue)
    payers = ("openid", "sub_openid") if data.get("sub_mch_id") else ("openid",)
    if data["trade_type"] == "JSAPI" and not any(data.get(name) for name in payers):
        raise Rejection(200, "PARAM_ERROR", "JSAPI支付必须传openid", number=payments.NO_OPENID)
    notify_url = checks.callback(data["notify_url"], "/notify_url")
    order = create(call, data["trade_type"], notify_url, deposit=deposit)
    response = {
        **parties.in_v2(order),
        "trade_type": order["trade_type"],
        "prepay_id": order["prepay_id"],
    }
    if order["trade_type"] in PAGES:
        page = f"{call.state.address}_gateway/pay/{order['token']}"
        response[PAGES[order["trade_type"]]] = page
    return response


def create(call: Call, trade_type: str, notify_url: str = "", *, deposit: bool = False) -> Order:
    """Create an order, or return the existing one for an identical request.

    Args:
        call: the request.
        trade_type: such as `NATIVE`.
        notify_url: the notification URL; empty for a payment by code.
        deposit: whether the order is a deposit; the request can also contain this.

    Raises:
        Rejection: the request is invalid, or its number was used.
    """
    hold_text(call)
    assert_bound(call)
    data, state = call.data, call.state
    deposit = deposit or data.get("deposit") == "Y"
    about = {
        "protocol": "v2",
        "trade_type": trade_type,
        "parties": {name: data[name] for name in PARTIES if data.get(name)},
        "total": checks.v2_fen(call, "total_fee"),
        "currency": checks.chinese(data.get("fee_type"), "/fee_type"),
        "description": data["body"],
        "attach": data.get("attach"),
        "notify_url": notify_url,
        "sign_type": data.get("sign_type") or digest.MD5,
        "openid": data.get("openid") or data.get("sub_openid") or "",
        "payer": parties.payer_of(data),
        "device_id": data.get("device_info", ""),
        "profit_sharing": data.get("profit_sharing") == "Y" and not deposit,
        "deposit": deposit,
    }
    if data.get("time_expire"):
        about["expires"] = payments.expiry(state, data["time_expire"], "/time_expire", compact=True)
    content = {name: value for name, value in data.items() if name not in SIGNING}
    return payments.create(state, data["out_trade_no"], content, about)


def accepted(call: Call) -> str:
    """Validate a request signed with HMAC-SHA256, and return its fingerprint.

    Raises:
        Rejection: the request is invalid.
    """
    content = checks.accepted(call)
    hold_text(call)
    sign_type = call.data.get("sign_type")
    if sign_type != digest.HMAC_SHA256:
        raise Rejection.parameter("sign_type", sign_type, f"must be {digest.HMAC_SHA256}")
    return content


def assert_bound(call: Call) -> None:
    """Reject an appid that is malformed or not bound to the merchant.

    Raises:
        Rejection: `APPID_NOT_EXIST` or `APPID_MCHID_NOT_MATCH`.
    """
    appid = call.data["appid"]
    if not re.fullmatch("wx[0-9a-z]{16}", appid):
        raise Rejection(200, "APPID_NOT_EXIST", f"appid不存在: {appid[:32]}")
    parties.assert_bound(call, "appid")


def existing(call: Call) -> Order:
    """Return the order of a request by either of its numbers.

    Raises:
        Rejection: there is no such order, or it belongs to another party.
    """
    call.require("appid")
    hold_text(call)
    assert_bound(call)
    number, transaction = call.data.get("out_trade_no"), call.data.get("transaction_id")
    if not number and not transaction:
        raise Rejection(200, "PARAM_ERROR", "缺少参数 out_trade_no 或 transaction_id")
    order = payments.find(call.state, "" if transaction else number or "", transaction or "")
    if order is None or (call.data.get("sub_mch_id") or "") != funds.sub_merchant(order):
        raise Rejection(200, "ORDERNOTEXIST", f"此交易订单号不存在: {transaction or number}")
    return order


@operation("POST", "v2/pay/orderquery")
def orderquery(call: Call) -> dict[str, Any]:
    """Return an order by either of its numbers."""
    order = existing(call)
    return shown(call.state, order)


@operation("POST", "v2/pay/closeorder")
def closeorder(call: Call) -> dict[str, Any]:
    """Close an unpaid order."""
    order = existing(call)
    if order["state"] in (payments.CLOSED, payments.REVOKED):
        raise Rejection(200, "ORDERCLOSED", f"订单已关闭: {order['out_trade_no']}")
    payments.close(call.state, order["out_trade_no"])
    return {**parties.in_v2(order), "result_msg": "OK"}


@operation("POST", "v2/tools/shorturl")
def shorturl(call: Call) -> dict[str, Any]:
    """Return a short URL for a `code_url`, always the same one."""
    call.require("appid", "long_url")
    assert_bound(call)
    state, long_url = call.state, checks.text(call.data["long_url"], "/long_url", 512)
    known = state.store.get("short-url", long_url)
    if known is None:
        known = {"long_url": long_url, "short_url": f"weixin://wxpay/s/{random_token(9)}"}
        state.store.put("short-url", long_url, known)
    parties = {"appid": call.data["appid"], "mch_id": state.mchid}
    return {**parties, "short_url": known["short_url"]}


def shown(state: State, order: Order) -> dict[str, Any]:
    """Return an order as in the response of `orderquery`."""
    view = {
        **parties.in_v2(order),
        "device_info": order.get("device_id", ""),
        "total_fee": order["total"],
        "out_trade_no": order["out_trade_no"],
        "trade_state": order["state"],
        "trade_state_desc": STATES[order["state"]],
    }
    return view | (shown_paid(state, order) if order["transaction_id"] else {})


def shown_paid(state: State, order: Order) -> dict[str, Any]:
    """Return a paid order as in the response to its payment."""
    view = {
        **parties.in_v2(order),
        **parties.payer_in_v2(order),
        "is_subscribe": "N",
        "trade_type": order["trade_type"],
        "bank_type": order["bank_type"],
        "total_fee": order["total"],
        "fee_type": order["currency"],
        **promotions.order_in_v2(order),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "time_end": state.clock.compact(order["paid"]),
    }
    return {**view, "attach": order["attach"]} if order.get("attach") else view


@payments.on_paid("v2")
def tell(state: State, order: Order) -> None:
    """Send the result to the order's notification URL; a payment by code has none."""
    if order["notify_url"]:
        fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", **shown_paid(state, order)}
        state.outbox.post_v2(
            order["notify_url"], "transaction-success", fields, sign_type=order["sign_type"]
        )
