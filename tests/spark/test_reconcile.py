"""The statements on Spark: the same cases, the same result as on DuckDB."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bills.reconciliation import motley
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.testing.bills import generate

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def test_a_day_in_which_everything_happens(spark: Any) -> None:
    day = (motley.BILL, motley.ORDERS, motley.REFUNDS)
    result = bills.reconcile(*day, **motley.DAY_GIVEN, engine=spark)
    assert dict(result.counts) == motley.COUNTS
    local = bills.reconcile(*day, **motley.DAY_GIVEN)
    assert result.differences == local.differences
    assert (result.sums, result.hours) == (local.sums, local.hours)
    assert spark.catalog.listTables() == []


def test_a_generated_day_whose_orders_are_on_the_cluster(spark: Any, tmp_path: Path) -> None:
    day = generate("2026-11-25", orders=300, refunds=0.2, differences="every", form="partner")
    paths = day.write(tmp_path)
    orders = spark.read.parquet(str(paths.orders)).withColumnRenamed("total", "amount_fen")
    result = bills.reconcile(
        paths.trade,
        orders,
        paths.refunds,
        columns={"total": "amount_fen"},
        neighbours=paths.neighbours,
        fund_flow=paths.fund_flow,
        rate=day.rate,
        engine=spark,
    )
    assert dict(result.counts) == day.expected
    found = {
        (each.kind, each.out_trade_no, each.out_refund_no or "") for each in result.differences
    }
    assert found == {(each.kind, each.out_trade_no, each.out_refund_no) for each in day.differences}


def test_types_are_checked(spark: Any) -> None:
    row = {"out_trade_no": "a", "total": 1.5, "paid_at": datetime.datetime(2026, 11, 25)}
    with pytest.raises(ConfigurationError, match="expected whole fen as integers, not double"):
        bills.reconcile([], spark.createDataFrame([row]), date="2026-11-25", engine=spark)
    with pytest.raises(ConfigurationError, match="expected 'duckdb' or a SparkSession"):
        bills.reconcile([], [], date="2026-11-25", engine="spark")
