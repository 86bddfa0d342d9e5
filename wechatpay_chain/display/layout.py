"""The displayed content as data: blocks of styled text, independent of the output medium.

A style is a name (`required`, `title`, `get`); `terminal` and `html` define its appearance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ..utils.display import printable, width

__all__ = [
    "Block",
    "Branch",
    "Code",
    "Column",
    "Facts",
    "Heading",
    "Line",
    "Page",
    "Span",
    "Table",
    "plain",
    "separated",
    "text",
    "written",
]


LONGEST = 10_000
"""Maximum characters of a piece of text."""


class Span(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: str = ""

    @property
    def shown(self) -> Span:
        """The piece without control characters, which a server may have sent."""
        return Span(printable(self.text, LONGEST), self.style)


Line = tuple[Span, ...]


def text(words: str, style: str = "") -> Line:
    """Return a line with one piece of text."""
    return (Span(words, style),)


def plain(line: Line) -> str:
    """Return a line without its styles."""
    return "".join(span.shown.text for span in line)


class Heading(NamedTuple):
    """The heading of a part."""

    line: Line


class Facts(NamedTuple):
    """Names and their descriptions."""

    rows: tuple[tuple[str, Line], ...]


class Branch(NamedTuple):
    """A node of a tree, and its children."""

    line: Line
    branches: tuple[Branch, ...] = ()


class Code(NamedTuple):
    """Lines of Python."""

    source: str


Block = Heading | Facts | Branch | Code

Page = Sequence[Sequence[Block]]
"""Parts, separated by empty lines."""


class Column(NamedTuple):
    """The name of a column, and whether it contains paths or numbers."""

    name: str
    kind: Literal["text", "path", "number"] = "text"


class Table(NamedTuple):
    """Rows with their columns. It is a separate page, because in a pipe it is data."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]


def written(page: Page) -> Iterator[str]:
    """Yield a page as lines of text, not cut or wrapped."""
    for index, part in enumerate(page):
        if index:
            yield ""
        for block in part:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield plain(block.line)
    elif isinstance(block, Facts):
        widest = max(width(name) for name, _ in block.rows)
        for name, line in block.rows:
            yield f"{name}{' ' * (widest - width(name))}  {plain(line)}"
    elif isinstance(block, Branch):
        yield plain(block.line)
        yield from _below(block.branches, "")
    else:
        yield from block.source.split("\n")


def _below(branches: Sequence[Branch], margin: str) -> Iterator[str]:
    for number, branch in enumerate(branches, 1):
        last = number == len(branches)
        yield f"{margin}{'└── ' if last else '├── '}{plain(branch.line)}"
        yield from _below(branch.branches, f"{margin}{'    ' if last else '│   '}")


def separated(table: Table) -> Iterator[str]:
    """Yield a table's rows with tabs between the columns, without a line for the column names."""
    for row in table.rows:
        yield "\t".join(" ".join(plain(cell).split()) for cell in row)
