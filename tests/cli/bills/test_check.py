"""`bills check`: files and folders, what is wrong with them, and an exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines, run
from wechatpay_chain.testing.bills import Paths


@pytest.fixture
def folder(day: Paths, tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    shutil.copy(day.trade, tmp_path / "trade.csv")
    shutil.copy(day.fund_flow, tmp_path / "more" / "flow.csv")
    (tmp_path / "trade.csv.part").write_text("half")
    (tmp_path / "trade.json").write_text("{}")
    return tmp_path


def test_a_folder(folder: Path) -> None:
    rows = [line.split("\t") for line in lines("bills", "check", str(folder))]
    assert [(row[0], Path(row[1]).name, row[2]) for row in rows] == [
        ("ok", "flow.csv", "fund_flow"),
        ("ok", "trade.csv", "trade ALL"),
    ]
    assert int(rows[1][3]) > 60


def test_each_file_once(folder: Path) -> None:
    path = str(folder / "trade.csv")
    assert len(lines("bills", "check", path, path, str(folder))) == 2


def test_a_damaged_bill_has_its_line_and_column(folder: Path) -> None:
    path = folder / "trade.csv"
    rows = path.read_text("utf-8").split("\n")
    cells = rows[3].split(",`")
    cells[-3] = "1.234"
    rows[3] = ",`".join(cells)
    path.write_text("\n".join(rows), "utf-8")
    result = run("bills", "check", str(folder), "--json")
    assert result.exit_code == 1
    assert "Error: 1 of 2 is damaged" in result.stderr
    good, bad = json.loads(result.stdout)
    assert good["ok"]
    assert (bad["ok"], bad["file"], bad["line"]) == (False, str(path), 4)
    assert bad["column"] == "订单金额"
    table = run("bills", "check", str(folder))
    assert table.exit_code == 1
    assert "damaged\t" in table.stdout
    assert "line 4, column 订单金额" in table.stdout


def test_a_folder_without_bills(tmp_path: Path) -> None:
    assert "contains no bill: no file name ends in .csv" in failed("bills", "check", str(tmp_path))


def test_json(folder: Path) -> None:
    assert [each["kind"] for each in data("bills", "check", str(folder))] == [
        "fund_flow",
        "trade ALL",
    ]
