"""Bills as tables: Arrow, Polars, DuckDB, Parquet, PostgreSQL."""

from __future__ import annotations

from .arrow import to_arrow, to_polars
from .duckdb import to_duckdb
from .parquet import to_parquet
from .postgresql import copy_to_postgresql
from .schema import schema

__all__ = ["copy_to_postgresql", "schema", "to_arrow", "to_duckdb", "to_parquet", "to_polars"]
