"""The accounts of a merchant, by WeChat Pay's names, and the ledger's accounts behind each."""

from __future__ import annotations

from ...state import State
from .. import funds
from ..schedule import settle_due

__all__ = ["BASIC", "DEPOSIT", "FEES", "KINDS", "OPERATION", "available", "balance", "day_end"]

KINDS = BASIC, OPERATION, FEES, DEPOSIT = ("BASIC", "OPERATION", "FEES", "DEPOSIT")
AVAILABLE = {BASIC: "merchant", OPERATION: "operation", FEES: "fees", DEPOSIT: "deposit"}
PENDING = {BASIC: "frozen"}


def available(kind: str, sub_mchid: str = "") -> str:
    """Return the ledger's account with the money that can be used.

    Args:
        kind: one of `KINDS`.
        sub_mchid: the sub-merchant; empty means the merchant itself.
    """
    return funds.account_of(AVAILABLE[kind], sub_mchid)


def _pending(kind: str, sub_mchid: str) -> list[str]:
    return [funds.account_of(PENDING[kind], sub_mchid)] if kind in PENDING else []


def balance(state: State, kind: str, sub_mchid: str = "") -> tuple[int, int]:
    """Return the fen on an account now: those that can be used, and those that cannot yet."""
    settle_due(state)
    pending = sum(state.ledger.balance(each) for each in _pending(kind, sub_mchid))
    return state.ledger.balance(available(kind, sub_mchid)), pending


def day_end(state: State, day: str, kind: str, sub_mchid: str = "") -> tuple[int, int]:
    """Return the balance of an account at the end of a day (`2026-11-20`, Beijing time)."""
    settle_due(state)
    return (
        state.ledger.closing(day, [available(kind, sub_mchid)]),
        state.ledger.closing(day, _pending(kind, sub_mchid)),
    )
