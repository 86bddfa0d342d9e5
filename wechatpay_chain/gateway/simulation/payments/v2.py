"""APIv2's orders: `unifiedorder`, `orderquery`, `closeorder`, `micropay`, `reverse`.

Sources: https://pay.weixin.qq.com/doc/v2/merchant/4011935214 (unifiedorder),
https://pay.weixin.qq.com/doc/v2/merchant/4011937125 (micropay, reverse)
"""

from __future__ import annotations

import re
from typing import Any

from ....crypto import digest
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..refunds import records as refunding
from ..registry import operation
from . import parties
from . import records as payments
from .limits import hold_text
from .records import Order
from .v3 import STATES

__all__ = ["shown"]

PARTIES = ("appid", "mch_id", "sub_appid", "sub_mch_id")
TYPES = ("JSAPI", "NATIVE", "APP", "MWEB")
SIGNING = ("sign", "nonce_str", "sign_type")
PAGES = {"NATIVE": "code_url", "MWEB": "mweb_url"}
STILL_PAYING = "0001"
"""The end of a payment code whose customer has to confirm: the order is USERPAYING until paid."""
NO_MONEY = "0002"
"""The end of a payment code whose account has no money."""


@operation("POST", "v2/pay/unifiedorder")
def unifiedorder(call: Call) -> dict[str, Any]:
    """An order of any trade type."""
    call.require("appid", "body", "out_trade_no", "total_fee", "notify_url", "trade_type")
    data = call.data
    if data["trade_type"] not in TYPES:
        issue = f"must be one of {', '.join(TYPES)}"
        raise Rejection.parameter("trade_type", data["trade_type"], issue)
    if data["trade_type"] == "JSAPI" and not (data.get("openid") or data.get("sub_openid")):
        raise Rejection(200, "PARAM_ERROR", "JSAPI支付必须传openid", number=payments.NO_OPENID)
    order = _create(call, data["trade_type"], checks.callback(data["notify_url"], "/notify_url"))
    response = {
        **parties.in_v2(order),
        "trade_type": order["trade_type"],
        "prepay_id": order["prepay_id"],
    }
    if order["trade_type"] in PAGES:
        page = f"{call.state.address}_gateway/pay/{order['token']}"
        response[PAGES[order["trade_type"]]] = page
    return response


@operation("POST", "v2/pay/micropay")
def micropay(call: Call) -> dict[str, Any]:
    """A payment by the customer's code, made at once."""
    call.require("appid", "body", "out_trade_no", "total_fee", "auth_code")
    code = str(call.data["auth_code"])
    if not (code.isascii() and code.isdecimal() and len(code) == 18):
        raise Rejection(200, "AUTH_CODE_INVALID", f"付款码无效，应为 18 位数字: {code}")
    order = _create(call, "MICROPAY", "")
    if code.endswith(NO_MONEY):
        payments.fail(call.state, order["out_trade_no"])
        raise Rejection(200, "NOTENOUGH", "余额不足", keep=True)
    if code.endswith(STILL_PAYING):
        order["state"] = payments.USERPAYING
        payments.save(call.state, order)
        raise Rejection(200, "USERPAYING", "用户支付中，需要输入密码", keep=True)
    return _paid(call.state, payments.pay(call.state, order["out_trade_no"]))


def _create(call: Call, trade_type: str, notify_url: str) -> Order:
    hold_text(call)
    _assert_bound(call)
    data, state = call.data, call.state
    fee = data["total_fee"]
    if not (fee.isascii() and fee.isdecimal() and int(fee[:12]) > 0 and len(fee) <= 12):
        raise Rejection.parameter("total_fee", fee, "must be a whole number of fen above 0")
    about = {
        "protocol": "v2",
        "trade_type": trade_type,
        "parties": {name: data[name] for name in PARTIES if data.get(name)},
        "total": int(fee),
        "currency": checks.chinese(data.get("fee_type"), "/fee_type"),
        "description": data["body"],
        "attach": data.get("attach"),
        "notify_url": notify_url,
        "sign_type": data.get("sign_type") or digest.MD5,
        "openid": data.get("openid") or data.get("sub_openid") or "",
        "payer": parties.payer_of(data),
        "device_id": data.get("device_info", ""),
        "profit_sharing": data.get("profit_sharing") == "Y",
    }
    if data.get("time_expire"):
        about["expires"] = payments.expiry(state, data["time_expire"], "/time_expire", compact=True)
    content = {name: value for name, value in data.items() if name not in SIGNING}
    return payments.create(state, data["out_trade_no"], content, about)


