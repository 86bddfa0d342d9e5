"""Storage of JSON records, each of which belongs to one merchant.

A `Store` has access only to the records of its owner.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from .database import NOBODY, Database, UnknownFormat
from .plaintext import dumps, encode, loads

__all__ = ["Found", "Store", "UnknownFormat"]

Record = dict[str, Any]


class Found(NamedTuple):
    """A record with its position.

    Attributes:
        sequence: number of the record in the order of creation, over the whole database.
        key: the key of the record.
        record: the members of the record.
    """

    sequence: int
    key: str
    record: Record


class Store:
    """Records by kind and key, of the gateway itself or, with `of`, of one merchant.

    Args:
        path: the path of the database file; None creates a database in memory.
        show_secrets: whether decrypted fields are returned as an ordinary `str`.

    Raises:
        UnknownFormat: the database has another format.
        sqlite3.Error: the file is no database, or is not writable.
    """

    def __init__(self, path: Path | None = None, *, show_secrets: bool = False) -> None:
        self._database = Database(path)
        self.show_secrets = show_secrets
        self._owner = ""

    def of(self, owner: str) -> Store:
        """Return the records of one merchant, in the same database and its transactions.

        Args:
            owner: the merchant ID.
        """
        store = copy.copy(self)
        store._owner = owner
        return store

    def owners(self, kind: str) -> list[str]:
        """Return the owners of records of a kind; the gateway's own records have an empty owner."""
        rows = self._database.rows("SELECT DISTINCT owner FROM record WHERE kind = ?", (kind,))
        return [row[0] for row in rows]

    def adopt(self, owner: str) -> None:
        """Assign the records of a database of format 1 to a merchant."""
        self._database.execute("UPDATE record SET owner = ? WHERE owner = ?", (owner, NOBODY))

    def open(self) -> None:
        """Open the database again after `close`; a database in memory is empty."""
        self._database.open()

    @property
    def generation(self) -> int:
        """Number of replacements of all records."""
        return self._database.generation

    def alone(self) -> AbstractContextManager[Any]:
        """Block reads and writes of all other threads."""
        return self._database.alone()

    def copy(self) -> Store:
        """Return a copy of the current records of all owners in memory."""
        store = copy.copy(self)
        store._database = self._database.copy()
        return store

    @classmethod
    def load(cls, path: Path) -> Store:
        """Load the records of a database file into memory; the file is not changed.

        Raises:
            UnknownFormat: the database has another format.
            sqlite3.Error: the file is no database, or is not readable.
        """
        store = cls()
        store._database.load(path)
        return store

    def save(self, path: Path) -> None:
        """Write the records of all owners to a database file.

        Raises:
            sqlite3.Error: the file is not writable.
        """
        self._database.save(path)

    def replace(self, source: Store) -> None:
        """Replace the records of all owners atomically with those of another store.

        Raises:
            RuntimeError: this thread is in a transaction of one of the stores.
        """
        self._database.replace(source._database)

    def transaction(self) -> AbstractContextManager[None]:
        """Commit the changes of a block, or roll them back on an exception; can be nested."""
        return self._database.transaction()

    def get(self, kind: str, key: str) -> Record | None:
        """Return a copy of a record, which `put` stores again; None if there is none."""
        row = self._database.row(
            "SELECT value FROM record WHERE owner = ? AND kind = ? AND key = ?",
            (self._owner, kind, key),
        )
        return None if row is None else self._loads(row[0])

    def _loads(self, text: str) -> Record:
        record: Record = loads(text, show_secrets=self.show_secrets)
        return record

    def put(self, kind: str, key: str, value: Record) -> None:
        """Store a record; an existing one keeps its place in the order."""
        self._database.execute(
            "INSERT INTO record (owner, kind, key, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (owner, kind, key) DO UPDATE SET value = excluded.value",
            (self._owner, kind, key, dumps(value)),
        )

    def append(self, kind: str, value: Record) -> str:
        """Store a new record under an increasing key, and return the key."""
        with self.transaction():
            row = self._database.row("SELECT seq FROM sqlite_sequence")
            key = f"{(row[0] if row else 0) + 1:012}"
            self.put(kind, key, value)
        return key

    def delete(self, kind: str, key: str) -> None:
        """Delete a record, if it exists."""
        self._database.execute(
            "DELETE FROM record WHERE owner = ? AND kind = ? AND key = ?", (self._owner, kind, key)
        )

    def all(
        self, kind: str, *, newest_first: bool = False, limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """Return the records of a kind in the order of creation.

        Args:
            kind: the kind of the records.
            newest_first: reverses the order.
            limit: maximum number; -1 means all.
            offset: number of records to skip.
        """
        order = "DESC" if newest_first else "ASC"
        query = f"SELECT value FROM record WHERE owner = ? AND kind = ? ORDER BY sequence {order}"  # noqa: S608
        rows = self._database.rows(f"{query} LIMIT ? OFFSET ?", (self._owner, kind, limit, offset))
        return [self._loads(row[0]) for row in rows]

    def find(
        self, kind: str, words: Iterable[str] = (), *, limit: int = -1, offset: int = 0
    ) -> list[Found]:
        """Return the records of a kind that contain all words, newest first.

        Args:
            kind: the kind of the records.
            words: found anywhere in the record or in its key, without regard to the case of ASCII
                letters.
            limit: maximum number; -1 means all.
            offset: number of records to skip.
        """
        condition, patterns = "owner = ? AND kind = ?", []
        for word in words:
            condition += " AND (value LIKE ? ESCAPE '^' OR key LIKE ? ESCAPE '^')"
            patterns += [_pattern(encode(word)[1:-1]), _pattern(word)]
        rows = self._database.rows(
            f"SELECT sequence, key, value FROM record WHERE {condition} "  # noqa: S608 - constants
            "ORDER BY sequence DESC LIMIT ? OFFSET ?",
            (self._owner, kind, *patterns, limit, offset),
        )
        return [Found(sequence, key, self._loads(value)) for sequence, key, value in rows]

    def first(self, kind: str, limit: int) -> list[Record]:
        """Return the records of a kind with the lowest keys, in order.

        Args:
            kind: the kind of the records.
            limit: maximum number.
        """
        rows = self._database.rows(
            "SELECT value FROM record WHERE owner = ? AND kind = ? ORDER BY key LIMIT ?",
            (self._owner, kind, limit),
        )
        return [self._loads(row[0]) for row in rows]

    def count(self, kind: str) -> int:
        """Return the number of records of a kind."""
        row = self._database.row(
            "SELECT COUNT(*) FROM record WHERE owner = ? AND kind = ?", (self._owner, kind)
        )
        return int(row[0]) if row else 0

    @property
    def closed(self) -> bool:
        """Whether the database is closed."""
        return self._database.closed

    def close(self) -> None:
        """Close the database; a repetition has no effect."""
        self._database.close()


def _pattern(word: str) -> str:
    """Return the `LIKE` pattern for a word; `^` escapes its wildcards."""
    return f"%{word.replace('^', '^^').replace('%', '^%').replace('_', '^_')}%"
