"""Combined orders: several orders, of one payer, paid at once.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012729714
"""

from __future__ import annotations

from typing import Any

from ....messages import canonical
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from ..tokens import random_token
from . import parties
from . import records as payments
from .limits import hold
from .records import Order

__all__ = ["shown"]

BASE = "v3/combine-transactions"
TYPES = {"jsapi": "JSAPI", "miniprogram": "JSAPI", "app": "APP", "h5": "MWEB", "native": "NATIVE"}
OPTIONAL = ("sub_mchid", "attach", "combine_payer_info", "openid", "sub_openid", "device_id")
"""What only some forms of the request need, although the catalogue requires it."""
Combined = dict[str, Any]


def _create(call: Call, kind: str) -> dict[str, Any]:
    call.require("combine_appid", "combine_mchid", "combine_out_trade_no", "sub_orders")
    call.require("notify_url")
    hold(call, optional=OPTIONAL)
    parties.assert_bound(call, "combine_appid")
    payer = parties.payer_of(call.data.get("combine_payer_info"))
    if TYPES[kind] == "JSAPI" and not payer:
        raise Rejection.parameter(
            "/combine_payer_info/openid",
            None,
            "is required and empty",
            number=payments.NO_OPENID,
        )
    checks.callback(call.data["notify_url"], "/notify_url")
    data, state = call.data, call.state
    if data["combine_mchid"] != state.identity.mchid:
        issue = "is not the merchant who signed"
        raise Rejection.parameter("combine_mchid", data["combine_mchid"], issue)
    number, inner = data["combine_out_trade_no"], data["sub_orders"]
    if not isinstance(number, str):
        raise Rejection.parameter("combine_out_trade_no", number, "must be a string")
    if not isinstance(inner, list) or not 1 <= len(inner) <= 50:
        raise Rejection.parameter("sub_orders", inner, "must be an array of 1 to 50 orders")
    known = state.store.get("combined", number)
    if known is None:
        known = _new(call, kind, number, inner)
    elif known["content"] != data:
        raise Rejection(403, "OUT_TRADE_NO_USED", f"合单商户订单号重复: {number}")
    else:
        for each in known["numbers"]:
            order = payments.existing(state, each)
            payments.create(state, each, order["content"], {})  # rejects what is paid or closed
    page = f"{state.address}_gateway/pay/{known['token']}"
    return {
        "NATIVE": {"code_url": page},
        "MWEB": {"h5_url": page},
    }.get(TYPES[kind], {"prepay_id": known["prepay_id"]})


def _new(call: Call, kind: str, number: str, inner: list[Any]) -> Combined:
    state, data = call.state, call.data
    about = {}
    if data.get("time_expire"):
        about["expires"] = payments.expiry(state, data["time_expire"], "/time_expire")
    numbers = [
        _sub_order(call, kind, f"/sub_orders/{index}", each, about)
        for index, each in enumerate(inner)
    ]
    if len(set(numbers)) != len(numbers):
        raise Rejection.parameter("sub_orders", numbers, "must have numbers of their own")
    combined = {
        "combine_appid": data["combine_appid"],
        "combine_mchid": data["combine_mchid"],
        "combine_out_trade_no": number,
        "content": data,
        "numbers": numbers,
        "notify_url": data["notify_url"],
        "prepay_id": f"wx{state.clock.compact()}{canonical.nonce(18).lower()}",
        "token": random_token(12),
    }
    state.store.put("combined", number, combined)
    state.store.put("token", combined["token"], {"out_trade_no": numbers[0]})
    return combined


