"""Charges of a service order: payments, discounts, their total, and the time of the service.

Source: https://pay.weixin.qq.com/docs/merchant/apis/weixin-pay-score/service-order/complete-service-order.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...messages.exchange import Rejection
from .. import checks

__all__ = ["check_charges", "check_moment", "check_time_range", "total_of"]

MOST_PAYMENTS, MOST_DISCOUNTS = 100, 30
TIME = re.compile(r"\d{8}(\d{6})?", re.ASCII)
MOMENT = re.compile(r"\d{14}", re.ASCII)
ON_ACCEPT = "OnAccept"
"""The start of a service that begins with the user's confirmation."""
LIMITING = ("DEPOSIT", "ADVANCE", "CASH_DEPOSIT")
"""The risks that limit the total of an order; an estimate does not limit it."""


def check_charges(data: Mapping[str, Any]) -> None:
    """Reject invalid payments and discounts of a service order.

    Args:
        data: the request with `post_payments` and `post_discounts`.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    _check_lines(data.get("post_payments") or [], "/post_payments", MOST_PAYMENTS)
    discounts = data.get("post_discounts") or []
    _check_lines(discounts, "/post_discounts", MOST_DISCOUNTS)
    names = [each.get("name") for each in discounts]
    if len(set(names)) != len(names):
        raise Rejection.parameter("/post_discounts", names, "must have different names")


def _check_lines(lines: list[dict[str, Any]], pointer: str, most: int) -> None:
    if len(lines) > most:
        raise Rejection.parameter(pointer, len(lines), f"must have at most {most} items")
    for index, each in enumerate(lines):
        here = f"{pointer}/{index}"
        checks.text(each.get("name"), f"{here}/name", 20)
        if each.get("description") is not None:
            checks.text(each["description"], f"{here}/description", 30)
        if each.get("amount") is not None and each["amount"] < 0:
            raise Rejection.parameter(f"{here}/amount", each["amount"], "must not be below 0")
        if each.get("count") is not None and not 1 <= each["count"] <= 100:
            raise Rejection.parameter(f"{here}/count", each["count"], "must be 1 to 100")


def total_of(data: Mapping[str, Any], risk_fund: Mapping[str, Any]) -> int:
    """Return the total of a request in fen: the payments less the discounts.

    Args:
        data: the request with `post_payments`, `post_discounts` and `total_amount`.
        risk_fund: the risk fund of the order; empty if it has none.

    Raises:
        Rejection: the request contains another total, or one above the deposit.
    """
    check_charges(data)
    added, taken = (
        sum(each.get("amount") or 0 for each in data.get(name) or [])
        for name in ("post_payments", "post_discounts")
    )
    total = data.get("total_amount")
    if total != added - taken or total < 0:
        issue = "must be post_payments less post_discounts"
        raise Rejection.parameter("/total_amount", total, issue)
    if risk_fund.get("name") in LIMITING and total > risk_fund["amount"]:
        message = f"总金额大于服务风险金额: {total} > {risk_fund['amount']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    return int(total)


def check_time_range(given: Mapping[str, Any]) -> None:
    """Reject an invalid time of the service.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    start, end = given.get("start_time"), given.get("end_time")
    if start and start != ON_ACCEPT and not TIME.fullmatch(start):
        issue = f"must be {ON_ACCEPT}, or a time such as 20261120132935"
        raise Rejection.parameter("/time_range/start_time", start, issue)
    if end and not TIME.fullmatch(end):
        issue = "must be a time such as 20261120132935"
        raise Rejection.parameter("/time_range/end_time", end, issue)
    if start and end and start != ON_ACCEPT and end < start[: len(end)]:
        raise Rejection.parameter("/time_range/end_time", end, "must not be before start_time")


def check_moment(given: Any, pointer: str) -> None:
    """Reject a value that is no time such as `20261120132935`.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if not isinstance(given, str) or not MOMENT.fullmatch(given):
        raise Rejection.parameter(pointer, given, "must be a time such as 20261120132935")
