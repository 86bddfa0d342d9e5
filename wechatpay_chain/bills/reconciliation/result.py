"""The result of a reconciliation."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...display.showing import showing
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow

    from ...display.view import View
    from ..report.last import Changes
    from ..report.writing import Destination, Last
    from .balance import Balance

__all__ = ["CLASSES", "Difference", "Hour", "Reconciliation", "Sums"]

CLASSES = (
    "matched",
    "missing_here",
    "missing_there",
    "amount",
    "currency",
    "state",
    "fee",
    "refund_missing_here",
    "refund_missing_there",
    "refund_amount",
    "duplicate",
    "other_day",
    "merchant",
)
"""The keys of `Reconciliation.counts`, in order."""

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference of a payment or refund.

    Attributes:
        kind: one of `CLASSES`, except `matched`.
        out_trade_no: the order number.
        out_refund_no: the refund number, or None for a payment.
        transaction_id: the bill's number if it has the row, else the merchant's.
        mchid: the bill's merchant if it has the row, else the merchant's own value.
        sub_mchid: the sub-merchant, from the same source; None for a direct merchant.
        field: the field that differs, such as `total`, `refund`, `trade_state`, `rate`,
            `sub_mchid`.
        here: the merchant's value as text, amounts in fen; None if there is none.
        there: WeChat Pay's value as text, amounts in fen; None if there is none.
        amount: the payment or refund in fen: the bill's amount if it has the row.
        trade_time: the time in +08:00: the bill's time if it has the row.
        day: the date of the row, in China.
        line: the line in the bill's file; None if the bill does not have the row, or is not a file.
    """

    kind: str
    out_trade_no: str | None
    out_refund_no: str | None = None
    transaction_id: str | None = None
    mchid: str | None = None
    sub_mchid: str | None = None
    field: str
    here: str | None = None
    there: str | None = None
    amount: int | None = None
    trade_time: datetime.datetime | None = None
    day: datetime.date | None = None
    line: int | None = None


