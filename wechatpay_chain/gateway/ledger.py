"""Where the money is: double entry, in fen, so that the sum over all accounts is always zero.

A payment moves money from `payer` to `merchant`; a refund moves it back; sharing moves it on to a
`receiver`, a transfer to a `user`. Bills are made of the entries of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .clock import Clock
from .store import Store

__all__ = ["Imbalance", "Ledger"]


class Imbalance(Exception):
    """The books do not add up: a fault of the gateway's own."""


class Ledger:
    """The entries of one gateway.

    Args:
        store: keeps them.
        clock: dates them.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def move(self, kind: str, amount: int, source: str, target: str, **about: Any) -> None:
        """Write an entry.

        Args:
            kind: `payment`, `refund`, `share`, `return`, `transfer`, …
            amount: fen, above 0.
            source: the account that gives.
            target: the account that receives.
            about: what else the entry tells: the order's numbers, say.

        Raises:
            Imbalance: an amount that is none.
        """
        if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
            raise Imbalance(f"{kind} of {amount!r} fen from {source} to {target}")
        entry = {
            "time": self._clock.now(),
            "kind": kind,
            "amount": amount,
            "source": source,
            "target": target,
            **about,
        }
        with self._store.transaction():
            self._store.append("entry", entry)
            for account, change in ((source, -amount), (target, amount)):
                balance = self.balance(account) + change
                self._store.put("account", account, {"account": account, "balance": balance})

    def balance(self, account: str) -> int:
        """Fen on an account; what a payer has spent is below zero."""
        record = self._store.get("account", account)
        return 0 if record is None else int(record["balance"])

    def entries(self, day: str | None = None) -> list[dict[str, Any]]:
        """The entries of a day (`2026-11-20`, Beijing time), or all of them, oldest first."""
        return [
            entry
            for entry in self._store.all("entry")
            if day is None or self._clock.date(entry["time"]) == day
        ]

    def check(self) -> None:
        """See that the entries add up to the balances, and the balances to zero.

        Raises:
            Imbalance: they do not.
        """
        expected = _sums(self._store.all("entry"))
        found = {each["account"]: each["balance"] for each in self._store.all("account")}
        if expected != found:
            raise Imbalance(f"the entries say {expected}, the accounts {found}")
        if sum(found.values()) != 0:
            raise Imbalance(f"the accounts add up to {sum(found.values())} fen: {found}")


def _sums(entries: Iterable[dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in entries:
        for account, change in (
            (entry["source"], -entry["amount"]),
            (entry["target"], entry["amount"]),
        ):
            sums[account] = sums.get(account, 0) + change
    return sums
