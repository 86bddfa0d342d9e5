"""Errors and warnings about a damaged or unusual bill."""

from __future__ import annotations

import dataclasses
import re

from ...utils.exceptions import BillError
from ...utils.translation import _

__all__ = ["BillWarning", "Place", "shown"]

HARMLESS = re.compile(r"[-+0-9.,%:/eE ]{1,40}")


class BillWarning(UserWarning):
    """A bill is readable, but has columns or a form that this version does not know."""

    __module__ = "wechatpay_chain.bills"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """The bill that errors refer to.

    Attributes:
        path: the path of the file; empty for a bill without a file.
    """

    path: str = ""

    def error(self, message: str, *, line: int = 0, column: str = "") -> BillError:
        """Return an error at a line and in a column of the bill."""
        return BillError(message, path=self.path, line=line, column=column)


def shown(text: str) -> str:
    """Return a number as written in a bill; for other text, which may be private, its length."""
    return (
        repr(text)
        if HARMLESS.fullmatch(text)
        else _("a text of {count} characters", count=len(text))
    )
