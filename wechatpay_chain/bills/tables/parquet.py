"""Bills as a folder of Parquet files, one for each bill."""

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
"""Types of trade bills whose rows another type of the same day has as well."""


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

    writes `lake/kind=trade/date=2026-11-25/1900000109-ALL.parquet`. Its columns are those of
    `bills.schema(kind)` and, in front of them, `bill_type`, `bill_mchid` and `bill_sub_mchid`
    (texts, empty where the bill has none): which bill a row is from. `kind` and `date` are in the
    path, where DuckDB, Polars, Spark and pyarrow read them as columns.

    A file takes its name when it is complete and checked. A rerun replaces the file of the same
    bill, an empty bill by a file without rows. Readers see the old file or the new one.

    Args:
        bills: `BillFile`, path, or several of them, of any kinds.
        folder: where; it is made if it is missing.
        kind: that they must be of; empty takes any.
        date: day of the bills that are given as a path, such as `2026-11-25`.
        type: of those, such as `BASIC`; a trade bill's is found by its header.
        mchid: of those: the merchant that downloaded them.

    Returns:
        The files, in the order of the bills.

    Raises:
        BillError: a file is no bill, a row is wrong, or the rows are not what the summary line
            says. Nothing is left of its file; those of the bills before it are there.
        ConfigurationError: it is not known which bill a path is, two are the same, the folder has
            rows of the day in a bill of another type (`ALL` beside `SUCCESS` or `REFUND`), or it
            cannot be written to.
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
                    "{beside} has rows of the {type} bill of the same day, which would be there "
                    "twice: write either ALL, or SUCCESS and REFUND.",
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
    """A file that takes its name when the block has ended."""
    parquet = library("pyarrow.parquet")
    with (
        whole(target) as part,
        parquet.ParquetWriter(part, columns, compression="zstd") as writer,
    ):
        yield writer
