"""`bills convert`: the same rows as CSV, Excel, Parquet and DuckDB."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as parquet
import pytest

from tests.cli.support import data, failed, run
from wechatpay_chain import bills
from wechatpay_chain.testing.bills import Paths


@pytest.fixture
def rows(day: Paths) -> list[bills.TradeRow]:
    return list(bills.read(day.trade, kind="trade"))


def converted(*arguments: object) -> str:
    result = run("bills", "convert", *map(str, arguments))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_csv_for_programs(day: Paths, rows: list[bills.TradeRow]) -> None:
    found = list(csv.DictReader(converted(day.trade, "--to", "csv").splitlines()))
    assert len(found) == len(rows)
    for shown, row in zip(found, rows, strict=True):
        assert int(shown["total"]) == row.total
        assert Decimal(shown["fee"]) == row.fee
        assert shown["out_refund_no"] == (row.out_refund_no or "")
        assert shown["trade_time"] == row.trade_time.isoformat()
        assert shown["description"] == (row.description or "")
    assert "extra" not in found[0]


def test_several_bills_in_one_file(day: Paths, tmp_path: Path, rows: list[bills.TradeRow]) -> None:
    target = tmp_path / "all.csv"
    assert converted(day.trade, *day.neighbours, "--output", target) == ""
    found = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    others = sum(bills.check(each).count for each in day.neighbours)
    assert len(found) == len(rows) + others
    assert [each.name for each in tmp_path.iterdir()] == ["all.csv"]


def test_columns_that_are_not_known_are_kept(day: Paths, tmp_path: Path) -> None:
    header, *rest = day.trade.read_text("utf-8").split("\n")
    lines = [f"{line},`a,b" if line.startswith("`20") else line for line in rest]
    newer = tmp_path / "newer.csv"
    newer.write_text("\n".join([f"{header},新列", *lines]), "utf-8")
    found = list(csv.DictReader(converted(newer, "--to", "csv").splitlines()))
    assert {each["新列"] for each in found} == {"a,b"}
    book = openpyxl.load_workbook(_excel(newer, tmp_path))
    assert [cell.value for cell in book["账单"]["1"]][-1] == "新列"


def _excel(bill: Path, folder: Path) -> Path:
    target = folder / "bill.xlsx"
    converted(bill, "--output", target)
    return target


def test_excel_for_people(day: Paths, tmp_path: Path, rows: list[bills.TradeRow]) -> None:
    sheet = openpyxl.load_workbook(_excel(day.trade, tmp_path))["账单"]
    head, *found = sheet.iter_rows()
    names = [cell.value for cell in head]
    assert names[:3] == ["交易时间", "公众账号ID", "商户号"]
    assert len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        shown = dict(zip(names, cells, strict=True))
        assert Decimal(str(shown["订单金额"].value)) == Decimal(row.total) / 100
        assert Decimal(str(shown["手续费"].value)) == row.fee / 100
        assert shown["交易时间"].value == row.trade_time.replace(tzinfo=None)
        for name in ("微信订单号", "商户订单号", "商户号"):
            assert shown[name].data_type == "s"


def test_parquet(day: Paths, tmp_path: Path, rows: list[bills.TradeRow]) -> None:
    (path,) = json.loads(converted(day.trade, "--to", "parquet", "-o", tmp_path, "--json"))
    table = parquet.read_table(path, partitioning=None)
    assert table["total"].to_pylist() == [row.total for row in rows]
    assert Path(path).relative_to(tmp_path).parts[:2] == ("kind=trade", "date=2026-11-25")


def test_parquet_of_a_downloaded_bill_needs_no_options(day: Paths, tmp_path: Path) -> None:
    bill = tmp_path / "fund_flow-BASIC-1900000109-2026-11-25.csv"
    shutil.copy(day.fund_flow, bill)
    record = {"kind": "fund_flow", "date": "2026-11-25", "type": "BASIC", "mchid": "1900000109"}
    bill.with_suffix(".json").write_text(json.dumps({**record, "sub_mchid": ""}))
    target = tmp_path / "lake"
    (path,) = data("bills", "convert", str(bill), "--to", "parquet", "-o", str(target))
    assert Path(path).relative_to(target).parts[:2] == ("kind=fund_flow", "date=2026-11-25")
    bill.with_suffix(".json").unlink()
    said = failed("bills", "convert", str(bill), "--to", "parquet", "-o", str(target))
    assert "is unknown" in said


def test_duckdb(day: Paths, tmp_path: Path, rows: list[bills.TradeRow]) -> None:
    target = tmp_path / "bills.duckdb"
    for _ in range(2):
        converted(day.trade, day.fund_flow, "-o", target)
    with duckdb.connect(str(target), read_only=True) as connection:
        (found,) = connection.execute("SELECT SUM(total) FROM trade").fetchall()
        assert found == (sum(row.total for row in rows),)
        assert connection.execute("SELECT COUNT(*) FROM fund_flow").fetchall() > [(0,)]


def test_a_damaged_bill_leaves_what_was_there(day: Paths, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv"
    cut.write_bytes(day.trade.read_bytes()[:-40])
    for name in ("out.csv", "out.xlsx"):
        (tmp_path / name).write_text("before")
        assert f"{cut}, line " in failed("bills", "convert", str(cut), "-o", str(tmp_path / name))
        assert (tmp_path / name).read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 3


def test_wrong_arguments(day: Paths, tmp_path: Path) -> None:
    bill = str(day.trade)
    assert "the format is missing: pass --to" in failed("bills", "convert", bill)
    assert "the format is missing: pass --to" in failed(
        "bills", "convert", bill, "-o", str(tmp_path / "x.pdf")
    )
    assert "the output is missing: pass --output FILE" in failed(
        "bills", "convert", bill, "--to", "xlsx"
    )
    assert "is one of the bills" in failed("bills", "convert", bill, "--to", "csv", "-o", bill)
    several = failed("bills", "convert", bill, str(day.fund_flow), "--to", "csv")
    assert "are bills of different kinds: convert them" in several
    (tmp_path / "text.duckdb").write_text("text")
    path = str(tmp_path / "text.duckdb")
    assert "cannot be opened as a DuckDB database" in failed("bills", "convert", bill, "-o", path)
