"""Bills as typed rows: values, forms, encodings, spreadsheets, and every kind of damage."""

from __future__ import annotations

import codecs
import csv
import dataclasses
import datetime
import gzip
import hashlib
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.bills import texts
from tests.bills.texts import ALL, BILLS, FUND_FLOW, PAYMENT, REFUND, TRADE_TOTALS, bill
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.bills import BillError, BillFile, BillWarning, TradeRow, UnknownRow
from wechatpay_chain.bills.forms import fund_flow, statement, trade
from wechatpay_chain.bills.reading import source as reading_source

CHINA = datetime.timezone(datetime.timedelta(hours=8))
SUM_LINE = "`2,`12.34,`2.00,`0.00,`0.06204,`12.34,`2.00"


def reader(text: str | bytes, **options: Any) -> bills.BillReader[Any]:
    data = text.encode() if isinstance(text, str) else text
    return bills.read(io.BytesIO(data), **options)


def rows(text: str | bytes, **options: Any) -> list[Any]:
    return list(reader(text, **options))


def error(text: str | bytes) -> BillError:
    with pytest.raises(BillError) as caught:
        rows(text)
    return caught.value


def changed(old: str, new: str, text: str = ALL) -> str:
    assert old in text
    return text.replace(old, new, 1)


def saved_by_a_spreadsheet(text: str, *, width: int = 0, encoding: str = "gb18030") -> bytes:
    """What Excel or WPS saves after it has split at every comma and padded to one width."""
    lines = [next(csv.reader([line])) for line in text.splitlines()]
    width = max(width, *map(len, lines))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([*cells, *[""] * (width - len(cells))] for cells in lines)
    return out.getvalue().encode(encoding)


class TestValues:
    def test_a_payment(self) -> None:
        payment, refund = rows(ALL)
        assert payment == TradeRow(
            trade_time=datetime.datetime(2026, 11, 25, 10, 0, 1, tzinfo=CHINA),
            appid="wxab8acb865bb11234",
            mchid="1900007291",
            transaction_id="4200000001202611250000000001",
            out_trade_no="A-1",
            openid="oUpF8uMuAJO",
            trade_type="JSAPI",
            trade_state="SUCCESS",
            bank_type="OTHERS",
            currency="CNY",
            settlement_total=1234,
            coupon=0,
            refund=0,
            coupon_refund=0,
            description="绿茶, 大杯",
            fee=Decimal("7.404"),
            rate=Decimal("0.0060"),
            total=1234,
            refund_requested=0,
        )
        assert (refund.refund_id, refund.out_refund_no) == ("50000000012026112500000000001", "R-1")
        assert (refund.refund, refund.fee) == (200, Decimal("-1.200"))
        assert refund.sub_mchid == "1900007292"
        assert type(payment.total) is int

    def test_the_times_of_a_refund(self) -> None:
        [refund] = rows(texts.REFUNDS)
        assert refund.refund_time == datetime.datetime(2026, 11, 25, 11, 29, 59, tzinfo=CHINA)
        assert refund.refund_success_time.utcoffset() == datetime.timedelta(hours=8)
        assert refund.trade_time.tzinfo is refund.refund_time.tzinfo

    def test_fund_flow(self) -> None:
        came, went = rows(FUND_FLOW, kind="fund_flow")
        assert (came.direction, came.amount, came.balance) == ("收入", 1234, 11234)
        assert (went.direction, went.amount, went.voucher_no) == ("支出", 200, "A-1")

    def test_a_statement_keeps_amounts_in_their_currency(self) -> None:
        [row] = rows(texts.STATEMENT)
        assert (row.total, row.currency) == (Decimal(1200), "JPY")
        assert (row.payer_total, row.exchange_rate) == (Decimal("57.12"), Decimal("0.0476"))

    def test_the_older_form_has_one_total(self) -> None:
        payment, refund = rows(texts.OLD)
        assert payment.total == payment.settlement_total == 1234
        assert refund.refund_requested == refund.refund == 200
        assert payment.rate_note is None

    def test_documented_samples(self) -> None:
        text = (
            "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,"
            "账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n"
            "`2018-02-01 04:21:23,`50000305742018020103387128253,`1900009231201802015884652186,"
            "`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067\r\n"
            "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n"
            "`1.0,`0.0,`0,`1.0,`0.02\r\n"
        )
        [row] = rows(text)
        assert (row.amount, row.balance, row.remark) == (2, 17, "缺货")
        old = (
            "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
            "交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,"
            "代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率\n"
            "`2014-11-10 16:33:45,`wx2421b1c4370ec43b,`10000100,`0,`1000,"
            "`1001690740201411100005734289,`1415640626,`085e9858e3ba5186aafcbaed1,`MICROPAY,"
            "`SUCCESS,`OTHERS,`CNY,`0.01,`0.0,`0,`0,`0,`0,`,`,`被扫支付测试,`订单额外描述,`0,`0.60%\n"
            "总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额\n"
            "`1,`0.01,`0.0,`0.0,`0\n"
        )
        [row] = rows(old)
        assert (row.total, row.coupon, row.fee) == (1, 0, Decimal(0))

    @pytest.mark.parametrize("text", ["-0.00000", "0", "0.0"])
    def test_no_fee_has_no_sign(self, text: str) -> None:
        free = {**PAYMENT, "fee": text}
        totals = {**TRADE_TOTALS, "count": "1", "refund": "0", "fee": text, "refund_requested": "0"}
        [row] = rows(bill(trade.ALL, [free], totals))
        assert str(row.fee) == "0.000"


