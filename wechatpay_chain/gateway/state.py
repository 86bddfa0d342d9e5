"""The state of one gateway: its identity, records, faults and log."""

from __future__ import annotations

from pathlib import Path

from ..utils.file_lock import Lock
from .notifications.outbox import Outbox
from .server.faults import Faults
from .server.log import Log
from .store.clock import Clock
from .store.data_directory import load_identity, lock_directory, open_store, save_identity
from .store.identity import Identity
from .store.ledger import Ledger
from .store.nonces import Nonces
from .store.store import Store

__all__ = ["State"]

KEPT_EVERY = 1.0
"""Real seconds after which a clock with its own pace is stored."""


class State:
    """The state of one gateway.

    Args:
        identity: the keys; None takes those of the directory, or makes new ones.
        directory: where keys and records are stored; None keeps them in memory.
        time_scale: how many times as fast as the real time the gateway's runs.
        keep: whether records are stored in the directory too; else only keys are.

    Raises:
        DataDirectoryError: the directory cannot be used.

    Attributes:
        clock: the gateway's own time.
        store: records of all kinds.
        ledger: where the money is.
        outbox: notifications.
        nonces: of the last minutes.
        faults: the faults that are set.
        log: the last requests.
        address: where the gateway is reached, with a slash at the end; empty until it listens.
    """

    def __init__(
        self,
        identity: Identity | None = None,
        directory: Path | None = None,
        time_scale: float = 1,
        *,
        keep: bool = True,
    ) -> None:
        self.directory = None if directory is None else directory.absolute()
        self._keep = keep
        self._lock: Lock | None = None
        if self.directory is not None:
            self._lock = lock_directory(self.directory)
        try:
            self.store = (
                open_store(self.directory) if self.directory is not None and keep else Store()
            )
            self.identity = self._adopted(identity)
        except BaseException:
            self._release()
            raise
        self.clock = Clock(time_scale, self._kept_offset())
        self.ledger = Ledger(self.store, self.clock)
        self.outbox = Outbox(self.store, self.clock, lambda: self.identity)
        self.nonces = Nonces()
        self.faults = Faults()
        self.log = Log()
        self.address = ""

    def _adopted(self, identity: Identity | None) -> Identity:
        """The given identity, which is saved, or that of the directory."""
        if self.directory is None:
            return identity or Identity.new()
        if identity is None:
            return load_identity(self.directory)
        save_identity(identity, self.directory)
        return identity

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        self.identity = self.identity.rotated()
        if self.directory is not None:
            save_identity(self.identity, self.directory)
        return self.identity

    def advance(self, seconds: float) -> None:
        """Move the gateway's time on; a gateway with a data directory stores it."""
        self.clock.advance(seconds)
        self.keep_time()
        self.outbox.changed()

    def keep_time(self) -> None:
        """Store the time, so that it is not earlier after a restart.

        A clock that is faster than the real one gets further ahead each second, so the offset at
        the next writing is stored.
        """
        ahead = self.clock.offset + max(0.0, self.clock.scale - 1) * KEPT_EVERY
        with self.store.transaction():
            self.store.put("setting", "clock", {"offset": ahead})

    def open(self) -> None:
        """Lock the directory again, after `close`.

        Raises:
            DataDirectoryError: another gateway uses it.
        """
        if self.directory is not None and self._lock is None:
            self._lock = lock_directory(self.directory)
        if self.store.closed:
            self.store.open()

    def close(self) -> None:
        """Release the directory; records in memory stay. A second call does nothing."""
        try:
            if self.keeps and not self.store.closed:
                self.keep_time()
        finally:
            if self.keeps:
                self.store.close()
            self._release()

    @property
    def keeps(self) -> bool:
        """Whether records are stored in a directory."""
        return self.directory is not None and self._keep

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _kept_offset(self) -> float:
        kept = self.store.get("setting", "clock")
        return 0.0 if kept is None else float(kept["offset"])
