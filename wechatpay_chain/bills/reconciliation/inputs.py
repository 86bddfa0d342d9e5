"""Stages the inputs in an engine's tables: bills, orders, refunds, and their days."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..file import BillFile
from ..reading import BillReader, read
from .schema import DAYS, ORDERS, REFUNDS, TRADE
from .sources.values import rate_of

if TYPE_CHECKING:
    import pyarrow

    from .steps import Step

__all__ = [
    "Bill",
    "Day",
    "Engine",
    "each_bill",
    "nothing",
    "rate_given",
    "stage_bills",
    "stage_days",
    "stage_file",
    "stage_own",
]

Day = datetime.date | str
STATES = ("SUCCESS", "REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "ACCEPT")
"""The states of an order, as named by the API."""
STATUSES = ("SUCCESS", "PROCESSING", "ABNORMAL", "CLOSED", "CHANGE", "REFUNDCLOSE", "FAIL")
"""The states of a refund, as named by the APIs and the bills."""
CHECKS = (
    ("orders", ("out_trade_no", "total"), "trade_state", STATES),
    ("refunds", ("out_refund_no", "refund", "out_trade_no"), "refund_status", STATUSES),
)
"""For each table: its mandatory columns, the second of them the amount; a column and its values."""
PAYMENTS_ALONE, REFUNDS_ALONE = "SUCCESS", "REFUND"


class Engine(Protocol):
    """Runs the statements."""

    def stage(
        self,
        name: str,
        source: Any,
        schema: Mapping[str, str],
        *,
        required: tuple[str, ...],
        names: Mapping[str, str] | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        """Make a source readable as a table."""

    def stage_bill(self, name: str, bill: Any, kind: str, schema: Mapping[str, str]) -> None:
        """Make the file of a bill readable as a table."""

    def view(self, name: str, select: str) -> None:
        """Name a statement."""

    def append(self, name: str, part: str) -> None:
        """Append the rows of a table to another one (created if necessary); may drop the part."""

    def query(self, select: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""

    def run(self, steps: Sequence[Step], results: Sequence[str]) -> dict[str, pyarrow.Table]:
        """Run statements, and return those of the results."""


class Bill(NamedTuple):
    """A staged bill.

    Attributes:
        table: the name of its table.
        date: its date, if the bill contains it.
        type: `ALL`, `SUCCESS` or `REFUND`.
        days: the days of its rows.
        mchids: the merchants of its rows.
    """

    table: str
    date: datetime.date | None
    type: str
    days: frozenset[datetime.date]
    mchids: frozenset[str]


def rate_given(rate: Decimal | str | None) -> Decimal | None:
    """Check a rate passed as an argument.

    Raises:
        ConfigurationError: it is not a rate.
    """
    try:
        return rate_of(rate)
    except ValueError as error:
        raise ConfigurationError(_("rate {rate!r}: {error}", rate=rate, error=error)) from None


def stage_bills(engine: Engine, name: str, bills: Any) -> list[Bill]:
    """Make trade bills readable as one table.

    Args:
        engine: the engine that reads them.
        name: the name of the table.
        bills: one or several bills.
    """
    each = each_bill(bills)
    staged = []
    for at, bill in enumerate(each):
        staged.append(_bill(engine, f"{name}_{at}", bill))
        if len(each) > 1:
            engine.append(name, staged[-1].table)
    if len(each) < 2:
        engine.view(name, f"SELECT * FROM {staged[0].table}" if staged else nothing(TRADE))
    return staged


def stage_own(
    engine: Engine,
    orders: Any,
    refunds: Any,
    *,
    columns: Mapping[str, str] | None,
    refund_columns: Mapping[str, str] | None,
    rate: Decimal | None,
    mchid: str | None,
) -> None:
    """Make the merchant's orders and refunds readable, and reject ambiguous values.

    Raises:
        ConfigurationError: a value is missing or invalid.
    """
    own: dict[str, object] = {} if mchid is None else {"mchid": mchid}
    engine.stage(
        "orders",
        orders,
        ORDERS,
        required=("out_trade_no", "total"),
        names=columns,
        defaults=own if rate is None else own | {"rate": rate},
    )
    engine.stage(
        "refunds",
        refunds,
        REFUNDS,
        required=("out_refund_no", "refund", "out_trade_no"),
        names=refund_columns,
        defaults=own,
    )
    for table, required, column, words in CHECKS:
        missing = " + ".join(f"COUNT(*) - COUNT({name})" for name in required)
        listed = ", ".join(f"'{word}'" for word in words)
        other = f"CASE WHEN {column} NOT IN ({listed}) THEN {column} END"
        ((absent, least, unknown),) = engine.query(
            f"SELECT {missing}, MIN({required[1]}), MIN({other}) FROM {table}"
        )
        if absent:
            raise ConfigurationError(
                _(
                    "{table}: {absent} rows have no {required}",
                    table=table,
                    absent=absent,
                    required=" or ".join(required),
                )
            )
        if least is not None and least < 0:
            raise ConfigurationError(
                _(
                    "{table}, column {required}: {least}; expected 0 fen or more",
                    table=table,
                    required=required[1],
                    least=least,
                )
            )
        if unknown is not None:
            raise ConfigurationError(
                _(
                    "{table}, column {column}: {unknown!r} is not one of {words}",
                    table=table,
                    column=column,
                    unknown=unknown[:40],
                    words=", ".join(words),
                )
            )


def stage_days(
    engine: Engine, bills: list[Bill], date: Day | Iterable[Day] | None
) -> tuple[tuple[datetime.date, ...], tuple[str, ...]]:
    """Make the days of the bills readable, with the kinds of rows that the bills list.

    Args:
        engine: the engine with the bills.
        bills: the staged bills.
        date: the date of all of them, which overrides their own.

    Returns:
        The days, and the merchants of the bills.

    Raises:
        ConfigurationError: the day of a bill is unknown.
    """
    given = None if date is None else [date] if isinstance(date, (str, datetime.date)) else date
    forced = None if given is None else {_day(each) for each in given}
    lists = dict.fromkeys(forced or (), (0, 0) if bills else (1, 1))
    mchids: set[str] = set()
    for bill in bills:
        mchids |= bill.mchids
        days = forced or ({bill.date} if bill.date else bill.days)
        covers = int(bill.type != REFUNDS_ALONE), int(bill.type != PAYMENTS_ALONE)
        for day in days:
            payments, refunds = lists.get(day, (0, 0))
            lists[day] = max(payments, covers[0]), max(refunds, covers[1])
    if not lists:
        raise ConfigurationError(_("the trade bill has no rows: pass its day as date="))
    rows = [
        {"day": datetime.datetime.combine(day, datetime.time()), "payments": p, "refunds": r}
        for day, (p, r) in sorted(lists.items())
    ]
    engine.stage("days", rows, DAYS, required=tuple(DAYS))
    return tuple(sorted(lists)), tuple(sorted(mchids))


def _bill(engine: Engine, table: str, source: Any) -> Bill:
    date, kind = None, "ALL"
    if isinstance(source, BillFile):
        date, kind = source.date, source.type or kind
    kind = stage_file(engine, table, source, "trade", TRADE, ("trade_time", "out_trade_no")) or kind
    found = engine.query(f"SELECT DISTINCT CAST(trade_time AS DATE) AS day, mchid FROM {table}")
    days = frozenset(day for day, _ignored in found if day is not None)
    return Bill(table, date, kind, days, frozenset(mchid for _ignored, mchid in found if mchid))


def stage_file(
    engine: Engine,
    table: str,
    source: Any,
    kind: str,
    schema: Mapping[str, str],
    required: tuple[str, ...],
) -> str:
    """Make one bill readable, as a file or a table.

    Args:
        engine: the engine that reads it.
        table: the name of the table.
        source: a path, a `BillFile`, or any source of `Engine.stage`.
        kind: the required kind of a file.
        schema: the columns and their types.
        required: mandatory columns of a table.

    Returns:
        The type of a file, such as `ALL`.
    """
    if isinstance(source, BillFile) and source.empty:
        engine.view(table, nothing(schema))
        return source.type
    if isinstance(source, BillReader) and source.path:
        source = source.path
    path = os.fspath(source) if isinstance(source, (str, os.PathLike)) else ""
    if path and Path(path).suffix.lower() != ".parquet":
        engine.stage_bill(table, source, kind, schema)
        return read(source, kind=kind).type
    engine.stage(table, source, schema, required=required)
    return ""


def each_bill(bills: Any) -> list[Any]:
    """Return the bills as a list; a list of rows is one bill.

    Args:
        bills: one or several bills.
    """
    if not isinstance(bills, (list, tuple)):
        return [bills]
    several = all(
        isinstance(each, (str, os.PathLike, list, Iterator, BillReader))
        or hasattr(each, "__arrow_c_stream__")
        or hasattr(each, "selectExpr")
        for each in bills
    )
    return list(bills) if several else [bills]


def nothing(schema: Mapping[str, str]) -> str:
    """Return a statement without rows.

    Args:
        schema: its columns and their types.
    """
    columns = ", ".join(f"CAST(NULL AS {wanted}) AS {name}" for name, wanted in schema.items())
    return f"SELECT {columns} WHERE FALSE"


def _day(value: Day) -> datetime.date:
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise ConfigurationError(
                _("date {value!r}: expected YYYY-MM-DD", value=value)
            ) from None
    return value.date() if isinstance(value, datetime.datetime) else value
