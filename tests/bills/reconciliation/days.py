"""Rows of a trade bill and of a merchant's own tables, for tests to differ in one thing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from wechatpay_chain import bills

DAY = "2026-11-25"
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
Row = dict[str, Any]


def at(clock: str, day: str = DAY) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{day}T{clock}+08:00")


def paid(out_trade_no: str, total: int = 100, **values: Any) -> Row:
    """A payment in the bill."""
    row = {
        "trade_time": at("10:00:00"),
        "mchid": "1900000109",
        "sub_mchid": None,
        "transaction_id": f"4200{out_trade_no}",
        "out_trade_no": out_trade_no,
        "trade_state": "SUCCESS",
        "currency": "CNY",
        "settlement_total": total,
        "refund": 0,
        "refund_requested": 0,
        "total": total,
    }
    return row | values


def refunded(out_trade_no: str, out_refund_no: str, amount: int, **values: Any) -> Row:
    """A refund in the bill."""
    row = paid(
        out_trade_no,
        0,
        trade_state="REFUND",
        refund=amount,
        refund_requested=amount,
        out_refund_no=out_refund_no,
        refund_id=f"5030{out_refund_no}",
        refund_status="SUCCESS",
    )
    return row | values


def revoked(out_trade_no: str, amount: int = 100, **values: Any) -> Row:
    """A reversed payment in the bill."""
    row = paid(out_trade_no, 0, trade_state="REVOKED", refund=amount, refund_requested=amount)
    return row | {"refund_id": f"5030{out_trade_no}", "refund_status": "SUCCESS"} | values


def order(out_trade_no: str, total: int = 100, **values: Any) -> Row:
    return {"out_trade_no": out_trade_no, "total": total, **values}


def refund(out_refund_no: str, amount: int, out_trade_no: str, **values: Any) -> Row:
    row = {"out_refund_no": out_refund_no, "refund": amount, "out_trade_no": out_trade_no}
    return row | values


def found(result: bills.Reconciliation) -> list[tuple[str, str | None]]:
    """Each difference as its class and what it is about."""
    return [(each.kind, each.out_refund_no or each.out_trade_no) for each in result.differences]


def counted(result: bills.Reconciliation) -> Mapping[str, int]:
    """The classes that were found, without zeros."""
    return {kind: count for kind, count in result.counts.items() if count}
