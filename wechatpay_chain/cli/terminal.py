"""Pages and tables on a screen, with rich; loaded only where there is a screen."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import (
    Console,
    ConsoleOptions,
    JustifyMethod,
    RenderableType,
    RenderResult,
    group,
)
from rich.measure import Measurement
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text
from rich.theme import Theme
from rich.tree import Tree

from .layout import Block, Branch, Code, Facts, Heading, Line, Page, Span, Table, plain

__all__ = ["drawn_page", "drawn_table"]

STYLES = {
    "aside": "dim",
    "count": "dim",
    "encrypted": "yellow",
    "enum": "green",
    "guide": "dim",
    "heading": "bold",
    "label": "dim",
    "name": "bold",
    "path": "default",
    "required": "bold red",
    "retired": "red",
    "title": "default",
    "type": "cyan",
    "variable": "magenta",
    "warning": "yellow",
    "get": "bold green",
    "post": "bold yellow",
    "put": "bold blue",
    "patch": "bold magenta",
    "delete": "bold red",
}
"""All of them among the terminal's own 16 colours, which its owner has chosen to be legible."""

NARROW = 60
"""On fewer columns than these a row does not stand beside itself; its cells go below each other."""


ENDS = re.compile(r"(?: |\x1b\[[\d;]*m)+$", re.MULTILINE)
"""The blanks that fill a line up; whoever copies it does not want them."""


def drawn_page(page: Page, encoding: str) -> str:
    """Headings, facts, trees and code, one below the other.

    Args:
        page: what is to be drawn.
        encoding: the terminal's.
    """
    return _drawn(_page(page), encoding)


def drawn_table(table: Table, encoding: str) -> str:
    """A table; on a narrow screen, each row as a few lines.

    Args:
        table: what is to be drawn.
        encoding: the terminal's.
    """
    return _drawn(_Rows(table), encoding)


def _drawn(renderable: RenderableType, encoding: str) -> str:
    """What a console prints: marked up by us alone, without a character that it does not have."""
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
        theme=Theme(STYLES),
    )
    console.print(renderable, end="", crop=False)
    file.flush()
    return ENDS.sub(lambda end: end[0].replace(" ", ""), content.getvalue().decode(encoding))


@group()
def _page(page: Page) -> Iterator[RenderableType]:
    for index, part in enumerate(page):
        if index:
            yield ""
        for block in part:
            yield _block(block)


def _block(block: Block) -> RenderableType:
    if isinstance(block, Heading):
        return _text(block.line)
    if isinstance(block, Facts):
        return _facts(block)
    if isinstance(block, Branch):
        return _tree(block)
    return _code(block)


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
                yield Padding(_text(cell), (0, 0, 0, 2), expand=False)

    def _grid(self) -> Grid:
        grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="label")
        for column in self.table.columns:
            justify: JustifyMethod = "right" if column.kind == "number" else "left"
            grid.add_column(column.name, justify=justify, overflow="fold")
        for row in self.table.rows:
            cells = zip(self.table.columns, row, strict=True)
            grid.add_row(
                *(_Path(cell) if column.kind == "path" else _text(cell) for column, cell in cells)
            )
        return grid


def _text(line: Line) -> Text:
    return Text.assemble(*(span.shown for span in line), overflow="fold")


def _facts(facts: Facts) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="label", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, line in facts.rows:
        grid.add_row(name, _text(line))
    return grid


def _tree(branch: Branch) -> Tree:
    tree = Tree(_text(branch.line), guide_style="guide")
    _grow(tree, branch.branches)
    return tree


def _grow(tree: Tree, branches: Sequence[Branch]) -> None:
    for branch in branches:
        _grow(tree.add(_text(branch.line)), branch.branches)


def _code(code: Code) -> Text:
    """Python in colour; its lines stay whole, so that they can be copied."""
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    highlighted = syntax.highlight(code.source)
    highlighted.rstrip()
    highlighted.no_wrap = True
    highlighted.overflow = "ignore"
    return highlighted


class _Path:
    """A path that breaks at its slashes, if it must."""

    def __init__(self, line: Line) -> None:
        self.text = _text(line)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        whole = self.text.cell_len
        longest = max((cell_len(part) for part in self.text.plain.split("/")), default=0) + 3
        return Measurement(min(longest, whole), whole).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._lines(options.max_width)

    def _lines(self, width: int) -> Iterator[Text]:
        """As many segments on a line as fit; lines after the first are set in."""
        line = Text(overflow="fold")
        for part in _segments(self.text):
            if line and line.cell_len + part.cell_len > width:
                yield line
                line = Text("  ", overflow="fold")
            line.append_text(part)
        yield line


def _segments(path: Text) -> list[Text]:
    """A path, cut behind each slash."""
    ends = [index + 1 for index, sign in enumerate(path.plain) if sign == "/"]
    return list(filter(None, path.divide(ends)))
