"""A bill as a stream of Arrow batches: read by DuckDB, and by Python from where DuckDB stops."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import BillError
from ...utils.translation import _
from ..reading import BillReader
from .connecting import connect, uncertain
from .libraries import library
from .scan import BYTES, Scan, scan_of
from .schema import schema
from .strict import batches, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["BATCH", "stream"]

BATCH = 100_000
"""Rows."""
EIGHT_HOURS = datetime.timedelta(hours=8)


def stream(reader: BillReader[Any], batch_size: int = BATCH) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a bill in batches with the columns of its kind, in constant memory.

    Args:
        reader: the reader of the bill.
        batch_size: maximum rows of a batch.

    Raises:
        BillError: a row is invalid, or the rows do not match the summary; the latter is raised
            after the last rows.
    """
    given = 0
    scan = scan_of(reader)
    if scan:
        sums = Sums(scan)
        for batch in _read_by_duckdb(scan, batch_size):
            sums.add(batch)
            given += batch.num_rows
            yield _finished(batch, schema(kind_of(reader)))
        if sums.agree():
            return
    for batch in batches(reader):
        known = min(given, batch.num_rows)
        given -= known
        for start in range(known, batch.num_rows, batch_size):
            yield batch.slice(start, batch_size)
    if given:
        raise BillError(
            _("The file changed while it was being read; read it again."), path=reader.path
        )


def _read_by_duckdb(scan: Scan, batch_size: int) -> Iterator[pa.RecordBatch]:
    """Yield batches up to the first row that is uncertain for DuckDB."""
    connection = connect()
    try:
        connection.execute("SET VARIABLE bill = $path", {"path": scan.pattern})
        found = connection.sql(scan.statement("getvariable('bill')"))
        yield from found.to_arrow_reader(batch_size)
    except uncertain():
        return
    finally:
        connection.close()


class Sums:
    """The sums of a scan's batches."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._found: list[Any] = [0] * (2 + len(scan.totals))

    def add(self, batch: pa.RecordBatch) -> None:
        pc = library("pyarrow.compute")
        terms = [pc.sum(batch.column(BYTES)).as_py(), batch.num_rows]
        for total, _ignored in self._scan.totals:
            rows = batch
            if total.direction:
                rows = batch.filter(pc.equal(batch.column("direction"), total.direction))
            terms.append(pc.sum(rows.column(total.of)).as_py() if total.of else rows.num_rows)
        self._found = [
            before + (term or 0) for before, term in zip(self._found, terms, strict=True)
        ]

    def agree(self) -> bool:
        return self._scan.agrees(tuple(self._found))


def _finished(batch: pa.RecordBatch, columns: pa.Schema) -> pa.RecordBatch:
    """Complete a batch: remove `BYTES`, and add the time zone."""
    pa, pc = library("pyarrow"), library("pyarrow.compute")
    arrays = []
    for field in columns:
        array = batch.column(field.name)
        if pa.types.is_timestamp(field.type):
            array = pc.subtract(array, pa.scalar(EIGHT_HOURS, pa.duration("us")))
        arrays.append(array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=columns)
