"""Generated days with differences of every class: all are found, and nothing else."""

from __future__ import annotations

import collections

import pytest

from wechatpay_chain import bills
from wechatpay_chain.testing.bills import days, generate

pytest.importorskip("duckdb")


def found_exactly(day, paths):
    """Whether a reconciliation of a day's files finds what it has to."""
    result = bills.reconcile(
        paths.trade,
        paths.orders,
        paths.refunds,
        neighbours=list(paths.neighbours),
        rate=day.rate,
    )
    assert dict(result.counts) == day.expected
    found = (
        (each.kind, each.out_trade_no, each.out_refund_no or "") for each in result.differences
    )
    wanted = ((each.kind, each.out_trade_no, each.out_refund_no) for each in day.differences)
    assert collections.Counter(found) == collections.Counter(wanted)


@pytest.mark.parametrize("form", ["direct", "partner", "short", "v2"])
def test_every_form(form, tmp_path):
    day = generate(orders=500, refunds=0.2, differences="every", form=form)
    found_exactly(day, day.write(tmp_path))


@pytest.mark.parametrize("seed", range(5))
def test_days_in_a_row(seed, tmp_path):
    for day in days(3, orders=400, refunds=0.2, seed=seed):
        found_exactly(day, day.write(tmp_path))


def test_a_day_without_differences(tmp_path):
    day = generate(orders=500, refunds=0.2, form="partner", currencies=("CNY", "USD"))
    assert day.differences == []
    found_exactly(day, day.write(tmp_path))


@pytest.mark.parametrize("many", [1, 7])
def test_many_differences(many, tmp_path):
    classes = generate(orders=100, refunds=0.4, differences="every", form="partner").expected
    wanted = dict.fromkeys(set(classes) - {"matched"}, many)
    day = generate(orders=700, refunds=0.2, differences=wanted, form="partner")
    found_exactly(day, day.write(tmp_path))
