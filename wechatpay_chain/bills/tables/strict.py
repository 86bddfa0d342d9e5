"""Tables from the Python parser, which decides if DuckDB is uncertain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import BillError
from ...utils.translation import _
from ..reading import BillReader
from ..rows import ROWS
from .libraries import library
from .schema import EXTRA, schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["batches", "kind_of"]


def kind_of(reader: BillReader[Any]) -> str:
    """Return the kind that defines the columns of a bill's rows; empty if its form is unknown."""
    return next((kind for kind, row in ROWS.items() if row is reader.row_class), "")


def batches(reader: BillReader[Any]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a bill with the columns of its kind.

    Raises:
        BillError: a row is invalid, a number does not fit its type, or the rows do not match the
            summary; the latter is raised after the last rows.
    """
    pa = library("pyarrow")
    columns = schema(kind_of(reader))
    for _ignored, values, many in reader.blocks():
        absent = [None] * many
        try:
            arrays = [
                pa.array(
                    [tuple(each.items()) for each in values[EXTRA]]
                    if field.name == EXTRA and EXTRA in values
                    else values.get(field.name, absent),
                    field.type,
                )
                for field in columns
            ]
        except (pa.ArrowInvalid, OverflowError):
            raise BillError(
                _(
                    "A number has more digits than its table column allows; read the bill with "
                    "bills.read."
                ),
                path=reader.path,
            ) from None
        yield pa.RecordBatch.from_arrays(arrays, schema=columns)
