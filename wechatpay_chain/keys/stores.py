"""Where the clients of several processes keep fetched certificates for one another.

A store keeps a text for each merchant and lends a lock, so that one process fetches and the others
read. It needs no protection but against loss: what it keeps are certificates, which are public, and
what a client reads back must carry a seal that only `apiv3_key` can make. A store that fails is
logged, and the client goes on with what it has.
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
"""Seconds after which a lock is taken from a holder that may have died."""
FILE_NAME = re.compile("[0-9A-Za-z_-]+")


class KeyStore(Protocol):
    """What a client asks of a store. In async calls each method may return an awaitable."""

    def load(self, mchid: str, /) -> Any:
        """The text that was saved for a merchant; None if there is none."""

    def save(self, mchid: str, document: str, /) -> Any:
        """Keep a text for a merchant in place of the last one, whole or not at all."""

    def acquire(self, mchid: str, /) -> Any:
        """Lock out others who want to fetch for a merchant, without waiting.

        Returns:
            What `release` takes; None while somebody else has the lock.
        """

    def release(self, mchid: str, lock: Any, /) -> Any:
        """Give the lock back."""


class MemoryKeyStore:
    """Keeps certificates in this process, for several clients of one merchant."""

    def __init__(self) -> None:
        self._documents: dict[str, str] = {}
        self._locks: dict[str, tuple[object, float]] = {}

    def load(self, mchid: str) -> str | None:
        """What was saved for a merchant."""
        return self._documents.get(mchid)

    def save(self, mchid: str, document: str) -> None:
        """Keep a document."""
        self._documents[mchid] = document

    def acquire(self, mchid: str) -> object:
        """A lock, unless somebody else has it."""
        mine = (object(), time.monotonic())
        holder = self._locks.setdefault(mchid, mine)
        if mine[1] - holder[1] > HELD_AT_MOST:  # by a thread that a fork left behind, say
            self._locks[mchid] = holder = mine
        return mine[0] if holder is mine else None

    def release(self, mchid: str, lock: object) -> None:
        """Give the lock back."""
        if self._locks.get(mchid, (None,))[0] is lock:
            del self._locks[mchid]

    def __repr__(self) -> str:
        return f"<MemoryKeyStore of {len(self._documents)}>"


class FileKeyStore:
    """Keeps certificates in a directory, for the processes of one machine and one user.

    A merchant has a file, which its owner alone reads and writes, and which is replaced whole. The
    system gives the lock of a process back that has died.

    Args:
        path: of the directory; it is made if it is missing.

    Raises:
        ConfigurationError: `path` is no path.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | Path) or not str(path):
            raise ConfigurationError(
                _(
                    "FileKeyStore takes the path of a directory, not a {type}",
                    type=type(path).__name__,
                )
            )
        self._directory = Path(path)

    def load(self, mchid: str) -> str | None:
        """The content of a merchant's file.

        Raises:
            OSError: it cannot be read, or is not this user's alone.
        """
        try:
            return private_files.read(self._file(mchid, "json")).decode("utf-8", "replace")
        except FileNotFoundError:
            return None

    def save(self, mchid: str, document: str) -> None:
        """Replace a merchant's file.

        Raises:
            OSError: it cannot be written.
        """
        private_files.make_directory(self._directory)
        private_files.write(self._file(mchid, "json"), document.encode())

    def acquire(self, mchid: str) -> Lock | None:
        """The lock of a merchant's file, unless another client has it.

        Raises:
            OSError: the directory cannot be written to.
        """
        private_files.make_directory(self._directory)
        try:
            return Lock(self._file(mchid, "lock"))
        except Held:
            return None

    def release(self, mchid: str, lock: Lock) -> None:
        """Give the lock back."""
        lock.release()

    def _file(self, mchid: str, ending: str) -> Path:
        name = mchid if FILE_NAME.fullmatch(mchid) else "merchant"
        return self._directory / f"{name}.{ending}"

    def __repr__(self) -> str:
        return f"<FileKeyStore {self._directory}>"
