"""Runs the statements on Spark, in a session of the user.

Spark DataFrames and Parquet files stay on the cluster. All other sources are read locally by DuckDB
and passed to Spark through Arrow.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .dialects import tables_of, translated
from .duckdb_engine import DuckDB
from .sources.staging import literal, no_column, own_names
from .steps import Step

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Spark", "is_session"]

INTEGERS = {"tinyint", "smallint", "int", "bigint"}
TIMES = {"timestamp", "timestamp_ntz", "date"}


def is_session(engine: Any) -> bool:
    """Return whether an engine is a session of Spark or Spark Connect."""
    return any(
        base.__name__ == "SparkSession" and base.__module__.startswith("pyspark.")
        for base in type(engine).__mro__
    )


class Spark:
    """The engine that runs in a Spark session.

    Its views have a unique prefix, and are removed by `close`.

    Args:
        session: the Spark session.
        local: reads the sources that Spark does not read.
    """

    def __init__(self, session: SparkSession, local: DuckDB) -> None:
        self._session = session
        self._local = local
        self._prefix = f"wechatpay_{secrets.token_hex(6)}_"
        self._views: dict[str, str] = {}
        self._waiting: dict[str, Mapping[str, str]] = {}
        self._kept: list[DataFrame] = []

    def stage(
        self,
        name: str,
        source: Any,
        schema: Mapping[str, str],
        *,
        required: tuple[str, ...],
        names: Mapping[str, str] | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        """Make a source readable as a table.

        Args:
            name: the name of the table.
            source: a Spark DataFrame, a path of Parquet files, or any source that DuckDB stages.
            schema: the columns and their types.
            required: mandatory columns of the source.
            names: the source's column names, by our name.
            defaults: values for missing columns.

        Raises:
            ConfigurationError: a column is missing, or a type or value is invalid.
        """
        frame = self._frame(source, name)
        if frame is None:
            self._local.stage(
                name, source, schema, required=required, names=names, defaults=defaults
            )
            self._waiting[name] = schema
            return
        known = own_names(name, schema, names)
        types = {column: kind.lower() for column, kind in frame.dtypes}
        selected = []
        for column, wanted in schema.items():
            own = known[column]
            value = "NULL"
            if own in types:
                try:
                    value = _cast(f"`{own.replace('`', '``')}`", types[own], wanted)
                except ValueError as error:
                    raise ConfigurationError(
                        _(
                            "{name}, column {own}: {error}, not {types}",
                            name=name,
                            own=own,
                            error=error,
                            types=types[own],
                        )
                    ) from None
            elif own != column or column in required:
                raise ConfigurationError(no_column(name, own, ", ".join(types)))
            default = literal((defaults or {})[column]) if column in (defaults or {}) else "NULL"
            kind = _type(wanted)
            selected.append(
                f"COALESCE(CAST({value} AS {kind}), CAST({default} AS {kind})) AS {column}"
            )
        self._name(name, frame.selectExpr(*selected))

    def stage_bill(self, name: str, bill: Any, kind: str, schema: Mapping[str, str]) -> None:
        """Make the file of a bill readable as a table; it is read and checked locally."""
        self._local.stage_bill(name, bill, kind, schema)
        self._waiting[name] = schema

    def view(self, name: str, select: str) -> None:
        """Name a statement."""
        self._name(name, self._sql(select))

    def append(self, name: str, part: str) -> None:
        """Append the rows of a table to another one, which is created if necessary.

        Local tables are combined locally: Spark would nest a plan for each bill.
        """
        if part in self._waiting and name not in self._views:
            self._local.append(name, part)
            self._waiting[name] = self._waiting.pop(part)
            return
        self._transfer({name, part})
        frame = self._session.table(self._views[part])
        if name in self._views:
            frame = self._session.table(self._views[name]).unionAll(frame)
        self._name(name, frame)

    def query(self, select: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; it runs locally if its tables are still local."""
        used = tables_of(select)
        if used <= self._waiting.keys():
            return self._local.query(select)
        return [tuple(row) for row in self._sql(select).collect()]

    def run(self, steps: Sequence[Step], results: Sequence[str]) -> dict[str, pyarrow.Table]:
        """Run statements on the staged tables.

        Args:
            steps: the statements, in order.
            results: the names of the steps to return.
        """
        for step in steps:
            frame = self._sql(step.select)
            if step.stored:  # without its plan, which would grow with every step
                frame = frame.localCheckpoint()
                self._kept.append(frame)
            self._name(step.name, frame)
        return {name: self._session.table(self._views[name]).toArrow() for name in results}

    def close(self) -> None:
        """Drop the views and their cached data."""
        for view in reversed(self._views.values()):
            self._session.catalog.dropTempView(view)
        for frame in reversed(self._kept):
            frame.unpersist()

    def _sql(self, select: str) -> DataFrame:
        self._transfer(tables_of(select))
        return self._session.sql(translated(select, "spark", tables=self._views))

    def _name(self, name: str, frame: DataFrame) -> None:
        frame.createOrReplaceTempView(self._prefix + name)
        self._views[name] = self._prefix + name

    def _frame(self, source: Any, name: str) -> DataFrame | None:
        """Return a source that Spark reads itself, or None."""
        if hasattr(source, "selectExpr"):
            return source
        if name in {"orders", "refunds"} and isinstance(source, (str, os.PathLike)):
            path = os.fspath(source)
            return None if Path(path).suffix.lower() == ".csv" else self._session.read.parquet(path)
        return None

    def _transfer(self, names: set[str]) -> None:
        """Pass DuckDB's tables to Spark; times stay without a zone."""
        from pyspark.sql.types import StructType

        for name in sorted(names & self._waiting.keys()):
            table = self._local.connection.table(name).to_arrow_table()
            layout = StructType.fromDDL(
                ", ".join(
                    f"{column} {_type(wanted)}"
                    for column, wanted in self._waiting.pop(name).items()
                )
            )
            self._name(name, self._session.createDataFrame(table, schema=layout))


def _type(wanted: str) -> str:
    return {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}.get(wanted, wanted)


def _cast(name: str, own: str, wanted: str) -> str:
    """Return an expression that converts a column to the required type.

    Raises:
        ValueError: the column's type cannot represent such values exactly.
    """
    if own == "void":
        return name
    if wanted == "VARCHAR":
        if own in INTEGERS or own == "string" or own.startswith("varchar"):
            return f"NULLIF(CAST({name} AS STRING), '')"
        raise ValueError(_("expected text"))
    if wanted == "BIGINT":
        if own in INTEGERS:
            return name
        if own.startswith("decimal"):
            return (
                f"CASE WHEN {name} IS NULL OR {name} = FLOOR({name}) THEN {name} "
                f"ELSE raise_error('expected whole fen') END"
            )
        raise ValueError(_("expected whole fen as integers"))
    if wanted == "TIMESTAMP":
        if own == "timestamp":
            return f"convert_timezone('Asia/Shanghai', CAST({name} AS TIMESTAMP_NTZ))"
        if own in TIMES:
            return name
        raise ValueError(_("expected a timestamp"))
    if own in INTEGERS or own == "string" or own.startswith("decimal"):
        return name
    raise ValueError(_("expected a decimal"))
