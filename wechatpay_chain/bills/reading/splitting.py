"""Splits irregular lines into texts.

WeChat Pay writes a row as `` `a,`b,`c `` and escapes nothing: a comma in a product name is not a
separator, because no back-quote follows. This module handles the rest: names that contain `` ,` ``
or a line break, and files saved by a spreadsheet, with quotes, padding or without back-quotes. A
row is accepted only if exactly one split makes all of its typed columns valid.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from ...utils.exceptions import BillError
from ...utils.translation import _
from ..forms import Form, normal_heading
from .faults import Place
from .layout import Layout
from .source import LONGEST_LINE

__all__ = ["Splitter"]

MOST_LINES = 100
"""Maximum number of lines in a row: a name with line breaks has a few."""
MOST_SUMMARY_LINES = 3
"""Heading, values, and one surplus line."""
MOST_SURPLUS = 200
"""Maximum number of separators in the texts of a row."""
TICK = ",`"
TICKED = ("`", '"`')


class Splitter:
    """Takes lines one by one and yields rows of texts, until the summary begins.

    Attributes:
        summary: the first lines of the summary including its heading, with their numbers; None
            before it.
    """

    def __init__(self, layout: Layout, place: Place) -> None:
        self.summary: list[tuple[int, str]] | None = None
        self._layout = layout
        self._place = place
        self._pending: list[str] = []
        self._number = 0
        form = layout.header.form
        self._totals = _headings_of_totals(form) if form and form.ends_with_summary else frozenset()
        self._plain: bool | None = None

    @property
    def at_row(self) -> bool:
        """Whether the next line begins a row or the summary."""
        return not self._pending and self.summary is None

    def feed(self, lines: Iterable[str], number: int) -> Iterator[list[str]]:
        """Yield rows of texts.

        Args:
            lines: lines without their line ends.
            number: the number of the first line.

        Raises:
            BillError: a line is not a row, or there are several ways to split it.
        """
        for at, line in enumerate(lines, number):
            if self.summary is not None:
                if line.strip(", ") and len(self.summary) < MOST_SUMMARY_LINES:
                    self.summary.append((at, line))
            elif self._begins_summary(line):
                self.end()
                self.summary = [(at, line)]
            elif self._pending or line.strip(", "):
                row = self._take(line, at)
                if row is not None:
                    yield row

    def end(self) -> None:
        """Signal the end of the lines; raises BillError if a row is incomplete."""
        if self._pending:
            raise self._error("\n".join(self._pending))

    def _take(self, line: str, number: int) -> list[str] | None:
        """Return a row if the line completes one."""
        if self._plain is None:
            self._plain = not line.startswith(TICKED)
            if self._plain and not self._totals:
                raise self._place.error(
                    _(
                        "The row does not begin with a backquote, so rows cannot be told from "
                        "the summary; use the file that was downloaded."
                    ),
                    line=number,
                )
        if self._pending and self._is_row(line):
            self.end()
        if not self._pending:
            self._number = number
        self._pending.append(line)
        text = "\n".join(self._pending)
        row = self._split(text)
        too_long = len(self._pending) >= MOST_LINES or len(text) > LONGEST_LINE
        if row is None and (too_long or not self._may_go_on(text)):
            raise self._error(text)
        if row is not None:
            self._pending.clear()
        return row

    def _begins_summary(self, line: str) -> bool:
        if self._totals:
            return normal_heading(line.split(",", 1)[0].strip('"')) in self._totals
        return not self._pending and bool(line.strip(", ")) and not line.startswith(TICKED)

    def _is_row(self, line: str) -> bool:
        """Return whether a line is a complete row, which does not continue another one."""
        return line.startswith("`") and line.count(TICK) >= self._layout.width - 1

    def _may_go_on(self, text: str) -> bool:
        """Return whether a text's line break may continue the row on the next line."""
        if self._plain or text.startswith('"'):
            return text.count('"') % 2 == 1
        return text.count(TICK) < self._layout.width - 1 or text.count('"') % 2 == 1

    def _split(self, text: str) -> list[str] | None:
        """Return the texts of a row, or None if no split is valid.

        Raises:
            BillError: several splits are valid.
        """
        ways: list[list[str]] = []
        if text.startswith("`") and not self._plain:
            padded = self._layout.header.padded
            ways = self._ways((text.rstrip(",") if padded else text)[1:].split(TICK), TICK)
            if not ways and not padded and text.endswith(","):
                ways = self._ways(text.rstrip(",")[1:].split(TICK), TICK)
        if not ways and (self._plain or '"' in text):
            ways = self._quoted(text)
        if len(ways) > 1:
            raise self._place.error(
                _(
                    "The row can be split into columns in several ways, because a value contains "
                    "the column separator; its values are uncertain."
                ),
                line=self._number,
            )
        return ways[0] if ways else None

    def _quoted(self, text: str) -> list[list[str]]:
        """Split a row saved by a spreadsheet, which quotes cells with quotes or line breaks."""
        try:
            lines = list(csv.reader((f"{line}\n" for line in text.split("\n")), strict=True))
        except csv.Error:
            return []
        if len(lines) != 1:
            return []
        cells = lines[0]
        if self._plain:
            while self._layout.header.padded and len(cells) > self._layout.width and not cells[-1]:
                cells.pop()
            return self._ways(cells, ",") if not any(map(_rounded, cells)) else []
        while cells and not cells[-1]:  # padding: an empty text has its back-quote
            cells.pop()
        if not cells or not cells[0].startswith("`"):
            return []
        joined: list[str] = []
        for cell in cells:
            if cell.startswith("`"):
                joined.append(cell[1:])
            else:
                joined[-1] += f",{cell}"  # a comma in a text, where the spreadsheet has split it
        return self._ways(joined, TICK)

    def _ways(self, parts: Sequence[str], separator: str) -> list[list[str]]:
        """Return up to two ways to combine parts to a row with only valid columns."""
        layout, surplus = self._layout, len(parts) - self._layout.width
        if surplus < 0 or surplus > MOST_SURPLUS:
            return []

        @cache
        def ways(column: int, part: int) -> list[tuple[str, ...]]:
            if column == layout.width:
                return [()]
            found: list[tuple[str, ...]] = []
            left = surplus - (part - column)
            last = column == layout.width - 1
            if not layout.free[column] and last and left:
                return []
            sizes = range(1, left + 2) if layout.free[column] else (1,)
            for size in (left + 1,) if last else sizes:
                text = separator.join(parts[part : part + size])
                if not layout.fault(column, text):
                    found += [(text, *rest) for rest in ways(column + 1, part + size)]
                if len(found) > 1:
                    break
            return found[:2]

        return [list(way) for way in ways(0, 0)]

    def _error(self, text: str) -> BillError:
        """Return a specific error for a text that is not a row."""
        layout, number = self._layout, self._number
        parts = text.removeprefix("`").split("," if self._plain else TICK)
        if len(parts) != layout.width:
            return self._place.error(
                _(
                    "The row has {count} columns, but the header has {width}: the file is "
                    "incomplete or was changed; download the bill again.",
                    count=len(parts),
                    width=layout.width,
                ),
                line=number,
            )
        for index, part in enumerate(parts):
            if fault := layout.fault(index, part):
                return self._place.error(
                    _("The value {fault}.", fault=fault),
                    line=number,
                    column=layout.header.headings[index],
                )
        return self._place.error(_("The line is not a row of a bill."), line=number)


def _headings_of_totals(form: Form) -> frozenset[str]:
    return frozenset(
        normal_heading(name) for total in form.totals for name in (total.heading, *total.aliases)
    )


def _rounded(cell: str) -> bool:
    """Return whether a spreadsheet has converted an identifier to a number: `4.2E+27`."""
    return "E+" in cell and cell.replace("E+", "").replace(".", "").isdigit()
