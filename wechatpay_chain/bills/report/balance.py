"""The steps from a day's opening to its closing balance, for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from .view import Balance, Step
from .words import BUSINESSES, Words

__all__ = ["Explained", "balance"]


ORDER = tuple(BUSINESSES)


class Line(Protocol):
    """The movements of one business type; see `reconciliation.balance`."""

    @property
    def business_name(self) -> str: ...
    @property
    def business_type(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def amount(self) -> int: ...


class Unexplained(Protocol):
    """A payment or refund with different amounts in the two bills."""

    @property
    def business_id(self) -> str: ...
    @property
    def expected(self) -> int: ...
    @property
    def moved(self) -> int: ...


class Explained(Protocol):
    """A balance; see `wechatpay_chain.bills.Balance`."""

    @property
    def opening(self) -> int: ...
    @property
    def closing(self) -> int: ...
    @property
    def lines(self) -> Sequence[Line]: ...
    @property
    def unexplained(self) -> Sequence[Unexplained]: ...
    @property
    def missing(self) -> int: ...
    @property
    def ok(self) -> bool: ...


def balance(found: Explained) -> Balance:
    """Return the lines of a balance, from the opening to the closing balance."""
    return Balance(
        tuple(_steps(found)),
        found.ok,
        tuple((each.business_id, each.expected, each.moved) for each in found.unexplained),
    )


def _place(line: Line) -> int:
    """Return the sort position: payments, then their related movements, then all others."""
    name = line.business_type or line.business_name
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _steps(found: Explained) -> Iterator[Step]:
    yield Step(Words("期初余额", "Opening balance"), found.opening, total=True)
    for each in sorted(found.lines, key=_place):
        name = each.business_type or each.business_name
        yield Step(Words(name, BUSINESSES.get(name, name)), each.amount, each.count)
    if found.missing:
        yield Step(Words("流水缺失", "Entries that are missing"), found.missing, fault=True)
    yield Step(Words("期末余额", "Closing balance"), found.closing, total=True)
    if found.unexplained:
        fault = Words("其中与交易账单不符", "Of these, not explained by the trade bill")
        difference = sum(each.moved - each.expected for each in found.unexplained)
        yield Step(fault, difference, len(found.unexplained), fault=True)
