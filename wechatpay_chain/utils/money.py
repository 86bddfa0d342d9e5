"""Converts amounts between fen and yuan, without floats.

WeChat Pay's API uses integers in fen (1 yuan is 100 fen); people and bills use yuan. A float cannot
represent most amounts: 19.9 is 19.89999…
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .display import represented
from .exceptions import ConfigurationError
from .translation import _

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["fen_to_yuan", "yuan"]

AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]{1,2})0*)?", re.ASCII)
LONGEST = 24
"""Maximum characters of an amount."""


def yuan(amount: str | int | Decimal) -> int:
    """Convert an amount in yuan to fen: `yuan("19.90")` is 1990.

    Args:
        amount: the amount in yuan, as text such as `"19.9"`, as int or as Decimal.

    Raises:
        ConfigurationError: the amount is a float or a bool, is not a plain number, or has more than
            two decimals.
    """
    from decimal import Decimal  # other amounts are integers

    if isinstance(amount, bool | float) or not isinstance(amount, str | int | Decimal):
        raise ConfigurationError(
            _(
                'an amount in yuan must be a str, int or Decimal, not {type}: yuan("19.90"). A '
                "float is not exact",
                type=type(amount).__name__,
            )
        )
    if isinstance(amount, int):
        return int(amount) * 100
    text = format(amount, "f") if isinstance(amount, Decimal) else amount
    found = AMOUNT.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ConfigurationError(
            _(
                "{represented} is not an amount in yuan: expected digits with at most two "
                'decimals, such as "19.90"',
                represented=represented(str(amount), 40),
            )
        )
    sign, whole, decimals = found.groups(default="")
    fen = int(whole) * 100 + int(decimals.ljust(2, "0"))
    return -fen if sign else fen


def fen_to_yuan(fen: int) -> str:
    """Format an amount in fen as yuan with two decimals: `fen_to_yuan(1990)` is `"19.90"`.

    Args:
        fen: an int; it may be negative.

    Raises:
        ConfigurationError: the amount is not an int.
    """
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise ConfigurationError(
            _(
                "an amount in fen must be an int, not {type}: fen_to_yuan(1990)",
                type=type(fen).__name__,
            )
        )
    whole, rest = divmod(abs(int(fen)), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02}"
