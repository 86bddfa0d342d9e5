r"""The text of bills: rows and totals in the columns of a form, as WeChat Pay's CSV writes them.

Every value is preceded by a back-quote, and amounts are in yuan. A comma in a value is kept; a
control character U+0001 becomes a space, and line breaks become the letters `\r` and `\n`.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....bills.forms import Column, ColumnType, Form, Total
from ...state import State

__all__ = ["Row", "percent", "table", "yuan"]

Row = Mapping[str, Any]
"""Values by the column names of a form: fen, ten-thousandths of a rate, seconds since 1970."""


def yuan(fen: int) -> str:
    """Convert fen to yuan with two decimals, in integer arithmetic."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02}"


def percent(rate: int) -> str:
    """Convert a rate in ten-thousandths to a percentage with two decimals."""
    return f"{yuan(rate)}%"


def table(state: State, form: Form, rows: Sequence[Row]) -> str | None:
    """Return a bill; None if it has no rows.

    Args:
        state: the state of the gateway.
        form: defines the columns and the totals in the last line.
        rows: the rows in order; missing values are written as absent.
    """
    if not rows:
        return None
    lines = [form.header]
    lines += (
        _line(_cell(state, each, row.get(each.name)) for each in form.columns) for row in rows
    )
    if form.totals:
        types = {column.name: column for column in form.columns}
        lines += [form.summary_header, _line(_total(each, types, rows) for each in form.totals)]
    return "".join(f"{line}\n" for line in lines)


def _line(values: Iterable[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _cell(state: State, column: Column, value: Any) -> str:
    match column.type:
        case ColumnType.AMOUNT | ColumnType.MONEY:
            return yuan(value or 0)
        case ColumnType.FEE:
            return f"{yuan(value or 0)}000"
        case ColumnType.RATE:
            return percent(value or 0)
        case ColumnType.TIME:
            return "" if value is None else state.clock.spaced(value)
        case _:
            return _in_one_line("" if value is None else str(value))


def _in_one_line(text: str) -> str:
    return text.replace("\x01", " ").replace("\r", "\\r").replace("\n", "\\n")


def _total(total: Total, columns: Mapping[str, Column], rows: Iterable[Row]) -> str:
    counted = [row for row in rows if not total.direction or row["direction"] == total.direction]
    if not total.of:
        return str(len(counted))
    amount = sum(row.get(total.of) or 0 for row in counted)
    return f"{yuan(amount)}000" if columns[total.of].type is ColumnType.FEE else yuan(amount)
