"""Writes a reconciliation as an Excel workbook: a sheet of sums, and one for each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .amounts import decimal_yuan
from .cells import shown
from .sheets import MOST_ROWS, Book, opened
from .view import Report, Row
from .words import CLASSES, COLUMNS, DIFFERENCES, FIELDS, STATUSES, Words

__all__ = ["excel"]

HEADS = tuple(f"{words.zh} {words.en}" for words in COLUMNS.values())
WIDE = {"out_trade_no": 34, "out_refund_no": 34, "transaction_id": 32, "trade_time": 20}
WIDTHS = tuple(WIDE.get(name, 16) for name in COLUMNS)


def excel(report: Report, path: Path, *, most_rows: int = MOST_ROWS) -> None:
    """Write the workbook; see `opened` for the arguments and errors."""
    with opened(path, most_rows) as book:
        _summary(book, report)
        for kind in DIFFERENCES:
            if report.counts.get(kind):
                book.write(CLASSES[kind].name.zh, HEADS, _cells(report.rows(kind)), WIDTHS)
        if report.changes and report.changes.get("solved"):
            book.write(STATUSES["solved"].zh, HEADS, _cells(report.solved()), WIDTHS)


def _cells(rows: Iterable[Row]) -> Iterator[list[Any]]:
    return ([row.get(name) for name in COLUMNS] for row in _readable(rows))


def _readable(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows with amounts in yuan and readable words."""
    for row in rows:
        amount, kind = row.get("amount"), row.get("kind")
        field, status = row.get("field"), row.get("status")
        yield {
            **row,
            "kind": CLASSES[kind].name.zh if kind in CLASSES else kind,
            "amount": None if amount is None else decimal_yuan(amount),
            "status": STATUSES[status].zh if status in STATUSES else status,
            "field": FIELDS[field].zh if field in FIELDS else field,
            "here": shown(row, "here"),
            "there": shown(row, "there"),
        }


def _summary(book: Book, report: Report) -> None:
    """Write the first sheet: day, merchant, counts, sums and the balance."""
    sheet = book.sheet("汇总")
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 2, 20)
    for line, values in enumerate(_summarised(report)):
        for column, value in enumerate(values):
            if isinstance(value, Words):
                sheet.write_string(line, column, f"{value.zh} {value.en}", book.bold)
            else:
                book.cell(sheet, line, column, value)


def _summarised(report: Report) -> Iterator[Sequence[Any]]:
    yield Words("微信支付对账", "WeChat Pay reconciliation"), report.day
    yield Words("商户号", "Merchant"), report.merchant
    if report.made is not None:
        yield Words("生成时间（北京时间）", "Written (Beijing time)"), report.made
    yield ()
    count = Words("笔数", "Count")
    yield Words("汇总", "Sums"), COLUMNS["amount"], count
    for card in report.cards:
        yield card.name, decimal_yuan(card.amount), card.count
    yield ()
    yield Words("分类", "Class"), count
    for kind, entry in CLASSES.items():
        yield entry.name, report.counts.get(kind, 0)
    if report.changes is not None:
        yield ()
        yield COLUMNS["status"], count
        for name, words in STATUSES.items():
            yield words, report.changes.get(name, 0)
    if report.balance is not None:
        yield ()
        yield Words("资金账单与余额", "Fund flow and balance"), COLUMNS["amount"], count
        for step in report.balance.steps:
            yield step.name, decimal_yuan(step.amount), step.count
