"""The generator: its bills add up, and its orders differ from them by what it says."""

from __future__ import annotations

import collections
import csv
import datetime

import pytest

from wechatpay_chain.testing.bills import CLASSES, days, generate


def rows(pieces):
    """Rows and totals of a bill, by their headings; a comma in a value does not end it."""
    heading, *lines, totals_heading, totals = "".join(pieces).removeprefix("\ufeff").splitlines()
    assert all(line.startswith("`") for line in (*lines, totals))
    made = [dict(zip(heading.split(","), line[1:].split(",`"), strict=True)) for line in lines]
    return made, dict(zip(totals_heading.split(","), totals[1:].split(",`"), strict=True))


def fen(text):
    assert text[-3] == "." or text.endswith("000")
    return round(float(text) * 100)


def refunded(row):
    return row["交易状态"] in ("REFUND", "REVOKED")


@pytest.fixture(scope="module")
def day():
    return generate(orders=2000, refunds=0.2, differences="every", form="partner")


def test_the_trade_bill_adds_up(day):
    made, totals = rows(day.trade())
    assert totals["总交易单数"] == str(len(made))
    for heading, total in (
        ("应结订单金额", "应结订单总金额"),
        ("退款金额", "退款总金额"),
        ("充值券退款金额", "充值券退款总金额"),
        ("手续费", "手续费总金额"),
        ("订单金额", "订单总金额"),
        ("申请退款金额", "申请退款总金额"),
    ):
        assert fen(totals[total]) == sum(fen(row[heading]) for row in made) > 0
    assert any("," in row["商品名称"] for row in made)
    assert any(row["应结订单金额"] != row["订单金额"] for row in made)


def test_the_fund_flow_explains_the_trade_bill(day):
    trades, _ = rows(day.trade())
    flows, totals = rows(day.fund_flow())
    net = sum(
        fen(row["应结订单金额"]) - fen(row["退款金额"]) - fen(row["手续费"]) for row in trades
    )
    signed = [
        (row, fen(row["收支金额(元)"]) * (1 if row["收支类型"] == "收入" else -1)) for row in flows
    ]
    explained = sum(amount for row, amount in signed if row["业务名称"] in ("交易", "退款"))
    assert explained == net
    balance = 1_000_000
    for row, amount in signed:
        balance += amount
        assert fen(row["账户结余(元)"]) == balance
    assert totals["资金流水总笔数"] == str(len(flows))
    assert fen(totals["收入金额"]) - fen(totals["支出金额"]) == sum(amount for _, amount in signed)
    assert {"交易", "扣除交易手续费", "退款", "提现"} <= {row["业务类型"] for row in flows}


def test_bills_of_one_type(day):
    everything, _ = rows(day.trade())
    payments, sums = rows(day.trade("SUCCESS"))
    assert len(payments) == sum(not refunded(row) for row in everything)
    assert sums["总交易单数"] == str(len(payments))
    assert "退款金额" not in payments[0]
    refunds, _ = rows(day.trade("REFUND"))
    assert len(refunds) == sum(map(refunded, everything))
    assert refunds[0]["退款成功时间"].startswith("2026-11-25 ")


