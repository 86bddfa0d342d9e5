"""The elements of a bill's form: columns, totals, and the form itself."""

from __future__ import annotations

import dataclasses
import enum

__all__ = ["Column", "ColumnType", "Form", "Total", "normal_heading"]

BRACKETS = str.maketrans("（）", "()")


class ColumnType(enum.Enum):
    """How the text of a column is read; an empty text is always `None`."""

    TEXT = "text"
    """Any text: `str`."""
    ID = "id"
    """A number assigned by WeChat Pay or the merchant: `str`; `0` means none."""
    TIME = "time"
    """`2026-11-25 10:00:00` in +08:00: an aware `datetime`."""
    AMOUNT = "amount"
    """Yuan with up to two decimals: `int`, in fen."""
    FEE = "fee"
    """Yuan with up to five decimals: `Decimal`, in fen."""
    RATE = "rate"
    """A percentage such as `0.60%`: `Decimal`, as a fraction (`0.0060`)."""
    MONEY = "money"
    """An amount in any currency, in its main unit (not in cents), as written: `Decimal`."""
    NUMBER = "number"
    """A number as written, such as an exchange rate: `Decimal`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column of a bill.

    Attributes:
        heading: the official Chinese heading.
        name: the name of the field in rows and tables.
        type: how its text is read.
        required: whether every bill of the kind has the column, and every row a value in it.
        signed: whether an amount may be negative.
        free: whether people write the text, which may then contain `` ,` `` and line breaks.
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
        """Return the column with its first alias as heading; itself if it has none."""
        if not self.aliases:
            return self
        heading, *others = self.aliases
        return dataclasses.replace(self, heading=heading, aliases=tuple(others))


@dataclasses.dataclass(frozen=True, slots=True)
class Total:
    """One value of the summary line.

    Attributes:
        heading: the official Chinese heading.
        name: the name of the checked total.
        of: the field to sum up; empty to count rows.
        direction: only rows with this `direction` are included; empty includes all rows.
        aliases: headings of the same total in older bills.
    """

    heading: str
    name: str
    of: str = ""
    direction: str = ""
    aliases: tuple[str, ...] = ()

    def renamed(self) -> Total:
        """Return the total with its first alias as heading; itself if it has none."""
        if not self.aliases:
            return self
        heading, *others = self.aliases
        return dataclasses.replace(self, heading=heading, aliases=tuple(others))


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """The columns and the summary of one kind and type of bill.

    Attributes:
        kind: such as `trade`, `fund_flow`.
        type: WeChat Pay's type: `ALL`, `SUCCESS`, `REFUND`; empty if the header does not tell.
        columns: the columns, in WeChat Pay's current order.
        totals: the totals of the summary line, in order; empty if they are not documented.
        copies: fields that an older form lacks and that equal another field of the row, as pairs
            `(field, field that it equals)`.
        ends_with_summary: whether a bill without a summary line is truncated.
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
    """Normalize a heading for comparison: no back-quotes, blanks or full-width brackets."""
    return "".join(text.translate(BRACKETS).split()).removeprefix("`").lower()
