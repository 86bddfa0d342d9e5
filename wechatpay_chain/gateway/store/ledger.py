"""The ledger: double entry in fen, so that the sum over all accounts is always zero.

A payment moves money from `payer` to `merchant`, or to `frozen` where it is to be shared; a refund
takes it back by way of `refunding`; sharing moves it on to a `receiver`. Budgets of coupons are on
`coupons`. Transfers are paid from `operation`, wait in `transit`, and end with a `user`;
compensations may be paid from `deposit`. Withdrawals wait in `withdrawing` for the `bank`. Fees are
on `wechatpay`. A sub-merchant has accounts of its own: `merchant:1900000109`. What comes from the
world outside, or goes there, is below zero or above it on `payer`, `bank`, `receiver`, `sharer` and
`user`; no other account is ever below zero. Bills are made of the entries of a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .clock import Clock
from .store import Store

__all__ = ["Imbalance", "Ledger"]

OUTSIDE = ("payer", "bank", "sharer")
"""The accounts that may be below zero: what was spent, what a merchant brought in, and what other
merchants shared with it."""

Entry = dict[str, Any]


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

    def move(
        self,
        kind: str,
        amount: int,
        source: str,
        target: str,
        *,
        at: float | None = None,
        **about: Any,
    ) -> None:
        """Write an entry.

        Args:
            kind: `payment`, `refund`, `share`, `return`, `transfer`, …
            amount: fen, above 0.
            source: the account that gives.
            target: the account that receives.
            at: the time, by default now; due entries are recorded later.
            about: what else the entry tells: the order's numbers, say.

        Raises:
            Imbalance: an amount that is invalid.
        """
        if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
            raise Imbalance(f"{kind} of {amount!r} fen from {source} to {target}")
        entry = {
            "time": self._clock.now() if at is None else at,
            "kind": kind,
            "amount": amount,
            "source": source,
            "target": target,
            **about,
        }
        changes = _sums([entry])
        with self._store.transaction():
            self._store.append(f"entry {self._note(entry, changes)}", entry)
            for account, change in changes.items():
                balance = self.balance(account) + change
                self._store.put("account", account, {"account": account, "balance": balance})

    def _note(self, entry: Entry, changes: Mapping[str, int]) -> str:
        """Add an entry's changes to those of its day; the day."""
        day = self._clock.date(entry["time"])
        noted = self._store.get("day", day) or {"day": day, "changes": {}}
        for account, change in changes.items():
            noted["changes"][account] = noted["changes"].get(account, 0) + change
        self._store.put("day", day, noted)
        return day

    def balance(self, account: str) -> int:
        """Return the fen on an account; a payer's is negative."""
        record = self._store.get("account", account)
        return 0 if record is None else int(record["balance"])

    def balances(self) -> dict[str, int]:
        """Return the fen on every account, by its name."""
        return {each["account"]: each["balance"] for each in self._store.all("account")}

    def opening(self, day: str, accounts: Iterable[str]) -> int:
        """Return the fen that some accounts had together when a day (`2026-11-20`) began."""
        return self._until(accounts, lambda each: each < day)

    def closing(self, day: str, accounts: Iterable[str]) -> int:
        """Return the fen that some accounts had together when a day (`2026-11-20`) ended."""
        return self._until(accounts, lambda each: each <= day)

    def _until(self, accounts: Iterable[str], counts: Callable[[str], bool]) -> int:
        wanted = set(accounts)
        return sum(
            change
            for each in self._store.all("day")
            if counts(each["day"])
            for account, change in each["changes"].items()
            if account in wanted
        )

    def entries(self, day: str | None = None) -> list[Entry]:
        """Return the entries of a day (`2026-11-20`, Beijing time), or all, oldest first."""
        days = [day] if day is not None else self.days()
        return [
            entry
            for each in days
            for entry in sorted(self._store.all(f"entry {each}"), key=lambda entry: entry["time"])
        ]

    def entries_with(self, number: str) -> list[Entry]:
        """Return the entries that have a number among their members, oldest first.

        Args:
            number: the number of an order, a refund, a transfer, …
        """
        found = [
            each.record
            for day in self.days()
            for each in self._store.find(f"entry {day}", (number,))
            if number in each.record.values()
        ]
        return sorted(found, key=lambda entry: float(entry["time"]))

    def days(self) -> list[str]:
        """Return the days that have entries, the first one first."""
        return sorted(each["day"] for each in self._store.all("day"))

    def check(self) -> None:
        """See that the entries, each with its two sides, add up to the balances.

        Raises:
            Imbalance: they do not, or an account that must not be is below zero.
        """
        with self._store.transaction():  # nobody writes in between
            expected, found = _sums(self.entries()), self.balances()
        if expected != found:
            raise Imbalance(f"the entries say {expected}, the accounts {found}")
        overdrawn = {
            account: balance
            for account, balance in found.items()
            if balance < 0 and account not in OUTSIDE
        }
        if overdrawn:
            raise Imbalance(f"these accounts are below zero: {overdrawn}")


def _sums(entries: Iterable[Entry]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in entries:
        for account, change in (
            (entry["source"], -entry["amount"]),
            (entry["target"], entry["amount"]),
        ):
            sums[account] = sums.get(account, 0) + change
    return sums
