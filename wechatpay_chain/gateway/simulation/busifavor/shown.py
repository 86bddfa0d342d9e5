"""Responses with merchants' coupons."""

from __future__ import annotations

from typing import Any

from ...state import State
from .records import Coupon
from .stocks import Stock

__all__ = ["coupon"]

OF_STOCK = (
    *("stock_name", "belong_merchant", "comment", "goods_name", "stock_type"),
    *("coupon_use_rule", "custom_entrance"),
)
OF_COUPON = (
    *("coupon_code", "coupon_state", "stock_id", "send_request_no", "use_request_no"),
    *("associate_out_trade_no", "return_request_no"),
    *("deactivate_request_no", "deactivate_reason"),
)
TIMES = {
    "available_start_time": "begins",
    "expire_time": "ends",
    "receive_time": "created",
    "use_time": "used",
    "return_time": "returned",
    "deactivate_time": "deactivated",
}


def coupon(state: State, stock: Stock, record: Coupon | None) -> dict[str, Any]:
    """Return all members of a coupon.

    Args:
        state: the state of the merchant.
        stock: the stock of the coupon.
        record: the coupon; None returns the stock only.
    """
    rule, known = stock["stock_send_rule"], record or {}
    return {
        **{name: stock[name] for name in OF_STOCK if name in stock},
        "display_pattern_info": stock.get("display_pattern_info") or {},
        **{name: rule[name] for name in ("transferable", "shareable") if name in rule},
        **{name: known[name] for name in OF_COUPON if name in known},
        **{name: state.clock.rfc3339(known[its]) for name, its in TIMES.items() if its in known},
    }
