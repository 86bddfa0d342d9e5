"""What the gateway remembers: JSON records in an embedded SQLite database.

What was committed survives `kill -9` (write-ahead log). Everything that one request changes is
committed together, or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Store", "UnknownFormat"]

FORMAT = 1
"""Of the tables; goes up when they change."""
SCHEMA = f"""
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;
CREATE INDEX in_order ON record (kind, sequence);
PRAGMA user_version = {FORMAT};
"""

Record = dict[str, Any]

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""As `json.dumps`, which makes an encoder for every call."""


class UnknownFormat(Exception):
    """A database that another version of this library made, or something else."""


class Store:
    """Records by kind and key.

    Args:
        path: of the database file; None keeps it in memory.

    Raises:
        UnknownFormat: the file is a database of another form.
        sqlite3.Error: it is none, or cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self.open()

    def open(self) -> None:
        """Open the database once more, after `close`; one in memory begins empty."""
        with self._lock:
            database = sqlite3.connect(
                self._path or ":memory:", isolation_level=None, check_same_thread=False
            )
            self._close = weakref.finalize(self, database.close)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                _prepare(database)
            except BaseException:
                self._close()
                raise
            self._database = database

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or, on any exception, none of it; may be nested."""
        with self._lock:
            if self._depth == 0:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._database.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def get(self, kind: str, key: str) -> Record | None:
        """One record, the caller's own to change and `put` back; None if there is none."""
        with self._lock:
            row = self._database.execute(
                "SELECT value FROM record WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        record: Record | None = None if row is None else json.loads(row[0])
        return record

    def put(self, kind: str, key: str, value: Record) -> None:
        """Write a record, new or again; one that is written again keeps its place in the order."""
        text = encode(value)
        with self._lock:
            self._database.execute(
                "INSERT INTO record (kind, key, value) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                (kind, key, text),
            )

    def append(self, kind: str, value: Record) -> str:
        """Write a new record under a key of the store's own, which counts up; the key."""
        with self.transaction():
            row = self._database.execute("SELECT seq FROM sqlite_sequence").fetchone()
            key = f"{(row[0] if row else 0) + 1:012}"
            self.put(kind, key, value)
        return key

    def delete(self, kind: str, key: str) -> None:
        """Forget a record, if there is one."""
        with self._lock:
            self._database.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, key))

    def all(
        self, kind: str, *, newest_first: bool = False, limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """The records of a kind, in the order in which they were first written.

        Args:
            kind: of the records.
            newest_first: the other way around.
            limit: at most so many; -1 is all.
            offset: leave out so many at the beginning.
        """
        order = "DESC" if newest_first else "ASC"
        with self._lock:
            rows = self._database.execute(
                f"SELECT value FROM record WHERE kind = ? ORDER BY sequence {order} "  # noqa: S608
                "LIMIT ? OFFSET ?",
                (kind, limit, offset),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def first(self, kind: str, limit: int) -> list[Record]:
        """The records of a kind with the lowest keys, in their order.

        Args:
            kind: of the records.
            limit: at most so many.
        """
        with self._lock:
            rows = self._database.execute(
                "SELECT value FROM record WHERE kind = ? ORDER BY key LIMIT ?", (kind, limit)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""
        with self._lock:
            row = self._database.execute("SELECT COUNT(*) FROM record WHERE kind = ?", (kind,))
            number: int = row.fetchone()[0]
        return number

    @property
    def closed(self) -> bool:
        """Whether nothing can be read or written until `open`."""
        return not self._close.alive

    def close(self) -> None:
        """Close the database; what was committed stays in its file. Again does nothing."""
        with self._lock:
            self._close()


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables of a new database, and see that those of an old one are known."""
    (form,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
    if form == FORMAT:
        return
    if form or tables:
        raise UnknownFormat(f"its format is {form}, this version's is {FORMAT}")
    database.executescript(f"BEGIN; {SCHEMA} COMMIT;")
