"""A reconciliation with every class of difference, as the report is given it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from wechatpay_chain.bills.report.view import Balance, Card, Hour, Report, Step
from wechatpay_chain.bills.report.words import DIFFERENCES, Words

CHINA = datetime.timezone(datetime.timedelta(hours=8))
HOSTILE = "<script>alert(1)</script>'\"&\x1b[31m"
FIELDS = {
    "amount": ("total", "1999", "2000"),
    "state": ("trade_state", "SUCCESS", "REVOKED"),
    "fee": ("rate", "0.0060", "0.0054"),
    "refund_amount": ("refund", "100", "200"),
    "merchant": ("sub_mchid", "1900000111", "1900000110"),
}
COUNTS = {"matched": 128_431, **dict.fromkeys(DIFFERENCES, 3)}


def difference(kind: str, number: int, **changed: Any) -> dict[str, Any]:
    field, here, there = FIELDS.get(kind, (None, None, None))
    return {
        "kind": kind,
        "out_trade_no": f"native-{number:06}",
        "out_refund_no": f"refund-{number:06}" if "refund" in kind else None,
        "transaction_id": f"4200{number:024}",
        "mchid": "1900000109",
        "sub_mchid": None,
        "field": field,
        "here": here,
        "there": there,
        "amount": 123405,
        "trade_time": datetime.datetime(2026, 11, 25, 9, 30, 5, tzinfo=CHINA),
        "day": datetime.date(2026, 11, 25),
        "line": number + 2,
        **changed,
    }


def rows(kind: str) -> Iterator[dict[str, Any]]:
    yield from (difference(kind, number) for number in range(3))


REPORT = Report(
    day="2026-11-25",
    merchant="1900000109",
    counts=COUNTS,
    cards=(
        Card(Words("支付（账单）", "Paid, on the bill"), 1_234_567_890, 128_470),
        Card(Words("手续费", "Fees"), Decimal("7407407.125")),
        Card(Words("差额", "Difference"), -7790, difference=True),
    ),
    hours=tuple(Hour(hour, hour * 1_000_000, hour * 30_000) for hour in range(24)),
    balance=Balance(
        (
            Step(Words("期初余额", "Opening balance"), 10_000_000, total=True),
            Step(Words("支付", "Payments"), 1_234_567_890, 128_470),
            Step(Words("无法解释", "Unexplained"), -100, 1, fault=True),
        ),
        explained=False,
    ),
    rows=rows,
    made=datetime.datetime(2026, 11, 26, 10, 31, tzinfo=CHINA),
)


def report(**changed: Any) -> Report:
    return dataclasses.replace(REPORT, **changed)
