"""The statements in other dialects of SQL, written by sqlglot."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .schema import INPUTS
from .steps import STEPS

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["DIALECTS", "sql", "tables_of", "translated"]

DIALECTS = ("duckdb", "spark", "trino", "clickhouse", "postgres")
"""The dialects that `sql` writes."""

SETTINGS = {"clickhouse": "SET join_use_nulls = 1, prefer_column_name_to_alias = 1;\n\n"}
"""What a session of a dialect needs, so that its joins and names are as everywhere else."""
STORED = {
    "duckdb": "CREATE OR REPLACE TEMPORARY TABLE {name} AS\n{select}",
    "spark": "CACHE TABLE {name} AS\n{select}",
    "trino": "DROP TABLE IF EXISTS {name};\nCREATE TABLE {name} AS\n{select}",
    "clickhouse": "CREATE OR REPLACE TABLE {name} ENGINE = MergeTree ORDER BY tuple() AS\n{select}",
    "postgres": "DROP TABLE IF EXISTS pg_temp.{name} CASCADE;\n"
    "CREATE TEMPORARY TABLE {name} AS\n{select}",
}
VIEWS = {
    "duckdb": "CREATE OR REPLACE TEMPORARY VIEW {name} AS\n{select}",
    "spark": "CREATE OR REPLACE TEMPORARY VIEW {name} AS\n{select}",
    "trino": "CREATE OR REPLACE VIEW {name} AS\n{select}",
    "clickhouse": "CREATE OR REPLACE VIEW {name} AS\n{select}",
    "postgres": "CREATE OR REPLACE TEMPORARY VIEW {name} AS\n{select}",
}


def sql(dialect: str) -> str:
    """The reconciliation as a script, for a warehouse that runs it itself.

    It reads the tables or views `trade`, `neighbours`, `orders`, `refunds` and `days`, whose
    columns stand at its top, and ends with the differences and their counts.

    Args:
        dialect: one of `DIALECTS`.

    Raises:
        ConfigurationError: there is no such dialect, or sqlglot is not installed.
    """
    if dialect not in DIALECTS:
        raise ConfigurationError(
            _(
                "dialect {dialect!r}: one of {dialects} is expected",
                dialect=dialect,
                dialects=", ".join(DIALECTS),
            )
        )
    parts = [_head(dialect), SETTINGS.get(dialect, "")]
    for step in STEPS:
        form = STORED if step.stored else VIEWS
        select = translated(step.select, dialect, pretty=True)
        parts.append(f"{form[dialect].format(name=step.name, select=select)};\n\n")
    parts.append("SELECT * FROM counts;\n\nSELECT * FROM differences;\n")
    return "".join(parts)


def translated(
    select: str, dialect: str, *, tables: Mapping[str, str] | None = None, pretty: bool = False
) -> str:
    """A statement in a dialect.

    Args:
        select: in DuckDB's dialect.
        dialect: that is wanted.
        tables: what tables are called instead, by their name in the statement.
        pretty: whether it is laid out for readers.

    Raises:
        ConfigurationError: sqlglot is not installed.
    """
    tree = _parsed(select).copy()
    if tables:
        _rename(tree, tables)
    return str(tree.sql(dialect, pretty=pretty))


def tables_of(select: str) -> set[str]:
    """The tables that a statement reads.

    Args:
        select: in DuckDB's dialect.
    """
    from sqlglot import exp

    return {table.name for table in _parsed(select).find_all(exp.Table)}


@functools.lru_cache(256)
def _parsed(select: str) -> Any:
    return _sqlglot().parse_one(select, read="duckdb")


def _sqlglot() -> Any:
    try:
        import sqlglot
    except ImportError:
        raise ConfigurationError(
            _("other dialects are written by sqlglot: pip install 'wechatpay-chain[spark]'")
        ) from None
    return sqlglot


def _rename(tree: exp.Expression, tables: Mapping[str, str]) -> None:
    from sqlglot import exp

    for table in tree.find_all(exp.Table):
        if table.name in tables:
            alias = table.alias or table.name
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
            table.set("this", exp.to_identifier(tables[table.name]))


def _head(dialect: str) -> str:
    from sqlglot import exp

    lines = [
        "-- Reconciliation of WeChat Pay's trade bills with a merchant's orders and refunds.",
        "-- It reads these tables or views. Amounts are in fen, times in Asia/Shanghai.",
    ]
    for name, columns in INPUTS.items():
        listed = ", ".join(
            f"{column} {exp.DataType.build(own, dialect='duckdb').sql(dialect)}"
            for column, own in columns.items()
        )
        lines.append(f"--   {name} ({listed})")
    lines += [
        "-- `neighbours` has the bills of the days before and after. `days` has a row for each day",
        "-- of `trade`: payments and refunds are 1 where the bill lists them, else 0.",
        "",
        "",
    ]
    return "\n".join(lines)