def _sub_order(call: Call, kind: str, pointer: str, given: Any, about: dict[str, Any]) -> str:
    if not isinstance(given, dict):
        raise Rejection.parameter(pointer, given, "must be an object")
    for name in ("mchid", "out_trade_no", "description", "amount"):
        if given.get(name) in (None, ""):
            raise Rejection.parameter(f"{pointer}/{name}", given.get(name), "is required and empty")
    number, amount = str(given["out_trade_no"]), given["amount"]
    payer = parties.payer_of(call.data.get("combine_payer_info"))
    if payments.find(call.state, number) is not None:
        raise Rejection(403, "OUT_TRADE_NO_USED", f"商户订单号重复: {number}")
    total = amount.get("total_amount")
    settle = given.get("settle_info")
    payments.create(
        call.state,
        number,
        given,
        {
            "protocol": "combined",
            "trade_type": TYPES[kind],
            "parties": {
                name: given[name] for name in ("mchid", "sub_mchid", "sub_appid") if given.get(name)
            },
            "total": payments.whole_fen(total, f"{pointer}/amount/total_amount"),
            "currency": checks.chinese(amount.get("currency"), f"{pointer}/amount/currency"),
            "description": given["description"],
            "attach": given.get("attach"),
            "notify_url": call.data["notify_url"],
            "combine_out_trade_no": call.data["combine_out_trade_no"],
            "profit_sharing": isinstance(settle, dict) and settle.get("profit_sharing") is True,
            **({"payer": payer, "openid": next(iter(payer.values()))} if payer else {}),
            **about,
        },
    )
    return number


for _kind in TYPES:

    def _serve(call: Call, kind: str = _kind) -> dict[str, Any]:
        return _create(call, kind)

    operation("POST", f"{BASE}/{_kind}")(_serve)


@operation("GET", f"{BASE}/out-trade-no/{{combine_out_trade_no}}")
def query(call: Call) -> dict[str, Any]:
    """A combined order with its orders."""
    return shown(call.state, _existing(call))


@operation("POST", f"{BASE}/out-trade-no/{{combine_out_trade_no}}/close")
def close(call: Call) -> None:
    """Close a combined order: all of its orders."""
    for number in _existing(call)["numbers"]:
        payments.close(call.state, number)


def _existing(call: Call) -> Combined:
    number = call.params["combine_out_trade_no"]
    combined = call.state.store.get("combined", number)
    if combined is None:
        raise Rejection(404, "ORDER_NOT_EXIST", f"合单订单不存在: {number}")
    return combined


def shown(state: State, combined: Combined) -> dict[str, Any]:
    """A combined order as a query, and the notification, show it."""
    orders = [payments.existing(state, number) for number in combined["numbers"]]
    view = {name: combined[name] for name in ("combine_appid", "combine_mchid")}
    view["combine_out_trade_no"] = combined["combine_out_trade_no"]
    if orders[0]["transaction_id"]:
        view["combine_payer_info"] = orders[0].get("payer") or {"openid": orders[0]["openid"]}
    return {**view, "sub_orders": [_shown_inner(state, order) for order in orders]}


def _shown_inner(state: State, order: Order) -> dict[str, Any]:
    view = {
        **order["parties"],
        "out_trade_no": order["out_trade_no"],
        "trade_type": order["trade_type"],
        "trade_state": order["state"],
        "attach": order.get("attach") or "",
        "amount": {"total_amount": order["total"], "currency": order["currency"]},
    }
    if order["transaction_id"]:
        view |= {
            "transaction_id": order["transaction_id"],
            "bank_type": order["bank_type"],
            "success_time": state.clock.rfc3339(order["paid"]),
        }
        view["amount"] |= {"payer_amount": order["total"], "payer_currency": order["currency"]}
    return view


@payments.on_paid("combined")
def tell(state: State, order: Order) -> None:
    """Post `TRANSACTION.SUCCESS` for all of the orders, once."""
    combined = state.store.get("combined", order["combine_out_trade_no"])
    if combined is None:
        raise KeyError(order["combine_out_trade_no"])
    state.outbox.post(
        combined["notify_url"], "TRANSACTION.SUCCESS", shown(state, combined), summary="支付成功"
    )
