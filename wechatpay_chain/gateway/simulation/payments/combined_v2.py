"""Combined orders of APIv2; the XML contains the orders as JSON.

Source: the catalogue, `v2/pay/combinedorder` and its notification
"""

from __future__ import annotations

import json
from typing import Any

from ....crypto import digest
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..coupons import amounts, promotions
from ..registry import operation
from ..validation import parse_member
from . import combined, parties
from . import records as payments
from .combined import Combined, SubOrder
from .records import Order
from .v2 import PAGES, PARTIES, TYPES, accepted
from .v3 import STATES

__all__ = ["tell"]

PROTOCOL = "v2-combined"
IN_V2 = {"NO_AUTH": "NOAUTH", "MCH_NOT_EXISTS": "MCHID_NOT_EXIST"}
MOST = 50
"""Maximum number of orders in a combined order."""


def _accepted(call: Call) -> str:
    """Validate a request and return its fingerprint."""
    content = accepted(call)
    parties.assert_bound(call, "combine_appid")
    return content


@operation("POST", "v2/pay/combinedorder")
def create(call: Call) -> dict[str, Any]:
    """Create several orders that are paid at once."""
    content, data, state = _accepted(call), call.data, call.state
    parse_member(call, "scene_info")
    kind = data["trade_type"]
    if kind not in TYPES:
        raise Rejection.parameter("trade_type", kind, f"must be one of {', '.join(TYPES)}")
    if kind == "JSAPI" and not data.get("combine_openid"):
        message = "JSAPI支付必须传combine_openid"
        raise Rejection(200, "PARAM_ERROR", message, number=payments.NO_OPENID)
    head = {
        "combine_appid": data["combine_appid"],
        "combine_mchid": state.mchid,
        "combine_out_trade_no": checks.number(
            data["combine_out_trade_no"], "/combine_out_trade_no", longest=32
        ),
        "content": content,
        "notify_url": checks.callback(data["notify_url"], "/notify_url"),
        "protocol": PROTOCOL,
        "device_info": data.get("device_info", ""),
    }
    made = combined.create(state, head, lambda: _sub_orders(call))
    view = {**_parties(made), "trade_type": kind, "prepay_id": made["prepay_id"]}
    if kind in PAGES:
        view[PAGES[kind]] = f"{state.address}_gateway/pay/{made['token']}"
    return view


def _sub_orders(call: Call) -> list[SubOrder]:
    given, about = parse_member(call, "sub_order_list")["order_list"], {}
    if not 1 <= len(given) <= MOST:
        raise Rejection.parameter("sub_order_list", len(given), f"must have 1 to {MOST} orders")
    if call.data.get("time_expire"):
        text = call.data["time_expire"]
        about["expires"] = payments.expiry(call.state, text, "/time_expire", compact=True)
    return [_sub_order(call, index, each, about) for index, each in enumerate(given)]


def _sub_order(call: Call, index: int, given: dict[str, Any], about: dict[str, Any]) -> SubOrder:
    here, data = f"/sub_order_list/order_list/{index}", call.data
    openid = data.get("combine_openid")
    return SubOrder(
        _payee(call, given),
        checks.number(given["out_trade_no"], f"{here}/out_trade_no", longest=32),
        given,
        {
            "protocol": PROTOCOL,
            "trade_type": data["trade_type"],
            "parties": {name: given[name] for name in PARTIES if given.get(name)},
            "total": payments.whole_fen(given["total_fee"], f"{here}/total_fee"),
            "currency": checks.chinese(given.get("fee_type"), f"{here}/fee_type"),
            "description": checks.text(given["body"], f"{here}/body", 127),
            "attach": given.get("attach"),
            "notify_url": data["notify_url"],
            "combine_out_trade_no": data["combine_out_trade_no"],
            **({"payer": {"openid": openid}, "openid": openid} if openid else {}),
            **about,
        },
    )


def _payee(call: Call, given: dict[str, Any]) -> State:
    """Return the state of the merchant that an order pays; both of the apps must be bound to it."""
    try:
        combined.participant(call.state, given["mch_id"], given["appid"], given)
        return combined.participant(call.state, given["mch_id"], call.data["combine_appid"], given)
    except Rejection as rejection:
        code = IN_V2.get(rejection.code, rejection.code)
        raise Rejection(200, code, rejection.message) from None


