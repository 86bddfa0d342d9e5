"""Writes a day's files: text in pieces, and rows as Parquet or, without pyarrow, as CSV."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import operator
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["ORDERS", "REFUNDS", "write_rows", "write_text"]

ORDERS = (
    "out_trade_no",
    "total",
    "trade_state",
    "transaction_id",
    "sub_mchid",
    "currency",
    "paid_at",
)
REFUNDS = ("out_refund_no", "refund", "out_trade_no")
ROWS = 100_000
"""Rows in a Parquet row group."""


def write_text(path: Path, pieces: Iterable[str]) -> Path:
    """Write text in pieces.

    Args:
        path: the path of the file.
        pieces: the pieces of text.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)
    return path


def write_rows(stem: Path, rows: Iterator[dict[str, Any]], names: tuple[str, ...]) -> Path:
    """Write rows to `STEM.parquet`, or without pyarrow to `STEM.csv`.

    Args:
        stem: the path without its suffix.
        rows: rows with the same column names.
        names: the column names.
    """
    if importlib.util.find_spec("pyarrow") is None:
        path = stem.with_name(f"{stem.name}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
        return path
    path = stem.with_name(f"{stem.name}.parquet")
    _write_parquet(path, rows, names)
    return path


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]], names: tuple[str, ...]) -> None:
    pyarrow, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.parquet"))
    types = {
        "total": pyarrow.int64(),
        "refund": pyarrow.int64(),
        "paid_at": pyarrow.timestamp("us", tz="Asia/Shanghai"),
    }
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
    values = operator.itemgetter(*names)
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := list(map(values, itertools.islice(rows, ROWS))):
            columns = [
                pyarrow.array(column, field.type)
                for column, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(columns, schema=schema))
