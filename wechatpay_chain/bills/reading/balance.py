"""The chain of balances in a fund flow bill: each entry begins with another one's final balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..forms.fund_flow import INCOME

__all__ = ["BalanceChain"]

MOST_LOOSE_ENDS = 10_000


class BalanceChain:
    """The balance before the first and after the last entry, whatever their order in the file.

    Each entry begins with the balance that another entry ends with, except for the first and the
    last. The balances that do not cancel out are the opening and the closing balance.
    """

    def __init__(self) -> None:
        self._ends: Counter[int] = Counter()
        self._last: int | None = None
        self._broken = False

    def add(
        self, directions: Sequence[str], amounts: Sequence[int], balances: Sequence[int]
    ) -> None:
        """Add entries, in fen."""
        if self._broken:
            return
        before = [
            balance - amount if direction == INCOME else balance + amount
            for direction, amount, balance in zip(directions, amounts, balances, strict=True)
        ]
        if before[1:] == balances[:-1]:  # in order, as WeChat Pay writes them
            self._ends[before[0]] += 1
            self._ends[balances[-1]] -= 1
        else:
            self._ends.update(before)
            self._ends.subtract(balances)
        self._last = balances[-1]
        loose = {balance: many for balance, many in self._ends.items() if many}
        self._ends = Counter(loose)
        self._broken = len(loose) > MOST_LOOSE_ENDS

    def ends(self) -> tuple[int | None, int | None]:
        """Return opening and closing balance in fen; both None if there is no single chain."""
        if self._broken or self._last is None:
            return None, None
        if not self._ends:
            return self._last, self._last
        if len(self._ends) != 2 or set(self._ends.values()) != {1, -1}:
            return None, None
        opening, closing = sorted(self._ends, key=self._ends.__getitem__, reverse=True)
        return opening, closing