class TestReader:
    def test_a_path_can_be_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "bill.csv"
        path.write_text(ALL, "utf-8")
        found = bills.read(path)
        assert list(found) == list(found) == rows(ALL)
        assert list(bills.read(str(path))) == rows(ALL)
        assert (found.kind, found.type, found.path) == ("trade", "ALL", str(path))
        assert found.columns[0] == "交易时间"
        assert "trade ALL" in repr(found)

    def test_iterations_do_not_share_their_place(self, tmp_path: Path) -> None:
        path = tmp_path / "bill.csv"
        path.write_text(ALL, "utf-8")
        found = bills.read(BillFile(path, "trade", datetime.date(2026, 11, 25), sha1=sha1(ALL)))
        assert [a for a, b in zip(found, found, strict=True) if a == b] == rows(ALL)

    def test_an_open_file_is_read_once(self) -> None:
        found = reader(ALL)
        assert len(list(found)) == 2
        with pytest.raises(
            ConfigurationError, match="The open file was already read; pass the bill's"
        ):
            next(iter(found))

    def test_a_text_file_is_rejected(self) -> None:
        with pytest.raises(ConfigurationError, match="'rb'"):
            bills.read(io.StringIO(ALL))  # type: ignore[call-overload]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            bills.read(tmp_path / "none.csv")

    def test_a_file_that_changes_between(self, tmp_path: Path) -> None:
        path = tmp_path / "bill.csv"
        path.write_text(ALL, "utf-8")
        found = bills.read(path)
        path.write_text(FUND_FLOW, "utf-8")
        with pytest.raises(BillError, match="was changed"):
            list(found)

    def test_an_empty_bill_file_has_no_rows(self, tmp_path: Path) -> None:
        nothing = BillFile(tmp_path / "none", "trade", datetime.date(2026, 11, 25), empty=True)
        found = bills.read(nothing)
        assert list(found) == []
        assert found.row_class is TradeRow
        assert bills.check(nothing).count == 0

    def test_a_day_without_rows(self) -> None:
        totals = dict.fromkeys(TRADE_TOTALS, "0.00") | {"count": "0", "fee": "0.00000"}
        assert rows(bill(trade.ALL, [], totals)) == []

    def test_the_digest_of_a_bill_file_is_compared(self, tmp_path: Path) -> None:
        path = tmp_path / "bill.csv"
        path.write_text(ALL, "utf-8")
        day = datetime.date(2026, 11, 25)
        assert bills.check(BillFile(path, "trade", day, sha1=sha1(ALL).upper())).count == 2
        with pytest.raises(BillError, match="SHA-1"):
            bills.check(BillFile(path, "trade", day, sha1=sha1("other")))

    def test_the_kind_can_be_demanded(self) -> None:
        assert len(rows(FUND_FLOW, kind="sub_merchant_fund_flow")) == 2
        assert reader(FUND_FLOW, kind="ecommerce_fund_flow").kind == "ecommerce_fund_flow"
        with pytest.raises(BillError, match="belongs to a fund_flow bill; expected trade"):
            reader(FUND_FLOW, kind="trade")
        with pytest.raises(ConfigurationError, match="fund_flow"):
            reader(ALL, kind="trades")

    def test_the_summary(self) -> None:
        found = reader(ALL)
        assert found.summary is None
        summary = found.check()
        assert summary is found.summary
        assert summary.count == 2
        assert summary.totals["settlement_total"] == 1234
        assert summary.totals["fee"] == Decimal("6.204")
        flow = bills.check(io.BytesIO(FUND_FLOW.encode()))
        assert flow.totals["expenditure"] == 200
        assert (flow.opening_balance, flow.closing_balance) == (10000, 11034)


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


