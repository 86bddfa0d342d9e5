"""The methods of a reconciliation that write files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.bills.reconciliation.days import DAY, paid, refunded
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.testing.bills import generate

BILL = [paid("A1"), paid("A2", 200), paid("A3", 300), refunded("A3", "R3", 100)]
ORDERS = [
    {"out_trade_no": "A1", "total": 100},
    {"out_trade_no": "A2", "total": 250},
    {"out_trade_no": "A3", "total": 300},
]


def reconciled(*orders: dict[str, object]) -> bills.Reconciliation:
    return bills.reconcile(BILL, list(orders), date=DAY)


@pytest.fixture
def result() -> bills.Reconciliation:
    return reconciled(*ORDERS)


def test_html(result: bills.Reconciliation, tmp_path: Path) -> None:
    path = result.to_html(tmp_path / "reports" / "day.html")
    text = path.read_text("utf-8")
    assert path == tmp_path / "reports" / "day.html"
    for part in ("微信支付对账 2026-11-25", "1900000109", "2 处差异", "支付金额不一致", "R3"):
        assert part in text
    assert '<span class="sign">¥</span>6.00' in text
    assert '<span class="sign">¥</span>1.00' in text
    assert "10:00 支付 paid 6.00，退款 refunded 1.00" in text
    assert [each.name for each in path.parent.iterdir()] == ["day.html"]


def test_excel(result: bills.Reconciliation, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(result.to_excel(tmp_path / "day.xlsx"))
    assert book.sheetnames == ["汇总", "支付金额不一致", "本方缺少退款"]
    (row,) = book["支付金额不一致"].iter_rows(min_row=2, values_only=True)
    assert (row[1], row[6:10]) == ("A2", ("订单金额", "2.50", "2.00", 2))


def test_a_rerun(result: bills.Reconciliation, tmp_path: Path) -> None:
    path = result.save(tmp_path / "day.json")
    again = reconciled(*ORDERS[:1], {"out_trade_no": "A2", "total": 200})
    changes = again.compare(path)
    assert isinstance(changes, bills.Changes)
    assert dict(changes.counts) == {"new": 1, "open": 1, "solved": 1}
    for last in (path, changes):
        text = again.to_html(tmp_path / "day.html", last=last).read_text("utf-8")
        assert "新增 1" in text
        assert "上次的差异，现已解决" in text
    book = openpyxl.load_workbook(again.to_excel(tmp_path / "day.xlsx", last=changes))
    statuses = {name: book[name].cell(2, 14).value for name in book.sheetnames[1:]}
    assert statuses == {"本方缺少支付": "新增", "本方缺少退款": "未解决", "已解决": "已解决"}


def test_the_balance_is_in_both_reports(tmp_path: Path) -> None:
    paths = generate("2026-11-25", orders=30, refunds=0.2).write(tmp_path)
    other = generate("2026-11-25", orders=32, refunds=0.2, seed=9).write(tmp_path / "other")
    for flow, words in ((paths.fund_flow, "逐分核对一致"), (other.fund_flow, "无法解释的支付")):
        result = bills.reconcile(paths.trade, paths.orders, paths.refunds, fund_flow=flow)
        assert result.balance is not None
        assert result.ok == result.balance.ok == (flow == paths.fund_flow)
        text = result.to_html(tmp_path / "day.html").read_text("utf-8")
        assert words in text
        assert "期初余额" in text
        summary = openpyxl.load_workbook(result.to_excel(tmp_path / "day.xlsx"))["汇总"]
        cells = {row[0]: row[1] for row in summary.iter_rows(values_only=True)}
        assert cells["期末余额 Closing balance"] == result.balance.closing / 100


def test_a_place_that_cannot_be_written(result: bills.Reconciliation, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for write in (result.to_html, result.to_excel, result.save):
        for path in (tmp_path / "file" / "day", tmp_path / "folder"):
            with pytest.raises(ConfigurationError, match="cannot be written: "):
                write(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]
