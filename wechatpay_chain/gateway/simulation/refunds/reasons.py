"""Reasons of rejected refunds, with the codes of both APIs."""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection

__all__ = ["rejection"]

TIMES = 50
"""Maximum number of refunds of an order."""
REASONS = {
    "absent": (404, "RESOURCE_NOT_EXISTS", "ORDERNOTEXIST", "订单不存在或未支付"),
    "different": (
        400,
        "INVALID_REQUEST",
        "REFUND_FEE_MISMATCH",
        "订单金额或退款金额与之前请求不一致",
    ),
    "other": (400, "INVALID_REQUEST", "INVALID_REQUEST", "请求参数与订单信息不一致"),
    "reversed": (400, "INVALID_REQUEST", "INVALID_REQUEST", "订单已撤销"),
    "overdue": (403, "TRADE_OVERDUE", "TRADE_OVERDUE", "订单已超过退款期限"),
    "refunded": (400, "INVALID_REQUEST", "ERROR", "订单已全额退款"),
    "too_much": (400, "INVALID_REQUEST", "INVALID_REQUEST", "申请退款金额超过订单可退金额"),
    "too_often": (400, "INVALID_REQUEST", "INVALID_REQUEST", f"同一订单最多退款 {TIMES} 次"),
    "unshared": (403, "RULE_LIMIT", "RULE_LIMIT", "申请退款金额大于剩余未分账金额"),
    "irreversible": (403, "RULE_LIMIT", "REVERSE_EXPIRE", "订单支付已超过 7 天，不能撤销"),
    "no_money": (403, "NOT_ENOUGH", "NOTENOUGH", "基本账户余额不足"),
}
"""The reasons: APIv3's status and code, APIv2's code, and the message."""


def rejection(reason: str, protocol: str, about: Any = "") -> Rejection:
    """Return a rejection with the codes of the request's API."""
    status, code, code_v2, message = REASONS[reason]
    text = f"{message}: {about}" if about else message
    if protocol == "v2":
        return Rejection(200, code_v2, text)
    return Rejection(status, code, text)
