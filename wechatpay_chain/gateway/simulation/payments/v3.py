"""APIv3's orders, for direct merchants and for partners: JSAPI, app, H5, native.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791894 (create, query, close),
https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (the notification)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..registry import operation
from . import parties
from . import records as payments
from .limits import hold
from .records import Order

__all__ = ["shown"]

DIRECT, PARTNER = "v3/pay/transactions", "v3/pay/partner/transactions"
TYPES = {"jsapi": "JSAPI", "app": "APP", "h5": "MWEB", "native": "NATIVE"}
STATES = {
    payments.SUCCESS: "支付成功",
    payments.REFUND: "转入退款",
    payments.NOTPAY: "订单未支付",
    payments.CLOSED: "订单已关闭",
    payments.REVOKED: "订单已撤销",
    payments.USERPAYING: "用户支付中",
    payments.PAYERROR: "支付失败",
}
OPENIDS = ("openid", "sp_openid", "sub_openid")
PARTIES = ("appid", "mchid", "sp_appid", "sp_mchid", "sub_appid", "sub_mchid")


def _create(call: Call, kind: str, partner: bool) -> dict[str, Any]:
    own = "sp_mchid" if partner else "mchid"
    hold(call, optional=OPENIDS)
    data, state = call.data, call.state
    if data[own] != state.identity.mchid:
        raise Rejection.parameter(own, data[own], "is not the merchant who signed")
    parties.assert_bound(call, "sp_appid" if partner else "appid")
    if partner and data["sub_mchid"] == data[own]:
        issue = "must be another than sp_mchid"
        number = parties.SAME_MERCHANT
        raise Rejection.parameter("sub_mchid", data["sub_mchid"], issue, number=number)
    number, amount = data["out_trade_no"], data["amount"]
    payer = parties.payer_of(data.get("payer"))
    if kind == "jsapi" and not payer:
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
        "notify_url": checks.callback(data["notify_url"], "/notify_url"),
        "device_id": (data.get("scene_info") or {}).get("device_id", ""),
    }
    if payer:
        about |= {"payer": payer, "openid": next(iter(payer.values()))}
    if data.get("time_expire"):
        about["expires"] = payments.expiry(state, data["time_expire"], "/time_expire")
    settle = data.get("settle_info")
    about["profit_sharing"] = isinstance(settle, dict) and settle.get("profit_sharing") is True
    order = payments.create(state, number, data, about)
    page = f"{state.address}_gateway/pay/{order['token']}"
    return {
        "jsapi": {"prepay_id": order["prepay_id"]},
        "app": {"prepay_id": order["prepay_id"]},
        "h5": {"h5_url": page},
        "native": {"code_url": page},
    }[kind]


def _register(base: str, partner: bool) -> None:
    for kind in TYPES:

        def create(call: Call, kind: str = kind) -> dict[str, Any]:
            return _create(call, kind, partner)

        operation("POST", f"{base}/{kind}")(create)

    @operation("GET", f"{base}/id/{{transaction_id}}")
    def by_id(call: Call) -> dict[str, Any]:
        found = _own(call, call.query, partner, transaction_id=call.params["transaction_id"])
        return shown(call.state, found)

    @operation("GET", f"{base}/out-trade-no/{{out_trade_no}}")
    def by_number(call: Call) -> dict[str, Any]:
        found = _own(call, call.query, partner, number=call.params["out_trade_no"])
        return shown(call.state, found)

    @operation("POST", f"{base}/out-trade-no/{{out_trade_no}}/close")
    def close(call: Call) -> None:
        number = call.params["out_trade_no"]
        _own(call, call.data, partner, number=number, location="body")
        payments.close(call.state, number)


def _own(
    call: Call,
    given: dict[str, Any],
    partner: bool,
    *,
    number: str = "",
    transaction_id: str = "",
    location: str = "query",
) -> Order:
    """The order that a request asks for, if it is the merchant's who asks."""
    name = "sp_mchid" if partner else "mchid"
    if given.get(name) != call.state.identity.mchid:
        issue = "must be the merchant who signed"
        raise Rejection.parameter(name, given.get(name), issue, location)
    if partner and not given.get("sub_mchid"):
        parties.assert_sub_merchant(call, given, {}, location)
    order = payments.existing(call.state, number, transaction_id)
    if partner:
        parties.assert_sub_merchant(call, given, order, location)
    elif funds.sub_merchant(order):
        raise payments.absent(number or transaction_id)
    return order


_register(DIRECT, partner=False)
_register(PARTNER, partner=True)


def shown(state: State, order: Order) -> dict[str, Any]:
    """An order as a query, and the notification, show it."""
    amount = {"total": order["total"], "currency": order["currency"], "payer_currency": "CNY"}
    view = {
        **parties.in_v3(order),
        "out_trade_no": order["out_trade_no"],
        "trade_state": order["state"],
        "trade_state_desc": STATES[order["state"]],
        "promotion_detail": [],
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
            "amount": {**amount, "payer_total": order["total"]},
        }
    return view


@payments.on_paid("v3")
def tell(state: State, order: Order) -> None:
    """Post `TRANSACTION.SUCCESS` to the order's own address."""
    state.outbox.post(
        order["notify_url"], "TRANSACTION.SUCCESS", shown(state, order), summary="支付成功"
    )
