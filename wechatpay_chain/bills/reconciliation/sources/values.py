"""Converts and checks the values of a merchant's rows.

Amounts must be whole fen. Floats are always rejected, because 0.1 yuan cannot be represented. Times
without a zone are interpreted in Asia/Shanghai, like those of the bills.
"""

from __future__ import annotations

import datetime
import enum
import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from ....utils.translation import _

__all__ = ["READERS", "rate_of"]

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
LARGEST = 2**63 - 1


def text(value: Any) -> str | None:
    """Convert a number or word to text.

    Raises:
        ValueError: the value is neither text nor an `int`.
    """
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(_("expected text"))
    return str(operator.index(value))


def fen(value: Any) -> int | None:
    """Check an amount in fen.

    Raises:
        ValueError: the value is not an integer, or is negative.
    """
    if value is None:
        return None
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(_("expected whole fen as int"))
    whole = operator.index(value)
    if not 0 <= whole <= LARGEST:
        raise ValueError(_("expected an amount of 0 fen or more"))
    return whole


def moment(value: Any) -> datetime.datetime | None:
    """Convert a time to a naive one in Asia/Shanghai.

    Raises:
        ValueError: the value is neither a `datetime` nor ISO 8601 text.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if not isinstance(value, datetime.datetime):
        raise ValueError(_("expected a datetime or ISO 8601 text"))
    return value if value.tzinfo is None else value.astimezone(SHANGHAI).replace(tzinfo=None)


def number(value: Any, places: int) -> Decimal | None:
    """Convert a decimal number with a limited number of decimals.

    Raises:
        ValueError: the value is not a number, or has more decimals.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (bool, float)) or not isinstance(value, (int, str, Decimal)):
        raise ValueError(_("expected a Decimal"))
    try:
        exact = Decimal(value)
        rounded = exact.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation:
        raise ValueError(_("expected a Decimal")) from None
    if rounded != exact:
        raise ValueError(_("expected at most {places} decimal places", places=places))
    return rounded


def rate(value: Any) -> Decimal | None:
    """Convert a rate to a fraction; text may end in `%`.

    Raises:
        ValueError: the value is not a rate.
    """
    if isinstance(value, str) and value.endswith("%"):
        percent = number(value[:-1], 4)
        return None if percent is None else percent.scaleb(-2)
    return number(value, 6)


def rate_of(value: Any) -> Decimal | None:
    """Convert a rate passed as an argument: `Decimal("0.006")`, `"0.6%"`.

    Raises:
        ValueError: the value is not a rate.
    """
    return rate(value)


def day(value: Any) -> datetime.date | None:
    """Convert a date.

    Raises:
        ValueError: the value is not a date.
    """
    found = moment(value)
    return None if found is None else found.date()


READERS: dict[str, Callable[[Any], Any]] = {
    "VARCHAR": text,
    "BIGINT": fen,
    "INTEGER": fen,
    "TIMESTAMP": moment,
    "DATE": day,
    "DECIMAL(9, 6)": rate,
    "DECIMAL(18, 3)": lambda value: number(value, 3),
}
"""Conversion functions by column type."""
