"""Deposits of APIv2: paid in advance, then consumed or refunded.

A deposit is frozen. When the merchant consumes a part, that part less the fee is released to the
merchant, and the rest is refunded to the customer.

Source: https://pay.weixin.qq.com/wiki/doc/api/deposit_sl.php?chapter=27_0&index=1
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, fees, funds
from ..payments import micropay, parties
from ..payments import records as payments
from ..payments import v2 as orders
from ..payments.records import Order
from ..refunds import records as refunding
from ..refunds import v2 as refunds
from ..registry import operation

__all__ = ["consume"]

BASE = "v2/deposit"
TYPES = ("JSAPI", "APP")
NUMBERS = ("out_trade_no", "transaction_id")
"""The numbers of a deposit; a request contains either."""
RETURNED = "deposit-{}"
"""The number of the refund of the unconsumed rest."""


@operation("POST", f"{BASE}/unifiedorder")
def unifiedorder(call: Call) -> dict[str, Any]:
    """Create an order for a deposit."""
    return orders.ordered(call, TYPES, deposit=True)


@operation("POST", f"{BASE}/micropay")
def pay_by_code(call: Call) -> dict[str, Any]:
    """Charge a deposit by the customer's payment code."""
    return micropay.pay(call, "MICROPAY", "auth_code", deposit=True)


@operation("POST", f"{BASE}/facepay")
def pay_by_face(call: Call) -> dict[str, Any]:
    """Charge a deposit by the customer's face code."""
    return micropay.pay(call, "FACEPAY", "face_code", deposit=True)


def _existing(call: Call) -> Order:
    order = orders.existing(call)
    if not order.get("deposit"):
        raise Rejection(200, "ORDERNOTEXIST", f"不是押金订单: {order['out_trade_no']}")
    return order


@operation("POST", f"{BASE}/orderquery")
def orderquery(call: Call) -> dict[str, Any]:
    """Return a deposit by either of its numbers."""
    order = _existing(call)
    consumed = {"consume_fee": order["consumed"]} if order.get("consumed") else {}
    return {**orders.shown(call.state, order), **consumed}


@operation("POST", f"{BASE}/reverse")
def reverse(call: Call) -> Any:
    """Reverse a deposit that was paid by code."""
    _existing(call)
    return micropay.reverse(call)


@operation("POST", f"{BASE}/consume")
def consume(call: Call) -> dict[str, Any]:
    """Consume a part of a deposit; the rest is refunded."""
    checks.v2_required(call, *NUMBERS)
    order = _existing(call)
    checks.chinese(call.data.get("fee_type"), "/fee_type")
    total, amount = (checks.v2_fen(call, name) for name in ("total_fee", "consume_fee"))
    if total != order["total"]:
        raise Rejection.parameter(
            "total_fee", total, f"is not the deposit, which is {order['total']}"
        )
    _consume(call.state, order, amount)
    return {
        **parties.in_v2(order),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "total_fee": order["total"],
        "consume_fee": amount,
        "fee_type": order["currency"],
    }


def _consume(state: State, order: Order, amount: int) -> None:
    number = order["out_trade_no"]
    if order["state"] not in (payments.SUCCESS, payments.REFUND) or order.get("consumed"):
        raise Rejection(200, "INVALID_REQUEST", f"押金未支付、已撤销或已消费: {number}")
    rest = order["total"] - order["refunded"]
    if amount > rest:
        raise Rejection(200, "INVALID_REQUEST", f"消费金额大于剩余押金: {amount} > {rest}")
    if amount < rest:
        about = {
            "protocol": "v2",
            "content": "",
            "amount": rest - amount,
            "total": order["total"],
            "currency": order["currency"],
            "sub_mchid": funds.sub_merchant(order),
            "from_available": False,
            "parties": order["parties"],
            "reason": "押金退还",
            "notify_url": "",
        }
        refunding.create(state, RETURNED.format(number), order, about)
    funds.release(state, order)
    numbers = {name: order[name] for name in ("out_trade_no", "transaction_id")}
    charged = fees.fee(amount, order["fee_rate"])
    fees.charge(state, charged, funds.account("merchant", order), **numbers)
    order |= {"consumed": amount, "fee": charged}
    payments.save(state, order)


@operation("POST", f"{BASE}/refund")
def refund(call: Call) -> Any:
    """Refund a deposit, in full or in part."""
    checks.v2_required(call, *NUMBERS)
    _existing(call)
    return refunds.refund(call)


@operation("POST", f"{BASE}/refundquery")
def refundquery(call: Call) -> Any:
    """Return the refunds of a deposit, including the refund of the unconsumed rest."""
    return refunds.refundquery(call)
