"""Writes bills as a folder of Parquet files, one for each bill."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ...utils.whole_file import whole
from .libraries import library
from .origin import Origin, origins
from .schema import schema
from .sources import Bills
from .stream import stream
from .strict import kind_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["to_parquet"]

HOLDS = {"ALL": ("SUCCESS", "REFUND"), "SUCCESS": ("ALL",), "REFUND": ("ALL",)}
"""Types of trade bills that contain the same rows as another type of the same day."""


def to_parquet(
    bills: Bills,
    folder: str | os.PathLike[str],
    *,
    kind: str = "",
    date: datetime.date | str | None = None,
    type: str = "",  # noqa: A002 - as in BillFile
    mchid: str = "",
) -> list[Path]:
    """Write bills as Parquet files, partitioned by kind and date, one file for each bill.

        bills.to_parquet(bills.download(wxpay, "2026-11-25", kind="trade", to="bills/"), "lake/")

    writes `lake/kind=trade/date=2026-11-25/1900000109-ALL.parquet`. Its columns are `bill_type`,
    `bill_mchid` and `bill_sub_mchid` (texts, empty if the bill has none), which identify the bill
    of a row, followed by those of `bills.schema(kind)`. `kind` and `date` are in the path, from
    which DuckDB, Polars, Spark and pyarrow read them as columns.

    A file gets its name after it is complete and verified. A repeated run replaces the file of the
    same bill; for an empty bill, by a file without rows. Readers see either the old or the new
    file.

    Args:
        bills: `BillFile`, path, or several of them, of any kinds.
        folder: the folder; it is created if it does not exist.
        kind: the required kind; empty accepts any.
        date: the date of bills passed as a path, such as `2026-11-25`.
        type: their type, such as `BASIC`; that of a trade bill is determined by its header.
        mchid: the merchant who downloaded them.

    Returns:
        The files, in the order of the bills.

    Raises:
        BillError: a file is not a bill, a row is invalid, or the rows do not match the summary
            line. Its file is removed; those of the previous bills are kept.
        ConfigurationError: the identity of a path's bill is unknown, two bills are the same, the
            folder contains rows of the day in a bill of another type (`ALL` in addition to
            `SUCCESS` or `REFUND`), or it is not writable.
    """
    found = origins(bills, kind=kind, date=date, type_=type, mchid=mchid, same=False)
    names = [_name(origin) for origin, _ignored in found]
    targets = [Path(folder) / name for name in names]
    for (origin, _ignored), target in zip(found, targets, strict=True):
        _reject_double(origin, target, {*targets})
    for (origin, reader), target in zip(found, targets, strict=True):
        batches = stream(reader)
        with _writing(target, _schema(kind_of(reader))) as writer:
            for batch in batches:
                writer.write_batch(_with_origin(batch, origin))
    return targets


def _name(origin: Origin) -> str:
    parts = filter(None, (origin.mchid, origin.sub_mchid, origin.type))
    return f"kind={origin.kind}/date={origin.date.isoformat()}/{'-'.join(parts)}.parquet"


def _reject_double(origin: Origin, target: Path, targets: set[Path]) -> None:
    if origin.kind != "trade":
        return
    for other in HOLDS.get(origin.type, ()):
        beside = target.with_name(
            f"{target.name.removesuffix(f'{origin.type}.parquet')}{other}.parquet"
        )
        if beside in targets or beside.exists():
            raise ConfigurationError(
                _(
                    "{beside} has the rows of the {type} bill of the same day, so they would be "
                    "duplicated: write either ALL, or SUCCESS and REFUND.",
                    beside=printable(beside),
                    type=origin.type,
                )
            )


def _schema(kind: str) -> pa.Schema:
    pa = library("pyarrow")
    own = [(name, pa.string()) for name in ("bill_type", "bill_mchid", "bill_sub_mchid")]
    return pa.schema([*own, *schema(kind)])


def _with_origin(batch: pa.RecordBatch, origin: Origin) -> pa.RecordBatch:
    pa = library("pyarrow")
    own = [
        pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
        for value in (origin.type, origin.mchid, origin.sub_mchid)
    ]
    names = ["bill_type", "bill_mchid", "bill_sub_mchid", *batch.schema.names]
    return pa.RecordBatch.from_arrays([*own, *batch.columns], names=names)


@contextmanager
def _writing(target: Path, columns: pa.Schema) -> Iterator[Any]:
    """Write a file that gets its name at the end of the block."""
    parquet = library("pyarrow.parquet")
    with (
        whole(target) as part,
        parquet.ParquetWriter(part, columns, compression="zstd") as writer,
    ):
        yield writer
