"""Converts bills to Arrow tables and Polars DataFrames."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..reading import BillReader
from .libraries import library
from .schema import schema
from .sources import Bills, readers
from .stream import BATCH, stream
from .strict import kind_of

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["to_arrow", "to_polars"]


@overload
def to_arrow(bills: Bills, *, kind: str = "", batch_size: None = None) -> pa.Table: ...
@overload
def to_arrow(bills: Bills, *, kind: str = "", batch_size: int) -> pa.RecordBatchReader: ...


def to_arrow(
    bills: Bills, *, kind: str = "", batch_size: int | None = None
) -> pa.Table | pa.RecordBatchReader:
    """Return bills of one kind as one Arrow table, with the columns of `bills.schema(kind)`.

    With pandas installed, `to_arrow(...).to_pandas()` returns a pandas DataFrame. With
    `batch_size`, the rows are read on demand, in constant memory:

        for batch in bills.to_arrow("bills/2026-11-25.csv", batch_size=50_000):
            ...

    Args:
        bills: path, `BillFile`, or several of them.
        kind: the required kind, such as `trade`; empty accepts any.
        batch_size: maximum rows of a batch; None reads all rows into a table.

    Raises:
        BillError: a file is not a bill, a row is invalid, or the rows do not match the summary
            line. A batch reader raises it when it reaches the error, at the latest after the last
            batch: do not process its rows before its end.
        ConfigurationError: the bills are of several kinds, or the extra `bills` is not installed.
    """
    pa = library("pyarrow")
    found = readers(bills, kind)
    columns = schema(kind_of(found[0]))
    if batch_size is None:
        return pa.Table.from_batches(_batches(found, BATCH), columns)
    if batch_size < 1:
        raise ConfigurationError(
            _("batch_size is {batch_size}: expected at least 1 row.", batch_size=batch_size)
        )
    return pa.RecordBatchReader.from_batches(columns, _batches(found, batch_size))


@overload
def to_polars(bills: Bills, *, kind: str = "", lazy: Literal[False] = False) -> pl.DataFrame: ...
@overload
def to_polars(bills: Bills, *, kind: str = "", lazy: Literal[True]) -> pl.LazyFrame: ...


def to_polars(bills: Bills, *, kind: str = "", lazy: bool = False) -> pl.DataFrame | pl.LazyFrame:
    """Return bills of one kind as one Polars DataFrame, with the columns of `bills.schema(kind)`.

    Args:
        bills: path, `BillFile`, or several of them.
        kind: the required kind, such as `trade`; empty accepts any.
        lazy: return a `LazyFrame`, which reads the bills when it is collected.

    Raises:
        BillError: a file is not a bill, a row is invalid, or the rows do not match the summary
            line. A LazyFrame raises errors in rows when it is collected.
        ConfigurationError: the bills are of several kinds, or the extra `bills` is not installed.
    """
    polars = library("polars")
    found = readers(bills, kind)
    if not lazy:
        pa = library("pyarrow")
        table = pa.Table.from_batches(_batches(found, BATCH), schema(kind_of(found[0])))
        return cast("pl.DataFrame", polars.from_arrow(table))
    empty = polars.from_arrow(schema(kind_of(found[0])).empty_table())

    def scanned(
        columns: list[str] | None, predicate: Any, rows: int | None, batch_size: int | None
    ) -> Iterator[Any]:
        for batch in _batches(found, batch_size or BATCH):
            frame = polars.from_arrow(batch)
            if rows is not None:
                frame = frame.head(rows)
                rows -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            yield frame if columns is None else frame.select(columns)
            if rows == 0:
                return

    plugins = library("polars.io.plugins")
    return cast("pl.LazyFrame", plugins.register_io_source(scanned, schema=empty.schema))


def _batches(found: list[BillReader[Any]], batch_size: int) -> Iterator[Any]:
    return itertools.chain.from_iterable(stream(reader, batch_size) for reader in found)
