"""What is shown, as data: blocks of styled text, that know nothing of a screen.

A style is a name (`required`, `title`, `get`); what it looks like is for `terminal` and `html` to
say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from ..utils.display import printable

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
"""Characters of a piece of text."""


class Span(NamedTuple):
    """A piece of text in one style."""

    text: str
    style: str = ""

    @property
    def shown(self) -> Span:
        """It without the control characters that a gateway, say, may have sent."""
        return Span(printable(self.text, LONGEST), self.style)


Line = tuple[Span, ...]


def text(words: str, style: str = "") -> Line:
    """A line of one piece."""
    return (Span(words, style),)


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(span.shown.text for span in line)


class Heading(NamedTuple):
    """The line above a part."""

    line: Line


class Facts(NamedTuple):
    """Names, and what is to be said of each."""

    rows: tuple[tuple[str, Line], ...]


class Branch(NamedTuple):
    """A place in a tree, and what grows from it."""

    line: Line
    branches: tuple[Branch, ...] = ()


class Code(NamedTuple):
    """Lines of Python."""

    source: str


Block = Heading | Facts | Branch | Code

Page = Sequence[Sequence[Block]]
"""Parts, with an empty line between them."""


class Column(NamedTuple):
    """A column's name, and whether paths or numbers stand in it."""

    name: str
    kind: Literal["text", "path", "number"] = "text"


class Table(NamedTuple):
    """Rows below their columns. It is a page of its own, for in a pipe it is data."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]


def written(page: Page) -> Iterator[str]:
    """A page as lines of text, none of them cut or wrapped."""
    for index, part in enumerate(page):
        if index:
            yield ""
        for block in part:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield plain(block.line)
    elif isinstance(block, Facts):
        width = max(len(name) for name, _ in block.rows)
        yield from (f"{name:{width}}  {plain(line)}" for name, line in block.rows)
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
    """A table's rows, with a tab between the columns; no line for the columns' names."""
    for row in table.rows:
        yield "\t".join(" ".join(plain(cell).split()) for cell in row)
