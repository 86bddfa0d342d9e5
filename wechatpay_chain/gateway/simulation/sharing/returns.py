"""Returns of shared money: from a receiver that is a merchant, back to who shared it.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012467097
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from ..registry import operation
from . import v3 as sharing
from .v3 import Sharing

__all__ = ["create", "query"]

BASE = "v3/profitsharing/return-orders"
TERM = 180 * 86400
"""Seconds in which shared money can be returned."""
TIMES = 50
"""Returns of one sharing."""


@operation("POST", BASE)
def create(call: Call) -> dict[str, Any]:
    """Take back some of what a receiver got; it is done when the response is sent."""
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_return_no"], "/out_return_no")
    amount = payments.whole_fen(data["amount"], "/amount")
    description = checks.text(data["description"], "/description", 80)
    known = state.store.get("sharing-return", number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "INVALID_REQUEST", f"商户回退单号已用于其他内容: {number}")
        return _shown(state, known)
    shared = _shared(call)
    receiver = _receiver(state, shared, data["return_mchid"])
    if state.clock.now() > receiver["time"] + TERM:
        raise Rejection(400, "INVALID_REQUEST", "分账已超过 180 天，不能回退")
    rest = receiver["amount"] - receiver["returned"]
    if amount > rest:
        raise Rejection(400, "INVALID_REQUEST", f"剩余可回退的金额不足: {amount} > {rest}")
    order = payments.existing(state, shared["out_trade_no"])
    made = {
        "out_return_no": number,
        "return_id": sharing.record_number(state, "3100"),
        "out_order_no": shared["out_order_no"],
        "order_id": shared["order_id"],
        "sub_mchid": shared["sub_mchid"],
        "return_mchid": data["return_mchid"],
        "amount": amount,
        "description": description,
        "time": state.clock.now(),
        "content": content,
    }
    receiver["returned"] += amount
    shared["returns"].append(number)
    state.store.put("sharing", shared["out_order_no"], shared)
    state.store.put("sharing-return", number, made)
    state.ledger.move(
        "return",
        amount,
        "receiver",
        funds.account("merchant", order),
        out_trade_no=order["out_trade_no"],
        transaction_id=order["transaction_id"],
        out_return_no=number,
        return_id=made["return_id"],
    )
    told = receiver | {"amount": amount, "description": description}
    sharing.notify(state, order, made["return_id"], number, told, "PROFITSHARING.RETURN")
    return _shown(state, made)


def _shared(call: Call) -> Sharing:
    """What money is taken back from: WeChat Pay's number goes before the merchant's."""
    number, order_id = call.data.get("out_order_no") or "", call.data.get("order_id") or ""
    if not number and not order_id:
        raise Rejection.parameter("order_id", None, "or out_order_no is required")
    found = sharing.find(call.state, "" if order_id else number, order_id)
    if found is None or found["sub_mchid"] != (call.data.get("sub_mchid") or ""):
        raise Rejection(400, "INVALID_REQUEST", f"分账单不存在: {order_id or number}")
    if number and found["out_order_no"] != number:
        raise Rejection(400, "INVALID_REQUEST", "order_id 与 out_order_no 不是同一分账单")
    if len(found["returns"]) >= TIMES:
        raise Rejection(400, "INVALID_REQUEST", f"同一分账单最多回退 {TIMES} 次")
    return found


def _receiver(state: State, shared: Sharing, mchid: str) -> dict[str, Any]:
    """The merchant who gives it back, where it has the most left of this sharing."""
    own = shared["sub_mchid"] or state.identity.mchid  # has nothing to give to itself
    shares: list[dict[str, Any]] = [
        each
        for each in shared["receivers"]
        if each["type"] == "MERCHANT_ID" and each["account"] == mchid != own
    ]
    if not shares:
        raise Rejection.parameter("return_mchid", mchid, "is no merchant who received a share")
    return max(shares, key=lambda each: int(each["amount"] - each["returned"]))


@operation("GET", f"{BASE}/{{out_return_no}}")
def query(call: Call) -> dict[str, Any]:
    """A return by its merchant's number."""
    made = call.state.store.get("sharing-return", call.params["out_return_no"])
    number, sub = (call.query.get(name, "") for name in ("out_order_no", "sub_mchid"))
    if not number:
        raise Rejection.parameter("out_order_no", number, "is required", "query")
    if made is None or (made["out_order_no"], made["sub_mchid"]) != (number, sub):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "分账回退单不存在")
    return _shown(call.state, made)


def _shown(state: State, made: dict[str, Any]) -> dict[str, Any]:
    names = ("order_id", "out_order_no", "out_return_no", "return_id", "return_mchid", "amount")
    partner = {"sub_mchid": made["sub_mchid"]} if made["sub_mchid"] else {}
    return {
        **partner,
        **{name: made[name] for name in names},
        "description": made["description"],
        "result": "SUCCESS",
        "create_time": state.clock.rfc3339(made["time"]),
        "finish_time": state.clock.rfc3339(made["time"]),
    }
