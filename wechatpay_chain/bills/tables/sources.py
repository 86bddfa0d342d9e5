"""Opens one or several bills as readers with the same columns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeAlias

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..reading import BillReader, read

__all__ = ["Bill", "Bills", "opened", "readers"]

Bill: TypeAlias = str | os.PathLike[str]
"""A path, or a `BillFile`."""
Bills: TypeAlias = Bill | Iterable[Bill]
"""One bill or several."""


def opened(bills: Bills, kind: str, *, same: bool = True) -> list[tuple[Bill, BillReader[Any]]]:
    """Return each bill with its reader, in order.

    Args:
        bills: one or several bills.
        kind: the required kind; empty accepts any.
        same: whether all of them must have rows of one class.

    Raises:
        BillError: a file does not begin like a bill of the kind.
        ConfigurationError: there is no bill, or the bills are of several kinds.
    """
    each = [bills] if isinstance(bills, (str, os.PathLike)) else [*bills]
    for bill in each:
        if not isinstance(bill, (str, os.PathLike)):
            raise ConfigurationError(
                _(
                    "Pass a bill as a path or a BillFile, not {type}.",
                    type=type(bill).__name__,
                )
            )
    if not each:
        raise ConfigurationError(_("No bill was passed."))
    found = [(bill, read(bill, kind=kind)) for bill in each]
    if same and len({reader.row_class for _ignored, reader in found}) > 1:
        kinds = sorted({reader.kind or "unknown" for _ignored, reader in found})
        raise ConfigurationError(
            _(
                "The bills are of several kinds ({kinds}) with different columns: create one "
                "table for each kind.",
                kinds=", ".join(kinds),
            )
        )
    return found


def readers(bills: Bills, kind: str) -> list[BillReader[Any]]:
    """Return the readers of bills with rows of one class."""
    return [reader for _ignored, reader in opened(bills, kind)]
