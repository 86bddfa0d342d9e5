"""Writes a bill as an Excel workbook, with its official headings and in yuan."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..forms import ColumnType
from ..reading import BillReader
from .amounts import decimal_yuan
from .sheets import MOST_ROWS, opened

__all__ = ["bill_to_excel"]

MONEY = (ColumnType.AMOUNT, ColumnType.FEE)


def bill_to_excel(
    readers: Iterable[BillReader[Any]], path: Path, *, most_rows: int = MOST_ROWS
) -> None:
    """Write bills of one kind, one after the other.

    Args:
        readers: the readers of the bills; all have the columns of the first.
        path: the path of the file, which is written in place.
        most_rows: maximum rows of a sheet; further rows go to the next sheet.

    Raises:
        BillError: a bill is damaged.
        ConfigurationError: XlsxWriter is not installed.
        OSError: the file cannot be written.
    """
    bills = list(readers)
    first = bills[0]
    money = {
        column.name for column in (first.form.columns if first.form else ()) if column.type in MONEY
    }
    fields = [each for each in dataclasses.fields(first.row_class) if each.name != "extra"]

    def rows() -> Iterator[list[Any]]:
        for row in (row for bill in bills for row in bill):
            cells = [_cell(getattr(row, each.name), each.name in money) for each in fields]
            yield [*cells, *(row.extra.get(heading) for heading in first.unknown)]

    heads = [*(each.metadata.get("column", each.name) for each in fields), *first.unknown]
    with opened(path, most_rows) as book:
        book.write("账单", heads, rows())


def _cell(value: Any, is_money: bool) -> Any:
    return decimal_yuan(value) if is_money and value is not None else value