def test_each_class_is_what_it_says(day):
    bill, _ = rows(day.trade())
    payments = collections.defaultdict(list)
    for row in bill:
        if not refunded(row):
            payments[row["商户订单号"]].append(row)
    orders = collections.defaultdict(list)
    for order in day.orders():
        orders[order["out_trade_no"]].append(order)
    billed = {row["商户退款单号"]: row for row in bill if refunded(row)}
    own = {refund["out_refund_no"]: refund for refund in day.refunds()}
    neighbours = {
        row["商户订单号"] for each in (day.before, day.after) for row in rows(each.trade())[0]
    }

    def differs(found):
        paid, known = payments[found.out_trade_no], orders[found.out_trade_no]
        if found.kind == "missing_here":
            return (len(paid), len(known)) == (1, 0)
        if found.kind == "missing_there":
            elsewhere = found.out_trade_no in neighbours
            return (len(paid), len(known), elsewhere) == (0, 1, False)
        if found.kind == "amount":
            return known[0]["total"] != fen(paid[0]["订单金额"])
        if found.kind == "currency":
            return known[0]["currency"] != paid[0]["货币种类"]
        if found.kind == "state":
            return known[0]["trade_state"] in ("NOTPAY", "CLOSED") and not known[0]["paid_at"]
        if found.kind == "fee":
            right = (fen(paid[0]["应结订单金额"]) * 60 + 5000) // 10_000
            return fen(paid[0]["手续费"]) != right or paid[0]["费率"] != "0.60%"
        if found.kind == "duplicate":
            return len({row["微信订单号"] for row in paid}) + len(known) == 3
        if found.kind == "other_day":
            on_the_day = known[0]["paid_at"].date() == day.date
            return on_the_day != bool(paid) and on_the_day == (found.out_trade_no in neighbours)
        if found.kind == "merchant":
            return known[0]["sub_mchid"] != paid[0]["特约商户号"]
        there, here = billed.get(found.out_refund_no), own.get(found.out_refund_no)
        if found.kind != "refund_amount":
            missing = there is None, here is None
            return missing == (found.kind.endswith("_there"), found.kind.endswith("_here"))
        whole = sum(
            refund["refund"]
            for refund in own.values()
            if refund["out_trade_no"] == found.out_trade_no
        )
        return fen(there["申请退款金额"]) != here["refund"] or whole > known[0]["total"]

    assert [each for each in day.differences if not differs(each)] == []
    assert collections.Counter(each.kind for each in day.differences) == dict.fromkeys(CLASSES, 2)
    assert {each: day.expected[each] for each in CLASSES} == dict.fromkeys(CLASSES, 2)
    different = {each.out_trade_no for each in day.differences if not each.out_refund_no}
    same = [
        number
        for number, paid in payments.items()
        if number not in different
        and len(paid) == len(orders[number]) == 1
        and orders[number][0]["total"] == fen(paid[0]["订单金额"])
        and orders[number][0]["paid_at"].date() == day.date
        and orders[number][0]["trade_state"] in ("SUCCESS", "REFUND", "REVOKED")
        and orders[number][0]["sub_mchid"] == paid[0]["特约商户号"]
    ]
    twice = [each for each in day.differences if each.kind == "duplicate"]
    refunds = sum(map(refunded, bill)) - sum(
        bool(each.out_refund_no) and each.out_refund_no in billed for each in day.differences
    )
    assert len(same) + len(twice) + refunds == day.expected["matched"]


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, again, other = (
        generate(orders=300, differences={"amount": 3}, seed=seed).write(tmp_path / str(number))
        for number, seed in enumerate((5, 5, 6))
    )
    assert first.trade.read_bytes() == again.trade.read_bytes() != other.trade.read_bytes()
    assert first.fund_flow.read_bytes() == again.fund_flow.read_bytes()
    assert first.orders.read_bytes() == again.orders.read_bytes()


def test_forms():
    text = "".join(generate(orders=50, form="v2").trade())
    assert text.startswith("\ufeff交易时间,")
    assert text.count("\r\n") == text.count("\n") > 50
    short, totals = rows(generate(orders=500, form="short").trade())
    assert len(short[0]) == 24
    assert len(totals) == 5
    assert {row["特约商户号"] for row in rows(generate(orders=50).trade())[0]} == {"0"}


def test_days_are_each_others_neighbours():
    made = days(4, orders=400)
    assert [day.date.day for day in made] == [1, 2, 3, 4]
    assert [day.expected["other_day"] for day in made] == [3, 4, 4, 3]
    strayed = {each.out_trade_no for each in made[1].differences if each.kind == "other_day"}
    known = {each["out_trade_no"]: each["paid_at"] for each in made[1].orders()}
    assert {known[number].date() for number in strayed} >= {made[1].date}
    earlier = [
        refund for refund in made[3].refunds() if not refund["out_trade_no"].startswith("T20260104")
    ]
    assert len(earlier) == 4
    bought = {each["out_trade_no"]: each["total"] for day in made for each in day.orders()}
    assert all(bought[refund["out_trade_no"]] > refund["refund"] for refund in earlier)


def test_without_pyarrow_rows_are_csv(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    paths = generate(orders=10).write(tmp_path)
    with paths.orders.open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == 10
    assert datetime.datetime.fromisoformat(read[0]["paid_at"]).utcoffset().total_seconds() == 28800


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"differences": {"amounts": 1}}, "amounts"),
        ({"differences": {"amount": -1}}, "-1 of amount"),
        ({"differences": {"amount": 1.5}}, "1.5 of amount"),
        ({"differences": "some"}, "some"),
        ({"differences": ["amount"]}, "neither"),
        ({"orders": 0}, "orders"),
        ({"orders": 1.5}, "orders"),
        ({"refunds": "few"}, "refunds"),
        ({"refunds": float("nan")}, "refunds"),
        ({"rate": "much"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"form": "round"}, "form"),
        ({"form": "partner", "sub_mchids": ("1900000109",)}, "sub_mchids"),
        ({"currencies": ()}, "currencies"),
        ({"colour": "red"}, "colour"),
        ({"date": "2026-02-30"}, "day"),
        ({"differences": {"merchant": 1}}, "partner"),
        ({"differences": {"amount": 1000}, "orders": 100}, "are not enough"),
        ({"differences": {"refund_amount": 1}, "refunds": 0}, "are not enough"),
        ({"refunds": 0.7}, "0.5"),
        ({"rate": "0.00601"}, "rate"),
    ],
)
def test_arguments_that_make_no_sense(arguments, words):
    with pytest.raises(ValueError, match=words):
        generate(**arguments)
