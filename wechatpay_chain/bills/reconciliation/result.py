"""What a reconciliation found."""

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
"""The keys of `Reconciliation.counts`, in their order."""

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One way in which a payment or refund differs.

    Attributes:
        kind: one of `CLASSES`, but `matched`.
        out_trade_no: the order.
        out_refund_no: the refund; None for a payment.
        transaction_id: the bill's where it has the row.
        mchid: likewise.
        sub_mchid: likewise; None for a direct merchant.
        field: what differs, such as `total`, `refund`, `trade_state`, `rate`, `sub_mchid`.
        here: the merchant's value as text, amounts in fen; None where there is none.
        there: WeChat Pay's value, likewise.
        amount: of the payment or refund in fen: the bill's where it has the row.
        trade_time: in +08:00, the bill's where it has the row.
        day: of the row, in China.
        line: in the bill's file; None where the bill has no such row, or is no file.
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
"""What the differences of a class are sorted by."""
COLUMNS = tuple(field.name for field in dataclasses.fields(Difference))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of one side, in fen.

    Attributes:
        payments: how many.
        paid: their `total`.
        refunds: how many.
        refunded: what was asked to be given back.
        revokes: how many payments were reversed.
        revoked: their amounts.
        fee: of payments, less what refunds gave back; in fen, with up to three places.
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
    """What the bill has of an hour of the day.

    Attributes:
        hour: 0 to 23, in China.
        paid: fen.
        refunded: fen, reversed payments included.
    """

    hour: int
    paid: int
    refunded: int


@showing
class Reconciliation:
    """What `reconcile` found.

    Attributes:
        counts: how many of each class; its keys are `CLASSES`. `matched` counts the rows of the
            bill, payments and refunds, that have no difference.
        days: of the bill.
        mchids: the merchants of the bill.
        here: the sums of the merchant's side: what counts as paid and refunded on these days.
        there: the sums of the bill.
        balance: the fund flow beside the trade bill; None where none was given.
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
        """The differences one by one, without all of them in memory as objects.

        Args:
            kind: of this class alone.
        """
        table = self._differences if kind is None else self.table(kind)
        for batch in table.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                moment = row["trade_time"]
                if moment is not None:
                    row["trade_time"] = moment.astimezone(SHANGHAI)
                yield Difference(**row)

    def table(self, kind: str) -> pyarrow.Table:
        """The differences of a class as an Arrow table.

        Args:
            kind: one of `CLASSES`, but `matched`.

        Raises:
            ConfigurationError: there is no such class.
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
        """What the bill has of each hour of the day."""
        paid = dict.fromkeys(range(24), 0)
        refunded = dict.fromkeys(range(24), 0)
        for row in self._hours:
            of_kind = paid if row["row_kind"] == "payment" else refunded
            of_kind[int(row["hour"])] += int(row["amount"] or 0)
        return tuple(Hour(hour, paid[hour], refunded[hour]) for hour in range(24))

    @property
    def ok(self) -> bool:
        """Whether there is no difference, and the fund flow is explained where it was given."""
        return not len(self._differences) and (self.balance is None or self.balance.ok)

    @property
    def exit_code(self) -> int:
        """0 where all is well, else 1."""
        return 0 if self.ok else 1

    def to_html(self, path: Destination, *, last: Last = None) -> Path:
        """Write the report as one HTML file, in Chinese and English.

        It has no script and requests nothing. Of a class it lists the first 1,000 differences.

        Args:
            path: of the file, which appears once it is complete.
            last: what `compare` returned, or the path of the last run's file: the report then says
                what is new, still open or solved.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written, or the last run not be read.
        """
        from ..report.writing import to_html

        return to_html(self, path, last)

    def to_excel(self, path: Destination, *, last: Last = None) -> Path:
        """Write the report as an Excel workbook: a sheet of sums, and one for each class.

        It has all differences, amounts as numbers in yuan, and numbers of orders as text. Nothing
        in it is a formula.

        Args:
            path: of the file, which appears once it is complete.
            last: as for `to_html`.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written, the last run not be read, or XlsxWriter
                is not installed.
        """
        from ..report.writing import to_excel

        return to_excel(self, path, last)

    def save(self, path: Destination) -> Path:
        """Write the differences to a file that a later run of the same days compares itself with.

        Args:
            path: of the file: a JSON value a line. It appears once it is complete.

        Returns:
            The path.

        Raises:
            ConfigurationError: the file cannot be written.
        """
        from ..report.writing import save

        return save(self, path)

    def compare(self, path: Destination) -> Changes:
        """Compare with the last run: what is new, still open or solved.

        Differences are the same if their class, numbers, merchant and field are.

        Args:
            path: of the file that `save` wrote.

        Raises:
            ConfigurationError: the file is missing, damaged, or of other days or another merchant.
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
            "{kind!r} is no class of differences; there are {classes}",
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
