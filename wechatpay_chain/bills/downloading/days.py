"""The days that bills are of, in China's time, and when the bill of a day can be had.

A bill is made from 9:00 of the next day on, and WeChat Pay advises to ask for it after 10:00, and
then every half an hour. Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import TypeAlias

from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .kinds import Operation

__all__ = [
    "CHINA",
    "Day",
    "assert_available",
    "bounds",
    "day",
    "days",
    "each_day",
    "is_one",
    "now",
    "ready",
]

Day: TypeAlias = "str | datetime.date"

CHINA = datetime.timezone(datetime.timedelta(hours=8))
READY = datetime.time(10, tzinfo=CHINA)
FORM = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST = 3660
"""Days that `days` returns at most."""
RELATIVE = {"yesterday": 1, "today": 0}
EXPECTED = "a day such as '2026-11-25', 'yesterday', or a datetime.date is expected"


def now() -> datetime.datetime:
    """The time in China."""
    return datetime.datetime.now(CHINA)


def day(given: Day) -> datetime.date:
    """A day, from text or a date.

    Args:
        given: `2026-11-25`, `yesterday`, or a `datetime.date`; a datetime has a time zone, and its
            day is that of China.

    Raises:
        ConfigurationError: it is something else.
    """
    if isinstance(given, datetime.datetime):
        if given.tzinfo is None:
            raise ConfigurationError(
                _(
                    "date={represented} has no time zone, so its day in China is unknown: give a "
                    "datetime.date, or an aware datetime",
                    represented=represented(given),
                )
            )
        return given.astimezone(CHINA).date()
    if isinstance(given, datetime.date):
        return given
    if isinstance(given, str):
        if given in RELATIVE:
            return now().date() - datetime.timedelta(days=RELATIVE[given])
        if FORM.fullmatch(given):
            try:
                return datetime.date.fromisoformat(given)
            except ValueError as error:
                raise ConfigurationError(f"date={given!r}: {error}") from None
        if ".." in given:
            raise ConfigurationError(
                _(
                    "date={represented}: for a range, give bills.days(first, last)",
                    represented=represented(given),
                )
            )
    raise ConfigurationError(f"date={represented(given)}: {EXPECTED}")


def days(first: Day, last: Day) -> list[datetime.date]:
    """The days from one to another, both included.

    Args:
        first: as `2026-11-01`, `yesterday`, or a `datetime.date`.
        last: the same.

    Raises:
        ConfigurationError: one of them is no day, or `last` is before `first`.
    """
    begin, end = day(first), day(last)
    count = (end - begin).days + 1
    if not 0 < count <= MOST:
        raise ConfigurationError(
            _(
                "days({represented}, {represented_2}): the first day comes first, and at most "
                "{most} days are expected",
                represented=represented(first),
                represented_2=represented(last),
                most=MOST,
            )
        )
    return [begin + datetime.timedelta(days=number) for number in range(count)]


def bounds(which: Day) -> tuple[datetime.datetime, datetime.datetime]:
    """The first and the last moment of a day in China, such as a query for its orders compares.

        orders.c.paid_at.between(*bills.bounds("2026-11-25"))

    Args:
        which: as `2026-11-25`, `yesterday`, or a `datetime.date`.

    Raises:
        ConfigurationError: it is no day.
    """
    of = day(which)
    return (
        datetime.datetime.combine(of, datetime.time.min, CHINA),
        datetime.datetime.combine(of, datetime.time.max, CHINA),
    )


def is_one(given: object) -> bool:
    """Whether this is one day, rather than several."""
    return isinstance(given, str | datetime.date) or not isinstance(given, Iterable)


def each_day(given: Day | Iterable[Day]) -> tuple[datetime.date, ...]:
    """All days that were given, each once, in order.

    Raises:
        ConfigurationError: one of them is no day, or there is none.
    """
    several: Iterable[Day] = (given,) if is_one(given) else given  # type: ignore[assignment]
    found = tuple(dict.fromkeys(map(day, several)))
    if not found:
        raise ConfigurationError(_("date= is empty: at least one day is expected"))
    return found


def assert_available(
    which: Iterable[datetime.date], operation: Operation, today: datetime.date
) -> None:
    """See that there can be bills of these days.

    Raises:
        ConfigurationError: one of them has not ended, or is too long ago.
    """
    for each in which:
        age = (today - each).days
        if age <= 0:
            raise ConfigurationError(
                _(
                    "date={each}: the day has not ended in China, where it is {today}. Ask for "
                    "its bill from {ready:%Y-%m-%d %H:%M} on",
                    each=each,
                    today=today,
                    ready=ready(each),
                )
            )
        if operation.oldest and age > operation.oldest:
            raise ConfigurationError(
                _(
                    "date={each} is {age} days ago: bills of kind {kind!r} can be had for "
                    "{oldest} days",
                    each=each,
                    age=age,
                    kind=operation.kind,
                    oldest=operation.oldest,
                )
            )


def ready(which: datetime.date) -> datetime.datetime:
    """When the bill of a day is expected: at 10:00 of the next day."""
    return datetime.datetime.combine(which + datetime.timedelta(days=1), READY)
