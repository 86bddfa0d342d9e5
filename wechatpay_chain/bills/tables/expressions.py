"""SQL of DuckDB that reads the texts of a bill as values, by the grammar of `reading.values`.

A value is accepted by a comparison where that is faster: a number or a time is written as WeChat
Pay writes it if DuckDB prints the same text for the value that it read. Whatever is accepted by
none of the conditions may still be right; the parser in Python decides about it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..forms import Column, ColumnType
from .schema import SQL_TYPES

__all__ = ["FIRST", "quoted", "valid", "value"]

Branch = tuple[str, str]
"""A condition, and the value that the text has where the condition holds."""

UNSURE = "error('')"
USUAL_RATES = {"0.60%": "0.006", "0.00%": "0"}
FIRST = "substr(c0, 2)"
"""The text of the first column, whose back-quote DuckDB leaves to it."""
WHOLE = "(0|[1-9][0-9]{0,9})"
"""Less than 10^10 yuan, so that sums of batches stay exact in 64 bits."""


def quoted(name: str) -> str:
    """A name or heading as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def value(column: Column, text: str) -> str:
    """An expression for the value of a column; where it is not sure, it raises an error.

    Args:
        column: says how the text is read.
        text: the expression for the text.
    """
    branches = " ".join(f"WHEN {test} THEN {result}" for test, result in _branches(column, text))
    return f"CASE {branches} ELSE {UNSURE} END" if branches else text


def valid(column: Column, text: str) -> str:
    """A condition: whether `value` is sure of the value."""
    return "(" + (" OR ".join(test for test, _ in _branches(column, text)) or "true") + ")"


def _branches(column: Column, text: str) -> list[Branch]:
    absent = f"{text} IN ('', '0')" if column.type is ColumnType.ID else f"{text} = ''"
    branches = READERS[column.type](column, text)
    return branches if column.required else [(absent, "NULL"), *branches]


def _text(column: Column, text: str) -> list[Branch]:
    return [(f"{text} <> ''" if column.required else "true", text)]


def _id(column: Column, text: str) -> list[Branch]:
    return [(f"{text} NOT IN ('', '0')" if column.required else "true", text)]


def _time(column: Column, text: str) -> list[Branch]:
    tick = "`" if text == FIRST else ""  # read with its back-quote, it takes a third less time
    text = "c0" if tick else text
    form = f"'{tick}%Y-%m-%d %H:%M:%S'"
    moment = f"try_strptime({text}, {form})"
    length, least = 19 + len(tick), f"'{tick}0001'"
    test = f"strlen({text}) = {length} AND {text} > {least} AND strftime({moment}, {form}) = {text}"
    return [(test, moment)]


def _number(
    places: int, digits: int, of: Callable[[str], str], usual: str = ""
) -> Callable[[Column, str], list[Branch]]:
    """Reads a number with decimals.

    Args:
        places: decimals that are usual, and the most that there may be.
        digits: of DuckDB's type for the number.
        of: the column's value, for the number as it is written.
        usual: a text that most values of a column may have, for zero.
    """

    def read(column: Column, text: str) -> list[Branch]:
        number = f"TRY_CAST({text} AS DECIMAL({digits},{places}))"
        sign = "" if column.signed else f" AND {number} >= 0"
        minus = "-?" if column.signed else ""
        pattern = f"{minus}{WHOLE}([.][0-9]{{1,{places}}})?"
        result = f"CAST({of(number)} AS {SQL_TYPES[column.type]})"
        return [
            *([(f"{text} = '{usual}'", f"CAST(0 AS {SQL_TYPES[column.type]})")] if usual else []),
            (f"CAST({number} AS VARCHAR) = {text}{sign}", result),
            (f"regexp_full_match({text}, '{pattern}')", result),
        ]

    return read


def _rate(column: Column, text: str) -> list[Branch]:
    type_ = SQL_TYPES[column.type]
    usual = [(f"{text} = '{rate}'", f"CAST({of} AS {type_})") for rate, of in USUAL_RATES.items()]
    number = f"CAST(rtrim({text}, '%') AS DECIMAL(7,4))"
    pattern = "(0|[1-9][0-9]{0,2})([.][0-9]{1,4})?%"
    return [
        *usual,
        (f"regexp_full_match({text}, '{pattern}')", f"CAST({number} * 0.01 AS {type_})"),
    ]


READERS: dict[ColumnType, Callable[[Column, str], list[Branch]]] = {
    ColumnType.TEXT: _text,
    ColumnType.ID: _id,
    ColumnType.TIME: _time,
    ColumnType.AMOUNT: _number(2, 12, lambda number: f"{number} * 100", "0.00"),
    ColumnType.FEE: _number(5, 15, lambda number: f"{number} * 100"),
    ColumnType.RATE: _rate,
    ColumnType.MONEY: _number(12, 22, lambda number: number),
    ColumnType.NUMBER: _number(12, 22, lambda number: number),
}
