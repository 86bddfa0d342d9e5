"""Orders."""

from __future__ import annotations

from typing import Any

from ... import canonical
from ..exchange import Call, Refusal
from .registry import operation

__all__ = ["native", "unifiedorder"]


@operation("POST", "v3/pay/transactions/native")
def native(call: Call) -> dict[str, Any]:
    """An order that is paid by scanning its QR code."""
    call.require("appid", "mchid", "description", "out_trade_no", "notify_url", "amount")
    if call.data["mchid"] != call.state.identity.mchid:
        raise Refusal.parameter("mchid", call.data["mchid"], "is not the merchant who signed")
    amount = call.data["amount"]
    total = amount.get("total") if isinstance(amount, dict) else None
    if not isinstance(total, int) or isinstance(total, bool) or total < 1:
        raise Refusal.parameter("/amount/total", total, "must be a whole number of fen above 0")
    return {"code_url": _order(call)["code_url"]}


@operation("POST", "v2/pay/unifiedorder")
def unifiedorder(call: Call) -> dict[str, Any]:
    """APIv2's order, of every trade type."""
    call.require("appid", "body", "out_trade_no", "total_fee", "notify_url", "trade_type")
    fee = call.data["total_fee"]
    if not (fee.isascii() and fee.isdecimal() and int(fee) > 0):
        raise Refusal.parameter("total_fee", fee, "must be a whole number of fen above 0")
    order = _order(call)
    answer = {
        "appid": call.data["appid"],
        "mch_id": call.data["mch_id"],
        "trade_type": call.data["trade_type"],
        "prepay_id": order["prepay_id"],
    }
    if call.data["trade_type"] == "NATIVE":
        answer["code_url"] = order["code_url"]
    return answer


def _order(call: Call) -> dict[str, Any]:
    """The order of this number: a new one, or the same again if its content is the same."""
    number = call.data["out_trade_no"]
    if not isinstance(number, str):
        raise Refusal.parameter("out_trade_no", number, "must be a string")
    content = {k: v for k, v in call.data.items() if k not in ("sign", "nonce_str")}
    order = call.state.orders.setdefault(
        number,
        {
            "content": content,
            "prepay_id": f"wx{canonical.timestamp()}{canonical.nonce(20)}",
            "code_url": f"weixin://wxpay/bizpayurl?pr={canonical.nonce(9)}",
        },
    )
    if order["content"] != content:
        raise Refusal(400, "OUT_TRADE_NO_USED", f"商户订单号重复: {number}")
    return order
