"""Responses and notifications of coupons."""

from __future__ import annotations

from typing import Any

from ...state import State
from ..listing import listed_for
from . import stocks
from .callbacks import SETTING
from .records import Coupon

__all__ = ["shown", "used"]


def shown(state: State, coupon: Coupon) -> dict[str, Any]:
    """Return all members of a coupon."""
    stock, clock = stocks.existing(state, coupon["stock_id"]), state.clock
    view = {
        "stock_creator_mchid": state.mchid,
        "stock_id": coupon["stock_id"],
        "coupon_id": coupon["coupon_id"],
        "coupon_name": stock["name"],
        "status": coupon["state"],
        "description": stock["description"],
        "create_time": clock.rfc3339(coupon["created"]),
        "coupon_type": "NORMAL",
        "no_cash": coupon["no_cash"],
        "singleitem": bool(stock["use"].get("available_items")),
        "available_begin_time": clock.rfc3339(coupon["begins"]),
        "available_end_time": clock.rfc3339(coupon["ends"]),
        "normal_coupon_information": {
            "coupon_amount": coupon["amount"],
            "transaction_minimum": stock["minimum"],
        },
    }
    if "consumed" in coupon:
        consumed = coupon["consumed"]
        view["consume_information"] = {
            "consume_time": clock.rfc3339(consumed["time"]),
            "consume_mchid": consumed["mchid"],
            "transaction_id": consumed["transaction_id"],
        }
    return view


def used(state: State, coupon: Coupon) -> None:
    """Send `COUPON.USE` if the merchant has set a notification URL."""
    setting = state.store.get("setting", SETTING)
    if setting is None or not setting["switch"]:
        return
    content = listed_for("COUPON.USE", shown(state, coupon))
    content["consume_information"]["consume_amount"] = coupon["amount"]
    state.outbox.post(
        setting["notify_url"],
        "COUPON.USE",
        content,
        summary="代金券核销通知",
        original_type="coupon",
    )
