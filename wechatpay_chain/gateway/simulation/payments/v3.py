"""APIv3's orders, for direct merchants and partners: JSAPI, mini programs, app, H5, native.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791894 (create, query, close),
https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (the notification)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..coupons import promotions
from ..registry import operation
from . import parties
from . import records as payments
from .limits import hold
from .records import Order

__all__ = ["BASES", "create", "own_order", "shown"]

BASES = {False: "v3/pay/transactions", True: "v3/pay/partner/transactions"}
"""The base paths for merchants (False) and partners (True)."""
TYPES = {
    "jsapi": "JSAPI",
    "app": "APP",
    "h5": "MWEB",
    "native": "NATIVE",
    "miniprogram": "JSAPI",
    "scannedpos": "JSAPI",
    "codepay": "MICROPAY",
}
BOTH = ("jsapi", "app", "h5", "native")
KINDS = {False: BOTH, True: (*BOTH, "miniprogram", "scannedpos")}
UNTOLD = ("miniprogram", "scannedpos", "codepay")
"""The kinds of orders without a required `notify_url`; a payment by code has none."""
MUST_BE_REVERSED = 268449641
"""WeChat Pay's error number for closing a payment by code, which must be reversed instead."""
STATES = {
    payments.SUCCESS: "支付成功",
    payments.REFUND: "转入退款",
    payments.NOTPAY: "订单未支付",
    payments.ACCEPT: "已接收，等待扣款",
    payments.CLOSED: "订单已关闭",
    payments.REVOKED: "订单已撤销",
    payments.USERPAYING: "用户支付中",
    payments.PAYERROR: "支付失败",
}
OPENIDS = ("openid", "sp_openid", "sub_openid")
PARTIES = ("appid", "mchid", "sp_appid", "sp_mchid", "sub_appid", "sub_mchid")


def create(call: Call, kind: str, partner: bool) -> Order:
    """Create an order, or return the existing one for an identical request.

    Args:
        call: the request.
        kind: the last segment of the path, such as `jsapi`.
        partner: whether the caller is a partner.

    Raises:
        Rejection: the request is invalid, or its number was used.
    """
    own = "sp_mchid" if partner else "mchid"
    hold(call, optional=OPENIDS)
    data, state = call.data, call.state
    if data[own] != state.identity.mchid:
        raise Rejection.parameter(own, data[own], "is not the merchant that signed the request")
    parties.assert_bound(call, "sp_appid" if partner else "appid")
    if partner and data["sub_mchid"] == data[own]:
        issue = "must differ from sp_mchid"
        number = parties.SAME_MERCHANT
        raise Rejection.parameter("sub_mchid", data["sub_mchid"], issue, number=number)
    number, amount = data["out_trade_no"], data["amount"]
    payer = parties.payer_of(data.get("payer"))
    if TYPES[kind] == "JSAPI" and not payer:
        name = "sp_openid" if partner else "openid"
        raise Rejection.parameter(
            f"/payer/{name}", None, "is required and empty", number=payments.NO_OPENID
        )
    about = {
        "protocol": "v3",
        "trade_type": TYPES[kind],
        "parties": {name: data[name] for name in PARTIES if data.get(name)},
        "total": payments.whole_fen(amount["total"], "/amount/total"),
        "currency": checks.chinese(amount.get("currency"), "/amount/currency"),
        "description": data["description"],
        "attach": data.get("attach"),
        "notify_url": _notify_url(data, kind),
        "device_id": (data.get("scene_info") or {}).get("device_id", ""),
    }
    if payer:
        about |= {"payer": payer, "openid": next(iter(payer.values()))}
    if data.get("time_expire"):
        about["expires"] = payments.expiry(state, data["time_expire"], "/time_expire")
    settle = data.get("settle_info")
    about["profit_sharing"] = isinstance(settle, dict) and settle.get("profit_sharing") is True
    return payments.create(state, number, data, about)


def _notify_url(data: dict[str, Any], kind: str) -> str:
    url = data.get("notify_url")
    if not url and kind in UNTOLD:
        return ""
    return checks.callback(url, "/notify_url")


