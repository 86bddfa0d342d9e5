"""What is shown of an object, as data: neither text, nor HTML, nor rich."""

from __future__ import annotations

from typing import NamedTuple

from .layout import Block, Line, Table

__all__ = ["Part", "View"]

Part = Block | Table


class View(NamedTuple):
    """What is shown of an object.

    Attributes:
        title: what it is.
        badges: what matters most about it: its status, whether it was verified. Their styles are
            `good`, `unsure` and `bad`.
        parts: facts, trees and tables, one below the other.
    """

    title: Line
    badges: Line
    parts: tuple[Part, ...] = ()
