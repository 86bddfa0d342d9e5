"""What is said of a bill that is damaged or unusual."""

from __future__ import annotations

import dataclasses
import re

from ...utils.exceptions import BillError
from ...utils.translation import _

__all__ = ["BillWarning", "Place", "shown"]

HARMLESS = re.compile(r"[-+0-9.,%:/eE ]{1,40}")


class BillWarning(UserWarning):
    """A bill can be read, but it is not quite what this version knows."""

    __module__ = "wechatpay_chain.bills"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """The bill that errors are about.

    Attributes:
        path: of the file; empty for one that has none.
    """

    path: str = ""

    def error(self, message: str, *, line: int = 0, column: str = "") -> BillError:
        """An error at a line and in a column of it."""
        return BillError(message, path=self.path, line=line, column=column)


def shown(text: str) -> str:
    """A number as it stands in a bill; of anything else, which may be private, its length."""
    return (
        repr(text)
        if HARMLESS.fullmatch(text)
        else _("a text of {count} characters", count=len(text))
    )