def _assert_bound(call: Call) -> None:
    appid = call.data["appid"]
    if not re.fullmatch("wx[0-9a-z]{16}", appid):
        raise Rejection(200, "APPID_NOT_EXIST", f"appid不存在: {appid[:32]}")
    parties.assert_bound(call, "appid")


def _existing(call: Call) -> Order:
    call.require("appid")
    hold_text(call)
    _assert_bound(call)
    number, transaction = call.data.get("out_trade_no"), call.data.get("transaction_id")
    if not number and not transaction:
        raise Rejection(200, "PARAM_ERROR", "缺少参数 out_trade_no 或 transaction_id")
    order = payments.find(call.state, "" if transaction else number or "", transaction or "")
    if order is None or (call.data.get("sub_mch_id") or "") != funds.sub_merchant(order):
        raise Rejection(200, "ORDERNOTEXIST", f"此交易订单号不存在: {transaction or number}")
    return order


@operation("POST", "v2/pay/orderquery")
def orderquery(call: Call) -> dict[str, Any]:
    """An order by either of its numbers."""
    order = _existing(call)
    return shown(call.state, order)


@operation("POST", "v2/pay/closeorder")
def closeorder(call: Call) -> dict[str, Any]:
    """Close an order that is not paid."""
    order = _existing(call)
    if order["state"] in (payments.CLOSED, payments.REVOKED):
        raise Rejection(200, "ORDERCLOSED", f"订单已关闭: {order['out_trade_no']}")
    payments.close(call.state, order["out_trade_no"])
    return {**parties.in_v2(order), "result_msg": "OK"}


@operation("POST", "v2/secapi/pay/reverse")
def reverse(call: Call) -> dict[str, Any]:
    """Take a payment by code back: an open order is revoked, a paid one refunded and revoked."""
    order, state = _existing(call), call.state
    if order["state"] in (payments.SUCCESS, payments.REFUND):
        refunding.reverse(state, order)
    order["state"] = payments.REVOKED
    payments.save(state, order)
    return {**parties.in_v2(order), "recall": "N"}


def shown(state: State, order: Order) -> dict[str, Any]:
    """An order as `orderquery` shows it."""
    view = {
        **parties.in_v2(order),
        "device_info": order.get("device_id", ""),
        "total_fee": order["total"],
        "out_trade_no": order["out_trade_no"],
        "trade_state": order["state"],
        "trade_state_desc": STATES[order["state"]],
    }
    return view | (_paid(state, order) if order["transaction_id"] else {})


def _paid(state: State, order: Order) -> dict[str, Any]:
    view = {
        **parties.in_v2(order),
        **parties.payer_in_v2(order),
        "is_subscribe": "N",
        "trade_type": order["trade_type"],
        "bank_type": order["bank_type"],
        "total_fee": order["total"],
        "fee_type": order["currency"],
        "cash_fee": order["total"],
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "time_end": state.clock.compact(order["paid"]),
    }
    return {**view, "attach": order["attach"]} if order.get("attach") else view


@payments.on_paid("v2")
def tell(state: State, order: Order) -> None:
    """Post the result to the order's own address; a payment by code has none."""
    if order["notify_url"]:
        fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", **_paid(state, order)}
        state.outbox.post_v2(
            order["notify_url"], "transaction-success", fields, sign_type=order["sign_type"]
        )
