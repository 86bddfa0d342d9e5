"""`wechatpay-chain bills show`: shows the kind, the sums and the first rows of a bill."""

from __future__ import annotations

import datetime
import itertools
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...display.layout import Block, Column, Facts, Table, text
from ...utils.translation import _
from ..output import page, table, write, write_json
from ..usage import PathType, examples, json_option
from .files import remarks
from .rows import plain, record

if TYPE_CHECKING:
    from ...bills import BillReader, Summary

__all__ = ["show"]


@click.command(
    short_help="Show a bill's kind, sums and first rows.",
    epilog=examples("bills show bills/trade-2026-11-25.csv", "bills show bill.csv --rows 3 --json"),
)
@click.argument("bill", metavar="FILE", type=PathType(exists=True, dir_okay=False))
@click.option(
    "--rows",
    "most",
    type=click.IntRange(0, 100_000),
    default=10,
    show_default=True,
    help="The number of rows to show.",
)
@click.option(
    "--show-personal",
    "personal",
    is_flag=True,
    help="Also show payers, descriptions and attached data, which are masked as *** by default.",
)
@json_option
def show(bill: Path, most: int, personal: bool, as_json: bool) -> None:
    """Show the kind, the sums and the first rows of the bill FILE.

    The whole bill is read and compared with its summary. Amounts are in yuan; in JSON in fen.
    """
    from ...bills import read

    with remarks():
        reader = read(bill)
        first = list(itertools.islice(reader, most))
        summary = reader.check()
    records = [record(row, personal=personal) for row in first]
    if as_json:
        write_json(_json(bill, reader, summary, records))
        return
    page([[_facts(bill, reader, summary, first)]])
    if records:
        write("\n")
        table(_rows(reader, records))


def _json(
    bill: Path, reader: BillReader[Any], summary: Summary, records: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "file": str(bill),
        "kind": reader.kind,
        "type": reader.type,
        "columns": list(reader.columns),
        "unknown": list(reader.unknown),
        "count": summary.count,
        "totals": {name: plain(value) for name, value in summary.totals.items()},
        "opening_balance": summary.opening_balance,
        "closing_balance": summary.closing_balance,
        "rows": records,
    }


def _facts(bill: Path, reader: BillReader[Any], summary: Summary, first: list[Any]) -> Block:
    kind = " ".join(filter(None, (reader.kind or "unknown", reader.type)))
    facts = [("file", str(bill)), ("kind", kind)]
    day = _day(first)
    if day:
        facts.append(("day", day))
    facts.append(("rows", f"{summary.count:,}"))
    if reader.unknown:
        facts.append((_("unknown columns"), ", ".join(reader.unknown)))
    for total in reader.form.totals if reader.form else ():
        if total.name in summary.totals and total.name != "count":
            value = summary.totals[total.name]
            amount = _yuan(value) if total.of else f"{value:,}"
            facts.append((total.name, f"{amount}  {total.heading}"))
    for name in ("opening_balance", "closing_balance"):
        balance = getattr(summary, name)
        if balance is not None:
            facts.append((name, _yuan(balance)))
    return Facts(tuple((name, text(value)) for name, value in facts))


def _day(first: list[Any]) -> str:
    """Return the day of the first row that has a time."""
    for row in first:
        for name in ("trade_time", "accounting_time", "time"):
            value = getattr(row, name, None)
            if isinstance(value, datetime.datetime):
                return str(value.date())
    return ""


def _rows(reader: BillReader[Any], records: list[dict[str, Any]]) -> Table:
    from ...bills.forms import ColumnType
    from ...bills.showing import COLUMNS, MANY

    types = {column.name: column.type for column in (reader.form.columns if reader.form else ())}
    money = {name for name, of in types.items() if of in (ColumnType.AMOUNT, ColumnType.FEE)}
    times = {name for name, of in types.items() if of is ColumnType.TIME}
    names = COLUMNS.get(reader.form.kind if reader.form else "", tuple(records[0])[:MANY])

    def cell(name: str, value: Any) -> str:
        if value is None:
            return ""
        if name in money:
            return _yuan(Decimal(value))
        return value.replace("T", " ").removesuffix("+08:00") if name in times else str(value)

    columns = tuple(Column(name, "number" if name in money else "text") for name in names)
    rows = (tuple(text(cell(name, each[name])) for name in names) for each in records)
    return Table(columns, tuple(rows))


def _yuan(fen: int | Decimal) -> str:
    from ...bills.report.amounts import yuan

    return yuan(fen)
