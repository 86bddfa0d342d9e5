"""The forms of bills as data: kinds, columns, summary lines."""

from __future__ import annotations

from . import fund_flow, profit_sharing, statement, trade
from .columns import Column, ColumnType, Form, Total, normal_heading

__all__ = ["FORMS", "Column", "ColumnType", "Form", "Total", "normal_heading"]

FORMS: tuple[Form, ...] = (
    *trade.FORMS,
    *fund_flow.FORMS,
    *statement.FORMS,
    *profit_sharing.FORMS,
)
"""All known forms; `bills.reading.header` finds the one that matches a header line."""
