"""A bill on disk: its path and its identity."""

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
    """A downloaded bill; pass it wherever a path is accepted.

    Attributes:
        path: the path of the plain CSV file; there is no file if `empty` is True.
        kind: such as `trade`, `fund_flow`, `profit_sharing`.
        date: the date of the bill.
        type: WeChat Pay's type: `ALL`, `SUCCESS`, `REFUND`, or an account such as `BASIC`; empty
            for a kind with only one type.
        mchid: the requesting merchant.
        sub_mchid: the sub-merchant; empty for the merchant's own bill, or that of all.
        empty: whether WeChat Pay reported that there is no bill for the day (`NO_STATEMENT_EXIST`).
        sha1: the hex SHA-1 of the plain file, verified against WeChat Pay's if there is one. Empty
            if `empty` is True.
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
