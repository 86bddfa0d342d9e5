"""The embedded SQLite database under a gateway's records.

What was committed survives `kill -9` (write-ahead log). Everything that one request changes is
committed together, or not at all.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

__all__ = ["NOBODY", "Database", "UnknownFormat"]

FORMAT = 2
"""Of the tables; goes up when they change."""
CHECKPOINT = 8000
"""Pages of the write-ahead log after which they go to the file: 32 MB. Most pages change again and
again, so fewer checkpoints write less."""
NOBODY = "?"
"""The owner of records from a database of format 1, which knew one merchant only."""
SCHEMA = """
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (owner, kind, key)
) STRICT;
CREATE INDEX in_order ON record (kind, owner, sequence);
"""
FROM_FORMAT_1 = f"""
ALTER TABLE record RENAME TO former;
DROP INDEX in_order;
{SCHEMA}
INSERT INTO record (sequence, owner, kind, key, value)
    SELECT sequence, iif(kind = 'setting' AND key = 'clock', '', '{NOBODY}'), kind, key, value
    FROM former ORDER BY sequence;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'former')
    WHERE name = 'record';
DROP TABLE former;
"""  # noqa: S608 - constants only


class UnknownFormat(Exception):
    """A database that another version of this library made, or something else."""


class Database:
    """One connection, which threads share.

    Args:
        path: the path of the file; None keeps it in memory.

    Raises:
        UnknownFormat: the file is a database of another form.
        sqlite3.Error: it is invalid, or cannot be written.

    Attributes:
        generation: how often all records were replaced.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.generation = 0
        self._lock = threading.RLock()
        self._depth = 0
        self.open()

    def open(self) -> None:
        """Open the database once more, after `close`; one in memory begins empty."""
        with self._lock:
            connection = sqlite3.connect(
                self._path or ":memory:", isolation_level=None, check_same_thread=False
            )
            self._close = weakref.finalize(self, connection.close)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
                _prepare(connection)
            except BaseException:
                self._close()
                raise
            self._connection = connection

    def alone(self) -> AbstractContextManager[Any]:
        """Keep all other threads from reading and writing."""
        return self._lock

    def copy(self) -> Database:
        """Return the same records in memory, as they are now."""
        made = Database()
        made.replace(self)
        (pages,) = made.execute("PRAGMA page_count").fetchone()
        (free,) = made.execute("PRAGMA freelist_count").fetchone()
        if free * 4 > pages:  # they would be copied again at every restore
            made.execute("VACUUM")
        return made

    def replace(self, source: Database) -> None:
        """Replace all records at once with those of another database.

        Raises:
            RuntimeError: this thread is within a transaction of one of the two.
        """
        with source._lock, self._lock:
            if source._depth or self._depth:
                raise RuntimeError("records cannot be copied within a transaction")
            source._connection.backup(self._connection)
            self.generation += 1

    def load(self, path: Path) -> None:
        """Replace all records at once with those of a file, which stays as it is.

        Raises:
            UnknownFormat: the file is a database of another form.
            sqlite3.Error: it is invalid, or cannot be read.
        """
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with self._lock, closing(sqlite3.connect(address, uri=True)) as file:
            file.backup(self._connection)
            _prepare(self._connection)
            _check(self._connection)
            self.generation += 1

    def save(self, path: Path) -> None:
        """Write all records to a file.

        Raises:
            sqlite3.Error: it cannot be written.
        """
        with self._lock, closing(sqlite3.connect(path)) as file:
            self._connection.backup(file)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes of the block, or none after an exception; blocks can be nested."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute a statement that returns no rows, or few."""
        with self._lock:
            return self._connection.execute(statement, values)

    def row(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @property
    def closed(self) -> bool:
        """Whether nothing can be read or written until `open`."""
        return not self._close.alive

    def close(self) -> None:
        """Close the database; its file keeps all commits. A second call does nothing."""
        with self._lock:
            self._close()


def _check(connection: sqlite3.Connection) -> None:
    """See that a database that somebody else may have made has the tables, and nothing else.

    Raises:
        UnknownFormat: it has others.
        sqlite3.DatabaseError: it is damaged.
    """
    query = "SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name"
    with closing(sqlite3.connect(":memory:")) as fresh:
        _prepare(fresh)
        expected = fresh.execute(query).fetchall()
    if connection.execute(query).fetchall() != expected:
        raise UnknownFormat("its tables are not a gateway's")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"the database is damaged: {found}")


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new database, and bring those of an old one to this format."""
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    if form == FORMAT:
        return
    if form == 1:
        schema = FROM_FORMAT_1
    elif form or tables:
        raise UnknownFormat(f"its format is {form}, this version's is {FORMAT}")
    else:
        schema = SCHEMA
    connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {FORMAT}; COMMIT;")
