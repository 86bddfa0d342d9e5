"""Renders a view and its blocks for rich; loaded only if rich asks for it.

Styles are resolved here, so any console can render them. A `Text` is not markup: its content is
displayed unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import JustifyMethod, RenderableType
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree

from .layout import Block, Branch, Code, Facts, Heading, Line, Span, Table
from .view import View

__all__ = ["STYLES", "block", "grid", "renderables", "text"]

STYLES = {
    "aside": "dim",
    "bad": "bold white on red",
    "count": "dim",
    "encrypted": "yellow",
    "enum": "green",
    "good": "bold green",
    "guide": "dim",
    "heading": "bold",
    "label": "dim",
    "literal": "cyan",
    "name": "bold",
    "number": "cyan",
    "path": "default",
    "required": "bold red",
    "retired": "red",
    "secret": "italic",
    "text": "default",
    "title": "default",
    "type": "cyan",
    "unsure": "bold yellow",
    "variable": "magenta",
    "warning": "yellow",
    "get": "bold green",
    "post": "bold yellow",
    "put": "bold blue",
    "patch": "bold magenta",
    "delete": "bold red",
}
"""All from the terminal's own 16 colors, which its user has chosen to be legible."""


def renderables(view: View) -> Iterator[RenderableType]:
    """Yield the renderables of a view, from top to bottom.

    Args:
        view: the view of an object.
    """
    yield text(_head(view))
    for part in view.parts:
        yield ""
        yield grid(part) if isinstance(part, Table) else block(part)


def _head(view: View) -> Line:
    spans = list(view.title)
    for badge in view.badges:
        spans += [Span("  "), Span(f" {badge.text} ", badge.style)]
    return tuple(spans)


def text(line: Line) -> Text:
    """Return a line of styled text."""
    pieces = ((span.shown.text, STYLES.get(span.style, "")) for span in line)
    return Text.assemble(*pieces, overflow="fold")


def block(shown: Block) -> RenderableType:
    """Return a heading, facts, a tree or code."""
    if isinstance(shown, Heading):
        return text(shown.line)
    if isinstance(shown, Facts):
        return _facts(shown)
    if isinstance(shown, Branch):
        return _tree(shown)
    return _code(shown)


def grid(table: Table, path: Callable[[Line], RenderableType] = text) -> Grid:
    """Return a table without lines around its cells.

    Args:
        table: the table.
        path: renders the cells of columns with paths.
    """
    drawn = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=STYLES["label"])
    for column in table.columns:
        justify: JustifyMethod = "right" if column.kind == "number" else "left"
        drawn.add_column(column.name, justify=justify, overflow="fold")
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        drawn.add_row(
            *(path(cell) if column.kind == "path" else text(cell) for column, cell in cells)
        )
    return drawn


def _facts(facts: Facts) -> Grid:
    drawn = Grid.grid(padding=(0, 2, 0, 0))
    drawn.add_column(style=STYLES["label"], no_wrap=True)
    drawn.add_column(overflow="fold")
    for name, line in facts.rows:
        drawn.add_row(name, text(line))
    return drawn


def _tree(branch: Branch) -> Tree:
    tree = Tree(text(branch.line), guide_style=STYLES["guide"])
    _grow(tree, branch.branches)
    return tree


def _grow(tree: Tree, branches: Sequence[Branch]) -> None:
    for branch in branches:
        _grow(tree.add(text(branch.line)), branch.branches)


def _code(code: Code) -> Text:
    """Return highlighted Python; its lines are not wrapped, so they can be copied."""
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    highlighted = syntax.highlight(code.source)
    highlighted.rstrip()
    highlighted.no_wrap = True
    highlighted.overflow = "ignore"
    return highlighted
