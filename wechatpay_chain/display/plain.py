"""Renders a view as lines of plain text, for IPython's terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..utils.display import width
from .layout import Span, Table, plain, written
from .view import View

__all__ = ["lines"]

WIDEST = 40
"""Maximum columns of a cell."""
GAP = "  "


def lines(view: View) -> Iterator[str]:
    """Yield the lines of a view; lines are not cut, except for table cells.

    Args:
        view: the view of an object.
    """
    yield "  ".join(filter(None, (plain(view.title), *map(_badge, view.badges))))
    for part in view.parts:
        yield ""
        yield from _table(part) if isinstance(part, Table) else written([[part]])


def _badge(badge: Span) -> str:
    return f"[{plain((badge,))}]"


def _table(table: Table) -> Iterator[str]:
    """Yield aligned rows below the names of their columns."""
    rows = [[column.name for column in table.columns]]
    rows += [[_cut(plain(cell)) for cell in row] for row in table.rows]
    widths = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, table.columns, strict=True)
        yield GAP.join(_padded(text, wide, column.kind) for text, wide, column in cells).rstrip()


def _padded(text: str, wide: int, kind: str) -> str:
    blanks = " " * (wide - width(text))
    return blanks + text if kind == "number" else text + blanks


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
