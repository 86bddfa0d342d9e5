"""Translates the statements to other SQL dialects, with sqlglot."""

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
"""The supported dialects of `sql`."""

SETTINGS = {"clickhouse": "SET join_use_nulls = 1, prefer_column_name_to_alias = 1;\n\n"}
"""Session settings of a dialect, which give joins and names the same meaning as elsewhere."""
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
    """Return the reconciliation as a script for a warehouse.

    It reads the tables or views `trade`, `neighbours`, `orders`, `refunds` and `days`, with the
    columns listed at its top, and ends with the differences and their counts.

    Args:
        dialect: one of `DIALECTS`.

    Raises:
        ConfigurationError: the dialect is unknown, or sqlglot is not installed.
    """
    if dialect not in DIALECTS:
        raise ConfigurationError(
            _(
                "dialect {dialect!r}: expected one of {dialects}",
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
    """Translate a statement to a dialect.

    Args:
        select: the statement in DuckDB's dialect.
        dialect: the target dialect.
        tables: replacements for table names in the statement.
        pretty: whether to format it for readers.

    Raises:
        ConfigurationError: sqlglot is not installed.
    """
    tree = _parsed(select).copy()
    if tables:
        _rename(tree, tables)
    return str(tree.sql(dialect, pretty=pretty))


def tables_of(select: str) -> set[str]:
    """Return the tables that a statement reads.

    Args:
        select: the statement in DuckDB's dialect.
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
            _("other dialects need sqlglot: pip install 'wechatpay-chain[spark]'")
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
