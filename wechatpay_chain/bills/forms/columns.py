"""What the forms of bills are made of: columns, totals, and the form itself."""

from __future__ import annotations

import dataclasses
import enum

__all__ = ["Column", "ColumnType", "Form", "Total", "normal_heading"]

BRACKETS = str.maketrans("（）", "()")


class ColumnType(enum.Enum):
    """How the text of a column is read.

    In all of them an empty text is an absent value, `None`.
    """

    TEXT = "text"
    """Any text: `str`."""
    ID = "id"
    """A number that WeChat Pay or the merchant gave out: `str`; `0` stands for none."""
    TIME = "time"
    """`2026-11-25 10:00:00` in +08:00: an aware `datetime`."""
    AMOUNT = "amount"
    """Yuan with up to two decimals: `int`, in fen."""
    FEE = "fee"
    """Yuan with up to five decimals: `Decimal`, in fen."""
    RATE = "rate"
    """A percentage such as `0.60%`: `Decimal`, as a fraction (`0.0060`)."""
    MONEY = "money"
    """An amount of any currency, in its own unit (not in cents), as it is written: `Decimal`."""
    NUMBER = "number"
    """A number, an exchange rate say, as it is written: `Decimal`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column of a bill.

    Attributes:
        heading: the official Chinese heading.
        name: of the field in rows and tables.
        type: how its text is read.
        required: whether every bill of the kind has the column, and every row a value in it.
        signed: whether an amount may be negative.
        free: whether people write the text, so that it may hold `` ,` `` and line breaks.
        aliases: headings of the same column in older bills and in other languages.
    """

    heading: str
    name: str
    type: ColumnType = ColumnType.TEXT
    required: bool = False
    signed: bool = False
    free: bool = False
    aliases: tuple[str, ...] = ()

    def renamed(self) -> Column:
        """The column under its first alias; itself where it has none."""
        if not self.aliases:
            return self
        heading, *others = self.aliases
        return dataclasses.replace(self, heading=heading, aliases=tuple(others))


@dataclasses.dataclass(frozen=True, slots=True)
class Total:
    """One value of the summary line.

    Attributes:
        heading: the official Chinese heading.
        name: as which a checked total is returned.
        of: the field whose values are added up; empty where rows are counted.
        direction: the value of `direction` that a row must have to be counted or added; empty
            where all rows are.
        aliases: headings of the same total in older bills.
    """

    heading: str
    name: str
    of: str = ""
    direction: str = ""
    aliases: tuple[str, ...] = ()

    def renamed(self) -> Total:
        """The total under its first alias; itself where it has none."""
        if not self.aliases:
            return self
        heading, *others = self.aliases
        return dataclasses.replace(self, heading=heading, aliases=tuple(others))


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """The columns and the summary of one kind and type of bill.

    Attributes:
        kind: such as `trade`, `fund_flow`.
        type: WeChat Pay's word for it: `ALL`, `SUCCESS`, `REFUND`; empty where the header does
            not tell one from another.
        columns: in the order in which WeChat Pay writes them today.
        totals: of the summary line, likewise; empty where it is not documented.
        copies: fields that an older form lacks and whose value another field of the row has, as
            pairs `(field, field that it equals)`.
        ends_with_summary: whether a bill without a summary line was cut off.
    """

    kind: str
    type: str
    columns: tuple[Column, ...]
    totals: tuple[Total, ...]
    copies: tuple[tuple[str, str], ...] = ()
    ends_with_summary: bool = True

    @property
    def header(self) -> str:
        """The header line, without its line end."""
        return ",".join(column.heading for column in self.columns)

    @property
    def summary_header(self) -> str:
        """The heading line of the summary, without its line end."""
        return ",".join(total.heading for total in self.totals)


def normal_heading(text: str) -> str:
    """A heading as it is compared: no back-quote, blank or full-width bracket, in lower case."""
    return "".join(text.translate(BRACKETS).split()).removeprefix("`").lower()
