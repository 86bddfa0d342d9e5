"""Writes a reconciliation to files: as HTML, as Excel, and for comparison with the next run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from ...utils.whole_file import whole
from . import last as runs
from .balance import Explained, balance
from .page import html
from .view import Card, Hour, Report, Row
from .words import COLUMNS, Words
from .workbook import excel

__all__ = ["Reconciled", "compare", "save", "to_excel", "to_html"]

Destination = str | os.PathLike[str]
Last = runs.Changes | str | os.PathLike[str] | None

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


class Sums(Protocol):
    """The sums of one side, in fen."""

    @property
    def payments(self) -> int: ...
    @property
    def paid(self) -> int: ...
    @property
    def refunds(self) -> int: ...
    @property
    def refunded(self) -> int: ...
    @property
    def revoked(self) -> int: ...
    @property
    def fee(self) -> Decimal: ...


class HourOfDay(Protocol):
    """The bill's amounts in one hour of the day, in fen."""

    @property
    def hour(self) -> int: ...
    @property
    def paid(self) -> int: ...
    @property
    def refunded(self) -> int: ...


class Reconciled(Protocol):
    """The result of a reconciliation; see `wechatpay_chain.bills.Reconciliation`."""

    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def days(self) -> Sequence[datetime.date]: ...
    @property
    def mchids(self) -> Sequence[str]: ...
    @property
    def here(self) -> Sums: ...
    @property
    def there(self) -> Sums: ...
    @property
    def hours(self) -> Sequence[HourOfDay]: ...
    @property
    def balance(self) -> Explained | None: ...
    def each(self, kind: str | None = None) -> Iterator[Any]: ...


def to_html(result: Reconciled, path: Destination, last: Last = None) -> Path:
    """Write the report as one HTML file; see `Reconciliation.to_html`."""
    target = Path(path)
    report = _report(result, last)
    with whole(target) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(html(report))
    return target


def to_excel(result: Reconciled, path: Destination, last: Last = None) -> Path:
    """Write the report as an Excel workbook; see `Reconciliation.to_excel`."""
    target = Path(path)
    report = _report(result, last)
    with whole(target) as part:
        excel(report, part)
    return target


def save(result: Reconciled, path: Destination) -> Path:
    """Write the differences for the next run; see `Reconciliation.save`."""
    target = Path(path)
    runs.save(target, _of(result), _rows(result))
    return target


def compare(result: Reconciled, path: Destination) -> runs.Changes:
    """Compare with the last run; see `Reconciliation.compare`."""
    return runs.compare(Path(path), _of(result), _rows(result))


def _of(result: Reconciled) -> dict[str, str]:
    return {"day": _day(result), "merchant": ", ".join(result.mchids)}


def _day(result: Reconciled) -> str:
    first, final = min(result.days), max(result.days)
    return str(first) if first == final else f"{first} – {final}"


def _rows(result: Reconciled) -> runs.Rows:
    """Return a function that yields the differences of a class as mappings."""

    def rows(kind: str) -> Iterator[Row]:
        for each in result.each(kind):
            yield {name: getattr(each, name) for name in COLUMNS if name != "status"}

    return rows


def _report(result: Reconciled, last: Last) -> Report:
    changes = last if last is None or isinstance(last, runs.Changes) else compare(result, last)
    more: dict[str, Any] = {"rows": _rows(result)}
    if changes is not None:
        more = {
            "rows": _now(changes),
            "changes": changes.counts,
            "solved": lambda: changes.rows("solved"),
        }
    return Report(
        day=_day(result),
        merchant=", ".join(result.mchids),
        counts=result.counts,
        cards=tuple(_cards(result)),
        hours=tuple(Hour(each.hour, each.paid, each.refunded) for each in result.hours),
        balance=None if result.balance is None else balance(result.balance),
        made=datetime.datetime.now(SHANGHAI).replace(microsecond=0),
        **more,
    )


def _cards(result: Reconciled) -> Iterator[Card]:
    there, here = result.there, result.here
    yield Card(Words("支付（账单）", "Paid, on the bill"), there.paid, there.payments)
    yield Card(Words("支付（本方）", "Paid, here"), here.paid, here.payments)
    yield Card(Words("退款（账单）", "Refunded, on the bill"), there.refunded, there.refunds)
    yield Card(Words("退款（本方）", "Refunded, here"), here.refunded, here.refunds)
    yield Card(Words("手续费（账单）", "Fees, on the bill"), there.fee)
    net = _net(there) - _net(here)
    yield Card(Words("净额差（账单减本方）", "Net, bill less here"), net, difference=True)


def _net(sums: Sums) -> int:
    return sums.paid - sums.refunded - sums.revoked


def _now(changes: runs.Changes) -> runs.Rows:
    """Return a function that yields this run's differences of a class, with their status."""

    def rows(kind: str) -> Iterator[Row]:
        return (row for row in changes.of_class(kind) if row["status"] != "solved")

    return rows
