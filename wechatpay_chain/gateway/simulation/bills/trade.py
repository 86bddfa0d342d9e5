"""Trade bills: the payments and refunds of a day, from the ledger.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
"""

from __future__ import annotations

import datetime
from typing import Any

from ....bills.forms import trade as forms
from ....testing.bills.facts import Order as Generated
from ...state import State
from .. import funds
from ..coupons import amounts
from ..payments import records as payments
from ..payments.records import Order
from ..refunds import records as refunding
from . import filled
from .text import Row, table

__all__ = ["paid_and_refunded", "trade_bill", "trade_row"]

FORMS = {form.type: form for form in (forms.ALL, forms.SUCCESS, forms.REFUND)}
KINDS = {
    "ALL": ("payment", "refund", "reverse"),
    "SUCCESS": ("payment",),
    "REFUND": ("refund", "reverse"),
}
"""The ledger entries in a bill of each type."""
STATUSES = {
    refunding.PROCESSING: "PROCESSING",
    refunding.SUCCESS: "SUCCESS",
    refunding.ABNORMAL: "CHANGE",
    refunding.CLOSED: "FAIL",
}
NONE = "0"
"""The value of an absent number."""

Entry = dict[str, Any]


def trade_bill(state: State, day: str, kind: str, sub_mchid: str = "") -> str | None:
    """Return the payments and refunds of a day; None if there are none.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kind: `ALL`, `SUCCESS` or `REFUND`; other kinds have no bill.
        sub_mchid: limits the bill to a sub-merchant; empty includes all.
    """
    if kind not in FORMS:
        return None
    rows = [
        trade_row(state, entry, order)
        for entry, order in paid_and_refunded(state, day, KINDS[kind])
        if sub_mchid in ("", funds.sub_merchant(order))
    ]
    if kind != "REFUND":
        found = filled.beside(state, day)
        selected = [each for each in found if sub_mchid in ("", each.purchase.sub_mchid)]
        rows += [_generated(state, day, each) for each in selected]
    return table(state, FORMS[kind], rows)


def _generated(state: State, day: str, order: Generated) -> Row:
    bought = order.purchase
    midnight = datetime.datetime.fromisoformat(f"{day}T00:00:00+08:00").timestamp()
    names = ("device_info", "openid", "trade_type", "bank_type", "currency", "description")
    more = ("attach", "settlement_total", "coupon", "fee", "rate", "total")
    return {
        **{name: getattr(bought, name) for name in (*names, *more)},
        "trade_time": midnight + order.second,
        "appid": state.profile.apps[0],
        "mchid": state.mchid,
        "sub_mchid": bought.sub_mchid or NONE,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "trade_state": "SUCCESS",
        "refund_id": NONE,
        "out_refund_no": NONE,
    }


def paid_and_refunded(
    state: State, day: str, kinds: tuple[str, ...] = KINDS["ALL"]
) -> list[tuple[Entry, Order]]:
    """Return the payments and refunds of a day, each with its order.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kinds: the kinds of the ledger's entries.
    """
    return [
        (entry, payments.existing(state, entry["out_trade_no"]))
        for entry in state.ledger.entries(day)
        if entry["kind"] in kinds
    ]


def trade_row(state: State, entry: Entry, order: Order) -> Row:
    """Return the values of a payment or a refund in a bill.

    Args:
        state: the state of the gateway.
        entry: the ledger entry.
        order: the paid or refunded order.
    """
    parties, content = order["parties"], order["content"]
    payment = entry["kind"] == "payment"
    scene = content.get("scene_info")
    device = scene.get("device_id") if isinstance(scene, dict) else None
    row = {
        "trade_time": entry["time"],
        "appid": parties.get("appid") or parties.get("sp_appid") or state.identity.appid,
        "mchid": state.identity.mchid,
        "sub_mchid": funds.sub_merchant(order) or NONE,
        "device_info": content.get("device_info") or device,
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "openid": order["openid"],
        "trade_type": order["trade_type"],
        "trade_state": "SUCCESS" if payment else "REFUND",
        "bank_type": order["bank_type"],
        "currency": order["currency"],
        "refund_id": NONE,
        "out_refund_no": NONE,
        "description": order["description"],
        "attach": order.get("attach"),
        "rate": order.get("fee_rate", 0),
    }
    if not payment:
        return row | _refunded(state, entry)
    money = {
        "settlement_total": amounts.settlement(order),
        "coupon": amounts.discount(order),
        "total": order["total"],
        "payer_total": amounts.payer_total(order),
    }
    return row | money | {"fee": order.get("fee", 0)}


def _refunded(state: State, entry: Entry) -> Entry:
    row = {
        "refund": entry["amount"],
        "refund_requested": entry["amount"],
        "payer_refund": entry["amount"],
        "refund_time": entry["time"],
        "refund_type": "ORIGINAL",
        "fee": -entry.get("fee", 0),
    }
    if entry["kind"] == "reverse":
        done = {"refund_status": "SUCCESS", "refund_success_time": entry["time"]}
        coupon = entry.get("coupon", 0)
        money = {
            "refund": entry["amount"] + coupon,
            "refund_requested": entry.get("requested", entry["amount"]),
            "coupon_refund": coupon,
        }
        return row | done | money | {"trade_state": "REVOKED"}
    refund = refunding.existing(state, entry["out_refund_no"])
    return row | {
        "coupon_refund": amounts.with_cash(refund),
        "refund_requested": refund["amount"],
        "payer_refund": amounts.paid_back(refund),
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_status": STATUSES[refund["state"]],
        "refund_success_time": refund.get("succeeded"),
    }
