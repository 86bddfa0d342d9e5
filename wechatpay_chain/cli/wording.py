"""Text fragments for several messages."""

from __future__ import annotations

from ..utils.translation import _

__all__ = ["counted", "shown"]

LONGEST = 100


def shown(value: str) -> str:
    """Return user input for a message, without control characters and truncated."""
    return repr(value if len(value) <= LONGEST else f"{value[:LONGEST]}…")


def counted(operations: int) -> str:
    """Return a number of operations as text, in singular or plural."""
    return _("1 operation") if operations == 1 else _("{count} operations", count=operations)
