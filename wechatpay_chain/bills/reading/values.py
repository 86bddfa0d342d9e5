"""Converts the texts of a bill's columns to values, by a strict grammar.

Only WeChat Pay's formats are accepted: `int()`, `float()` and `datetime.fromisoformat` also accept
full-width digits, underscores, exponents and blanks, which could hide that a bill was altered.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any

from ...utils.translation import N_, _
from ..forms import Column, ColumnType
from .faults import shown

__all__ = ["CHINA", "BadValue", "count", "reader_of", "value_of"]

CHINA = datetime.timezone(datetime.timedelta(hours=8))
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
WHOLE = r"(?:0|[1-9][0-9]{0,12})"
AMOUNT = re.compile(rf"(-?)({WHOLE})(?:\.([0-9]{{1,2}}))?")
FEE = re.compile(rf"(-?)({WHOLE})(?:\.([0-9]{{1,5}}))?")
RATE = re.compile(r"(-?)(0|[1-9][0-9]{0,2})(?:\.([0-9]{1,4}))?%")
NUMBER = re.compile(r"(-?)(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,12}))?")
COUNT = re.compile(r"(0|[1-9][0-9]{0,12})(?:\.0{1,2})?")
ONE_TIME = re.compile(TIME)
PROBE = 16
"""Texts at the start of a block that determine whether its column has few values or many."""
MEMORY = 1 << 12
"""Maximum number of cached values per column."""

Read = Callable[[Sequence[str]], Sequence[Any]]
"""Converts the texts of a column to its values."""


class BadValue(ValueError):
    """A text is invalid in its column; the message quotes only numbers."""


class Memo(dict[str, Any]):
    """A cache of converted texts; it is cleared when it is full."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> Any:
        value = self._read(text)
        if len(self) >= MEMORY:
            self.clear()
        self[text] = value
        return value


def value_of(column: Column) -> Callable[[str], Any]:
    """Return the function that converts one text of a column; it raises `BadValue`."""
    read, example = READERS[column.type]

    def value(text: str) -> Any:
        if not text or (text == "0" and column.type is ColumnType.ID):
            if column.required:
                raise BadValue(_("is empty; every row must have it"))
            return None
        found = read(text)
        if found is None or (text[0] == "-" and found != 0 and _unsigned(column)):
            raise BadValue(_("is {text}; expected {example}", text=shown(text), example=_(example)))
        return found

    return value


def _unsigned(column: Column) -> bool:
    numeric = column.type not in (ColumnType.TEXT, ColumnType.ID, ColumnType.TIME)
    return numeric and not column.signed


def reader_of(column: Column) -> Read:
    """Return the function that converts all texts of a column; it raises `BadValue`."""
    if column.type is ColumnType.TEXT:
        return _required if column.required else _optional
    if column.type is ColumnType.ID:
        return _required_numbers if column.required else _optional_numbers
    recall, together = Memo(value_of(column)).__getitem__, TOGETHER.get(column.type)
    pattern = re.compile(rf"(?:{'-?' if column.signed else ''}{REGULAR.get(column.type, '')}\n)*+")

    def read(texts: Sequence[str]) -> Sequence[Any]:
        if together and len(set(texts[:PROBE])) * 4 > min(PROBE, len(texts)):
            lines = "\n".join(texts) + "\n"
            if pattern.fullmatch(lines):
                return together(lines)
        return list(map(recall, texts))

    return read


def _optional(texts: Sequence[str]) -> Sequence[Any]:
    return texts if "" not in texts else [text or None for text in texts]


def _required(texts: Sequence[str]) -> Sequence[Any]:
    if "" in texts:
        raise BadValue(_("is empty"))
    return texts


def _optional_numbers(texts: Sequence[str]) -> Sequence[Any]:
    return [None if text == "0" else text or None for text in texts]


