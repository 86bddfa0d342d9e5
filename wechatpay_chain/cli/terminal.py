"""Formats pages and tables for a terminal with rich, which only terminals load."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult, group
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ..display.layout import Line, Page, Span, Table, plain
from ..display.terminal import block, grid, text

__all__ = ["drawn_page", "drawn_table"]

NARROW = 60
"""On fewer columns than these a row does not stand beside itself; its cells go below each other."""


ENDS = re.compile(r"(?: |\x1b\[[\d;]*m)+$", re.MULTILINE)
"""The blanks at the end of a line, which are removed for copying."""


def drawn_page(page: Page, encoding: str) -> str:
    """Format headings, facts, trees and code, one below the other.

    Args:
        page: page to format.
        encoding: encoding of the terminal.
    """
    return _drawn(_page(page), encoding)


def drawn_table(table: Table, encoding: str) -> str:
    """Format a table; on a narrow terminal, each row has several lines.

    Args:
        table: table to format.
        encoding: encoding of the terminal.
    """
    return _drawn(_Rows(table), encoding)


def _drawn(renderable: RenderableType, encoding: str) -> str:
    """Return the output of a console with our own markup only, in its character set."""
    content = io.BytesIO()
    file = io.TextIOWrapper(content, encoding, errors="replace", newline="\n")
    console = Console(
        file=file,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        force_terminal=True,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(renderable, end="", crop=False)
    file.flush()
    return ENDS.sub(lambda end: end[0].replace(" ", ""), content.getvalue().decode(encoding))


@group()
def _page(page: Page) -> Iterator[RenderableType]:
    for index, part in enumerate(page):
        if index:
            yield ""
        for each in part:
            yield block(each)


class _Rows:
    """The rows beside each other if there is room, else below each other."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width >= NARROW:
            yield self._grid()
            return
        for first, second, *rest in self.table.rows:
            yield _Path((*first, Span(" "), *second))
            for cell in filter(plain, rest):
                yield Padding(text(cell), (0, 0, 0, 2), expand=False)

    def _grid(self) -> Grid:
        return grid(self.table, _Path)


class _Path:
    """A path that breaks at its slashes, if it must."""

    def __init__(self, line: Line) -> None:
        self.text = text(line)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        whole = self.text.cell_len
        longest = max((cell_len(part) for part in self.text.plain.split("/")), default=0) + 3
        return Measurement(min(longest, whole), whole).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._lines(options.max_width)

    def _lines(self, width: int) -> Iterator[Text]:
        """Return lines of as many segments as fit; lines after the first are indented."""
        line = Text(overflow="fold")
        for part in _segments(self.text):
            if line and line.cell_len + part.cell_len > width:
                yield line
                line = Text("  ", overflow="fold")
            line.append_text(part)
        yield line


def _segments(path: Text) -> list[Text]:
    """Return a path, split after each slash."""
    ends = [index + 1 for index, sign in enumerate(path.plain) if sign == "/"]
    return list(filter(None, path.divide(ends)))
