"""Bills in DuckDB: loaded and checked, and only then there to be looked at."""

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
"""A column of a table that several bills are loaded into."""
EIGHT_HOURS = "INTERVAL 8 HOUR"


def to_duckdb(
    bills: Bills,
    connection: duckdb.DuckDBPyConnection | None = None,
    *,
    table: str = "bill",
    kind: str = "",
    replace: bool = False,
) -> duckdb.DuckDBPyRelation:
    """Load bills of one kind into a table of DuckDB, with the columns of `bills.schema(kind)`.

        bill = bills.to_duckdb("bills/2026-11-25.csv")
        bill.filter("trade_state = 'SUCCESS'").aggregate("sum(total)").fetchall()

    Times are naive, in +08:00. The table takes its name when all bills are in it and checked.

    Args:
        bills: path, `BillFile`, or several of them.
        connection: whose database the table is made in; it must not be in a transaction. None
            opens a database in memory, which uses at most 640 MiB and spills what is more to a
            temporary file; it ends with the relation.
        table: its name.
        kind: that the bills must be of, such as `trade`; empty takes any.
        replace: whether a table of that name is replaced.

    Returns:
        The table as a relation.

    Raises:
        BillError: a file is no bill, a row is wrong, or the rows are not what the summary line
            says. There is no table then, and one that was to be replaced is as it was.
        ConfigurationError: the bills are of several kinds, there is a table of that name, the
            connection is in a transaction, or the extra `bills` is not installed.
    """
    found = readers(bills, kind)
    into = connect() if connection is None else connection
    part = f"{table} {uuid4().hex}"
    with failing_as_ours():
        assert_idle(into)
        if not replace and _exists(into, table):
            raise ConfigurationError(
                _(
                    "There is a table {table!r}: choose another name with table=, or have it "
                    "replaced with replace=True.",
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
    """Load a bill into a temporary view of a DuckDB connection, typed and checked.

    The view has the columns of `fields(kind)` and `extra`, NULL where the bill lacks one, and
    `line`: the line in the file, NULL for all where it is not one for each row. Times are naive,
    in +08:00; amounts are in fen. The rows are in the order of the file. Behind the view is a
    temporary table.

    Args:
        connection: DuckDB's, outside of a transaction.
        source: path of the bill, or a `BillFile`.
        name: of the view; one that exists is replaced.
        kind: that the bill must be of, such as `trade`; empty takes any.
        columns: those that are wanted, which takes less time and memory; None for all.

    Raises:
        BillError: the file is no bill, a row is wrong, or the rows are not what the summary says.
        ConfigurationError: DuckDB cannot load it: no memory or disk is left, say.
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
    """Let DuckDB make a table of a bill; returns whether it was certain of everything."""
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
    """Let DuckDB add a bill to a table; returns whether it was certain of everything."""
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
    """Add a bill to a table through the parser in Python."""
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
    """A time of an Arrow table, as the time of day that the bill has."""
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
        return  # none is under way