def _parties(made: Combined) -> dict[str, Any]:
    device = {"device_info": made["device_info"]} if made.get("device_info") else {}
    parties = {"combine_appid": made["combine_appid"], "combine_mch_id": made["combine_mchid"]}
    return parties | device


@operation("POST", "v2/pay/querycombinedorder")
def query(call: Call) -> dict[str, Any]:
    """Return a combined order with its orders."""
    made = _existing(call)
    orders = _orders(call.state, made)
    state = orders[0]["state"]
    view = {
        **_parties(made),
        **_payer(orders[0]),
        "combine_out_trade_no": made["combine_out_trade_no"],
        "result_msg": "OK",
        "trade_state": state,
        "trade_state_desc": STATES[state],
    }
    return view | {"sub_order_list": _list([_queried(each) for each in orders])}


def _payer(order: Order) -> dict[str, str]:
    return {"combine_openid": order["openid"]} if order["transaction_id"] else {}


def _queried(order: Order) -> dict[str, Any]:
    paid = {"transaction_id": order["transaction_id"]} if order["transaction_id"] else {}
    return {
        "mchid": order["parties"]["mch_id"],
        "trade_type": order["trade_type"],
        "attach": order.get("attach") or "",
        "amount": {"total_amount": order["total"], "currency": order["currency"]},
        **paid,
        "out_trade_no": order["out_trade_no"],
        "description": order["description"],
        **_promotion(order),
    }


def _promotion(order: Order) -> dict[str, Any]:
    """Return the discount of an order; APIv2 shows one of them."""
    used = promotions.details_in_v2(order)
    return {"promotion_detail": used[0]} if used else {}


def _list(orders: list[dict[str, Any]]) -> str:
    members = {"order_num": len(orders), "order_list": orders}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


@operation("POST", "v2/pay/closecombinedorder")
def close(call: Call) -> dict[str, Any]:
    """Close all orders of a combined order."""
    _accepted(call)
    given = parse_member(call, "sub_order_list")["order"]
    made = _existing(call)
    members = payments.members(call.state, made)
    if len(given) != len(members):
        raise Rejection(200, "INVALID_REQUEST", f"子单与合单不一致: 合单有 {len(members)} 笔子单")
    for index, each in enumerate(given):
        payee = call.state.participant(str(each["mchid"])) or call.state
        if (payee, each["out_trade_no"]) not in members:
            message = f"子单与合单不一致: /sub_order_list/order/{index}"
            raise Rejection(200, "INVALID_REQUEST", message)
    for payee, number in members:
        payments.close(payee, number)
    return _parties(made)


def _existing(call: Call) -> Combined:
    _accepted(call)
    number = call.data["combine_out_trade_no"]
    made = call.state.store.get("combined", number)
    if made is None or made.get("protocol") != PROTOCOL:
        raise Rejection(200, "ORDERNOTEXIST", f"合单订单不存在: {number}")
    return made


def _orders(state: State, made: Combined) -> list[Order]:
    return [payments.existing(payee, number) for payee, number in payments.members(state, made)]


@payments.on_paid(PROTOCOL)
def tell(state: State, order: Order) -> None:
    """Send one notification for all paid orders."""
    made = combined.paid(state, order["combine_out_trade_no"])
    orders = _orders(state, made)
    fields = {
        "return_code": "SUCCESS",
        **_parties(made),
        **_payer(order),
        "combine_out_trade_no": made["combine_out_trade_no"],
        "trade_type": order["trade_type"],
        "bank_type": order["bank_type"],
        "sign_type": digest.HMAC_SHA256,
        "result_code": "SUCCESS",
        "sub_order_list": _list([_told(state, each) for each in orders]),
    }
    state.outbox.post_v2(
        made["notify_url"], "combined-transactions-success", fields, sign_type=digest.HMAC_SHA256
    )


def _told(state: State, order: Order) -> dict[str, Any]:
    return {
        "appid": order["parties"]["appid"],
        "mch_id": order["parties"]["mch_id"],
        "openid": order["openid"],
        "total_fee": order["total"],
        "cash_fee": amounts.payer_total(order),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "attach": order.get("attach") or "",
        "time_end": state.clock.compact(order["paid"]),
    }
