"""The days of bills in China's time zone, and when the bill of a day is available.

WeChat Pay creates a bill from 9:00 of the next day, and recommends to request it after 10:00, and
then every half hour. Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071254
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
"""Maximum number of days returned by `days`."""
RELATIVE = {"yesterday": 1, "today": 0}


def now() -> datetime.datetime:
    """Return the current time in China."""
    return datetime.datetime.now(CHINA)


def day(given: Day) -> datetime.date:
    """Return a day, from text or a date.

    Args:
        given: `2026-11-25`, `yesterday`, or a `datetime.date`. A datetime must have a time zone,
            and is converted to the date in China.

    Raises:
        ConfigurationError: the value is something else.
    """
    if isinstance(given, datetime.datetime):
        if given.tzinfo is None:
            raise ConfigurationError(
                _(
                    "date={represented} has no time zone, so its day in China is unknown: pass a "
                    "datetime.date or an aware datetime",
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
                    "date={represented}: for a range, pass bills.days(first, last)",
                    represented=represented(given),
                )
            )
    raise ConfigurationError(
        _(
            "date={given}: expected a day such as '2026-11-25', 'yesterday', or a datetime.date",
            given=represented(given),
        )
    )


def days(first: Day, last: Day) -> list[datetime.date]:
    """Return the days of a range, including both ends.

    Args:
        first: the first day: `2026-11-01`, `yesterday`, or a `datetime.date`.
        last: the last day, in the same forms.

    Raises:
        ConfigurationError: a value is not a day, or `last` is before `first`.
    """
    begin, end = day(first), day(last)
    count = (end - begin).days + 1
    if not 0 < count <= MOST:
        raise ConfigurationError(
            _(
                "days({represented}, {represented_2}): the first day must not be after the last, "
                "and the range can have at most {most} days",
                represented=represented(first),
                represented_2=represented(last),
                most=MOST,
            )
        )
    return [begin + datetime.timedelta(days=number) for number in range(count)]


def bounds(which: Day) -> tuple[datetime.datetime, datetime.datetime]:
    """Return the first and the last moment of a day in China, for a query of its orders.

        orders.c.paid_at.between(*bills.bounds("2026-11-25"))

    Args:
        which: `2026-11-25`, `yesterday`, or a `datetime.date`.

    Raises:
        ConfigurationError: the value is not a day.
    """
    of = day(which)
    return (
        datetime.datetime.combine(of, datetime.time.min, CHINA),
        datetime.datetime.combine(of, datetime.time.max, CHINA),
    )


def is_one(given: object) -> bool:
    """Return whether a value is one day rather than several."""
    return isinstance(given, str | datetime.date) or not isinstance(given, Iterable)


def each_day(given: Day | Iterable[Day]) -> tuple[datetime.date, ...]:
    """Return all given days, in order and without duplicates.

    Raises:
        ConfigurationError: a value is not a day, or there are none.
    """
    several: Iterable[Day] = (given,) if is_one(given) else given  # type: ignore[assignment]
    found = tuple(dict.fromkeys(map(day, several)))
    if not found:
        raise ConfigurationError(_("date= is empty: expected at least one day"))
    return found


def assert_available(
    which: Iterable[datetime.date], operation: Operation, today: datetime.date
) -> None:
    """Check that bills of these days can exist.

    Raises:
        ConfigurationError: a day has not ended, or is too old.
    """
    for each in which:
        age = (today - each).days
        if age <= 0:
            raise ConfigurationError(
                _(
                    "date={each}: the day has not ended in China (today is {today}). Download "
                    "its bill from {ready:%Y-%m-%d %H:%M}",
                    each=each,
                    today=today,
                    ready=ready(each),
                )
            )
        if operation.oldest and age > operation.oldest:
            raise ConfigurationError(
                _(
                    "date={each} is {age} days ago: bills of kind {kind!r} are available for "
                    "{oldest} days",
                    each=each,
                    age=age,
                    kind=operation.kind,
                    oldest=operation.oldest,
                )
            )


def ready(which: datetime.date) -> datetime.datetime:
    """Return when the bill of a day is expected: 10:00 of the next day."""
    return datetime.datetime.combine(which + datetime.timedelta(days=1), READY)