class TestForms:
    @pytest.mark.parametrize("name", BILLS)
    def test_its_own_form_is_found(self, name: str) -> None:
        found = reader(BILLS[name])
        assert list(found)
        assert name in (found.type, "OLD", "FUND_FLOW", "STATEMENT", "SHARES")
        assert found.unknown == ()

    def test_columns_in_another_order(self) -> None:
        lines = ALL.splitlines()
        turned = [",".join(reversed(lines[0].split(",")))]
        turned += ["`" + ",`".join(reversed(line[1:].split(",`"))) for line in lines[1:3]]
        assert rows("\n".join([*turned, *lines[3:]])) == rows(ALL)

    def test_an_unknown_column_is_kept_with_a_warning(self) -> None:
        lines = ALL.splitlines()
        lines[0] += ",门店编号"
        lines[1] += ",`S 1, 2"
        lines[2] += ",`"
        with pytest.warns(BillWarning, match="门店编号") as caught:
            found = rows("\n".join(lines))
        assert [row.extra for row in found] == [{"门店编号": "S 1, 2"}, {"门店编号": ""}]
        assert len(caught) == 1
        assert caught[0].filename == __file__

    def test_a_missing_column_is_absent_with_a_warning(self) -> None:
        lines = ALL.splitlines()
        lines[0] = lines[0].removesuffix(",费率备注")
        lines[1:3] = [line.removesuffix(",`") for line in lines[1:3]]
        with pytest.warns(BillWarning, match="费率备注"):
            assert rows("\n".join(lines)) == rows(ALL)

    @pytest.mark.parametrize("heading", ["商户订单号", "订单金额", "手续费"])
    def test_a_column_that_every_bill_has(self, heading: str) -> None:
        found = error(changed(f",{heading}", ",别的"))
        assert (found.line, found.column) == (1, heading)

    def test_a_column_twice(self) -> None:
        assert "more than once" in str(error(changed("费率备注", "费率")))
        assert "more than once" in str(error(changed("代金券金额", "总金额")))

    def test_an_english_statement(self) -> None:
        names = [column.name for column in statement.ENGLISH.columns]
        form = dataclasses.replace(statement.ENGLISH, ends_with_summary=False)
        payment = {**dict.fromkeys(names, ""), **PAYMENT, "currency": "HKD", "total": "88.80"}
        header, row, *_ = bill(form, [payment], None).splitlines()
        text = f"{header.upper()},Product name\n{row},`tea, green\n"
        with pytest.warns(BillWarning, match="PRODUCT NAME|Product name"):
            [found] = rows(text)
        assert (found.total, found.currency) == (Decimal("88.80"), "HKD")
        assert found.extra == {"Product name": "tea, green"}
        assert found.settlement_total is None

    def test_a_statement_has_no_summary_but_a_digest(self, tmp_path: Path) -> None:
        header, row, *_ = texts.STATEMENT.splitlines()
        whole, part = f"{header}\n{row}\n{row}\n", f"{header}\n{row}\n"
        assert len(rows(whole)) == 2
        assert "incomplete" in str(error(part.removesuffix("\n")))
        assert "incomplete" in str(error(f"{header}\n"))
        path = tmp_path / "statement.csv"
        path.write_text(part, "utf-8")
        day = datetime.date(2026, 11, 25)
        with pytest.raises(BillError, match="SHA-1"):
            list(bills.read(BillFile(path, "statement", day, sha1=sha1(whole))))

    def test_an_unknown_form_is_read_as_texts(self) -> None:
        with pytest.warns(BillWarning, match="分账时间, 分账金额, 备注"):
            found = reader(texts.UNKNOWN)
        [row] = found
        assert isinstance(row, UnknownRow)
        assert row.extra == {
            "分账时间": "2026-11-25 12:00:00",
            "分账金额": "1.20",
            "备注": "tea, green",
        }
        assert found.kind == "profit_sharing"
        assert found.summary is not None
        assert found.summary.unchecked == {"总笔数": "1", "总金额": "1.20"}


