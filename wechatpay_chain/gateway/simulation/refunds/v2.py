"""APIv2's refunds: `refund`, `refundquery`, and the notification with its `req_info`.

Sources: https://pay.weixin.qq.com/doc/v2/merchant/4011935217 (refund),
https://pay.weixin.qq.com/doc/v2/merchant/4011935218 (refundquery),
https://pay.weixin.qq.com/doc/v2/merchant/4011935223 (the notification)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks, funds
from ..coupons import amounts, promotions
from ..payments import records as payments
from ..payments.records import Order
from ..payments.v2 import PARTIES
from ..registry import operation
from . import records as refunding
from .records import Refund

__all__ = ["refund", "refundquery"]

STATES = {
    refunding.PROCESSING: "PROCESSING",
    refunding.SUCCESS: "SUCCESS",
    refunding.ABNORMAL: "CHANGE",
    refunding.CLOSED: "REFUNDCLOSE",
}
PAGE = 10
"""Maximum number of refunds in a response of `refundquery`."""
SOURCES = ("REFUND_SOURCE_RECHARGE_FUNDS", "REFUND_SOURCE_UNSETTLED_FUNDS")


@operation("POST", "v2/secapi/pay/refundv2")
@operation("POST", "v2/secapi/pay/refund")
def refund(call: Call) -> dict[str, Any]:
    """Refund an order, in full or in part."""
    checks.v2_required(call, "out_trade_no", "transaction_id")
    number = checks.number(call.data["out_refund_no"], "/out_refund_no")
    given = {
        "protocol": "v2",
        "content": checks.fingerprint(call.data),
        "amount": checks.v2_fen(call, "refund_fee"),
        "total": checks.v2_fen(call, "total_fee"),
        "currency": checks.v2_text(call, "refund_fee_type") or "CNY",
        "sub_mchid": checks.v2_text(call, "sub_mch_id"),
        "from_available": checks.v2_text(call, "refund_account") == SOURCES[0],
        "parties": _parties(call),
        "reason": checks.v2_text(call, "refund_desc"),
        "notify_url": checks.address(checks.v2_text(call, "notify_url"), "/notify_url"),
    }
    order = _order(call, "ORDERNOTEXIST")
    made = refunding.create(call.state, number, order, given)
    order = payments.existing(call.state, made["out_trade_no"])
    return {
        **_parties(call),
        "transaction_id": made["transaction_id"],
        "out_trade_no": made["out_trade_no"],
        "out_refund_no": made["out_refund_no"],
        "refund_id": made["refund_id"],
        "refund_fee": made["amount"],
        "total_fee": made["total"],
        "settlement_total_fee": amounts.settlement(order),
        "fee_type": made["currency"],
        "cash_fee": amounts.payer_total(order),
        "cash_refund_fee": amounts.paid_back(made),
        **promotions.refund_in_v2(made),
    }


def _parties(call: Call) -> dict[str, str]:
    return {name: call.data[name] for name in PARTIES if checks.v2_text(call, name)}


def _order(call: Call, code: str) -> Order | None:
    number, transaction = (
        checks.v2_text(call, name) for name in ("out_trade_no", "transaction_id")
    )
    if not number and not transaction:
        raise Rejection(200, "PARAM_ERROR", "缺少参数 out_trade_no 或 transaction_id")
    order = payments.find(call.state, "" if transaction else number, transaction)
    if order is None or checks.v2_text(call, "sub_mch_id") != funds.sub_merchant(order):
        raise Rejection(200, code, f"此交易订单号不存在: {transaction or number}")
    return order


@operation("POST", "v2/pay/refundqueryv2")
@operation("POST", "v2/pay/refundquery")
def refundquery(call: Call) -> dict[str, Any]:
    """Return one refund by either of its numbers, or the refunds of an order, ten at a time."""
    call.require("appid")
    number, refund_id = (checks.v2_text(call, name) for name in ("out_refund_no", "refund_id"))
    if number or refund_id:
        found = _one(call.state, number, refund_id, checks.v2_text(call, "sub_mch_id"))
        order, everything = payments.existing(call.state, found["out_trade_no"]), [found]
    else:
        known = _order(call, "REFUNDNOTEXIST")
        everything = [] if known is None else refunding.of_order(call.state, known)
        if known is None or not everything:
            raise Rejection(200, "REFUNDNOTEXIST", "退款订单查询失败: 订单没有退款")
        order = known
    offset = _offset(call)
    page = everything[offset : offset + PAGE]
    view = {
        **_parties(call),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "total_fee": order["total"],
        "settlement_total_fee": amounts.settlement(order),
        "fee_type": order["currency"],
        "cash_fee": amounts.payer_total(order),
        "refund_fee": sum(each["amount"] for each in page),
        "total_refund_count": len(order["refunds"]),
        "refund_count": len(page),
    }
    for index, each in enumerate(page):
        view |= {f"{name}_{index}": value for name, value in _shown(call.state, each).items()}
        view |= promotions.refund_in_v2(each, f"_{index}")
    return view


def _one(state: State, number: str, refund_id: str, sub_mchid: str) -> Refund:
    """Return a refund; WeChat Pay's number takes precedence."""
    found = refunding.find_by_id(state, refund_id) if refund_id else refunding.find(state, number)
    if found is None or found["sub_mchid"] != sub_mchid:
        raise Rejection(200, "REFUNDNOTEXIST", f"退款订单查询失败: {refund_id or number}")
    return found


def _offset(call: Call) -> int:
    text = checks.v2_text(call, "offset") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise Rejection.parameter("offset", text, "must be a whole number")
    return int(text)


def _shown(state: State, refund: Refund) -> dict[str, Any]:
    view = {
        "out_refund_no": refund["out_refund_no"],
        "refund_id": refund["refund_id"],
        "refund_channel": "ORIGINAL",
        "refund_fee": refund["amount"],
        "refund_status": STATES[refund["state"]],
        "refund_account": _account(refund),
        "refund_recv_accout": refund["received"],
    }
    if refund["state"] == refunding.SUCCESS:
        view["refund_success_time"] = state.clock.spaced(refund["succeeded"])
    return view


def _account(refund: Refund) -> str:
    return SOURCES[refund["source"].startswith("frozen")]


@refunding.on_change("v2")
def tell(state: State, outbox: Outbox, refund: Refund) -> str:
    """Send the result of a refund, encrypted with the APIv2 key."""
    view, order = _shown(state, refund), payments.existing(state, refund["out_trade_no"])
    sealed = {
        "transaction_id": refund["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "total_fee": refund["total"],
        "refund_fee": refund["amount"],
        "settlement_refund_fee": amounts.settlement_refund(refund),
        "settlement_total_fee": amounts.settlement(order),
        "cash_refund_fee": amounts.paid_back(refund),
        "refund_status": view["refund_status"],
        "success_time": view.get("refund_success_time", ""),
        "refund_recv_accout": refund["received"],
        "refund_account": view["refund_account"],
        "refund_request_source": "API",
    }
    clear = {"return_code": "SUCCESS", **refund["parties"]}
    return outbox.post_v2(refund["notify_url"], "refund-processed", clear, sealed=sealed)
