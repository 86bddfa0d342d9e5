"""Pieces of text that more than one message is made of."""

from __future__ import annotations

from ..utils.translation import _

__all__ = ["counted", "shown"]

LONGEST = 100


def shown(value: str) -> str:
    """What a user typed, quoted for a message: no control characters, and not pages of it."""
    return repr(value if len(value) <= LONGEST else f"{value[:LONGEST]}…")


def counted(operations: int) -> str:
    """How many operations, in words that fit the number."""
    return _("1 operation") if operations == 1 else _("{count} operations", count=operations)
