"""Stores through which the clients of several processes share fetched certificates.

A store keeps one text per merchant and supplies a lock, so that one process fetches and the others
read. It requires no protection of confidentiality or integrity: certificates are public, and a
client accepts a document only with a seal that requires `apiv3_key`. If a store fails, the client
logs the failure and continues with its current keys.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Protocol

from ..utils import private_files
from ..utils.exceptions import ConfigurationError
from ..utils.file_lock import Held, Lock
from ..utils.translation import _

__all__ = ["FileKeyStore", "KeyStore", "MemoryKeyStore"]

HELD_AT_MOST = 30.0
"""Seconds after which the lock of a possibly dead holder is released."""
FILE_NAME = re.compile("[0-9A-Za-z_-]+")


class KeyStore(Protocol):
    """The interface of a store. In async calls, each method may return an awaitable."""

    def load(self, mchid: str, /) -> Any:
        """Return the text saved for a merchant, or None."""

    def save(self, mchid: str, document: str, /) -> Any:
        """Atomically replace the text of a merchant."""

    def acquire(self, mchid: str, /) -> Any:
        """Acquire the lock for fetching a merchant's certificates, without waiting.

        Returns:
            The lock, for `release`; None if another process holds it.
        """

    def release(self, mchid: str, lock: Any, /) -> Any:
        """Release the lock."""


class MemoryKeyStore:
    """Stores certificates in this process, for several clients of one merchant."""

    def __init__(self) -> None:
        self._documents: dict[str, str] = {}
        self._locks: dict[str, tuple[object, float]] = {}

    def load(self, mchid: str) -> str | None:
        """Return the document saved for a merchant."""
        return self._documents.get(mchid)

    def save(self, mchid: str, document: str) -> None:
        """Save a document."""
        self._documents[mchid] = document

    def acquire(self, mchid: str) -> object:
        """Return a lock, or None if another client holds it."""
        mine = (object(), time.monotonic())
        holder = self._locks.setdefault(mchid, mine)
        if mine[1] - holder[1] > HELD_AT_MOST:  # for example, its thread was lost in a fork
            self._locks[mchid] = holder = mine
        return mine[0] if holder is mine else None

    def release(self, mchid: str, lock: object) -> None:
        """Release the lock."""
        if self._locks.get(mchid, (None,))[0] is lock:
            del self._locks[mchid]

    def __repr__(self) -> str:
        return f"<MemoryKeyStore of {len(self._documents)}>"


class FileKeyStore:
    """Stores certificates in a directory, for the processes of one user on one machine.

    Each merchant has a file that only its owner can read and write, and that is replaced
    atomically. The operating system releases the lock of a dead process.

    Args:
        path: the directory; it is created if it does not exist.

    Raises:
        ConfigurationError: `path` is not a path.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | Path) or not str(path):
            raise ConfigurationError(
                _(
                    "FileKeyStore needs the path of a directory, not a {type}",
                    type=type(path).__name__,
                )
            )
        self._directory = Path(path)

    def load(self, mchid: str) -> str | None:
        """Return the content of a merchant's file.

        Raises:
            OSError: the file cannot be read, or other users can access it.
        """
        try:
            return private_files.read(self._file(mchid, "json")).decode("utf-8", "replace")
        except FileNotFoundError:
            return None

    def save(self, mchid: str, document: str) -> None:
        """Replace a merchant's file.

        Raises:
            OSError: the file cannot be written.
        """
        private_files.make_directory(self._directory)
        private_files.write(self._file(mchid, "json"), document.encode())

    def acquire(self, mchid: str) -> Lock | None:
        """Return the lock of a merchant's file, or None if another client holds it.

        Raises:
            OSError: the directory is not writable.
        """
        private_files.make_directory(self._directory)
        try:
            return Lock(self._file(mchid, "lock"))
        except Held:
            return None

    def release(self, mchid: str, lock: Lock) -> None:
        """Release the lock."""
        lock.release()

    def _file(self, mchid: str, ending: str) -> Path:
        name = mchid if FILE_NAME.fullmatch(mchid) else "merchant"
        return self._directory / f"{name}.{ending}"

    def __repr__(self) -> str:
        return f"<FileKeyStore {self._directory}>"
