"""Writes Excel workbooks row by row, in constant memory.

Text is always written as text: Excel keeps only 15 digits of an order number, and text typed by a
customer may be a formula or a link (CSV injection, CWE-1236).
"""

from __future__ import annotations

import datetime
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["LONGEST", "MOST_ROWS", "Book", "opened"]

MOST_ROWS = 1_048_576
"""Maximum rows of a sheet including its head, according to Excel's specification."""
LONGEST = 32_767
"""Maximum characters of a cell."""

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML 1.0 does not allow."""

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
WIDTH = 16
CENTS = Decimal("0.01")


@contextmanager
def opened(path: Path, most_rows: int = MOST_ROWS) -> Iterator[Book]:
    """Write a workbook, which is complete at the end of the block.

    Args:
        path: the path of the file, which is written in place.
        most_rows: maximum rows of a sheet; further rows go to the next sheet.

    Raises:
        ConfigurationError: XlsxWriter is not installed.
        OSError: the file cannot be written.
    """
    try:
        import xlsxwriter
        from xlsxwriter.exceptions import FileCreateError
    except ImportError:
        raise ConfigurationError(
            _(
                "Excel workbooks need XlsxWriter, which is not installed: pip install "
                "'wechatpay-chain[bills]'"
            )
        ) from None
    # XlsxWriter keeps rows in temporary files with the same sensitive content. They get a folder
    # that other users cannot read, and that is always removed.
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": folder})
        try:
            yield Book(book, most_rows)
            book.close()
        except FileCreateError as error:
            reason = error.args[0]
            raise (reason if isinstance(reason, OSError) else OSError(str(error))) from None
        finally:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()  # still open after an error


class Book:
    """The sheets of a workbook, limited to Excel's number of rows."""

    def __init__(self, book: Workbook, most_rows: int) -> None:
        self._book = book
        self._most = most_rows
        self.bold: Format = book.add_format({"bold": True})
        self._money: Format = book.add_format({"num_format": "#,##0.00"})
        self._fractions: Format = book.add_format({"num_format": "#,##0.00####"})
        self._whole: Format = book.add_format({"num_format": "#,##0"})
        self._text: Format = book.add_format({"num_format": "@"})
        self._time: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._date: Format = book.add_format({"num_format": "yyyy-mm-dd"})

    def sheet(self, title: str) -> Worksheet:
        """Add a sheet."""
        return self._book.add_worksheet(title)

    def write(
        self,
        title: str,
        heads: Sequence[str],
        rows: Iterable[Sequence[Any]],
        widths: Sequence[int] = (),
    ) -> None:
        """Write rows below their heads, on as many sheets as necessary."""
        number, line = 0, self._most
        sheet: Worksheet | None = None
        for row in rows:
            if sheet is None or line >= self._most:
                number, line = number + 1, 1
                sheet = self.sheet(title if number == 1 else f"{title} {number}")
                self._head(sheet, heads, widths)
            for column, value in enumerate(row):
                self.cell(sheet, line, column, value)
            line += 1

    def _head(self, sheet: Worksheet, heads: Sequence[str], widths: Sequence[int]) -> None:
        for column, head in enumerate(heads):
            sheet.set_column(column, column, widths[column] if widths else WIDTH)
            sheet.write_string(0, column, clean(head), self.bold)
        sheet.freeze_panes(1, 0)

    def cell(self, sheet: Worksheet, line: int, column: int, value: Any) -> None:
        """Write a value with its own type; text always stays text."""
        if value is None or value == "":
            return
        if isinstance(value, Decimal):
            style = self._money if value == value.quantize(CENTS) else self._fractions
            sheet.write_number(line, column, value, style)
        elif isinstance(value, int):
            sheet.write_number(line, column, value, self._whole)
        elif isinstance(value, datetime.datetime):
            sheet.write_datetime(line, column, value.replace(tzinfo=None), self._time)
        elif isinstance(value, datetime.date):
            sheet.write_datetime(line, column, value, self._date)
        else:
            sheet.write_string(line, column, clean(str(value)), self._text)


def clean(text: str) -> str:
    """Remove the characters that a cell cannot contain."""
    return FORBIDDEN.sub("\ufffd", text)[:LONGEST]
