"""The Excel report, read back: exact amounts, numbers as text, and never a formula."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.bills.report.sample import difference, report
from wechatpay_chain import ConfigurationError
from wechatpay_chain.bills.report import sheets, workbook
from wechatpay_chain.bills.report.words import CLASSES, COLUMNS, DIFFERENCES

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)", "https://a.test/", "{=1}", "\t=1", "1e5"]


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(most_rows: int = sheets.MOST_ROWS, **changed: Any) -> Any:
        path = tmp_path / "day.xlsx"
        workbook.excel(report(**changed), path, most_rows=most_rows)
        return openpyxl.load_workbook(path)

    return write


def of_class(kind: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {"counts": {kind: len(rows)}, "rows": lambda _: iter(rows)}


def test_there_is_a_sheet_for_each_class(written: Any) -> None:
    book = written()
    assert book.sheetnames == ["汇总", *(CLASSES[kind].name.zh for kind in DIFFERENCES)]
    summary = {row[0]: row[1:] for row in book["汇总"].iter_rows(values_only=True) if row[0]}
    assert summary["支付（账单） Paid, on the bill"] == (12345678.9, 128_470)
    assert summary["手续费 Fees"][0] == 74074.07125
    assert summary["差额 Difference"][0] == -77.9
    assert summary["一致 Matched"][0] == 128_431
    assert summary["无法解释 Unexplained"] == (-1, 1)


def test_cells_are_what_they_mean(written: Any) -> None:
    book = written(**of_class("amount", difference("amount", 1, sub_mchid="0012")))
    head, row = book["支付金额不一致"].iter_rows()
    assert [cell.value.split()[0] for cell in head] == [each.zh for each in COLUMNS.values()]
    cells = dict(zip(COLUMNS, row, strict=True))
    assert cells["out_trade_no"].value == "native-000001"
    assert cells["transaction_id"].value == "4200000000000000000000000001"
    assert cells["sub_mchid"].value == "0012"
    assert {cells[name].data_type for name in ("transaction_id", "mchid", "sub_mchid")} == {"s"}
    assert (cells["amount"].value, cells["amount"].number_format) == (1234.05, "#,##0.00")
    assert cells["trade_time"].value == datetime.datetime(2026, 11, 25, 9, 30, 5)
    assert (cells["here"].value, cells["there"].value) == ("19.99", "20.00")


@pytest.mark.parametrize("value", FORMULAS)
def test_nothing_becomes_a_formula_or_a_link(written: Any, value: str) -> None:
    row = difference("state", 1, out_trade_no=value, transaction_id=value, here=value)
    sheet = written(**of_class("state", row))["交易状态不一致"]
    for column in (2, 4, 8):
        cell = sheet.cell(2, column)
        assert (cell.value, cell.data_type) == (value, "s")
        assert cell.hyperlink is None


def test_amounts_are_exact(written: Any) -> None:
    amounts = [1, 99, 10, 12345, 999_999_999_999_99, -5, 0, Decimal("12.345")]
    rows = [difference("fee", number, amount=each) for number, each in enumerate(amounts)]
    sheet = written(**of_class("fee", *rows))["手续费不一致"]
    column = list(COLUMNS).index("amount") + 1
    read = [Decimal(str(sheet.cell(line, column).value)) for line in range(2, len(rows) + 2)]
    assert read == [Decimal(each) / 100 for each in amounts]
    assert sheet.cell(len(rows) + 1, column).number_format == "#,##0.00####"


def test_more_rows_than_a_sheet_has_go_on_in_the_next(written: Any) -> None:
    rows = [difference("fee", number) for number in range(25)]
    book = written(11, **of_class("fee", *rows))
    assert book.sheetnames == ["汇总", "手续费不一致", "手续费不一致 2", "手续费不一致 3"]
    numbers = [
        row[1]
        for name in book.sheetnames[1:]
        for row in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert numbers == [row["out_trade_no"] for row in rows]
    assert sheets.MOST_ROWS == 2**20


def test_characters_that_xml_does_not_have(written: Any) -> None:
    row = difference("state", 1, here="a\x00b\x1b\ud800c\nd", there="x" * 40_000)
    sheet = written(**of_class("state", row))["交易状态不一致"]
    assert sheet.cell(2, 8).value == "a\ufffdb\ufffd\ufffdc\nd"
    assert len(sheet.cell(2, 9).value) == sheets.LONGEST


def test_a_missing_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "xlsxwriter", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'wechatpay-chain\[bills\]'"):
        workbook.excel(report(), tmp_path / "day.xlsx")
