"""Copies bills to PostgreSQL, by COPY."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..forms import ColumnType
from ..reading import BillReader
from .libraries import library
from .origin import Origin, origins
from .schema import EXTRA, fields
from .sources import Bills
from .stream import stream
from .strict import kind_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["copy_to_postgresql"]

ORIGIN = {
    "bill_date": "date NOT NULL",
    "bill_kind": "text NOT NULL",
    "bill_type": "text NOT NULL",
    "bill_mchid": "text NOT NULL",
    "bill_sub_mchid": "text NOT NULL",
}
TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.ID: "text",
    ColumnType.TIME: "timestamptz",
    ColumnType.AMOUNT: "bigint",
    ColumnType.FEE: "numeric(18, 3)",
    ColumnType.RATE: "numeric(9, 6)",
    ColumnType.MONEY: "numeric(28, 12)",
    ColumnType.NUMBER: "numeric(28, 12)",
}


def copy_to_postgresql(
    bills: Bills,
    connection: Any,
    table: str,
    *,
    create: bool = False,
    kind: str = "",
    date: datetime.date | str | None = None,
    type: str = "",  # noqa: A002 - as in BillFile
    mchid: str = "",
) -> int:
    """Copy bills of one kind into a PostgreSQL table, in one transaction.

        engine = sqlalchemy.create_engine("postgresql+psycopg://localhost/shop")
        bills.copy_to_postgresql(file, engine, "wechatpay.trade_bill", create=True)

    The table has the columns `bill_date`, `bill_kind`, `bill_type`, `bill_mchid` and
    `bill_sub_mchid`, which identify the bill of a row, and those of `bills.schema(kind)`, with
    times as `timestamptz` and `extra` as `jsonb`. It may have further columns. Existing rows of the
    same bills are deleted first, so a repeated run creates no duplicates. Other transactions see
    the old rows until all new ones are committed. Concurrent copies of the same bill run in
    sequence.

    Args:
        bills: `BillFile`, path, or several of them.
        connection: a SQLAlchemy `Engine` with the driver psycopg; or a `Connection` of SQLAlchemy
            or psycopg 3. If the connection is in a transaction, commit it yourself.
        table: the name, with or without a schema: `trade_bill`, `wechatpay.trade_bill`.
        create: create the table if it does not exist, with an index on the bill's columns.
        kind: the required kind; empty accepts any.
        date: the date of bills passed as a path, such as `2026-11-25`.
        type: their type, such as `BASIC`; that of a trade bill is determined by its header.
        mchid: the merchant who downloaded them.

    Returns:
        The number of copied rows.

    Raises:
        BillError: a file is not a bill, a row is invalid, or the rows do not match the summary
            line. The table stays unchanged.
        ConfigurationError: the identity of a path's bill is unknown, two bills are the same, the
            bills are of several kinds, or the table does not exist or has other columns.
    """
    found = origins(bills, kind=kind, date=date, type_=type, mchid=mchid, same=True)
    psycopg = library("psycopg")
    with _transaction(connection) as cursor:
        try:
            for origin, _ignored in sorted(found, key=lambda each: str(each[0])):
                _lock(cursor, table, origin)
            if create:
                _create(cursor, table, kind_of(found[0][1]))
            return sum(_replace(cursor, table, origin, reader) for origin, reader in found)
        except psycopg.errors.UndefinedTable:
            raise ConfigurationError(
                _(
                    "The table {table!r} does not exist: create it, or pass create=True.",
                    table=table,
                )
            ) from None
        except (psycopg.errors.UndefinedColumn, psycopg.errors.DatatypeMismatch) as error:
            raise ConfigurationError(
                _(
                    "The table {table!r} does not match these bills: {message_primary}.",
                    table=table,
                    message_primary=error.diag.message_primary,
                )
            ) from None


@contextmanager
def _transaction(connection: Any) -> Iterator[Any]:
    """Yield a psycopg cursor in a transaction, or in a savepoint of the caller's transaction."""
    psycopg = library("psycopg")
    if isinstance(connection, psycopg.Connection):
        with connection.transaction(), connection.cursor() as cursor:
            yield cursor
        return
    try:
        import sqlalchemy as sa
    except ImportError:
        sa = None  # type: ignore[assignment]
    if sa is not None and isinstance(connection, sa.Engine):
        with connection.begin() as begun:
            yield from _cursor(begun)
        return
    if sa is not None and isinstance(connection, sa.Connection):
        with connection.begin_nested() if connection.in_transaction() else connection.begin():
            yield from _cursor(connection)
        return
    raise ConfigurationError(
        _(
            "connection is of type {type}: expected an Engine or a Connection of SQLAlchemy, or "
            "a Connection of psycopg 3.",
            type=type(connection).__name__,
        )
    )