class TestTexts:
    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    @pytest.mark.parametrize("bom", [b"", codecs.BOM_UTF8])
    @pytest.mark.parametrize("name", BILLS)
    def test_line_ends_and_bom(self, name: str, bom: bytes, ending: str) -> None:
        text = BILLS[name].replace("\n", ending)
        assert rows(bom + text.encode()) == rows(BILLS[name])
        if name != "STATEMENT":
            assert rows(bom + text.removesuffix(ending).encode()) == rows(BILLS[name])

    @pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
    @pytest.mark.parametrize("name", sorted(BILLS.keys() - {"SHARES"}))
    def test_gbk(self, name: str, encoding: str) -> None:
        assert rows(BILLS[name].encode(encoding)) == rows(BILLS[name])

    @pytest.mark.parametrize("size", [1, 7, 100, 1 << 15])
    @pytest.mark.parametrize("members", [1, 3])
    def test_gzip(self, size: int, members: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading_source, "PIECE", size)
        data = ALL.encode()
        cut = len(data) // members + 1
        pressed = b"".join(gzip.compress(data[i : i + cut]) for i in range(0, len(data), cut))
        assert rows(pressed) == rows(ALL)
        for short in (1, 4, 8, 12):
            assert "GZIP" in str(error(pressed[:-short]))
        assert "GZIP" in str(error(pressed + b"rubbish"))

    @pytest.mark.parametrize("size", [1, 2, 50, 1000])
    def test_blocks_of_any_size(self, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading_source, "PIECE", size)
        text = changed("绿茶, 大杯", "绿\n茶, \U0001f375")
        assert [row.description for row in rows(text)] == ["绿\n茶, \U0001f375", "tea"]

    @pytest.mark.parametrize(
        "name",
        [
            "a, b",
            "a,,",
            ",",
            "`",
            "``",
            "a\nb",
            "\n",
            "a\r\nb",
            "a\rb",
            '"',
            '"a", b',
        ],
    )
    def test_a_product_name_that_holds_what_separates(self, name: str) -> None:
        text = bill(trade.ALL, [{**PAYMENT, "description": name}, REFUND], TRADE_TOTALS)
        assert rows(text)[0].description == name.replace("\r\n", "\n")

    @pytest.mark.parametrize("remark", [",`", "a,`b", "a\nb,`", "a,`1.00"])
    def test_a_separator_in_the_only_text_that_can_hold_it(self, remark: str) -> None:
        entries = [{**texts.CAME, "remark": remark}, texts.WENT]
        text = bill(fund_flow.FUND_FLOW, entries, texts.FLOW_TOTALS)
        assert rows(text)[0].remark == remark

    @pytest.mark.parametrize("name", ["\u2028", "\x85", "\x0c\x1c", "\ufeff", "\U0001f375", "１２"])
    def test_odd_characters_are_texts(self, name: str) -> None:
        text = bill(trade.ALL, [{**PAYMENT, "description": name}, REFUND], TRADE_TOTALS)
        assert rows(text)[0].description == name

    def test_a_split_that_is_not_certain(self) -> None:
        found = error(changed("绿茶, 大杯,`", "绿茶,`大杯,`x,`"))
        assert "several ways" in str(found)
        assert found.line == 2
        assert "绿茶" not in str(found)

    def test_a_forged_row_in_a_product_name(self) -> None:
        forged = "x,`,`0.00000,`0.60%,`99.00,`0.00,`\n`" + ",`".join(PAYMENT.values())
        found = error(bill(trade.ALL, [{**PAYMENT, "description": forged}, REFUND], TRADE_TOTALS))
        assert found.line in (2, 3, 4)


