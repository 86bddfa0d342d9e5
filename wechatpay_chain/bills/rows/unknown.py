"""A row of a bill whose form is not known."""

from __future__ import annotations

from dataclasses import dataclass, field

from .extra import NONE, Extra

__all__ = ["UnknownRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRow:
    """The texts of a row, by their heading.

    Attributes:
        extra: every column, as it is written, without its back-quote.
    """

    extra: Extra = field(default=NONE, repr=False)
