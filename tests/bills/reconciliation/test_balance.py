"""The fund flow bill beside the trade bill."""

from __future__ import annotations

from pathlib import Path

import pytest

from wechatpay_chain import bills
from wechatpay_chain.testing.bills import generate

from .days import DAY, at, order, paid, refund, refunded


def entry(business_id: str, amount: int, balance: int, kind: str = "交易") -> dict[str, object]:
    return {
        "accounting_time": at("10:00:00"),
        "business_id": business_id,
        "flow_id": business_id,
        "business_name": "退款" if kind == "退款" else "交易" if "交易" in kind else "充值/提现",
        "business_type": kind,
        "direction": "收入" if amount > 0 else "支出",
        "amount": abs(amount),
        "balance": balance,
    }


BILL = [paid("a", 1000, fee=6, rate="0.6%"), refunded("a", "r", 500, fee=-3, rate="0.6%")]
FLOW = [
    entry("4200a", 1000, 1100),
    entry("4200a", -6, 1094, "扣除交易手续费"),
    entry("5030r", -497, 597, "退款"),
    entry("w", -100, 497, "提现"),
]


def balance(flow: list[dict[str, object]]) -> bills.Balance:
    flow = [{**row, "line": number} for number, row in enumerate(flow, 2)]
    result = bills.reconcile(
        BILL, [order("a", 1000)], [refund("r", 500, "a")], date=DAY, fund_flow=flow
    )
    assert result.balance is not None
    assert result.ok == result.balance.ok
    return result.balance


def test_a_day_that_is_explained() -> None:
    found = balance(FLOW)
    assert found.ok
    assert (found.opening, found.income, found.expenditure, found.closing) == (100, 1000, 603, 497)
    assert {line.business_type: line.amount for line in found.lines} == {
        "交易": 1000,
        "扣除交易手续费": -6,
        "退款": -497,
        "提现": -100,
    }


def test_what_moved_otherwise_is_named() -> None:
    found = balance([FLOW[0], {**FLOW[2], "balance": 603}, entry("4200b", 5, 608)])
    assert not found.ok
    assert found.missing == 0
    assert [(each.business_id, each.expected, each.moved) for each in found.unexplained] == [
        ("4200a", 994, 1000),
        ("4200b", 0, 5),
    ]


def test_entries_that_do_not_lead_to_the_balance() -> None:
    found = balance([*FLOW[:3], {**FLOW[3], "balance": 490}])
    assert found.missing == -7
    assert found.unexplained == ()
    assert not found.ok


@pytest.mark.parametrize("form", ["direct", "v2"])
def test_a_generated_day(form: str, tmp_path: Path) -> None:
    day = generate(DAY, orders=300, refunds=0.2, seed=5, form=form)
    paths = day.write(tmp_path)
    result = bills.reconcile(
        paths.trade, paths.orders, paths.refunds, rate=day.rate, fund_flow=paths.fund_flow
    )
    assert result.ok, (result, result.balance)
