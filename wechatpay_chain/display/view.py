"""The displayed content of an object as data, independent of text, HTML and rich."""

from __future__ import annotations

from typing import NamedTuple

from .layout import Block, Line, Table

__all__ = ["Part", "View"]

Part = Block | Table


class View(NamedTuple):
    """The displayed content of an object.

    Attributes:
        title: the kind of the object.
        badges: its most important properties: its status, whether it was verified. Their styles are
            `good`, `unsure` and `bad`.
        parts: facts, trees and tables, from top to bottom.
    """

    title: Line
    badges: Line
    parts: tuple[Part, ...] = ()