def _required_numbers(texts: Sequence[str]) -> Sequence[Any]:
    if "0" in texts or "" in texts:
        raise BadValue(_("is empty"))
    return texts


def count(text: str) -> int | None:
    """Parse a number of rows, which WeChat Pay writes as `20` or as `20.0`."""
    match = COUNT.fullmatch(text)
    return int(match[1]) if match else None


def _text(text: str) -> str:
    return text


def _time(text: str) -> datetime.datetime | None:
    try:
        return _times(text)[0] if ONE_TIME.fullmatch(text) else None
    except BadValue:
        return None


def _times(lines: str) -> list[datetime.datetime]:
    parts = lines.split()
    days, clocks = parts[::2], parts[1::2]
    try:
        dates = {day: datetime.date.fromisoformat(day) for day in set(days)}
        times = map(datetime.time.fromisoformat, clocks)
        moments = map(dates.__getitem__, days)
        return list(map(datetime.datetime.combine, moments, times, repeat(CHINA)))
    except ValueError as error:
        raise BadValue(_("is not a time")) from error  # for example 30 February


def _amounts(lines: str) -> list[int]:
    return list(map(int, lines.replace(".", "").split()))


def _fees(lines: str) -> list[Decimal]:
    """Convert yuan with five decimals to fen, without negative zero."""
    if "-0.00000\n" in lines:
        lines = lines.replace("-0.00000\n", "0.00000\n")
    return list(map(Decimal, lines.replace(".", "").replace("\n", "E-3\n").split()))


def _amount(text: str) -> int | None:
    match = AMOUNT.fullmatch(text)
    if not match:
        return None
    minus, whole, cents = match.groups("")
    fen = int(whole + cents.ljust(2, "0"))
    return -fen if minus else fen


def _exact(pattern: re.Pattern[str], places: int, shift: int) -> Callable[[str], Decimal | None]:
    """Return a function that parses a number with decimals.

    Args:
        pattern: groups the sign, the integer part and the decimals.
        places: decimals of the value before it is shifted; -1 keeps the written ones.
        shift: the number of places by which the point moves to the right.
    """

    def read(text: str) -> Decimal | None:
        match = pattern.fullmatch(text)
        if not match:
            return None
        minus, whole, decimals = match.groups("")
        decimals = decimals if places < 0 else decimals.ljust(places, "0")
        digits = int(whole + decimals)
        sign = minus if digits else ""
        return Decimal(f"{sign}{digits}E{shift - len(decimals)}")  # exact in every decimal context

    return read


REGULAR = {
    ColumnType.TIME: TIME,
    ColumnType.AMOUNT: rf"{WHOLE}\.[0-9]{{2}}",
    ColumnType.FEE: rf"{WHOLE}\.[0-9]{{5}}",
}
"""WeChat Pay's current formats; other valid texts are converted one by one."""
TOGETHER: dict[ColumnType, Callable[[str], list[Any]]] = {
    ColumnType.TIME: _times,
    ColumnType.AMOUNT: _amounts,
    ColumnType.FEE: _fees,
}
"""Converts several texts at once, one per line: several times as fast as one by one."""
READERS: dict[ColumnType, tuple[Callable[[str], Any], str]] = {
    ColumnType.TEXT: (_text, N_("a text")),
    ColumnType.ID: (_text, N_("a number")),
    ColumnType.TIME: (_time, N_("a time such as '2026-11-25 10:00:00'")),
    ColumnType.AMOUNT: (_amount, N_("yuan such as '12.34'")),
    ColumnType.FEE: (_exact(FEE, 5, 2), N_("yuan such as '0.07400'")),
    ColumnType.RATE: (_exact(RATE, -1, -2), N_("a percentage such as '0.60%'")),
    ColumnType.MONEY: (_exact(NUMBER, -1, 0), N_("an amount such as '12.34'")),
    ColumnType.NUMBER: (_exact(NUMBER, -1, 0), N_("a number such as '0.8912'")),
}
