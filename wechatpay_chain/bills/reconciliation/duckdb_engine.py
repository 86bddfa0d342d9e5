"""Runs the statements in DuckDB, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..tables.duckdb import load
from .sources import staging
from .steps import Step

if TYPE_CHECKING:
    import duckdb
    import pyarrow

__all__ = ["DuckDB", "connected"]


@contextmanager
def connected(memory_limit: str, temp_directory: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a temporary database on disk, which is removed at the end with all spilled data.

    Args:
        memory_limit: DuckDB's memory limit, such as `1GB`.
        temp_directory: the parent directory; None is the system's.

    Raises:
        ConfigurationError: the extra `[bills]` is not installed, or a setting is invalid.
    """
    try:
        import duckdb
        import pyarrow  # noqa: F401 - the type of the results
    except ImportError:
        raise ConfigurationError(
            _("reconciliation needs DuckDB and Arrow: pip install 'wechatpay-chain[bills]'")
        ) from None
    with TemporaryDirectory(prefix="wechatpay-bills-", dir=temp_directory) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": str(Path(folder, "spilled")),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
        try:
            connection = duckdb.connect(str(Path(folder, "bills.duckdb")), config=settings)
        except duckdb.Error as error:
            raise ConfigurationError(_("DuckDB cannot start: {error}", error=error)) from None
        with connection:
            connection.execute("SET enable_progress_bar = false")  # it prints to stdout
            yield connection


class DuckDB:
    """The engine that runs in this process.

    Args:
        connection: a connection to an empty database.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

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
        """Make a source readable as a table; see `staging.stage`."""
        staging.stage(
            self.connection,
            name,
            source,
            schema,
            required=required,
            names=names,
            defaults=defaults,
        )

    def stage_bill(self, name: str, bill: Any, kind: str, schema: Mapping[str, str]) -> None:
        """Make the file of a bill readable as a table.

        Args:
            name: the name of the table.
            bill: a path or a `BillFile`.
            kind: the required kind.
            schema: the required columns.

        Raises:
            BillError: the file is damaged.
        """
        columns = [column for column in schema if column != "line"]
        load(self.connection, bill, name, kind=kind, columns=columns)

    def view(self, name: str, select: str) -> None:
        """Name a statement."""
        self.connection.execute(f"CREATE TEMP VIEW {name} AS {select}")

    def append(self, name: str, part: str) -> None:
        """Append the rows of a table to another one, which is created if necessary.

        A hundred bills in separate tables would each use a block of memory per column.
        """
        self.connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM {part} LIMIT 0")
        self.connection.execute(f"INSERT INTO {name} FROM {part}")
        self.connection.execute(f"DROP VIEW {part}")
        self.connection.execute(f'DROP TABLE IF EXISTS "{part} of file"')

    def query(self, select: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement.

        Raises:
            ConfigurationError: a value of the merchant's tables cannot be read.
        """
        import duckdb

        try:
            return self.connection.execute(select).fetchall()
        except (duckdb.DataError, duckdb.InvalidInputException) as error:
            raise ConfigurationError(
                _("a value of the orders or refunds is invalid: {error}", error=error)
            ) from None

    def run(self, steps: Sequence[Step], results: Sequence[str]) -> dict[str, pyarrow.Table]:
        """Run statements on the staged tables.

        Args:
            steps: the statements, in order.
            results: the names of the steps to return.

        Raises:
            ConfigurationError: memory or disk space is exhausted.
        """
        import duckdb

        try:
            for step in steps:
                what = "TABLE" if step.stored else "VIEW"
                self.connection.execute(f"CREATE TEMP {what} {step.name} AS {step.select}")
            return {name: self.connection.table(name).to_arrow_table() for name in results}
        except duckdb.OperationalError as error:
            raise ConfigurationError(
                _(
                    "DuckDB cannot reconcile ({type}): {error}. Raise memory_limit=, or use "
                    "another temp_directory=",
                    type=type(error).__name__,
                    error=error,
                )
            ) from None
