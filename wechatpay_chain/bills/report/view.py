"""What a report shows, as data: neither HTML nor Excel, and independent of the engine."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from .words import Words

__all__ = ["Balance", "Card", "Hour", "Report", "Row", "Step"]

Row = Mapping[str, Any]
"""A difference: `words.COLUMNS` names its members, `amount` is in fen."""


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """A sum at the top of the report.

    Attributes:
        name: what it is the sum of.
        amount: in fen.
        count: of payments or refunds; None where it counts none.
        difference: whether anything but 0 is a fault.
    """

    name: Words
    amount: int | Decimal
    count: int | None = None
    difference: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Hour:
    """What the bill has of an hour of the day.

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
        name: what moved the money.
        amount: fen, negative where money left the account.
        count: of movements.
        total: whether it is the sum of the lines above it.
        fault: whether it shows money that nothing explains.
    """

    name: Words
    amount: int | Decimal
    count: int | None = None
    total: bool = False
    fault: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """How the fund flow of the day follows from the trade bill.

    Attributes:
        steps: line by line.
        explained: whether they add up to the fen.
        unexplained: payments and refunds that do not agree: their number, and what the trade bill
            and the fund flow have of them, in fen.
    """

    steps: tuple[Step, ...]
    explained: bool
    unexplained: tuple[tuple[str, int, int], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """A reconciliation, ready to be shown.

    Attributes:
        day: the bill's day or days, `2026-11-25`.
        merchant: whose bill it is.
        counts: of each class.
        cards: the sums.
        hours: of the bill; empty where they are not known.
        balance: None where no fund flow was given.
        rows: the differences of a class, one by one, in a stable order.
        changes: of each status (`new`, `open`, `solved`), how many; None for a first run.
        solved: the differences of the last run that are gone, one by one.
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
        """How many there are in all."""
        return sum(many for kind, many in self.counts.items() if kind != "matched")
