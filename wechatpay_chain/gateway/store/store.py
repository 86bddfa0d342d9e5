"""The records of the gateway: JSON, each of one merchant.

A `Store` reads and writes the records of one owner: no call of it can name those of another.
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
    """A record with where it was found.

    Attributes:
        sequence: counts up in the whole database, in the order in which records were first written.
        key: the key of the record.
        record: its members.
    """

    sequence: int
    key: str
    record: Record


class Store:
    """Records by kind and key: the gateway's own, or, by `of`, those of one merchant.

    Args:
        path: the path of the database file; None keeps it in memory.
        show_secrets: whether plaintext of encrypted fields is read as an ordinary `str`.

    Raises:
        UnknownFormat: the file is a database of another form.
        sqlite3.Error: it is invalid, or cannot be written.
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
        """Return the owners of records of a kind; the gateway's own owner is empty."""
        rows = self._database.rows("SELECT DISTINCT owner FROM record WHERE kind = ?", (kind,))
        return [row[0] for row in rows]

    def adopt(self, owner: str) -> None:
        """Assign the records of a database that knew only one merchant to that merchant."""
        self._database.execute("UPDATE record SET owner = ? WHERE owner = ?", (owner, NOBODY))

    def open(self) -> None:
        """Open the database once more, after `close`; one in memory begins empty."""
        self._database.open()

    @property
    def generation(self) -> int:
        """How often all records were replaced."""
        return self._database.generation

    def alone(self) -> AbstractContextManager[Any]:
        """Keep all other threads from reading and writing."""
        return self._database.alone()

    def copy(self) -> Store:
        """Return the records of all owners in memory, as they are now."""
        store = copy.copy(self)
        store._database = self._database.copy()
        return store

    @classmethod
    def load(cls, path: Path) -> Store:
        """Return the records of a database file, in memory; the file stays as it is.

        Raises:
            UnknownFormat: the file is a database of another form.
            sqlite3.Error: it is invalid, or cannot be read.
        """
        store = cls()
        store._database.load(path)
        return store

    def save(self, path: Path) -> None:
        """Write the records of all owners to a database file.

        Raises:
            sqlite3.Error: it cannot be written.
        """
        self._database.save(path)

    def replace(self, source: Store) -> None:
        """Replace the records of all owners at once with those of another store.

        Raises:
            RuntimeError: this thread is within a transaction of one of the two.
        """
        self._database.replace(source._database)

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all changes of the block, or none after an exception; blocks can be nested."""
        return self._database.transaction()

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, the caller's own to change and `put` back, or None."""
        row = self._database.row(
            "SELECT value FROM record WHERE owner = ? AND kind = ? AND key = ?",
            (self._owner, kind, key),
        )
        return None if row is None else self._loads(row[0])

    def _loads(self, text: str) -> Record:
        record: Record = loads(text, show_secrets=self.show_secrets)
        return record

    def put(self, kind: str, key: str, value: Record) -> None:
        """Write a record, new or again; one that is written again keeps its place in the order."""
        self._database.execute(
            "INSERT INTO record (owner, kind, key, value) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (owner, kind, key) DO UPDATE SET value = excluded.value",
            (self._owner, kind, key, dumps(value)),
        )

    def append(self, kind: str, value: Record) -> str:
        """Write a new record under a key that counts up in the whole database; the key."""
        with self.transaction():
            row = self._database.row("SELECT seq FROM sqlite_sequence")
            key = f"{(row[0] if row else 0) + 1:012}"
            self.put(kind, key, value)
        return key

    def delete(self, kind: str, key: str) -> None:
        """Forget a record, if there is one."""
        self._database.execute(
            "DELETE FROM record WHERE owner = ? AND kind = ? AND key = ?", (self._owner, kind, key)
        )

    def all(
        self, kind: str, *, newest_first: bool = False, limit: int = -1, offset: int = 0
    ) -> list[Record]:
        """Return the records of a kind, in the order in which they were first written.

        Args:
            kind: the kind of the records.
            newest_first: the other way around.
            limit: at most so many; -1 is all.
            offset: leave out so many at the beginning.
        """
        order = "DESC" if newest_first else "ASC"
        query = f"SELECT value FROM record WHERE owner = ? AND kind = ? ORDER BY sequence {order}"  # noqa: S608
        rows = self._database.rows(f"{query} LIMIT ? OFFSET ?", (self._owner, kind, limit, offset))
        return [self._loads(row[0]) for row in rows]

    def find(
        self, kind: str, words: Iterable[str] = (), *, limit: int = -1, offset: int = 0
    ) -> list[Found]:
        """Return the records of a kind that have some words, newest first.

        Args:
            kind: the kind of the records.
            words: words in the record or in its key, regardless of the case of ASCII letters.
            limit: at most so many; -1 is all.
            offset: leave out so many at the beginning.
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
        """Return the records of a kind with the lowest keys, in their order.

        Args:
            kind: the kind of the records.
            limit: at most so many.
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
        """Whether nothing can be read or written until `open`."""
        return self._database.closed

    def close(self) -> None:
        """Close the database; its file keeps all commits. A second call does nothing."""
        self._database.close()


def _pattern(word: str) -> str:
    """Return the `LIKE` pattern for a word; `^` escapes its wildcards."""
    return f"%{word.replace('^', '^^').replace('%', '^%').replace('_', '^_')}%"
