"""`bills show`: what a bill is, its sums, its first rows; personal data only on request."""

from __future__ import annotations

import gzip
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines, run
from wechatpay_chain import bills
from wechatpay_chain.testing.bills import Paths


def test_a_trade_bill(day: Paths) -> None:
    shown = lines("bills", "show", str(day.trade), "--rows", "3")
    facts = dict(line.split(maxsplit=1) for line in shown[: shown.index("")])
    summary = bills.check(day.trade)
    assert facts["kind"] == "trade ALL"
    assert facts["day"] == "2026-11-25"
    assert facts["rows"] == f"{summary.count:,}"
    assert facts["total"] == f"{Decimal(summary.totals['total']) / 100:,.2f}  订单总金额"
    rows = [line.split("\t") for line in shown[shown.index("") + 1 :]]
    first = next(iter(bills.read(day.trade, kind="trade")))
    assert len(rows) == 3
    assert rows[0][0] == f"{first.trade_time:%Y-%m-%d %H:%M:%S}"
    assert rows[0][1] == first.out_trade_no
    assert rows[0][4] == f"{Decimal(first.total) / 100:,.2f}"


def test_a_fund_flow_bill(day: Paths) -> None:
    shown = "\n".join(lines("bills", "show", str(day.fund_flow), "--rows", "1"))
    assert "fund_flow" in shown
    assert "opening_balance" in shown
    assert "交易" in shown


def test_json_has_fen_and_no_personal_data(day: Paths) -> None:
    found = data("bills", "show", str(day.trade), "--rows", "1")
    row = next(iter(bills.read(day.trade, kind="trade")))
    assert (found["kind"], found["type"]) == ("trade", "ALL")
    assert found["totals"]["total"] == bills.check(day.trade).totals["total"]
    (shown,) = found["rows"]
    assert (shown["total"], shown["fee"]) == (row.total, f"{row.fee:f}")
    assert shown["trade_time"] == row.trade_time.isoformat()
    assert (shown["openid"], shown["description"]) == ("***", "***")
    (whole,) = data("bills", "show", str(day.trade), "--rows", "1", "--show-personal")["rows"]
    assert (whole["openid"], whole["description"]) == (row.openid, row.description)


def test_no_personal_data_is_printed_without_being_asked_for(day: Paths) -> None:
    personal = {
        text
        for row in bills.read(day.trade, kind="trade")
        for text in (row.openid, row.description, row.attach)
        if text
    }
    output = run("bills", "show", str(day.trade), "--rows", "1000").output
    assert personal
    assert [text for text in personal if text in output] == []


def test_a_compressed_bill(day: Paths, tmp_path: Path) -> None:
    packed = tmp_path / "trade.csv.gz"
    packed.write_bytes(gzip.compress(day.trade.read_bytes()))
    assert data("bills", "show", str(packed))["count"] == bills.check(day.trade).count


def test_columns_that_are_not_known(day: Paths, tmp_path: Path) -> None:
    header, *rest = day.trade.read_text("utf-8").split("\n")
    rows = [f"{line},`秘密" if line.startswith("`20") else line for line in rest]
    newer = tmp_path / "newer.csv"
    newer.write_text("\n".join([f"{header},新列", *rows]), "utf-8")
    result = run("bills", "show", str(newer), "--rows", "1")
    assert result.exit_code == 0, result.output
    assert re.search("^unknown columns +新列$", result.stdout, re.M)
    assert "新列" in result.stderr
    assert "秘密" not in result.output
    assert data("bills", "show", str(newer))["unknown"] == ["新列"]


def test_a_damaged_bill(day: Paths, tmp_path: Path) -> None:
    cut = tmp_path / "cut.csv"
    cut.write_bytes(day.trade.read_bytes()[:-40])
    assert f"{cut}, line " in failed("bills", "show", str(cut))


@pytest.mark.parametrize("columns", [40, 100])
def test_on_a_screen(day: Paths, terminal, columns: int) -> None:
    terminal(columns)
    shown = "\n".join(lines("bills", "show", str(day.trade), "--rows", "2"))
    assert "out_trade_no" in shown or columns < 60
    assert "trade ALL" in shown


def test_no_file(tmp_path: Path) -> None:
    assert "does not exist" in failed("bills", "show", str(tmp_path / "none.csv"), code=2)
