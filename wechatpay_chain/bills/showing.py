"""Displays bills and their rows in notebooks, terminals and rich.

Amounts are in yuan. Payers and free texts are omitted, as in the `repr` of a row.
"""

from __future__ import annotations

import copy
import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, Protocol

from ..display.layout import Column, Facts, Heading, Line, Span, Table, text
from ..display.view import Part, View
from ..utils.display import printable
from ..utils.exceptions import BillError
from ..utils.files import why_not
from ..utils.translation import _
from .forms import FORMS, ColumnType, Form
from .report.amounts import yuan

__all__ = ["COLUMNS", "MANY", "file_view", "reader_view", "row_view", "summary_view"]

FIRST = 10
"""Number of displayed rows."""
COUNTED = 100_000
"""Maximum number of rows read to count them."""
LONGEST = 200
"""Maximum characters of a value."""
MONEY = (ColumnType.AMOUNT, ColumnType.FEE)

COLUMNS = {
    "trade": (
        *("trade_time", "out_trade_no", "out_refund_no", "trade_state"),
        *("total", "refund_requested", "fee"),
    ),
    "fund_flow": (
        *("accounting_time", "business_name", "business_type", "direction"),
        *("amount", "balance", "voucher_no"),
    ),
}
"""The displayed columns of the first rows; for other kinds, the leading columns."""
MANY = 7