KEY = ("out_trade_no", "out_refund_no", "transaction_id", "mchid", "sub_mchid", "field")
"""The sort key of the differences of a class."""
COLUMNS = tuple(field.name for field in dataclasses.fields(Difference))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of one side, in fen.

    Attributes:
        payments: the number of payments.
        paid: the sum of their `total`.
        refunds: the number of refunds.
        refunded: the sum of the requested refunds.
        revokes: the number of reversed payments.
        revoked: the sum of their amounts.
        fee: the fees of payments minus those returned for refunds, in fen with up to three
            decimals.
    """

    payments: int = 0
    paid: int = 0
    refunds: int = 0
    refunded: int = 0
    revokes: int = 0
    revoked: int = 0
    fee: Decimal = Decimal(0)


@dataclasses.dataclass(frozen=True, slots=True)
class Hour:
    """The bill's amounts in one hour of the day.

    Attributes:
        hour: 0 to 23, in China.
        paid: fen.
        refunded: fen, including reversed payments.
    """

    hour: int
    paid: int
    refunded: int


@showing
class Reconciliation:
    """The result of `reconcile`.

    Attributes:
        counts: the number of rows in each class; its keys are `CLASSES`. `matched` counts the
            payments and refunds of the bill without a difference.
        days: the days of the bill.
        mchids: the merchants of the bill.
        here: the sums of the merchant's side: everything that counts as paid and refunded on these
            days.
        there: the sums of the bill.
        balance: the comparison with the fund flow bill; None without one.
    """

    def __init__(
        self,
        differences: pyarrow.Table,
        counts: Mapping[str, int],
        hours: list[dict[str, Any]],
        days: tuple[datetime.date, ...],
        mchids: tuple[str, ...],
        balance: Balance | None = None,
    ) -> None:
        self._differences = differences
        self.counts: Mapping[str, int] = {name: counts.get(name, 0) for name in CLASSES}
        self.days = days
        self.mchids = mchids
        self.balance = balance
        self.here = _sums(row for row in hours if row["side"] == "here")
        self.there = _sums(row for row in hours if row["side"] == "there")
        self._hours = [row for row in hours if row["side"] == "there"]

    @property
    def differences(self) -> list[Difference]:
        """All differences, in the order of `CLASSES` and of their numbers."""
        return list(self.each())

    def each(self, kind: str | None = None) -> Iterator[Difference]:
        """Iterate over the differences without loading all of them as objects.

        Args:
            kind: return only this class.
        """
        table = self._differences if kind is None else self.table(kind)
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                moment = row["trade_time"]
                if moment is not None:
                    row["trade_time"] = moment.astimezone(SHANGHAI)
                yield Difference(**row)

    def table(self, kind: str) -> pyarrow.Table:
        """Return the differences of a class as an Arrow table.

        Args:
            kind: one of `CLASSES`, except `matched`.

        Raises:
            ConfigurationError: the class is unknown.
        """
        return self.tables[kind] if kind in self.tables else _no_class(kind)

    @functools.cached_property
    def tables(self) -> Mapping[str, pyarrow.Table]:
        """An Arrow table for each class of differences."""
        import pyarrow.compute as compute

        kinds = self._differences["kind"]
        return {
            kind: self._differences.filter(compute.equal(kinds, kind))
            for kind in CLASSES
            if kind != "matched"
        }

    @property
    def sums(self) -> Mapping[str, int | Decimal]:
        """The sums of both sides in fen: `paid_here`, `paid_there`, and so on."""
        return {
            f"{name}_{side}": getattr(sums, name)
            for name in ("paid", "refunded", "revoked", "fee")
            for side, sums in (("here", self.here), ("there", self.there))
        }

    @property
    def hours(self) -> tuple[Hour, ...]:
        """The bill's amounts in each hour of the day."""
        paid = dict.fromkeys(range(24), 0)
        refunded = dict.fromkeys(range(24), 0)
        for row in self._hours:
            of_kind = paid if row["row_kind"] == "payment" else refunded
            of_kind[int(row["hour"])] += int(row["amount"] or 0)
        return tuple(Hour(hour, paid[hour], refunded[hour]) for hour in range(24))

    @property
    def ok(self) -> bool:
        """Whether there is no difference, and the fund flow bill (if any) is explained."""
        return not len(self._differences) and (self.balance is None or self.balance.ok)

    @property
    def exit_code(self) -> int:
        """0 if `ok` is True, else 1."""
        return 0 if self.ok else 1

    def to_html(self, path: Destination, *, last: Last = None) -> Path:
        """Write the report as one HTML file, in Chinese and English.

        The file contains no script and loads nothing. It lists the first 1,000 differences of each
        class.

        Args:
            path: the path of the file, which appears only when it is complete.
            last: the result of `compare`, or the path of the previous run's file; the report then
                marks differences as new, still open or solved.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written, or the previous run cannot be read.
        """
        from ..report.writing import to_html

        return to_html(self, path, last)

    def to_excel(self, path: Destination, *, last: Last = None) -> Path:
        """Write the report as an Excel workbook: a sheet of sums, and one sheet for each class.

        It contains all differences, with amounts as numbers in yuan and order numbers as text. No
        cell contains a formula.

        Args:
            path: the path of the file, which appears only when it is complete.
            last: as in `to_html`.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written, the previous run cannot be read, or
                XlsxWriter is not installed.
        """
        from ..report.writing import to_excel

        return to_excel(self, path, last)

    def save(self, path: Destination) -> Path:
        """Write the differences to a file, for comparison with a later run of the same days.

        Args:
            path: the path of the file, with one JSON value per line. It appears only when it is
                complete.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        from ..report.writing import save

        return save(self, path)

    def compare(self, path: Destination) -> Changes:
        """Compare with the previous run: differences are new, still open or solved.

        Differences are the same if their class, numbers, merchant and field are equal.

        Args:
            path: the path of a file written by `save`.

        Raises:
            ConfigurationError: the file does not exist, is damaged, or belongs to other days or
                another merchant.
        """
        from ..report.writing import compare

        return compare(self, path)

    def _view_(self) -> View:
        from .showing import reconciliation_view

        return reconciliation_view(self)

    def __repr__(self) -> str:
        found = ", ".join(f"{name}={count}" for name, count in self.counts.items() if count)
        return f"<Reconciliation {', '.join(map(str, self.days))}: {found or 'nothing'}>"


def _no_class(kind: str) -> Any:
    raise ConfigurationError(
        _(
            "{kind!r} is not a class of differences; the classes are {classes}",
            kind=kind,
            classes=", ".join(CLASSES[1:]),
        )
    )


def _sums(hours: Iterator[dict[str, Any]]) -> Sums:
    names = {"payment": ("payments", "paid"), "refund": ("refunds", "refunded")}
    names["revoke"] = ("revokes", "revoked")
    found: dict[str, Any] = {}
    fee = Decimal(0)
    for row in hours:
        for name, value in zip(names[row["row_kind"]], (row["number"], row["amount"]), strict=True):
            found[name] = found.get(name, 0) + int(value or 0)
        fee += row["fee"] or 0
    return Sums(**found, fee=fee)
