"""Service orders in responses and notifications."""

from __future__ import annotations

from typing import Any

from ...notifications.outbox import Outbox
from ...state import State
from ..listing import listed_for
from ..payments import records as payments

__all__ = [
    "CREATED",
    "DOING",
    "DONE",
    "EXPIRED",
    "MCH_COMPLETE",
    "PARTIES",
    "REVOKED",
    "TERMS",
    "USERS",
    "USER_CONFIRM",
    "ServiceOrder",
    "description_of",
    "notify",
    "paid_by",
    "shown",
]

ServiceOrder = dict[str, Any]

CREATED, DOING, DONE = "CREATED", "DOING", "DONE"
REVOKED, EXPIRED = "REVOKED", "EXPIRED"
USER_CONFIRM, MCH_COMPLETE = "USER_CONFIRM", "MCH_COMPLETE"
TERMS = (
    *("service_introduction", "post_payments", "post_discounts", "risk_fund", "time_range"),
    *("location", "attach", "notify_url", "shopping_info"),
)
"""The merchant's members of a service, which the API returns."""
PARTIES = ("appid", "sub_appid", "sub_mchid", "channel_id")
USERS = ("openid", "sub_openid")
SUMMARIES = {
    "PAYSCORE.USER_CONFIRM": "支付分服务订单用户确认成功",
    "PAYSCORE.USER_PAID": "支付分服务订单支付成功",
}


def description_of(order: ServiceOrder) -> str:
    """Return the `state_description` of a service order; empty if it has none."""
    if order["state"] != DOING:
        return ""
    return USER_CONFIRM if order["total"] is None else MCH_COMPLETE


def paid_by(trade: payments.Order) -> dict[str, Any]:
    """Return the changes of a service order after its successful deduction."""
    detail = {
        "seq": 1,
        "amount": trade["total"],
        "paid_type": "NEWTON",
        "paid_at": trade["paid"],
        "transaction_id": trade["transaction_id"],
        "promotion_detail": [],
    }
    return {"state": DONE, "details": [detail], "openid": trade["openid"]}


def shown(state: State, order: ServiceOrder) -> dict[str, Any]:
    """Return a service order as a response or a notification."""
    description = description_of(order)
    view = {
        **{name: order[name] for name in ("out_order_no", "service_id", "order_id", "state")},
        **{name: order[name] for name in (*PARTIES, *USERS) if order[name]},
        "mchid": state.mchid,
        **order["terms"],
        **({"state_description": description} if description else {}),
    }
    if order["total"] is not None and order["state"] != REVOKED:
        view |= {"total_amount": order["total"], "need_collection": order["total"] > 0}
        if order["total"]:
            view["collection"] = _collection(state, order)
    return view


def _collection(state: State, order: ServiceOrder) -> dict[str, Any]:
    details, total = order.get("details", []), order["total"]
    shown_details = []
    for each in details:
        detail = {name: value for name, value in each.items() if name != "paid_at"}
        if "paid_at" in each:
            detail["paid_time"] = state.clock.compact(each["paid_at"])
        shown_details.append(detail)
    return {
        "state": "USER_PAID" if details else "USER_PAYING",
        "total_amount": total,
        "paying_amount": 0 if details else total,
        "paid_amount": total if details else 0,
        **({"details": shown_details} if details else {}),
    }


def notify(state: State, outbox: Outbox, event: str, order: ServiceOrder) -> str:
    """Send a notification of a service order, and return its id."""
    url = order["terms"].get("notify_url", "")
    if not url:
        return ""
    members = {"post_payments": [], **shown(state, order), "out_trade_no": order["order_id"]}
    partner = "partner" if order["sub_mchid"] else "direct"
    content = listed_for(event, members, "acquiringbank" if order["channel_id"] else partner)
    return outbox.post(url, event, content, summary=SUMMARIES[event], original_type="payscore")