class TestSpreadsheets:
    @pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
    @pytest.mark.parametrize("width", [0, 40])
    @pytest.mark.parametrize("name", sorted(BILLS.keys() - {"SHARES"}))
    def test_back_quotes_kept(self, name: str, width: int, encoding: str) -> None:
        text = BILLS[name].replace("绿茶, 大杯", 'say "hi", next')
        data = saved_by_a_spreadsheet(text, width=width, encoding=encoding)
        assert rows(data) == rows(text)

    @pytest.mark.parametrize("name", sorted(BILLS.keys() - {"SHARES", "STATEMENT"}))
    def test_back_quotes_lost(self, name: str) -> None:
        text = BILLS[name].replace("`绿茶, 大杯", '"绿茶, 大杯"').replace("`", "")
        assert rows(text) == rows(BILLS[name])

    @pytest.mark.parametrize("name", ["a\u2028b", "a\x85b", 'a\n"b"\n', "a\x0cb", "a\x1cb"])
    def test_odd_characters_in_quotes(self, name: str) -> None:
        text = bill(trade.ALL, [{**PAYMENT, "description": name}, REFUND], TRADE_TOTALS)
        quoted = name.replace('"', '""')
        for tick in ("`", ""):
            saved = text.replace(f"`{name}", f'"{tick}{quoted}"').replace("`", tick)
            assert rows(saved)[0].description == name

    def test_a_comma_that_may_belong_to_either_of_two_texts(self) -> None:
        assert "several ways" in str(error(ALL.replace("`", "")))

    def test_everything_in_quotes(self) -> None:
        lines = [line.removeprefix("`").split(",`") for line in ALL.splitlines()]
        lines[0], lines[3] = lines[0][0].split(","), lines[3][0].split(",")
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows(lines)
        assert rows(out.getvalue()) == rows(ALL)

    def test_a_number_that_was_rounded(self) -> None:
        plain = ALL.replace("`", "").replace("4200000001202611250000000001", "4.2E+27")
        assert error(plain).line == 2

    def test_utf_16(self) -> None:
        assert "UTF-16" in str(error(ALL.encode("utf-16")))


