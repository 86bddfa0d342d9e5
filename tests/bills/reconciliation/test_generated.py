"""Generated days with known differences: all of them are found, and nothing else."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from wechatpay_chain import bills
from wechatpay_chain.testing.bills import Day, days, generate


def reconcile(day: Day, folder: Path) -> bills.Reconciliation:
    paths = day.write(folder)
    return bills.reconcile(
        paths.trade, paths.orders, paths.refunds, neighbours=paths.neighbours, rate=day.rate
    )


def check(day: Day, result: bills.Reconciliation) -> None:
    expected = {(each.kind, each.out_trade_no, each.out_refund_no) for each in day.differences}
    found = [
        (each.kind, each.out_trade_no, each.out_refund_no or "") for each in result.differences
    ]
    assert sorted(found) == sorted(expected)
    assert dict(result.counts) == day.expected


@pytest.mark.parametrize("form", ["direct", "partner", "short", "v2"])
def test_every_class_is_found(form: str, tmp_path: Path) -> None:
    day = generate("2026-11-25", orders=600, refunds=0.2, seed=3, differences="every", form=form)
    result = reconcile(day, tmp_path)
    check(day, result)
    assert result.days == (day.date,)
    assert result.mchids == (day.mchid,)


def test_several_days_in_one_run(tmp_path: Path) -> None:
    """An order around midnight is in the other day's bill, which is at hand."""
    every = days(5, "2026-11-23", orders=150, refunds=0.2)
    dates = {day.date for day in every}
    orders = [
        order
        for day in every
        for order in day.orders()
        if order["paid_at"] is None or order["paid_at"].date() in {day.date} | _outside(day, dates)
    ]
    paths = [day.write(tmp_path / str(day.date)) for day in every]
    refunds = [refund for day in every for refund in day.refunds()]
    bill = [each.trade for each in paths]
    result = bills.reconcile(bill, orders, refunds, rate=every[0].rate)
    found = {
        (each.kind, each.out_trade_no, each.out_refund_no or "") for each in result.differences
    }
    known = {
        (each.kind, each.out_trade_no, each.out_refund_no)
        for day in every
        for each in day.differences
    }
    assert found == known
    assert result.days == tuple(sorted(dates))


def _outside(day: Day, dates: set[datetime.date]) -> set[datetime.date]:
    """The next day, where no other day of the run has its orders."""
    after = day.date + datetime.timedelta(days=1)
    before = day.date - datetime.timedelta(days=1)
    return {after, before} - dates
