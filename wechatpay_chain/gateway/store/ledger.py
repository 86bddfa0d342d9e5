"""Double-entry ledger in fen; the sum over all accounts is always zero.

A payment moves money from `payer` to `merchant`, or to `frozen` if it will be shared; a refund
returns it by way of `refunding`; sharing moves it to a `receiver`. Budgets of coupons are on
`coupons`. Transfers are paid from `operation`, wait on `transit`, and end on `user`; compensations
can be paid from `deposit`. Withdrawals wait on `withdrawing` for the `bank`. Fees are on
`wechatpay`. A sub-merchant has its own accounts: `merchant:1900000109`. The accounts `payer`,
`bank`, `receiver`, `sharer` and `user` stand for external parties. Only the accounts in `OUTSIDE`
can be negative. Bills list the entries of a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...utils.translation import _
from .clock import Clock
from .store import Store

__all__ = ["Imbalance", "Ledger"]

OUTSIDE = ("payer", "bank", "sharer")
"""The accounts that can be negative: money that customers, banks and other merchants paid in."""

Entry = dict[str, Any]


class Imbalance(Exception):
    """Raised if the ledger is inconsistent, which is a defect of the gateway."""


class Ledger:
    """The entries of a gateway.

    Args:
        store: stores the entries.
        clock: determines their time.
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
        """Add an entry.

        Args:
            kind: `payment`, `refund`, `share`, `return`, `transfer`, …
            amount: in fen, above 0.
            source: the account to debit.
            target: the account to credit.
            at: the time; None means now. Due changes are entered later than their time.
            about: further members of the entry, such as the numbers of an order.

        Raises:
            Imbalance: the amount is not an integer above 0.
        """
        if not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
            raise Imbalance(
                _(
                    "{kind} of {amount!r} fen from {source} to {target}: expected a positive "
                    "integer",
                    kind=kind,
                    amount=amount,
                    source=source,
                    target=target,
                )
            )
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
        """Add an entry's changes to those of its day, and return the day."""
        day = self._clock.date(entry["time"])
        noted = self._store.get("day", day) or {"day": day, "changes": {}}
        for account, change in changes.items():
            noted["changes"][account] = noted["changes"].get(account, 0) + change
        self._store.put("day", day, noted)
        return day

    def balance(self, account: str) -> int:
        """Return the balance of an account in fen; negative for a payer."""
        record = self._store.get("account", account)
        return 0 if record is None else int(record["balance"])

    def balances(self) -> dict[str, int]:
        """Return the balances of all accounts in fen."""
        return {each["account"]: each["balance"] for each in self._store.all("account")}

    def opening(self, day: str, accounts: Iterable[str]) -> int:
        """Return the total fen on accounts at the beginning of a day (`2026-11-20`)."""
        return self._until(accounts, lambda each: each < day)

    def closing(self, day: str, accounts: Iterable[str]) -> int:
        """Return the total fen on accounts at the end of a day (`2026-11-20`)."""
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
        """Return the entries of a day (`2026-11-20`, Beijing time) or all entries, oldest first."""
        days = [day] if day is not None else self.days()
        return [
            entry
            for each in days
            for entry in sorted(self._store.all(f"entry {each}"), key=lambda entry: entry["time"])
        ]

    def entries_with(self, number: str) -> list[Entry]:
        """Return the entries with a number among their members, oldest first.

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
        """Return the days with entries in order."""
        return sorted(each["day"] for each in self._store.all("day"))

    def check(self) -> None:
        """Check that the entries add up to the balances.

        Raises:
            Imbalance: they do not, or an account is negative that cannot be.
        """
        with self._store.transaction():  # no other thread writes in between
            expected, found = _sums(self.entries()), self.balances()
        if expected != found:
            raise Imbalance(
                _(
                    "the entries sum up to {expected}, the accounts contain {found}",
                    expected=expected,
                    found=found,
                )
            )
        overdrawn = {
            account: balance
            for account, balance in found.items()
            if balance < 0 and account not in OUTSIDE
        }
        if overdrawn:
            raise Imbalance(_("these accounts are below zero: {accounts}", accounts=overdrawn))


def _sums(entries: Iterable[Entry]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in entries:
        for account, change in (
            (entry["source"], -entry["amount"]),
            (entry["target"], entry["amount"]),
        ):
            sums[account] = sums.get(account, 0) + change
    return sums
