"""The columns of the tables: for each kind of bill, the fields of its rows, and their types."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..forms import FORMS, Column, ColumnType
from ..reading.header import KINDS, SAME_FORM
from ..rows import ROWS
from .libraries import library

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "EXTRA",
    "EXTRA_TYPE",
    "SQL_TYPES",
    "ZONE",
    "Fields",
    "arrow_type",
    "fields",
    "schema",
    "sql_types",
]

EXTRA = "extra"
"""The column with the texts of unknown columns, by heading."""

ZONE = "Asia/Shanghai"
Fields = dict[str, ColumnType]
"""Column names in order, with the type of each text."""

SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.ID: "VARCHAR",
    ColumnType.TIME: "TIMESTAMP",
    ColumnType.AMOUNT: "BIGINT",
    ColumnType.FEE: "DECIMAL(18,3)",
    ColumnType.RATE: "DECIMAL(9,6)",
    ColumnType.MONEY: "DECIMAL(28,12)",
    ColumnType.NUMBER: "DECIMAL(28,12)",
}
"""DuckDB's types; times are naive, in +08:00."""
EXTRA_TYPE = "MAP(VARCHAR, VARCHAR)"


def fields(kind: str) -> Fields:
    """Return the columns of a kind's rows, without `extra`.

    Args:
        kind: such as `trade`; empty for a bill with an unknown form, which has no columns.

    Raises:
        ConfigurationError: the kind does not exist.
    """
    name = SAME_FORM.get(kind, kind)
    if name not in ROWS:
        if name:
            raise ConfigurationError(
                _(
                    "{kind!r} is not a kind of bill; the kinds are {kinds}.",
                    kind=kind,
                    kinds=", ".join(KINDS),
                )
            )
        return {}
    known: dict[str, Column] = {}
    for form in FORMS:
        if form.kind == name:
            known = {column.name: column for column in form.columns} | known
    names = (field.name for field in dataclasses.fields(ROWS[name]))
    return {name: known[name].type for name in names if name in known}


def sql_types(kind: str) -> dict[str, str]:
    """Return DuckDB's types of all columns of a kind, with `extra` at the end."""
    types = {name: SQL_TYPES[type_] for name, type_ in fields(kind).items()}
    return {**types, EXTRA: EXTRA_TYPE}


def schema(kind: str) -> pa.Schema:
    """Return the columns of the tables of a kind, in order: the fields of its rows, and `extra`.

    | in a row | in Arrow, Parquet, Polars | in DuckDB | in PostgreSQL |
    |---|---|---|---|
    | `str` | `string` | `VARCHAR` | `text` |
    | `int`, fen | `int64` | `BIGINT` | `bigint` |
    | `fee`, fen | `decimal128(18, 3)` | `DECIMAL(18,3)` | `numeric(18, 3)` |
    | `rate`, a fraction | `decimal128(9, 6)` | `DECIMAL(9,6)` | `numeric(9, 6)` |
    | amounts of statements | `decimal128(28, 12)` | `DECIMAL(28,12)` | `numeric(28, 12)` |
    | `datetime` | `timestamp[us, tz=Asia/Shanghai]` | `TIMESTAMP`, in +08:00 | `timestamptz` |
    | `extra` | `map<string, string>` | `MAP(VARCHAR, VARCHAR)` | `jsonb` |

    Args:
        kind: such as `trade`, `fund_flow`; empty for a bill with an unknown form.

    Returns:
        A `pyarrow.Schema`.

    Raises:
        ConfigurationError: the kind does not exist, or pyarrow is not installed.
    """
    pa = library("pyarrow")
    columns = [(name, arrow_type(type_)) for name, type_ in fields(kind).items()]
    return pa.schema([*columns, (EXTRA, pa.map_(pa.string(), pa.string()))])


def arrow_type(type_: ColumnType) -> Any:
    """Return the Arrow type of a column."""
    pa = library("pyarrow")
    match type_:
        case ColumnType.TEXT | ColumnType.ID:
            return pa.string()
        case ColumnType.TIME:
            return pa.timestamp("us", ZONE)
        case ColumnType.AMOUNT:
            return pa.int64()
        case ColumnType.FEE:
            return pa.decimal128(18, 3)
        case ColumnType.RATE:
            return pa.decimal128(9, 6)
        case ColumnType.MONEY | ColumnType.NUMBER:
            return pa.decimal128(28, 12)
