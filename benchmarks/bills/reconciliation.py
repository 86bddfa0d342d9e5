"""Reconciling a day of ten million rows, and 200 generated days whose differences are known.

The days are reconciled in one run, on DuckDB and, where PySpark is installed, on Spark: what is
found beyond the known differences, and what of them is not, is to be nothing.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from wechatpay_chain import bills
from wechatpay_chain.testing.bills import days

from ..report import Figure, heading, line
from .making import trade_bill

RUN = """
import json, sys, time
from wechatpay_chain import bills
begin = time.perf_counter()
result = bills.reconcile(*sys.argv[1:4], rate="0.6%")
seconds = time.perf_counter() - begin
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(json.dumps([seconds, int(peak), dict(result.counts)]))
"""
ORDERS = """
SELECT printf('order%015d', i) AS out_trade_no, (hash(i) % 1000000 + 1 + {off})::BIGINT AS total,
    printf('42000%023d', i) AS transaction_id, 'SUCCESS' AS trade_state, 'CNY' AS currency,
    TIMESTAMP '2026-11-25' + to_seconds(i * 86400 // {rows}) AS paid_at
FROM range({rows}) numbers(i) WHERE i % 20 <> 19 AND i % 99991 <> 3
"""
REFUNDS = """
SELECT printf('refund%015d', i) AS out_refund_no, (hash(i) % 1000000 + 1)::BIGINT AS refund,
    printf('order%015d', i - 1) AS out_trade_no
FROM range({rows}) numbers(i) WHERE i % 20 = 19
"""


def measure(quick: bool) -> list[Figure]:
    """Reconcile a large day and many small ones.

    Args:
        quick: 200,000 rows, and 20 days without Spark.
    """
    return [
        *_large(200_000 if quick else 10_000_000),
        *_many(20 if quick else 200, spark=not quick),
    ]


def _large(rows: int) -> list[Figure]:
    heading(f"reconciliation: a trade bill of {rows:,} rows, orders and refunds in Parquet")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [trade_bill(folder / "bill.csv", rows)]
        for own, select in (("orders", ORDERS), ("refunds", REFUNDS)):
            off = "(i % 100003 = 4)::INTEGER"
            query = select.format(rows=rows, off=off)
            files.append(folder / f"{own}.parquet")
            duckdb.execute(f"COPY ({query}) TO '{files[-1]}' (FORMAT parquet)")
        command = [sys.executable, "-c", RUN, *map(str, files)]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, kib, counts = json.loads(found)
    line("seconds", f"{seconds:.1f}", "peak MiB", f"{kib / 1024:,.0f}")
    line(*(f"{kind}={count:,}" for kind, count in counts.items() if count))
    return [
        Figure(f"{rows:,} rows reconciled", seconds, 40, "s"),
        Figure(f"{rows:,} rows reconciled, memory", kib / 2**20, 2, "GiB"),
    ]


def _many(count: int, *, spark: bool) -> list[Figure]:
    heading(f"reconciliation: {count} days with known differences of every class")
    figures = []
    with tempfile.TemporaryDirectory() as name:
        known: set[tuple[str, str, str]] = set()
        arguments: dict[str, Any] = {"trade_bill": [], "orders": [], "refunds": []}
        every = days(count, orders=150, refunds=0.2)
        dates = {day.date for day in every}
        others: set[str] = set()
        for day in every:
            paths = day.write(Path(name) / str(day.date))
            known |= {
                (each.kind, each.out_trade_no, each.out_refund_no) for each in day.differences
            }
            arguments["trade_bill"].append(paths.trade)
            arguments["rate"] = day.rate
            for order in day.orders():  # a day has orders of other days as well
                paid = order["paid_at"]
                if paid is None or paid.date() == day.date:
                    arguments["orders"].append(order)
                elif paid.date() not in dates and order["out_trade_no"] not in others:
                    others.add(order["out_trade_no"])
                    arguments["orders"].append(order)
            arguments["refunds"] += day.refunds()
        engines: dict[str, Any] = {"DuckDB": "duckdb"}
        if spark and importlib.util.find_spec("pyspark"):
            engines["Spark"] = _session()
        for engine, session in engines.items():
            result = bills.reconcile(**arguments, engine=session)
            found = {
                (each.kind, each.out_trade_no or "", each.out_refund_no or "")
                for each in result.differences
            }
            missed, wrong = len(known - found), len(found - known)
            line(engine, f"known={len(known):,}", f"missed={missed}", f"false={wrong}")
            figures.append(
                Figure(f"{count} days on {engine}: missed or false", missed + wrong, 0, "")
            )
        if "Spark" in engines:
            engines["Spark"].stop()
    return figures


def _session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("benchmark")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
