"""Formats the members of a difference for readers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from .amounts import yuan
from .view import Report, Row
from .words import COLUMNS

__all__ = ["MONEY", "shown", "used"]

MONEY = frozenset({"total", "refund", "fee"})
"""Values of `field` with amounts in fen as `here` and `there`."""

ONE_SIDED = frozenset(
    {"missing_here", "missing_there", "refund_missing_here", "refund_missing_there"}
)
SIDES = frozenset({"field", "here", "there"})


def shown(row: Row, column: str) -> str:
    """Format a member; empty if it is absent."""
    value = row.get(column)
    if value is None:
        return ""
    if column == "amount":
        return yuan(value)
    if column in {"here", "there"} and row.get("field") in MONEY:
        return _fen(value)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)


def used(rows: Iterable[Row], report: Report, *, with_kind: bool = False) -> list[str]:
    """Return the columns with information that is not in the report's head.

    Args:
        rows: rows displayed together.
        report: their report.
        with_kind: whether the rows belong to several classes.
    """
    found: set[str] = {"kind"} if with_kind else set()
    said = {("mchid", report.merchant), ("day", report.day)}
    for row in rows:
        names = COLUMNS.keys() - found - {"kind"}
        if row.get("kind") in ONE_SIDED:
            names -= SIDES  # the amount contains the same information
        found |= {
            name
            for name in names
            if row.get(name) not in (None, "") and (name, str(row[name])) not in said
        }
    return [name for name in COLUMNS if name in found]


def _fen(value: Any) -> str:
    """Convert fen to yuan if the value is a number; other values stay unchanged."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return yuan(number) if number.is_finite() else str(value)