BAD_AMOUNTS = [
    "１.００", "1_000.00", "1e5", "+1.00", " 1.00", "1.00 ", "1,00", "0x10", "00.10", "1.", ".5",
    "", "-", "--1.00", "1.000", "NaN", "inf", "1" * 30, "٣.٠٠", "1.0０", "1.00元", "¥1.00", "−1.00",
]  # fmt: skip
BAD_TIMES = [
    "2026-02-30 10:00:00", "2026-11-25T10:00:00", "2026-11-25 10:00", "2026-11-25",
    "20261125 100000", "2026-11-25 24:00:00", "2026-11-25 10:00:60", "2026-11-25 10：00：01",
    "2026-11-25 10:00:01Z", "２026-11-25 10:00:01", "2026/11/25 10:00:01", " 2026-11-25 10:00:01",
    "0000-00-00 00:00:00", "2026-11-25 10:00:01.5", "",
]  # fmt: skip


class TestDamage:
    @pytest.mark.parametrize("text", BAD_AMOUNTS)
    @pytest.mark.parametrize(
        ("name", "heading"), [("settlement_total", "应结订单金额"), ("fee", "手续费")]
    )
    def test_amounts(self, name: str, heading: str, text: str) -> None:
        if (name, text) == ("fee", "1.000"):
            text = "1.000000"
        found = error(bill(trade.ALL, [REFUND, {**PAYMENT, name: text}], TRADE_TOTALS))
        assert (found.line, found.column) == (3, heading)

    @pytest.mark.parametrize("text", BAD_TIMES)
    def test_times(self, text: str) -> None:
        found = error(bill(trade.ALL, [REFUND, {**PAYMENT, "trade_time": text}], TRADE_TOTALS))
        assert (found.line, found.column) == (3, "交易时间")

    @pytest.mark.parametrize("text", ["0.60", "0.60 %", "60%%", "1e2%", "０.60%", "-0.60%", "%"])
    def test_rates(self, text: str) -> None:
        found = error(bill(trade.ALL, [{**PAYMENT, "rate": text}], TRADE_TOTALS))
        assert (found.line, found.column) == (2, "费率")

    @pytest.mark.parametrize("name", ["refund", "coupon_refund", "refund_requested", "coupon"])
    def test_amounts_that_are_never_negative(self, name: str) -> None:
        assert error(bill(trade.ALL, [{**REFUND, name: "-2.00"}], TRADE_TOTALS)).line == 2

    @pytest.mark.parametrize("total", [name for name in TRADE_TOTALS if name != "count"])
    def test_every_sum_is_compared(self, total: str) -> None:
        amount = "0.06205" if total == "fee" else "12.35"
        found = error(bill(trade.ALL, [PAYMENT, REFUND], {**TRADE_TOTALS, total: amount}))
        assert found.line == 5
        assert found.column == {each.name: each for each in trade.ALL.totals}[total].heading
        assert amount in str(found)

    @pytest.mark.parametrize("total", texts.FLOW_TOTALS)
    def test_every_sum_of_a_fund_flow_is_compared(self, total: str) -> None:
        wrong = {**texts.FLOW_TOTALS, total: "7"}
        found = error(bill(fund_flow.FUND_FLOW, [texts.CAME, texts.WENT], wrong))
        assert (found.line, "7" in str(found)) == (5, True)

    @pytest.mark.parametrize("count", ["1", "3", "2.5", "２", "2e0", "", "02", "-2"])
    def test_the_number_of_rows(self, count: str) -> None:
        found = error(bill(trade.ALL, [PAYMENT, REFUND], {**TRADE_TOTALS, "count": count}))
        assert (found.line, found.column) == (5, "总交易单数")

    def test_a_row_less(self) -> None:
        assert error(bill(trade.ALL, [PAYMENT], TRADE_TOTALS)).line == 4

    def test_a_row_twice(self) -> None:
        assert error(bill(trade.ALL, [PAYMENT, PAYMENT, REFUND], TRADE_TOTALS)).line == 6

    def test_no_summary(self) -> None:
        found = error(bill(trade.ALL, [PAYMENT, REFUND], None))
        assert "incomplete" in str(found)
        assert found.line == 3

    @pytest.mark.parametrize("after", ["x", "`1", ALL, SUM_LINE + "\n"])
    def test_something_after_the_summary(self, after: str) -> None:
        found = error(ALL + after)
        assert "after the summary" in str(found)
        assert found.line == 6

    def test_blank_lines_at_the_end(self) -> None:
        assert rows(f"{ALL}\n\r\n,,,\n") == rows(ALL)

    def test_half_a_character(self) -> None:
        data = ALL.encode()
        at = data.index("绿".encode()) + 1
        found = error(data[:at] + data[at + 1 :])
        assert (found.line, "text: a character is incomplete, or the file was" in str(found)) == (
            2,
            True,
        )

    def test_a_lone_surrogate(self) -> None:
        assert error(ALL.replace("绿", "\ud800").encode("utf-8", "surrogatepass")).line == 2

    def test_nul(self) -> None:
        assert error(changed("绿", "\0")).line == 2

    @pytest.mark.parametrize(
        "text",
        ["", "\n", "交易时间", '{"code":"NO_STATEMENT_EXIST","message":"不存在"}', "<xml></xml>",
         "<!doctype html>,x", "`a,`b\n`c,`d\n", "a,b\n", ",".join(f"c{i}" for i in range(10**6)),
         "a,,b\n`1,`2,`3\n", '"a,b', "\0,\0"],
    )  # fmt: skip
    @pytest.mark.filterwarnings("ignore::wechatpay_chain.bills.BillWarning")
    def test_what_is_no_bill(self, text: str) -> None:
        assert len(str(error(text))) < 400

    def test_a_header_that_was_cut_is_an_error_and_no_warning(self) -> None:
        header = ALL.partition("\n")[0].encode()
        for length in range(len(header) + 1):
            assert error(header[:length]).line <= 2

    def test_a_line_without_end(self) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def read(self, size: int = -1) -> bytes:
                self.given += size
                return b"a" * size

        endless = Endless()
        with pytest.raises(BillError, match="1 MiB"):
            bills.read(endless)  # type: ignore[call-overload]
        assert endless.given < 2 << 20
        bomb = gzip.compress(ALL.encode() + b"x" * (64 << 20))
        assert "1 MiB" in str(error(bomb))

    def test_messages_name_nobody(self) -> None:
        for name in ("openid", "attach", "description"):
            private = {**PAYMENT, name: "Private,`Person"}
            for broken in ({"fee": "Private"}, {"trade_time": "x"}, {}):
                text = bill(trade.ALL, [{**private, **broken}], TRADE_TOTALS)
                assert "Private" not in str(error(text))

    def test_a_broken_chain_of_balances_is_no_balance(self) -> None:
        other = {**texts.WENT, "balance": "999.00"}
        text = bill(fund_flow.FUND_FLOW, [texts.CAME, other], texts.FLOW_TOTALS)
        summary = reader(text).check()
        assert (summary.opening_balance, summary.closing_balance) == (None, None)

    def test_entries_in_another_order_make_the_same_chain(self) -> None:
        text = bill(fund_flow.FUND_FLOW, [texts.WENT, texts.CAME], texts.FLOW_TOTALS)
        summary = reader(text).check()
        assert (summary.opening_balance, summary.closing_balance) == (10000, 11034)


def many(count: int) -> Iterator[dict[str, str]]:
    for number in range(count):
        yield {**PAYMENT, "out_trade_no": f"A-{number}", "settlement_total": f"{number}.00"}


def test_a_fault_far_into_a_bill_names_its_line() -> None:
    payments = list(many(2000))
    payments[1500]["total"] = "1.2.3"
    found = error(bill(trade.ALL, payments, TRADE_TOTALS))
    assert (found.line, found.column) == (1502, "订单金额")
    assert "'1.2.3'" in str(found)


def test_a_row_of_many_lines_is_bounded() -> None:
    header = ALL.partition("\n")[0]
    text = f"{header}\n`2026\n" + ("x" * 900_000 + "\n") * 20
    found = error(text)
    assert found.line == 2
    assert "1 columns" in str(found)
