"""What the gateway remembers: JSON records in an embedded SQLite database.

What was committed survives `kill -9` (write-ahead log). Everything that one request changes is
committed together, or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Store"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;
"""

Record = dict[str, Any]


class Store:
    """Records by kind and key.

    Args:
        path: of the database file; None keeps it in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or, on any exception, none of it; may be nested."""
        with self._lock:
            if self._depth == 0:
                self._database.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._database.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._database.execute("COMMIT")

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
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
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

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""
        with self._lock:
            row = self._database.execute("SELECT COUNT(*) FROM record WHERE kind = ?", (kind,))
            number: int = row.fetchone()[0]
        return number

    def close(self) -> None:
        """Close the database; what was committed stays in its file."""
        with self._lock:
            self._database.close()
