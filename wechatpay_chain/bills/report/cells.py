"""A difference's members as text, for people."""

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
"""Values of `field` whose `here` and `there` are fen."""

ONE_SIDED = frozenset(
    {"missing_here", "missing_there", "refund_missing_here", "refund_missing_there"}
)
SIDES = frozenset({"field", "here", "there"})


def shown(row: Row, column: str) -> str:
    """A member as it is shown; empty where it is absent."""
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
    """The columns that say something, and not what the report's head has said.

    Args:
        rows: that are shown together.
        report: that they are of.
        with_kind: whether rows of several classes stand together.
    """
    found: set[str] = {"kind"} if with_kind else set()
    said = {("mchid", report.merchant), ("day", report.day)}
    for row in rows:
        names = COLUMNS.keys() - found - {"kind"}
        if row.get("kind") in ONE_SIDED:
            names -= SIDES  # the amount says the same
        found |= {
            name
            for name in names
            if row.get(name) not in (None, "") and (name, str(row[name])) not in said
        }
    return [name for name in COLUMNS if name in found]


def _fen(value: Any) -> str:
    """Fen as yuan, where it is a number; whatever else stands there as it is."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return yuan(number) if number.is_finite() else str(value)
