"""How a value of a merchant's row is read, and what is refused.

Amounts are whole fen: a float is refused whatever it says, because 0.1 yuan is none. Times without
a zone are taken as Asia/Shanghai, the time of the bills.
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
    """A number or word; an `int` is written out.

    Raises:
        ValueError: it is neither text nor an `int`.
    """
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(_("text is expected"))
    return str(operator.index(value))


def fen(value: Any) -> int | None:
    """An amount in fen.

    Raises:
        ValueError: it is not a whole number, or it is negative.
    """
    if value is None:
        return None
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError(_("whole fen are expected, as int"))
    whole = operator.index(value)
    if not 0 <= whole <= LARGEST:
        raise ValueError(_("an amount of 0 fen or more is expected"))
    return whole


def moment(value: Any) -> datetime.datetime | None:
    """A time, as a naive one in Asia/Shanghai.

    Raises:
        ValueError: it is neither a `datetime` nor ISO 8601 text.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if not isinstance(value, datetime.datetime):
        raise ValueError(_("a datetime or ISO 8601 text is expected"))
    return value if value.tzinfo is None else value.astimezone(SHANGHAI).replace(tzinfo=None)


def number(value: Any, places: int) -> Decimal | None:
    """A decimal number with up to some places.

    Raises:
        ValueError: it is none, or has more places.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (bool, float)) or not isinstance(value, (int, str, Decimal)):
        raise ValueError(_("a Decimal is expected"))
    try:
        exact = Decimal(value)
        rounded = exact.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation:
        raise ValueError(_("a Decimal is expected")) from None
    if rounded != exact:
        raise ValueError(_("at most {places} decimal places are expected", places=places))
    return rounded


def rate(value: Any) -> Decimal | None:
    """A rate as a fraction; text may end in `%`.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str) and value.endswith("%"):
        percent = number(value[:-1], 4)
        return None if percent is None else percent.scaleb(-2)
    return number(value, 6)


def rate_of(value: Any) -> Decimal | None:
    """A rate that was given as an argument: `Decimal("0.006")`, `"0.6%"`.

    Raises:
        ValueError: it is no rate.
    """
    return rate(value)


def day(value: Any) -> datetime.date | None:
    """A day.

    Raises:
        ValueError: it is none.
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
"""By the type of the column."""
