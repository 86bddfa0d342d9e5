"""DuckDB's connections, and the meaning of its errors."""

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
"""The memory limit of connections opened here; DuckDB spills more data to disk."""


def connect() -> Any:
    """Open a separate DuckDB in memory that spills to the system's temporary folder."""
    folder = Path(tempfile.gettempdir()) / f"wechatpay-chain-{uuid4().hex}"
    options = {"memory_limit": MEMORY, "temp_directory": str(folder)}
    connection = library("duckdb").connect(config=options)
    connection.execute("SET enable_progress_bar = false")  # it is on at an interactive prompt
    return connection


def uncertain() -> tuple[type[Exception], ...]:
    """Return the exceptions for a file that DuckDB does not read like this package.

    Through Arrow, DuckDB's errors become `OSError`.
    """
    duckdb = library("duckdb")
    return (duckdb.InvalidInputException, duckdb.DataError, duckdb.IOException, OSError)


def assert_idle(connection: Any) -> None:
    """Reject a connection in a transaction, because an error would roll the transaction back.

    Outside a transaction, each statement has its own one; it is not possible to begin a nested one.

    Raises:
        ConfigurationError: a transaction is in progress.
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
    """Keep the rows in the order of the file during the block."""
    setting = "preserve_insertion_order"
    (before,) = connection.execute(f"SELECT current_setting('{setting}')").fetchone()
    connection.execute(f"SET {setting} = true")
    try:
        yield
    finally:
        connection.execute(f"SET {setting} = {before}")


@contextmanager
def failing_as_ours() -> Iterator[None]:
    """Convert DuckDB's errors to ConfigurationError during the block."""
    duckdb = library("duckdb")
    try:
        yield
    except duckdb.OperationalError as error:
        raise ConfigurationError(
            _(
                "DuckDB cannot load the bill ({type}): check its memory_limit and the free space "
                "in its temp_directory.",
                type=type(error).__name__,
            )
        ) from error
