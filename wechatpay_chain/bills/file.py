"""A bill on disk: where it is, and what it is of."""

from __future__ import annotations

import dataclasses
import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..display.showing import showing

if TYPE_CHECKING:
    from ..display.view import View

__all__ = ["BillFile"]


@showing
@dataclasses.dataclass(frozen=True, slots=True)
class BillFile(os.PathLike[str]):
    """A downloaded bill; it can be given wherever a path is expected.

    Attributes:
        path: of the plain CSV file; there is none where `empty`.
        kind: such as `trade`, `fund_flow`, `profit_sharing`.
        date: the day that it is of.
        type: which of its kind: `ALL`, `SUCCESS`, `REFUND`, or an account such as `BASIC`; empty
            for a kind that has only one.
        mchid: the merchant that asked for it.
        sub_mchid: the sub-merchant that it is of; empty for the merchant's own, or everybody's.
        empty: whether WeChat Pay said that there was nothing on that day (`NO_STATEMENT_EXIST`).
        sha1: digest of the plain file, in hex; it is the one that WeChat Pay gave, where it gave
            one. Empty where `empty`.
    """

    path: Path
    kind: str
    date: datetime.date
    type: str = ""
    mchid: str = ""
    sub_mchid: str = ""
    empty: bool = False
    sha1: str = ""

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def _view_(self) -> View:
        from .showing import file_view

        return file_view(self)
