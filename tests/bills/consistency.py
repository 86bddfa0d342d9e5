"""What holds of every file that is read as a bill: its rows are what it says they add up to."""

from __future__ import annotations

import io
from typing import Any

import pytest

from wechatpay_chain import bills
from wechatpay_chain.bills import BillError, Summary
from wechatpay_chain.bills.forms import Form
from wechatpay_chain.bills.reading import reader as reading
from wechatpay_chain.bills.reading import source

__all__ = ["assert_consistent", "one_by_one", "outcome"]


def outcome(data: bytes) -> tuple[list[Any], Summary | None] | None:
    """Rows and summary; None where the bill is rejected."""
    try:
        found = bills.read(io.BytesIO(data))
        return list(found), found.summary
    except BillError:
        return None


def one_by_one(data: bytes) -> tuple[list[Any], Summary | None] | None:
    """The same, with small blocks and without the way that takes lines together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "PIECE", 100)
        patch.setattr(reading, "_together", lambda layout, rows: None)
        return outcome(data)


def sums(rows: list[Any], form: Form) -> dict[str, Any]:
    """What rows add up to, as a person would add."""
    found: dict[str, Any] = {}
    for total in form.totals:
        counted = [row for row in rows if not total.direction or row.direction == total.direction]
        found[total.name] = (
            sum(getattr(row, total.of) or 0 for row in counted) if total.of else len(counted)
        )
    return found


def assert_consistent(data: bytes) -> None:
    """A bill that is read says of itself what its rows add up to, however it is read."""
    found = outcome(data)
    assert found == one_by_one(data)
    if found is None:
        return
    rows, summary = found
    assert summary is not None
    assert summary.count == len(rows)
    form = reading.read(io.BytesIO(data)).form
    if form is not None:
        expected = sums(rows, form) if summary.totals else {}
        assert {name: expected[name] for name in summary.totals} == summary.totals
