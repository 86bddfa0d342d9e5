"""Loads the merchant's orders and refunds from various sources into DuckDB tables.

Sources with columns are checked by their types and read in place; Python rows are checked one by
one and copied. Results of SQLAlchemy are read in batches and never held in memory as a whole.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....utils.exceptions import ConfigurationError
from ....utils.translation import _
from .values import READERS

if TYPE_CHECKING:
    import duckdb

__all__ = ["Names", "literal", "no_column", "own_names", "quoted", "stage"]

Names = Mapping[str, str]
BATCH = 20_000
"""Rows copied at a time."""

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
INTEGERS |= {f"U{name}" for name in INTEGERS}
TIMES = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"}
ZONED = "TIMESTAMP WITH TIME ZONE"
IN_SHANGHAI = "make_timestamp(epoch_us({}) + 28800000000)"
WITH_ZONE = r"(Z|[+-]\d\d:?\d\d)$"


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Convert a value to an SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def own_names(name: str, schema: Mapping[str, str], names: Names | None) -> dict[str, str]:
    """Return the source's name for each column of the schema.

    Args:
        name: the name of the table.
        schema: the columns and their types.
        names: the source's column names, by our name.

    Raises:
        ConfigurationError: a name is not one of ours.
    """
    given = dict(names or {})
    if unknown := given.keys() - schema.keys():
        raise ConfigurationError(
            _(
                "{name}: {unknown} are not columns; the columns are {schema}",
                name=name,
                unknown=sorted(unknown),
                schema=", ".join(schema),
            )
        )
    return {column: given.get(column, column) for column in schema}


def stage(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: Any,
    schema: Mapping[str, str],
    *,
    required: tuple[str, ...],
    names: Names | None = None,
    defaults: Mapping[str, object] | None = None,
) -> None:
    """Make a source readable as a table.

    Args:
        connection: the connection for the table.
        name: the name of the table.
        source: orders or refunds.
        schema: the columns and their types.
        required: mandatory columns of the source.
        names: the source's column names, by our name.
        defaults: values for missing columns.

    Raises:
        ConfigurationError: the source cannot be read, a column is missing, or a type or value is
            invalid.
    """
    known = own_names(name, schema, names)
    rows = _rows_of_database(source, known, required, name)
    table = f"{name}_source"
    relation, text = (None, False) if rows is not None else _relation(connection, source, table)
    if relation is None:
        rows = _rows(source, name) if rows is None else rows
        _copy(connection, name, rows, schema, known, required)
        relation = connection.table(f"{name}_source")
        known = {column: column for column in schema}
    _view(connection, name, relation, schema, known, required, defaults or {}, text=text)


def _relation(
    connection: duckdb.DuckDBPyConnection, source: Any, name: str
) -> tuple[duckdb.DuckDBPyRelation | None, bool]:
    """Return a DuckDB relation and whether all its columns are text, or None for Python rows."""
    import duckdb
    import pyarrow

    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        try:
            if Path(path).suffix.lower() == ".csv":
                connection.read_csv(path, header=True, all_varchar=True).create_view(name)
                return connection.table(name), True
            connection.read_parquet(path, hive_partitioning=True).create_view(name)
            return connection.table(name), False
        except duckdb.Error as error:
            raise ConfigurationError(
                _("{path} cannot be read as Parquet or CSV: {error}", path=path, error=error)
            ) from None
    if isinstance(source, (pyarrow.Table, pyarrow.RecordBatch)):
        table = source if isinstance(source, pyarrow.Table) else pyarrow.table(source)
        connection.register(name, table)
        return connection.table(name), False
    if hasattr(source, "__arrow_c_stream__"):
        reader = pyarrow.RecordBatchReader.from_stream(source)
        connection.from_arrow(reader).create(name)
        return connection.table(name), False
    return None, False


def _rows(source: Any, name: str) -> Iterator[Any]:
    if isinstance(source, Mapping) or not isinstance(source, Iterable):
        raise ConfigurationError(
            _(
                "{name}: {type} is not supported; pass the path of a Parquet or CSV file, an "
                "Arrow table, a DataFrame, (engine, table) of SQLAlchemy, or rows",
                name=name,
                type=type(source).__name__,
            )
        )
    return iter(source)


def _rows_of_database(
    source: Any, known: Mapping[str, str], required: tuple[str, ...], name: str
) -> Iterator[Any] | None:
    """Return the rows of `(engine, table)`, or None for other sources."""
    if not (isinstance(source, tuple) and len(source) == 2 and hasattr(source[0], "dialect")):
        return None
    from .database import rows

    return rows(*source, known, required, name)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    rows: Iterator[Any],
    schema: Mapping[str, str],
    known: Mapping[str, str],
    required: tuple[str, ...],
) -> None:
    import pyarrow

    columns = ", ".join(f"{column} {wanted}" for column, wanted in schema.items())
    connection.execute(f"CREATE TABLE {name}_source ({columns})")
    target = connection.table(f"{name}_source")
    layout = target.limit(0).to_arrow_table().schema
    plan = [
        (known[column], READERS[wanted], column in required) for column, wanted in schema.items()
    ]
    number = 0
    while batch := list(itertools.islice(rows, BATCH)):
        values = [_values(row, plan, name, number + at) for at, row in enumerate(batch, 1)]
        number += len(batch)
        arrays = [
            pyarrow.array(column, field.type)
            for column, field in zip(zip(*values, strict=True), layout, strict=True)
        ]
        table = pyarrow.Table.from_arrays(arrays, schema=layout)
        connection.from_arrow(table).insert_into(f"{name}_source")


def _values(row: Any, plan: list[Any], name: str, number: int) -> list[Any]:
    """Return the values of a row in the order of the schema."""
    mapping = row if isinstance(row, Mapping) else getattr(row, "_mapping", None)
    values = []
    for column, reader, required in plan:
        if mapping is not None:
            value = mapping.get(column)
            missing = required and column not in mapping
        else:
            value = getattr(row, column, None)
            missing = required and not hasattr(row, column)
        if missing:
            there = ", ".join(map(str, mapping)) if mapping is not None else _attributes(row)
            raise ConfigurationError(
                no_column(name, column, there, _("row {number}: ", number=number))
            )
        try:
            read = reader(value)
        except ValueError as error:
            raise ConfigurationError(
                _(
                    "{name}, row {number}, column {column}: {error}, not {type} {value!r}",
                    name=name,
                    number=number,
                    column=column,
                    error=error,
                    type=type(value).__name__,
                    value=str(value)[:40],
                )
            ) from None
        if required and read is None:
            raise ConfigurationError(
                _(
                    "{name}, row {number}, column {column}: the value is missing",
                    name=name,
                    number=number,
                    column=column,
                )
            )
        values.append(read)
    return values


def _attributes(row: Any) -> str:
    return ", ".join(name for name in dir(row) if not name.startswith("_"))[:200]


def no_column(name: str, column: str, there: str, place: str = "") -> str:
    """Return the message for a missing column.

    Args:
        name: the name of the table.
        column: the source's expected name of the column.
        there: the existing columns.
        place: the location of the row.
    """
    return _(
        "{name}: {place}there is no column {column!r}; the columns are {there}. Map the name with "
        "columns={{...}}",
        name=name,
        place=place,
        column=column,
        there=there,
    )


def _view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    relation: duckdb.DuckDBPyRelation,
    schema: Mapping[str, str],
    known: Mapping[str, str],
    required: tuple[str, ...],
    defaults: Mapping[str, object],
    *,
    text: bool,
) -> None:
    types = dict(zip(relation.columns, map(str, relation.dtypes), strict=True))
    selected = []
    for column, wanted in schema.items():
        own = known[column]
        if own in types:
            try:
                value = _cast(quoted(own), types[own], wanted, text=text)
            except ValueError as error:
                raise ConfigurationError(
                    _(
                        "{name}, column {own}: {error}, not {types}",
                        name=name,
                        own=own,
                        error=error,
                        types=types[own],
                    )
                ) from None
        elif own != column or column in required:
            raise ConfigurationError(no_column(name, own, ", ".join(types)))
        else:
            value = "NULL"
        default = literal(defaults[column]) if column in defaults else "NULL"
        value = f"COALESCE(CAST({value} AS {wanted}), CAST({default} AS {wanted}))"
        selected.append(f"{value} AS {column}")
    connection.execute(
        f"CREATE TEMP VIEW {name} AS SELECT {', '.join(selected)} FROM {name}_source"
    )


def _cast(name: str, own: str, wanted: str, *, text: bool) -> str:
    """Return an expression that converts a column to the required type.

    Raises:
        ValueError: the column's type cannot represent such values exactly.
    """
    whole = own in INTEGERS or own.startswith("DECIMAL")
    if wanted == "VARCHAR":
        if own in INTEGERS | {"VARCHAR", "UUID", '"NULL"'} or own.startswith("ENUM"):
            return f"NULLIF(CAST({name} AS VARCHAR), '')"
        raise ValueError(_("expected text"))
    if wanted in {"DATE", "INTEGER"}:  # columns of our own tables
        return name
    if wanted == "BIGINT":
        if own in INTEGERS or own == '"NULL"':
            return name
        if own.startswith("DECIMAL"):
            return (
                f"CASE WHEN {name} = TRUNC({name}) THEN {name} ELSE error('expected whole fen') END"
            )
        if text:
            return (
                f"CASE WHEN NULLIF({name}, '') IS NULL OR regexp_full_match({name}, '[0-9]+') "
                f"THEN NULLIF({name}, '') ELSE error('expected whole fen') END"
            )
        raise ValueError(_("expected whole fen as integers"))
    if wanted == "TIMESTAMP":
        if own == ZONED:
            return IN_SHANGHAI.format(name)
        if own in TIMES or own == '"NULL"':
            return name
        if own == "VARCHAR":
            return (
                f"CASE WHEN regexp_matches({name}, '{WITH_ZONE}') THEN "
                + IN_SHANGHAI.format(f"CAST({name} AS TIMESTAMPTZ)")
                + f" ELSE CAST(NULLIF({name}, '') AS TIMESTAMP) END"
            )
        raise ValueError(_("expected a timestamp or ISO 8601 text"))
    if whole or own in {"VARCHAR", '"NULL"'}:
        return name
    raise ValueError(_("expected a decimal"))
