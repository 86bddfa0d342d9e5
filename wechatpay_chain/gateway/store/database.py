"""The embedded SQLite database of a gateway's records.

Committed changes survive `kill -9` (write-ahead log). All changes of a request are committed
together or not at all.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from ...utils.translation import _

__all__ = ["NOBODY", "Database", "UnknownFormat"]

FORMAT = 2
"""The version of the tables' format."""
CHECKPOINT = 8000
"""Pages of the write-ahead log after which they go to the file: 32 MB. Most pages change again and
again, so fewer checkpoints write less."""
NOBODY = "?"
"""The owner of records from a database of format 1, which had only one merchant."""
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
    """Raised for a database of another version of this library, or of another program."""


class Database:
    """A connection that threads share.

    Args:
        path: the path of the file; None creates a database in memory.

    Raises:
        UnknownFormat: the database has another format.
        sqlite3.Error: the file is no database, or is not writable.

    Attributes:
        generation: number of replacements of all records.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.generation = 0
        self._lock = threading.RLock()
        self._depth = 0
        self.open()

    def open(self) -> None:
        """Open the database again after `close`; a database in memory is empty."""
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
        """Block reads and writes of all other threads."""
        return self._lock

    def copy(self) -> Database:
        """Return a copy of the current records in memory."""
        made = Database()
        made.replace(self)
        (pages,) = made.execute("PRAGMA page_count").fetchone()
        (free,) = made.execute("PRAGMA freelist_count").fetchone()
        if free * 4 > pages:  # or every restore would copy them again
            made.execute("VACUUM")
        return made

    def replace(self, source: Database) -> None:
        """Replace all records atomically with those of another database.

        Raises:
            RuntimeError: this thread is in a transaction of one of the databases.
        """
        with source._lock, self._lock:
            if source._depth or self._depth:
                raise RuntimeError(_("records cannot be copied within a transaction"))
            source._connection.backup(self._connection)
            self.generation += 1

    def load(self, path: Path) -> None:
        """Replace all records atomically with those of a file, which is not changed.

        Raises:
            UnknownFormat: the database has another format.
            sqlite3.Error: the file is no database, or is not readable.
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
            sqlite3.Error: the file is not writable.
        """
        with self._lock, closing(sqlite3.connect(path)) as file:
            self._connection.backup(file)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the changes of a block, or roll them back on an exception; can be nested."""
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
        """Execute a statement with no or few result rows."""
        with self._lock:
            return self._connection.execute(statement, values)

    def row(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query; None if there is none."""
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @property
    def closed(self) -> bool:
        """Whether the database is closed."""
        return not self._close.alive

    def close(self) -> None:
        """Close the database; a repetition has no effect."""
        with self._lock:
            self._close()


def _check(connection: sqlite3.Connection) -> None:
    """Check that a database from another source has exactly the expected tables.

    Raises:
        UnknownFormat: the tables differ.
        sqlite3.DatabaseError: the database is damaged.
    """
    query = "SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY name"
    with closing(sqlite3.connect(":memory:")) as fresh:
        _prepare(fresh)
        expected = fresh.execute(query).fetchall()
    if connection.execute(query).fetchall() != expected:
        raise UnknownFormat(_("its tables are not those of a gateway"))
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(_("the database is damaged: {problem}", problem=found))


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the tables of a new database, and convert those of an older format."""
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    if form == FORMAT:
        return
    if form == 1:
        schema = FROM_FORMAT_1
    elif form or tables:
        raise UnknownFormat(
            _("its format is {found}; this version reads {format}", found=form, format=FORMAT)
        )
    else:
        schema = SCHEMA
    connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {FORMAT}; COMMIT;")
