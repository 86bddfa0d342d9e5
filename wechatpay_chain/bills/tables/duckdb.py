"""Loads bills into DuckDB; a table is visible only after it is loaded and verified."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..reading import BillReader, read
from .connecting import assert_idle, connect, failing_as_ours, in_order, uncertain
from .expressions import quoted
from .libraries import library
from .scan import BYTES, scan_of
from .schema import sql_types
from .sources import Bills, readers
from .strict import batches, kind_of

if TYPE_CHECKING:
    import duckdb

__all__ = ["load", "to_duckdb"]

SOURCE = "number_of_file"
"""An additional column of a table with several bills."""
EIGHT_HOURS = "INTERVAL 8 HOUR"


def to_duckdb(
    bills: Bills,
    connection: duckdb.DuckDBPyConnection | None = None,
    *,
    table: str = "bill",
    kind: str = "",
    replace: bool = False,
) -> duckdb.DuckDBPyRelation:
    """Load bills of one kind into a DuckDB table, with the columns of `bills.schema(kind)`.

        bill = bills.to_duckdb("bills/2026-11-25.csv")
        bill.filter("trade_state = 'SUCCESS'").aggregate("sum(total)").fetchall()

    Times are naive, in +08:00. The table gets its name after all bills are loaded and verified.

    Args:
        bills: path, `BillFile`, or several of them.
        connection: the connection to the database; it must not be in a transaction. None opens a
            database in memory, which uses at most 640 MiB, spills more data to a temporary file,
            and ends with the relation.
        table: the name of the table.
        kind: the required kind, such as `trade`; empty accepts any.
        replace: replace an existing table with that name.

    Returns:
        The table as a relation.

    Raises:
        BillError: a file is not a bill, a row is invalid, or the rows do not match the summary
            line. No table is created, and a table to replace stays unchanged.
        ConfigurationError: the bills are of several kinds, the table exists, the connection is in a
            transaction, or the extra `bills` is not installed.
    """
    found = readers(bills, kind)
    into = connect() if connection is None else connection
    part = f"{table} {uuid4().hex}"
    with failing_as_ours():
        assert_idle(into)
        if not replace and _exists(into, table):
            raise ConfigurationError(
                _(
                    "The table {table!r} exists: pass another name as table=, or replace it with "
                    "replace=True.",
                    table=table,
                )
            )
        columns = sql_types(kind_of(found[0]))
        declared = {**columns, BYTES: "INTEGER", SOURCE: "INTEGER"}
        definitions = ", ".join(f"{quoted(name)} {type_}" for name, type_ in declared.items())
        into.execute(f"CREATE TABLE {quoted(part)} ({definitions})")
        try:
            for number, reader in enumerate(found):
                if not _insert(into, reader, part, number):
                    _insert_strictly(into, reader, part, list(columns))
            for name in (BYTES, SOURCE):
                into.execute(f"ALTER TABLE {quoted(part)} DROP COLUMN {quoted(name)}")
            into.begin()
            into.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
            into.execute(f"ALTER TABLE {quoted(part)} RENAME TO {quoted(table)}")
            into.commit()
        except BaseException:
            _roll_back(into)
            into.execute(f"DROP TABLE IF EXISTS {quoted(part)}")
            raise
    return into.sql(f"SELECT * FROM {quoted(table)}")


def load(
    connection: Any,
    source: str | os.PathLike[str],
    name: str,
    *,
    kind: str = "",
    columns: Collection[str] | None = None,
) -> None:
    """Load a bill into a temporary DuckDB view, typed and verified.

    The view has the columns of `fields(kind)` and `extra`, NULL if the bill lacks one, and `line`:
    the line in the file, NULL for all rows if some row has several lines. Times are naive, in
    +08:00; amounts are in fen. The rows are in the order of the file. A temporary table stores the
    data of the view.

    Args:
        connection: a DuckDB connection that is not in a transaction.
        source: path of the bill, or a `BillFile`.
        name: the name of the view; an existing one is replaced.
        kind: the required kind, such as `trade`; empty accepts any.
        columns: the required columns, to save time and memory; None for all.

    Raises:
        BillError: the file is not a bill, a row is invalid, or the rows do not match the summary.
        ConfigurationError: DuckDB cannot load it, for example because memory or disk space is
            exhausted.
    """
    reader = read(source, kind=kind)
    types = sql_types(kind_of(reader))
    wanted = list(types if columns is None else columns)
    table = f"{name} of file"
    with failing_as_ours():
        assert_idle(connection)
        connection.execute(f"DROP VIEW IF EXISTS {quoted(name)}")
        line = "rowid + 2"
        if not _create(connection, reader, table, wanted):
            line = "CAST(NULL AS BIGINT)"
            declared = ", ".join(f"{quoted(each)} {types[each]}" for each in wanted)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(table)} ({declared})")
            _insert_strictly(connection, reader, table, wanted)
        names = ", ".join(map(quoted, wanted))
        connection.execute(
            f"CREATE TEMP VIEW {quoted(name)} AS "
            f"SELECT {names}, {line} AS line FROM {quoted(table)}"
        )


def _create(connection: Any, reader: BillReader[Any], table: str, wanted: list[str]) -> bool:
    """Let DuckDB create a table from a bill; return whether the result is certain."""
    scan = scan_of(reader)
    if scan is None:
        return False
    statement = scan.statement("$path", wanted)
    create = f"CREATE OR REPLACE TEMP TABLE {quoted(table)} AS {statement}"
    with in_order(connection):
        try:
            connection.execute(create, {"path": scan.pattern})
        except uncertain():
            return False
    return scan.agrees(connection.execute(scan.sums(quoted(table))).fetchone())


def _insert(connection: Any, reader: BillReader[Any], table: str, number: int) -> bool:
    """Let DuckDB add a bill to a table; return whether the result is certain."""
    scan = scan_of(reader)
    if scan is None:
        return False
    statement = f"SELECT *, {number} AS {quoted(SOURCE)} FROM ({scan.statement('$path')})"
    insert = f"INSERT INTO {quoted(table)} BY NAME {statement}"
    with in_order(connection):
        connection.begin()
        try:
            connection.execute(insert, {"path": scan.pattern})
            sums = scan.sums(quoted(table), f"{quoted(SOURCE)} = {number}")
            certain = scan.agrees(connection.execute(sums).fetchone())
        except uncertain():
            certain = False
        except BaseException:
            _roll_back(connection)
            raise
        if certain:
            connection.commit()
        else:
            _roll_back(connection)
    return certain


def _insert_strictly(
    connection: Any, reader: BillReader[Any], table: str, wanted: list[str]
) -> None:
    """Add a bill to a table with the Python parser."""
    pa = library("pyarrow")
    types = sql_types(kind_of(reader))
    names = ", ".join(map(quoted, wanted))
    values = ", ".join(
        _naive(name) if types[name] == "TIMESTAMP" else quoted(name) for name in wanted
    )
    view = f"batch {uuid4().hex}"
    for batch in batches(reader):
        connection.register(view, pa.Table.from_batches([batch]))
        try:
            connection.execute(
                f"INSERT INTO {quoted(table)} ({names}) SELECT {values} FROM {quoted(view)}"
            )
        finally:
            connection.unregister(view)


def _naive(name: str) -> str:
    """Convert a time of an Arrow table to the bill's local time."""
    return f"make_timestamp(epoch_us({quoted(name)})) + {EIGHT_HOURS}"


def _exists(connection: Any, table: str) -> bool:
    query = (
        "SELECT count(*) FROM information_schema.tables WHERE table_name = $name "
        "AND table_schema = current_schema() AND table_catalog = current_database()"
    )
    return bool(connection.execute(query, {"name": table}).fetchone()[0])


def _roll_back(connection: Any) -> None:
    duckdb = library("duckdb")
    try:
        connection.rollback()
    except duckdb.TransactionException:
        return  # no transaction is in progress
