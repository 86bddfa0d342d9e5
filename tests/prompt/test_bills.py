"""What bills, their rows and reconciliations show: in IPython, as HTML, and in rich."""

from __future__ import annotations

import datetime
import io

import pytest
from IPython.utils.capture import capture_output

from tests.bills.texts import PAYMENT, SUCCESS_TOTALS, bill
from tests.prompt.forms import FORMS, html_text, plain
from wechatpay_chain import bills
from wechatpay_chain.bills import showing
from wechatpay_chain.bills.forms import trade
from wechatpay_chain.bills.reconciliation.balance import Balance, BalanceLine, Unexplained
from wechatpay_chain.testing.bills import generate

DAY = generate("2026-11-25", orders=60, refunds=0.1)
TOTALS = {**SUCCESS_TOTALS, "refund": "0.00", "refund_requested": "0.00"}
"""Of a bill with one payment."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bills")
    found = {"trade": DAY.trade(), "fund_flow": DAY.fund_flow()}
    for name, lines in found.items():
        (folder / name).write_text("".join(lines), "utf-8", newline="")
    return {name: folder / name for name in found}


@pytest.fixture(scope="module")
def rows(paths):
    return list(bills.read(paths["trade"]))


# --- bills


@FORMS
def test_a_bill_shows_its_first_rows_and_counts_the_others(form, paths, rows):
    text = form(bills.read(paths["trade"]))
    for words in ("trade ALL", "adds up", "out_trade_no", rows[0].out_trade_no, "yuan"):
        assert words in text, words
    assert f"… and {len(rows) - showing.FIRST} more" in text
    assert rows[showing.FIRST - 1].transaction_id not in text
    assert all(row.openid not in text for row in rows if row.openid)


@FORMS
def test_a_fund_flow_bill_shows_its_balance(form, paths):
    text = form(bills.read(paths["fund_flow"]))
    assert "10,000.00 yuan" in text
    assert "扣除交易手续费" in text
    assert "income_count" in text


def test_looking_at_a_bill_changes_nothing(paths, rows):
    reader = bills.read(paths["trade"])
    plain(reader)
    assert reader.summary is None
    assert list(reader) == rows
    assert "adds up" in plain(reader)
    assert repr(reader).startswith("<BillReader trade ALL ")


@FORMS
def test_an_open_file_is_left_to_the_caller(form, paths, rows):
    reader = bills.read(io.BytesIO(paths["trade"].read_bytes()))
    assert "An open file can be read only once" in form(reader)
    assert list(reader) == rows


@FORMS
def test_a_damaged_bill_says_so(form, paths, tmp_path):
    lines = paths["trade"].read_text("utf-8").splitlines(keepends=True)
    cut = tmp_path / "cut.csv"
    cut.write_text("".join([*lines[:20], *lines[21:]]), "utf-8", newline="")
    text = form(bills.read(cut))
    assert "DAMAGED: do not act on its rows" in text
    assert "fault" in text


@FORMS
def test_a_bill_that_is_gone_says_so(form, paths, tmp_path):
    path = tmp_path / "gone.csv"
    path.write_bytes(paths["trade"].read_bytes())
    reader = bills.read(path)
    path.unlink()
    assert "it cannot be read" in form(reader)


def test_a_long_bill_is_not_read_to_its_end(paths, monkeypatch):
    monkeypatch.setattr(showing, "COUNTED", 5)
    reader = bills.read(paths["trade"])
    assert "not read completely" in plain(reader)
    assert "… and more than " in plain(reader)
    reader.check()
    assert f"… and {reader.summary.count - showing.FIRST} more" in plain(reader)


@FORMS
def test_what_people_wrote_does_not_reach_the_notebook(form, tmp_path):
    typed = {**PAYMENT, "description": "<b>tea</b>", "out_trade_no": "<i>\x1b[31m", "attach": "x=1"}
    path = tmp_path / "typed.csv"
    path.write_text(bill(trade.ALL, [typed], TOTALS), "utf-8", newline="")
    reader = bills.read(path)
    (row,) = reader
    for thing in (reader, row):
        text = form(thing)
        assert r"<i>\x1b[31m" in text
        assert "tea" not in text
        assert PAYMENT["openid"] not in text
    assert "Not shown: openid, description, attach" in form(row)


@FORMS
def test_a_form_that_is_not_known_is_counted(form, tmp_path):
    path = tmp_path / "unknown.csv"
    path.write_text("分账时间,接收方\n`2026-11-25 10:00:00,`oSecret\n", "utf-8", newline="")
    with pytest.warns(bills.BillWarning):
        reader = bills.read(path)
    assert "1 rows of an unknown form are not shown" in form(reader)
    assert "oSecret" not in form(reader)
    assert "Not shown: extra" in form(next(iter(reader)))


@FORMS
def test_a_row_has_yuan_and_fen(form, rows):
    row = rows[0]
    text = form(row)
    assert f"{row.total} fen" in text
    assert f"{row.total / 100:,.2f} yuan" in text
    assert "2026-11-25 00:00:00" in text
    assert plain([row]) == f"[{row!r}]"


@FORMS
def test_a_summary_and_a_file(form, paths):
    text = form(bills.check(paths["trade"]))
    assert "adds up" in text
    assert "settlement_total" in text
    file = bills.BillFile(paths["trade"], "trade", datetime.date(2026, 11, 25), "ALL", "1900000109")
    assert "1900000109" in form(file)
    assert "2026-11-25" in form(file)
    empty = bills.BillFile(paths["trade"], "trade", datetime.date(2026, 11, 25), empty=True)
    assert "empty: no transactions on this day" in form(empty)
    assert str(paths["trade"]) not in form(empty)


def test_a_notebook_shows_a_table(shell, paths):
    shell.user_ns["bill"] = bills.read(paths["trade"])
    with capture_output() as captured:
        shell.run_cell("display(bill)").raise_error()
    (output,) = captured.outputs
    assert output.data["text/html"].count("<tr>") > showing.FIRST
    assert "trade_time" in output.data["text/plain"]


# --- reconciliations


@pytest.fixture(scope="module")
def reconciled(paths, rows):
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    paid = [row for row in rows if row.trade_state == "SUCCESS"]

    def reconciled(orders, **given):
        return bills.reconcile(paths["trade"], orders, **given)

    return reconciled, [{"out_trade_no": each.out_trade_no, "total": each.total} for each in paid]


@FORMS
def test_a_reconciliation_shows_what_differs(form, reconciled, paths):
    reconcile, orders = reconciled
    result = reconcile(orders[40:], fund_flow=paths["fund_flow"])
    text = form(result)
    many = sum(result.counts.values()) - result.counts["matched"]
    for words in ("2026-11-25", f"{many} differences", "fund flow explained", "Paid, unknown here"):
        assert words in text, words
    assert orders[0]["out_trade_no"] in text
    assert f"… and {many - 20} more" in text
    assert f"{result.there.paid / 100:,.2f}" in text


@FORMS
def test_a_reconciliation_that_agrees_says_so(form, tmp_path):
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    path = tmp_path / "one.csv"
    path.write_text(bill(trade.ALL, [PAYMENT], TOTALS), "utf-8", newline="")
    result = bills.reconcile(path, [{"out_trade_no": "A-1", "total": 1234}])
    assert "everything agrees" in form(result)
    assert "12.34" in form(result)


@FORMS
def test_a_fund_flow_shows_what_moved_the_money(form, reconciled, paths):
    reconcile, orders = reconciled
    text = form(reconcile(orders, fund_flow=paths["fund_flow"]).balance)
    assert "explained" in text
    assert "扣除交易手续费" in text
    assert "10,000.00" in text


@FORMS
def test_what_a_fund_flow_does_not_explain(form):
    line = BalanceLine("交易", "交易", 2, 300)
    moves = tuple(Unexplained(f"42{number:02}", 100, 200) for number in range(23))
    text = form(Balance(0, 999, 300, 0, (line,), moves))
    assert "NOT EXPLAINED" in text
    assert "6.99" in text
    assert "4219" in text
    assert "… and 3 more" in text
    assert "4220" not in text


def test_html_of_all_of_them_is_checked(paths, reconciled):
    reconcile, orders = reconciled
    assert html_text(reconcile(orders))
    assert html_text(bills.read(paths["trade"]))
