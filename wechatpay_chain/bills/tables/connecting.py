"""DuckDB's connections, and what its errors mean."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .libraries import library

__all__ = ["assert_idle", "connect", "failing_as_ours", "in_order", "uncertain"]

MEMORY = "640MiB"
"""Of connections that are opened here; what is more is spilled to disk."""


def connect() -> Any:
    """A DuckDB of its own, in memory, that spills into the system's folder for temporary files."""
    folder = Path(tempfile.gettempdir()) / f"wechatpay-chain-{uuid4().hex}"
    options = {"memory_limit": MEMORY, "temp_directory": str(folder)}
    connection = library("duckdb").connect(config=options)
    connection.execute("SET enable_progress_bar = false")  # it is on at an interactive prompt
    return connection


def uncertain() -> tuple[type[Exception], ...]:
    """What is raised for a file that DuckDB does not read as we do.

    Through Arrow, DuckDB's errors come as `OSError`.
    """
    duckdb = library("duckdb")
    return (duckdb.InvalidInputException, duckdb.DataError, duckdb.IOException, OSError)


def assert_idle(connection: Any) -> None:
    """Reject a connection in a transaction: an error would end it, with what was done in it.

    Outside of one, each statement has a transaction of its own; to begin one would end another.

    Raises:
        ConfigurationError: a transaction is under way.
    """
    first, second = (
        connection.execute("SELECT txid_current()").fetchone() for _ignored in range(2)
    )
    if first == second:
        raise ConfigurationError(
            _(
                "The DuckDB connection is in a transaction: commit it or roll it back before a "
                "bill is loaded."
            )
        )


@contextmanager
def in_order(connection: Any) -> Iterator[None]:
    """Rows are kept in the order of the file."""
    setting = "preserve_insertion_order"
    (before,) = connection.execute(f"SELECT current_setting('{setting}')").fetchone()
    connection.execute(f"SET {setting} = true")
    try:
        yield
    finally:
        connection.execute(f"SET {setting} = {before}")


@contextmanager
def failing_as_ours() -> Iterator[None]:
    """DuckDB's errors become ConfigurationError."""
    duckdb = library("duckdb")
    try:
        yield
    except duckdb.OperationalError as error:
        raise ConfigurationError(
            _(
                "DuckDB cannot load the bill ({type}): look at its memory_limit, and at the space "
                "in its temp_directory.",
                type=type(error).__name__,
            )
        ) from error
