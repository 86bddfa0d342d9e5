"""The content of a report as data, independent of HTML, Excel and the engine."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from .words import Words

__all__ = ["Balance", "Card", "Hour", "Report", "Row", "Step"]

Row = Mapping[str, Any]
"""A difference with the members of `words.COLUMNS`; `amount` is in fen."""


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """A sum at the top of the report.

    Attributes:
        name: the description of the sum.
        amount: in fen.
        count: the number of payments or refunds, or None.
        difference: whether any amount but 0 is an error.
    """

    name: Words
    amount: int | Decimal
    count: int | None = None
    difference: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Hour:
    """The bill's amounts in one hour of the day.

    Attributes:
        hour: 0 to 23, in China.
        paid: fen.
        refunded: fen.
    """

    hour: int
    paid: int
    refunded: int


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A line of the balance.

    Attributes:
        name: the kind of movement.
        amount: fen, negative for money that left the account.
        count: the number of movements.
        total: whether it is the sum of the lines above.
        fault: whether it shows an unexplained amount.
    """

    name: Words
    amount: int | Decimal
    count: int | None = None
    total: bool = False
    fault: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """The steps that lead from the trade bill to the fund flow of the day.

    Attributes:
        steps: the lines.
        explained: whether they add up, to the fen.
        unexplained: payments and refunds that do not agree: their number, and their amounts in the
            trade bill and in the fund flow bill, in fen.
    """

    steps: tuple[Step, ...]
    explained: bool
    unexplained: tuple[tuple[str, int, int], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """A reconciliation in displayable form.

    Attributes:
        day: the bill's day or days, such as `2026-11-25`.
        merchant: the merchant of the bill.
        counts: the number of rows in each class.
        cards: the sums.
        hours: the bill's amounts by the hour; empty if unknown.
        balance: the balance, or None without a fund flow bill.
        rows: returns the differences of a class, one by one, in a stable order.
        changes: the number of differences with each status (`new`, `open`, `solved`); None for a
            first run.
        solved: yields the solved differences of the last run, one by one.
        made: when the report was written.
    """

    day: str
    merchant: str
    counts: Mapping[str, int]
    cards: tuple[Card, ...]
    hours: tuple[Hour, ...]
    balance: Balance | None
    rows: Callable[[str], Iterator[Row]]
    changes: Mapping[str, int] | None = None
    solved: Callable[[], Iterator[Row]] = lambda: iter(())
    made: datetime.datetime | None = None

    @property
    def differences(self) -> int:
        """The total number of differences."""
        return sum(many for kind, many in self.counts.items() if kind != "matched")