def _cursor(connection: Any) -> Iterator[Any]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, library("psycopg").Connection):
        raise ConfigurationError(
            _(
                "The engine's driver is {driver!r}: COPY needs psycopg 3, with a URL such as "
                "postgresql+psycopg://localhost/shop.",
                driver=connection.engine.driver,
            )
        )
    with driver.cursor() as cursor:
        yield cursor


def _lock(cursor: Any, table: str, origin: Origin) -> None:
    """Make other copies of the same bill wait until this transaction has ended."""
    key = json.dumps(
        [table, origin.kind, origin.date.isoformat(), origin.type, origin.mchid, origin.sub_mchid]
    )
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _create(cursor: Any, table: str, kind: str) -> None:
    sql = library("psycopg.sql")
    types = {**ORIGIN, **{name: TYPES[each] for name, each in fields(kind).items()}, EXTRA: "jsonb"}
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(each)) for name, each in types.items()
    )
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [table])
    cursor.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(_name(table), columns))
    index = table.rpartition(".")[2][:50] + "_bill"
    cursor.execute(
        sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (bill_date, bill_mchid)").format(
            sql.Identifier(index), _name(table)
        )
    )


def _replace(cursor: Any, table: str, origin: Origin, reader: BillReader[Any]) -> int:
    """Replace the rows of one bill; return the number of new rows."""
    sql = library("psycopg.sql")
    values = [origin.date, origin.kind, origin.type, origin.mchid, origin.sub_mchid]
    conditions = sql.SQL(" AND ").join(
        sql.SQL("{} = %s").format(sql.Identifier(name)) for name in ORIGIN
    )
    cursor.execute(sql.SQL("DELETE FROM {} WHERE {}").format(_name(table), conditions), values)
    names = [*ORIGIN, *fields(kind_of(reader)), EXTRA]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    rows = 0
    with cursor.copy(
        sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(_name(table), columns)
    ) as copy:
        for batch in stream(reader):
            copy.write(_csv(batch, values))
            rows += batch.num_rows
    if cursor.rowcount != rows:
        raise ConfigurationError(
            _(
                "PostgreSQL accepted {rowcount} of {rows} rows; nothing was copied.",
                rowcount=cursor.rowcount,
                rows=rows,
            )
        )
    return rows


def _csv(batch: pa.RecordBatch, values: list[Any]) -> bytes:
    """Convert rows to PostgreSQL's CSV: NULL without quotes, every text in quotes."""
    pa = library("pyarrow")
    arrays = [pa.repeat(pa.scalar(value), batch.num_rows) for value in values]
    for array in batch.columns:
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("us", "UTC"))  # the offset of a zone may have seconds
        elif pa.types.is_map(array.type):
            texts = [
                each and json.dumps(dict(each), ensure_ascii=False) for each in array.to_pylist()
            ]
            array = pa.array(texts, pa.string())
        arrays.append(array)
    names = [str(index) for index in range(len(arrays))]
    buffer = io.BytesIO()
    csv = library("pyarrow.csv")
    options = csv.WriteOptions(include_header=False)
    csv.write_csv(pa.RecordBatch.from_arrays(arrays, names=names), buffer, options)
    return buffer.getvalue()


def _name(table: str) -> Any:
    return library("psycopg.sql").Identifier(*table.split("."))