class Summed(Protocol):
    """The displayed part of a `Summary`."""

    @property
    def kind(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def totals(self) -> Mapping[str, int | Decimal]: ...
    @property
    def opening_balance(self) -> int | None: ...
    @property
    def closing_balance(self) -> int | None: ...


class Readable(Protocol):
    """The displayed part of a `BillReader`."""

    path: str
    kind: str
    form: Form | None
    unknown: tuple[str, ...]

    @property
    def summary(self) -> Summed | None: ...
    @property
    def type(self) -> str: ...
    def __iter__(self) -> Iterator[Any]: ...
    def blocks(self) -> Iterator[tuple[Any, Any, int]]: ...


def file_view(file: Any) -> View:
    """Return the view of a bill on disk, without reading it.

    Args:
        file: a `BillFile`.
    """
    facts = [
        (field.name, text(_cut(value)))
        for field in dataclasses.fields(file)
        if field.name not in ("empty", "path" if file.empty else "")
        and (value := getattr(file, field.name)) != ""
    ]
    if file.empty:
        badges: Line = (Span(_("empty: no transactions on this day"), "unsure"),)
        return View(text(_("Bill"), "heading"), badges, (Facts(tuple(facts)),))
    hint = Heading(text(_("bills.read(…) shows its rows"), "aside"))
    return View(text(_("Bill"), "heading"), (), (Facts(tuple(facts)), hint))


def summary_view(summary: Summed) -> View:
    """Return the view of a bill's sums."""
    title = (Span(_("Bill summary") + "  ", "heading"), Span(_kind(summary.kind, summary.type)))
    parts: tuple[Part, ...] = (Facts(((_("rows"), text(f"{summary.count:,}")), *_sums(summary))),)
    return View(title, (Span(_("adds up"), "good"),), parts)


def row_view(row: Any, kind: str) -> View:
    """Return the view of a row: its fields, except for those that `repr` omits.

    Args:
        row: such as a `TradeRow`.
        kind: the kind of its form; empty if it is not known.
    """
    money = _money(kind)
    given = [field for field in dataclasses.fields(row) if getattr(row, field.name) is not None]
    facts = [
        (field.name, _fact(getattr(row, field.name), field.name in money))
        for field in given
        if field.repr
    ]
    hidden = [field.name for field in given if not field.repr and getattr(row, field.name)]
    parts: list[Part] = [Facts(tuple(facts))] if facts else []
    if hidden:
        parts.append(Heading(text(_("Not shown: {names}", names=", ".join(hidden)), "aside")))
    return View(text(type(row).__name__, "heading"), (), tuple(parts))


def reader_view(reader: Readable) -> View:
    """Return the view of a bill: its first rows, their number, and whether they match its summary.

    The file is read again, to its end if it has at most 100,000 rows. An open file can be read only
    once, so its rows are left to the caller.
    """
    title = (Span(_("Bill") + "  ", "heading"), Span(_kind(reader.kind, reader.type)))
    facts = [(_("path"), text(_cut(reader.path)))] if reader.path else []
    if reader.unknown:
        facts.append((_("unknown columns"), text(_cut(", ".join(reader.unknown)))))
    if not reader.path:
        once = _("An open file can be read only once, so its rows are not shown")
        return View(title, (), (*_facts(facts), Heading(text(once, "aside"))))
    read = _read(reader)
    if read.fault:
        facts.append((_("fault"), text(_cut(read.fault, 1000), "warning")))
        badge = Span(_("DAMAGED: do not act on its rows"), "bad")
    elif read.summary is None:
        badge = Span(_("not read completely"), "unsure")
    else:
        badge = Span(_("adds up"), "good")
        facts += [(_("rows"), text(f"{read.summary.count:,}")), *_sums(read.summary)]
    parts = [*_facts(facts), *_rows(reader, read)]
    return View(title, (badge,), tuple(parts))


class _Read(NamedTuple):
    """The part of a bill that was read.

    Attributes:
        rows: the first rows.
        seen: the number of rows read.
        summary: the summary; None if the end was not reached.
        fault: the error in the bill.
    """

    rows: Sequence[Any]
    seen: int
    summary: Summed | None
    fault: str


def _read(reader: Readable) -> _Read:
    own = copy.copy(reader)  # the display does not change the caller's object
    rows: list[Any] = []
    count = 0
    try:
        rows += itertools.islice(own, FIRST)
        for *_sizes, many in own.blocks():
            count += many
            if count > COUNTED:
                break
    except BillError as error:
        return _Read(rows, max(count, len(rows)), None, str(error))
    except OSError as error:
        why = _("it cannot be read: {why_not}", why_not=why_not(error))
        return _Read(rows, max(count, len(rows)), None, why)
    return _Read(rows, count, own.summary, "")


def _rows(reader: Readable, read: _Read) -> Iterator[Part]:
    if not read.rows:
        return
    kind = reader.form.kind if reader.form is not None else ""
    fields = [field.name for field in dataclasses.fields(read.rows[0]) if field.repr]
    if not fields:
        why = _("{count:,} rows of an unknown form are not shown; use row.extra", count=read.seen)
        yield Heading(text(why, "aside"))
        return
    money = _money(kind)
    names = COLUMNS.get(kind, tuple(fields[:MANY]))
    columns = tuple(Column(name, "number" if name in money else "text") for name in names)
    cells = (
        tuple(_value(getattr(row, name), name in money) for name in names) for row in read.rows
    )
    yield Table(columns, tuple(cells))
    count = read.summary.count if read.summary is not None else read.seen
    more = count - len(read.rows)
    if read.summary is None and not read.fault:
        yield Heading(text(_("… and more than {more:,} more", more=more - 1), "aside"))
    elif more > 0:
        yield Heading(text(_("… and {more:,} more", more=more), "aside"))


def _sums(summary: Summed) -> Iterator[tuple[str, Line]]:
    counts = {"count", *_counting(summary.kind)}
    for name, value in summary.totals.items():
        if name != "count":
            yield name, text(f"{value:,}" if name in counts else _yuan(value), "number")
    for name in ("opening_balance", "closing_balance"):
        balance = getattr(summary, name)
        if balance is not None:
            yield name, text(_yuan(balance), "number")


@cache
def _counting(kind: str) -> frozenset[str]:
    """Return the sums of a kind that count rows."""
    forms = (form for form in FORMS if kind.endswith(form.kind))
    return frozenset(total.name for form in forms for total in form.totals if not total.of)


@cache
def _money(kind: str) -> frozenset[str]:
    """Return the fields of a row that are in fen."""
    columns = (column for form in FORMS if form.kind == kind for column in form.columns)
    return frozenset(column.name for column in columns if column.type in MONEY)


def _fact(value: Any, is_money: bool) -> Line:
    """Return a value of a single row: amounts in yuan, followed by fen."""
    if not is_money:
        return _value(value, False)
    return (Span(_yuan(value), "number"), Span("  " + _("{amount} fen", amount=value), "aside"))


def _yuan(fen: Any) -> str:
    return _("{amount} yuan", amount=yuan(fen))


def _value(value: Any, is_money: bool) -> Line:
    if value is None:
        return text("")
    if is_money and isinstance(value, int | Decimal):
        return text(yuan(value), "number")
    if isinstance(value, datetime.datetime):
        return text(f"{value:%Y-%m-%d %H:%M:%S}")
    return text(_cut(value))


def _facts(facts: Iterable[tuple[str, Line]]) -> tuple[Part, ...]:
    rows = tuple(facts)
    return (Facts(rows),) if rows else ()


def _kind(kind: str, type_: str) -> str:
    return _cut(" ".join(filter(None, (kind or _("unknown"), type_))))


def _cut(value: object, longest: int = LONGEST) -> str:
    return printable(value, longest)
