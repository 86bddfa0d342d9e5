"""Deductions of several orders at once by one contract: 收付通's 合单委托代扣.

They are executed at once: the response contains the result, and no notification is sent.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012881605 (the contracts), and the catalogue
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..payments import combined
from ..payments import records as payments
from ..payments.records import Order
from ..refunds import records as refunding
from ..registry import operation
from . import pay_v3

__all__ = ["deduct"]

BASE = "v3/ecommerce/combine-papay/transactions"
PROTOCOL = "papay-combined"
MOST = 50


@operation("POST", BASE)
def deduct(call: Call) -> dict[str, Any]:
    """Deduct the amounts of several orders from one user."""
    checks.accepted(call)
    data, state = call.data, call.state
    number = checks.number(data["combine_out_trade_no"], "/combine_out_trade_no", longest=32)
    if data["combine_mchid"] != state.mchid:
        issue = "is not the merchant that signed the request"
        raise Rejection.parameter("combine_mchid", data["combine_mchid"], issue)
    known = state.store.get("combined", number)
    if known is not None:
        if known["content"] != data:
            raise Rejection(403, "OUT_TRADE_NO_USED", f"合单商户订单号重复: {number}")
        return combined.shown(state, known)
    contract = pay_v3.of_id(call, data["contract_id"], {"appid": data["combine_appid"]})
    inner = data.get("sub_orders") or []
    if not 1 <= len(inner) <= MOST:
        raise Rejection.parameter("sub_orders", len(inner), f"must be 1 to {MOST} orders")
    numbers = [_create(state, number, index, each) for index, each in enumerate(inner)]
    made = {
        "combine_appid": data["combine_appid"],
        "combine_mchid": data["combine_mchid"],
        "combine_out_trade_no": number,
        "content": data,
        "numbers": numbers,
        "contract_id": contract["contract_id"],
    }
    state.store.put("combined", number, made)
    payments.pay(state, number, contract["openid"])
    return combined.shown(state, made)


def _create(state: State, combine_number: str, index: int, given: dict[str, Any]) -> str:
    """Create one of the orders, and return its number."""
    here = f"/sub_orders/{index}"
    number = checks.number(given["out_trade_no"], f"{here}/out_trade_no", longest=32)
    if payments.find(state, number) is not None:
        raise Rejection(403, "OUT_TRADE_NO_USED", f"商户订单号重复: {number}")
    amount = given["amount"]
    about = {
        "protocol": PROTOCOL,
        "trade_type": "PAP",
        "parties": {
            name: given[name] for name in ("mchid", "sub_mchid", "sub_appid") if given.get(name)
        },
        "total": payments.whole_fen(amount["total_amount"], f"{here}/amount/total_amount"),
        "currency": checks.chinese(amount["currency"], f"{here}/amount/currency"),
        "description": given["description"],
        "attach": given.get("attach"),
        "notify_url": "",
        "combine_out_trade_no": combine_number,
        "profit_sharing": (given.get("settle_info") or {}).get("profit_sharing") is True,
    }
    payments.create(state, number, given, about)
    return number


def _existing(call: Call) -> dict[str, Any]:
    found = combined.existing(call.state, call.params["combine_out_trade_no"])
    if "contract_id" not in found:
        raise Rejection(404, "ORDER_NOT_EXIST", f"订单不存在: {found['combine_out_trade_no']}")
    return found


@operation("GET", f"{BASE}/{{combine_out_trade_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a combined deduction with its orders."""
    return combined.shown(call.state, _existing(call))


@operation("POST", f"{BASE}/{{combine_out_trade_no}}/reverse")
def reverse(call: Call) -> None:
    """Reverse a combined deduction: refund and revoke its orders, which the request lists."""
    checks.accepted(call)
    combined_order = _existing(call)
    numbers = combined_order["numbers"]
    named = [each["out_trade_no"] for each in call.data.get("sub_orders") or []]
    if sorted(named) != sorted(numbers):
        raise Rejection(400, "INVALID_REQUEST", "子单与合单不一致")
    combined.assert_its_own(call, combined_order)
    for number in numbers:
        order = payments.existing(call.state, number)
        if not refunding.reverse(call.state, order, "v3"):
            raise Rejection(500, "SYSTEM_ERROR", "系统错误，请使用相同参数重试", keep=True)


@payments.on_paid(PROTOCOL)
def tell(state: State, order: Order) -> None:
    """Send no notification, because the response contains the result."""
