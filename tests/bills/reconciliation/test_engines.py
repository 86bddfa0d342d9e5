"""The statements give the same on PostgreSQL, and can be written in every dialect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services import POSTGRES, Database, own_database
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.bills.reconciliation import inputs
from wechatpay_chain.bills.reconciliation.dialects import DIALECTS, sql
from wechatpay_chain.bills.reconciliation.duckdb_engine import DuckDB, connected
from wechatpay_chain.bills.reconciliation.schema import INPUTS

from . import motley


@pytest.fixture
def database() -> Iterator[Database]:
    with own_database(POSTGRES) as found:
        yield found


def test_duckdb() -> None:
    result = bills.reconcile(motley.BILL, motley.ORDERS, motley.REFUNDS, **motley.DAY_GIVEN)
    assert dict(result.counts) == motley.COUNTS


def staged() -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the tables that the statements read."""
    with connected("500MB", None) as connection:
        engine = DuckDB(connection)
        found = inputs.stage_bills(engine, "trade", motley.BILL)
        inputs.stage_bills(engine, "neighbours", motley.NEIGHBOURS)
        inputs.stage_own(
            engine,
            motley.ORDERS,
            motley.REFUNDS,
            columns=None,
            refund_columns=None,
            rate=None,
            mchid=None,
        )
        inputs.stage_days(engine, found, "2026-11-25")
        return {name: engine.query(f"SELECT * FROM {name}") for name in INPUTS}


def test_postgresql(database: Database) -> None:
    import psycopg

    with psycopg.connect(database.url) as connection:
        cursor = connection.cursor()
        for name, rows in staged().items():
            columns = ", ".join(f"{column} {own}" for column, own in INPUTS[name].items())
            cursor.execute(f"CREATE TABLE {name} ({columns})")
            places = ", ".join(["%s"] * len(INPUTS[name]))
            cursor.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
        for _ in range(2):  # a script that is scheduled runs again
            cursor.execute(sql("postgres"))
        cursor.execute("SELECT kind, number FROM counts")
        assert dict(cursor.fetchall()) == motley.COUNTS
        cursor.execute(
            "SELECT kind, out_trade_no, out_refund_no, field, here, there FROM differences"
        )
        there = sorted(cursor.fetchall(), key=repr)
    result = bills.reconcile(motley.BILL, motley.ORDERS, motley.REFUNDS, **motley.DAY_GIVEN)
    here = [
        (each.kind, each.out_trade_no, each.out_refund_no, each.field, each.here, each.there)
        for each in result.differences
    ]
    assert there == sorted(here, key=repr)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_can_be_written(dialect: str) -> None:
    script = sql(dialect)
    assert "differences" in script
    assert ";\n\n\n" not in script
    assert ("join_use_nulls" in script) == (dialect == "clickhouse")


def test_other_dialects_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="duckdb, spark"):
        sql("oracle")
