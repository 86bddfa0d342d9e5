"""`bills reconcile`: sources, reports, the last run, and an exit code for cron."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as parquet
import pytest

from tests.cli.support import process, run
from wechatpay_chain import bills
from wechatpay_chain.testing.bills import Paths

CLASSES = {
    "missing_here", "missing_there", "amount", "currency", "state", "fee", "refund_missing_here",
    "refund_missing_there", "refund_amount", "duplicate", "other_day",
}  # fmt: skip


def arguments(paths: Paths, *more: object) -> list[str]:
    given = [paths.trade, "--orders", paths.orders, "--refunds", paths.refunds]
    for bill in paths.neighbours:
        given += ["--neighbour", bill]
    return ["bills", "reconcile", *map(str, given), *map(str, more)]


def found(paths: Paths, *more: object, code: int) -> Any:
    result = run(*arguments(paths, "--json", *more))
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_everything_agrees(day: Paths) -> None:
    result = found(day, code=0)
    assert result["ok"]
    assert result["days"] == ["2026-11-25"]
    assert result["mchids"] == ["1900000109"]
    assert result["differences"] == []
    assert sum(result["counts"].values()) == result["counts"]["matched"]
    assert result["sums"]["paid_here"] == result["sums"]["paid_there"] > 0


def test_the_fund_flow_is_explained(day: Paths, differing: Paths) -> None:
    balance = found(day, "--fund-flow", day.fund_flow, code=0)["balance"]
    assert balance["ok"]
    moved = sum(each["amount"] for each in balance["lines"])
    assert balance["opening"] + moved == balance["closing"]
    other = run(*arguments(day, "--fund-flow", differing.fund_flow))
    assert other.exit_code == 1
    (line,) = (each for each in other.stdout.splitlines() if each.startswith("not explained"))
    assert not line.split()[2].startswith("0")


def test_differences_are_listed_and_the_exit_code_is_1(differing: Paths) -> None:
    result = found(differing, code=1)
    assert {each["kind"] for each in result["differences"]} >= CLASSES
    assert result["changes"] is None
    result = run(*arguments(differing, "--limit", "3"))
    assert result.exit_code == 1
    facts, rows = result.stdout.split("\n\n")
    assert "missing_here" in facts
    assert len(rows.splitlines()) == 3
    assert "more differences: --limit lists more" in result.stderr


def test_amounts_are_in_yuan_for_people(differing: Paths) -> None:
    listed = found(differing, code=1)["differences"]
    amount = next(each for each in listed if each["kind"] == "amount")
    row = next(
        line.split("\t")
        for line in run(*arguments(differing)).stdout.splitlines()
        if line.startswith("amount\t")
    )
    assert row[1] == amount["out_trade_no"]
    assert [each.replace(",", "").replace(".", "") for each in row[4:6]] == [
        amount["here"].zfill(3),
        amount["there"].zfill(3),
    ]


def test_reports_and_the_last_run(differing: Paths, day: Paths, tmp_path: Path) -> None:
    html, excel, last = (tmp_path / name for name in ("day.html", "day.xlsx", "day.json"))
    written = ("--html", html, "--excel", excel, "--last", last)
    first = found(differing, *written, code=1)
    assert first["changes"] is None
    again = found(differing, *written, code=1)
    many = sum(first["counts"].values()) - first["counts"]["matched"]
    assert again["changes"] == {"new": 0, "open": many, "solved": 0}
    assert f"未解决 {many}" in html.read_text("utf-8")
    assert len(openpyxl.load_workbook(excel).sheetnames) > 10
    assert sorted(each.name for each in tmp_path.iterdir()) == ["day.html", "day.json", "day.xlsx"]
    text = run(*arguments(differing, "--last", last)).stdout
    assert f"open since the last run    {many}" in " ".join(text.split(" "))


def test_a_damaged_last_run(day: Paths, tmp_path: Path) -> None:
    (tmp_path / "day.json").write_text("{}")
    result = run(*arguments(day, "--last", tmp_path / "day.json"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "line 1: it was not written by save()" in result.stderr
    assert (tmp_path / "day.json").read_text() == "{}"


@pytest.fixture
def database(day: Paths, tmp_path: Path) -> str:
    path = tmp_path / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE purchases (number TEXT, fen INTEGER, trade_state TEXT, paid_at TIMESTAMP)"
        )
        connection.executemany(
            "INSERT INTO purchases VALUES (?, ?, ?, ?)",
            [
                (
                    row["out_trade_no"],
                    row["total"],
                    row["trade_state"],
                    row["paid_at"] and f"{row['paid_at']:%Y-%m-%d %H:%M:%S.%f}",
                )
                for row in parquet.read_table(day.orders).to_pylist()
            ],
        )
    return f"sqlite:///{path}"


def test_orders_in_a_database(day: Paths, database: str) -> None:
    given = ["bills", "reconcile", str(day.trade), "--refunds", str(day.refunds), "--json"]
    given += ["--columns", "out_trade_no=number,total=fen"]
    result = run(*given, WECHATPAY_ORDERS=f"{database}#purchases")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["ok"]


def test_csv(day: Paths, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    rows = parquet.read_table(day.orders).to_pylist()
    names = ("out_trade_no", "total", "trade_state", "transaction_id", "paid_at")
    lines = [",".join(str(row[name] or "") for name in names) for row in rows]
    orders.write_text("\n".join([",".join(names), *lines]))
    result = run(
        *("bills", "reconcile", str(day.trade), "--orders", str(orders)),
        *("--refunds", str(day.refunds)),
    )
    assert result.exit_code == 0, result.output


SECRET = "postgresql+psycopg://shop:tiger%40secret@127.0.0.1:1/shop"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.parquet", "--orders: the file 'none.parquet' does not exist"),
        (SECRET, "and the table name: postgresql://"),
        (f"{SECRET}#", "and the table name: postgresql://"),
        (f"{SECRET}#orders", "127.0.0.1"),
        ("oracular://shop:tiger@secret/x#orders", "does not support the dialect 'oracular'"),
        ("sqlite+none://shop:tiger@secret#orders", "does not support the dialect 'sqlite+none'"),
        ("sqlite:///:memory:#orders", "orders"),
        ("://tiger:secret#orders", "not a URL that SQLAlchemy supports"),
    ],
)
def test_a_source_that_is_none(day: Paths, source: str, message: str) -> None:
    result = run("bills", "reconcile", str(day.trade), WECHATPAY_ORDERS=source)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "tiger" not in result.stderr
    assert "secret@" not in result.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--columns", "total"], "--columns 'total': expected OURS=YOURS"),
        (["--columns", "total=none"], "none"),
        (["--rate", "much"], "rate 'much'"),
        (["--date", "yesterday-ish"], "date 'yesterday-ish'"),
    ],
)
def test_wrong_arguments(day: Paths, more: list[str], message: str) -> None:
    result = run(*arguments(day, *more))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_damaged_bill_cannot_be_reconciled(day: Paths, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv"
    cut.write_bytes(day.trade.read_bytes()[:-40])
    result = run("bills", "reconcile", str(cut), "--orders", str(day.orders))
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{cut}, line " in result.stderr


def test_the_exit_codes_of_the_program(day: Paths, differing: Paths) -> None:
    def code(*given: str) -> int:
        done: subprocess.CompletedProcess[bytes] = process(*given)
        return done.returncode

    assert code(*arguments(day)) == 0
    assert code(*arguments(differing)) == 1
    assert code("bills", "reconcile", str(day.trade), "--orders", "none") == 2


def test_it_is_what_python_finds(differing: Paths) -> None:
    result = bills.reconcile(
        differing.trade, differing.orders, differing.refunds, neighbours=differing.neighbours
    )
    assert found(differing, code=1)["counts"] == dict(result.counts)
