"""APIv3's orders, for direct merchants and for partners: JSAPI, app, H5, native.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791894 (create, query, close),
https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (the notification)
"""

from __future__ import annotations

from typing import Any

from ..exchange import Call, Refusal
from ..state import State
from . import payments
from .payments import Order
from .registry import operation

__all__ = ["shown"]

DIRECT, PARTNER = "v3/pay/transactions", "v3/pay/partner/transactions"
TYPES = {"jsapi": "JSAPI", "app": "APP", "h5": "MWEB", "native": "NATIVE"}
STATES = {
    payments.SUCCESS: "支付成功",
    payments.REFUND: "转入退款",
    payments.NOTPAY: "未支付",
    payments.CLOSED: "已关闭",
    payments.REVOKED: "已撤销",
    payments.USERPAYING: "用户支付中",
    payments.PAYERROR: "支付失败",
}
PARTIES = ("appid", "mchid", "sp_appid", "sp_mchid", "sub_appid", "sub_mchid")


def _create(call: Call, kind: str, partner: bool) -> dict[str, Any]:
    mine = "sp_mchid" if partner else "mchid"
    call.require("sp_appid" if partner else "appid", mine, "description", "out_trade_no")
    call.require("notify_url", "amount", *(("sub_mchid",) if partner else ()))
    data, state = call.data, call.state
    if data[mine] != state.identity.mchid:
        raise Refusal.parameter(mine, data[mine], "is not the merchant who signed")
    number, amount = data["out_trade_no"], data["amount"]
    if not isinstance(number, str) or not 6 <= len(number) <= 32:
        raise Refusal.parameter("out_trade_no", number, "must be a string of 6 to 32 characters")
    total = payments.whole_fen(
        amount.get("total") if isinstance(amount, dict) else None, "/amount/total"
    )
    about = {
        "protocol": "v3",
        "trade_type": TYPES[kind],
        "parties": {name: data[name] for name in PARTIES if data.get(name)},
        "total": total,
        "currency": amount.get("currency", "CNY"),
        "description": data["description"],
        "attach": data.get("attach"),
        "notify_url": data["notify_url"],
    }
    payer = data.get("payer")
    if kind == "jsapi":
        about["openid"] = _openid(payer, partner)
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


def _openid(payer: Any, partner: bool) -> str:
    names = ("sp_openid", "sub_openid") if partner else ("openid",)
    found = [payer.get(name) for name in names] if isinstance(payer, dict) else []
    for openid in found:
        if isinstance(openid, str) and openid:
            return openid
    raise Refusal.parameter(f"/payer/{names[0]}", None, "is required and empty")


def _register(base: str, partner: bool) -> None:
    for kind in TYPES:

        def create(call: Call, kind: str = kind) -> dict[str, Any]:
            return _create(call, kind, partner)

        operation("POST", f"{base}/{kind}")(create)

    @operation("GET", f"{base}/id/{{transaction_id}}")
    def by_id(call: Call) -> dict[str, Any]:
        _assert_own(call, call.query, partner)
        found = payments.existing(call.state, transaction_id=call.params["transaction_id"])
        return shown(call.state, found)

    @operation("GET", f"{base}/out-trade-no/{{out_trade_no}}")
    def by_number(call: Call) -> dict[str, Any]:
        _assert_own(call, call.query, partner)
        return shown(call.state, payments.existing(call.state, call.params["out_trade_no"]))

    @operation("POST", f"{base}/out-trade-no/{{out_trade_no}}/close")
    def close(call: Call) -> None:
        _assert_own(call, call.data, partner, location="body")
        payments.close(call.state, call.params["out_trade_no"])


def _assert_own(call: Call, given: dict[str, Any], partner: bool, location: str = "query") -> None:
    name = "sp_mchid" if partner else "mchid"
    if given.get(name) != call.state.identity.mchid:
        issue = "must be the merchant who signed"
        raise Refusal.parameter(name, given.get(name), issue, location)


_register(DIRECT, partner=False)
_register(PARTNER, partner=True)


def shown(state: State, order: Order) -> dict[str, Any]:
    """An order as a query, and the notification, show it."""
    view = {
        **order["parties"],
        "out_trade_no": order["out_trade_no"],
        "trade_state": order["state"],
        "trade_state_desc": STATES[order["state"]],
    }
    if order.get("attach"):
        view["attach"] = order["attach"]
    if order["transaction_id"]:
        paid = {"payer_total": order["total"], "payer_currency": order["currency"]}
        view |= {
            "transaction_id": order["transaction_id"],
            "trade_type": order["trade_type"],
            "bank_type": order["bank_type"],
            "success_time": state.clock.rfc3339(order["paid"]),
            "payer": _payer(order),
            "amount": {"total": order["total"], "currency": order["currency"], **paid},
        }
    return view


def _payer(order: Order) -> dict[str, str]:
    if "sp_mchid" in order["parties"]:
        return {"sp_openid": order["openid"]}
    return {"openid": order["openid"]}


@payments.on_paid("v3")
def tell(state: State, order: Order) -> None:
    """Post `TRANSACTION.SUCCESS` to the order's own address."""
    state.outbox.post(
        order["notify_url"], "TRANSACTION.SUCCESS", shown(state, order), summary="支付成功"
    )
