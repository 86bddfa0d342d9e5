"""The accounts of a merchant with WeChat Pay's names, and the ledger accounts of each."""

from __future__ import annotations

from ...state import State
from .. import funds
from ..schedule import settle_due

__all__ = ["BASIC", "DEPOSIT", "FEES", "KINDS", "OPERATION", "available", "balance", "day_end"]

KINDS = BASIC, OPERATION, FEES, DEPOSIT = ("BASIC", "OPERATION", "FEES", "DEPOSIT")
AVAILABLE = {BASIC: "merchant", OPERATION: "operation", FEES: "fees", DEPOSIT: "deposit"}
PENDING = {BASIC: "frozen"}


def available(kind: str, sub_mchid: str = "") -> str:
    """Return the ledger account with the available money.

    Args:
        kind: one of `KINDS`.
        sub_mchid: the sub-merchant; empty for the merchant itself.
    """
    return funds.account_of(AVAILABLE[kind], sub_mchid)


def _pending(kind: str, sub_mchid: str) -> list[str]:
    return [funds.account_of(PENDING[kind], sub_mchid)] if kind in PENDING else []


def balance(state: State, kind: str, sub_mchid: str = "") -> tuple[int, int]:
    """Return the available and the pending amount of an account now, in fen."""
    settle_due(state)
    pending = sum(state.ledger.balance(each) for each in _pending(kind, sub_mchid))
    return state.ledger.balance(available(kind, sub_mchid)), pending


def day_end(state: State, day: str, kind: str, sub_mchid: str = "") -> tuple[int, int]:
    """Return the amounts of an account at the end of a day (`2026-11-20`), like `balance`."""
    settle_due(state)
    return (
        state.ledger.closing(day, [available(kind, sub_mchid)]),
        state.ledger.closing(day, _pending(kind, sub_mchid)),
    )
