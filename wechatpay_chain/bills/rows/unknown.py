"""A row of a bill with an unknown form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...display.showing import showing
from .extra import NONE, Extra

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["UnknownRow"]


@showing
@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRow:
    """The texts of a row, by heading.

    Attributes:
        extra: every column as written, without its back-quote.
    """

    extra: Extra = field(default=NONE, repr=False)

    def _view_(self) -> View:
        from ..showing import row_view

        return row_view(self, "")
