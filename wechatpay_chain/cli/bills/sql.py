"""`wechatpay-chain bills sql`: prints the reconciliation as SQL for a data warehouse."""

from __future__ import annotations

import click

from ..output import write, write_json
from ..usage import examples, json_option

__all__ = ["sql"]

DIALECTS = ("duckdb", "spark", "trino", "clickhouse", "postgres")


@click.command(
    short_help="Print the reconciliation as SQL.",
    epilog=examples("bills sql --dialect spark > reconcile.sql"),
)
@click.option(
    "--dialect",
    type=click.Choice(DIALECTS),
    required=True,
    help="The SQL dialect of the warehouse.",
)
@json_option
def sql(dialect: str, as_json: bool) -> None:
    """Print the reconciliation as a script in the SQL of a data warehouse.

    The first lines describe the tables or views that it reads; the result is the differences.
    """
    from ...bills import sql as written

    text = written(dialect)
    if as_json:
        write_json({"dialect": dialect, "sql": text})
    else:
        write(text)