def _register(base: str, partner: bool) -> None:
    for kind in KINDS[partner]:

        def prepay(call: Call, kind: str = kind) -> dict[str, Any]:
            order = create(call, kind, partner)
            page = f"{call.state.address}_gateway/pay/{order['token']}"
            pages = {"h5": {"h5_url": page}, "native": {"code_url": page}}
            return pages.get(kind, {"prepay_id": order["prepay_id"]})

        operation("POST", f"{base}/{kind}")(prepay)

    @operation("GET", f"{base}/id/{{transaction_id}}")
    def by_id(call: Call) -> dict[str, Any]:
        found = own_order(call, call.query, partner, transaction_id=call.params["transaction_id"])
        return shown(call.state, found)

    @operation("GET", f"{base}/out-trade-no/{{out_trade_no}}")
    def by_number(call: Call) -> dict[str, Any]:
        found = own_order(call, call.query, partner, number=call.params["out_trade_no"])
        return shown(call.state, found)

    @operation("POST", f"{base}/out-trade-no/{{out_trade_no}}/close")
    def close(call: Call) -> None:
        number = call.params["out_trade_no"]
        order = own_order(call, call.data, partner, number=number, location="body")
        if order["trade_type"] == TYPES["codepay"]:
            message = f"付款码支付的订单不能关闭，只能撤销: {number}"
            raise Rejection(400, "INVALID_REQUEST", message, number=MUST_BE_REVERSED)
        payments.close(call.state, number)


def own_order(
    call: Call,
    given: dict[str, Any],
    partner: bool,
    *,
    number: str = "",
    transaction_id: str = "",
    location: str = "query",
) -> Order:
    """Return the order of a request if it belongs to the calling merchant.

    Args:
        call: the request.
        given: the members that contain the merchant ID.
        partner: whether the caller is a partner.
        number: `out_trade_no` of the order.
        transaction_id: WeChat Pay's number, if `number` is empty.
        location: of `given`: `query` or `body`.

    Raises:
        Rejection: there is no such order, or it belongs to another party.
    """
    name = "sp_mchid" if partner else "mchid"
    if given.get(name) != call.state.identity.mchid:
        issue = "must be the merchant that signed the request"
        raise Rejection.parameter(name, given.get(name), issue, location)
    if partner and not given.get("sub_mchid"):
        parties.assert_sub_merchant(call, given, {}, location)
    order = payments.existing(call.state, number, transaction_id)
    if partner:
        parties.assert_sub_merchant(call, given, order, location)
    elif funds.sub_merchant(order):
        raise payments.absent(number or transaction_id)
    return order


for _partner, _base in BASES.items():
    _register(_base, _partner)


def shown(state: State, order: Order) -> dict[str, Any]:
    """Return an order as in a query and in the notification."""
    amount = {"total": order["total"], "currency": order["currency"], "payer_currency": "CNY"}
    view = {
        **parties.in_v3(order),
        "out_trade_no": order["out_trade_no"],
        "trade_state": order["state"],
        "trade_state_desc": STATES[order["state"]],
        "promotion_detail": promotions.order_promotions(order),
        "amount": amount,
    }
    if order.get("attach"):
        view["attach"] = order["attach"]
    if order.get("device_id") or not order["transaction_id"]:
        view["scene_info"] = {"device_id": order.get("device_id", "")}
    if order["transaction_id"]:
        view |= {
            "transaction_id": order["transaction_id"],
            "trade_type": order["trade_type"],
            "bank_type": order["bank_type"],
            "success_time": state.clock.rfc3339(order["paid"]),
            "payer": parties.payer_in_v3(order),
            "amount": amount | promotions.order_amount(order),
        }
    return view


@payments.on_paid("v3")
def tell(state: State, order: Order) -> None:
    """Send `TRANSACTION.SUCCESS` to the order's notification URL, if it has one."""
    if order["notify_url"]:
        state.outbox.post(
            order["notify_url"], "TRANSACTION.SUCCESS", shown(state, order), summary="支付成功"
        )
