"""Everything that one gateway knows: who takes part, what happened, what is set to go wrong."""

from __future__ import annotations

from pathlib import Path

from .notifications.outbox import Outbox
from .server.faults import Faults
from .server.log import Log
from .store.clock import Clock
from .store.data_directory import hold, load_identity, open_store, save_identity
from .store.identity import Identity
from .store.ledger import Ledger
from .store.lock import Lock
from .store.nonces import Nonces
from .store.store import Store

__all__ = ["State"]

KEPT_EVERY = 1.0
"""Real seconds after which a clock of its own pace is written down."""


class State:
    """One gateway's knowledge.

    Args:
        identity: the keys; None takes those of the folder, or makes some.
        folder: where keys and records live; None keeps them in memory.
        time_scale: how many times as fast as the real time the gateway's runs.
        keep: whether records live in the folder as well; else only keys do.

    Raises:
        FolderError: the folder cannot be used.

    Attributes:
        clock: the gateway's own time.
        store: records of all kinds.
        ledger: where the money is.
        outbox: notifications.
        nonces: of the last minutes.
        faults: what is set to go wrong.
        log: the last requests.
        address: where the gateway is reached, with a slash at the end; empty until it listens.
    """

    def __init__(
        self,
        identity: Identity | None = None,
        folder: Path | None = None,
        time_scale: float = 1,
        *,
        keep: bool = True,
    ) -> None:
        self.folder = None if folder is None else folder.absolute()
        self._keep = keep
        self._lock: Lock | None = None
        if self.folder is not None:
            self._lock = hold(self.folder)
        try:
            self.store = open_store(self.folder) if self.folder is not None and keep else Store()
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
        """The identity that was given, or that of the folder, which has it from now on."""
        if self.folder is None:
            return identity or Identity.new()
        if identity is None:
            return load_identity(self.folder)
        save_identity(identity, self.folder)
        return identity

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        self.identity = self.identity.rotated()
        if self.folder is not None:
            save_identity(self.identity, self.folder)
        return self.identity

    def advance(self, seconds: float) -> None:
        """Move the gateway's time on; a gateway with a folder remembers it."""
        self.clock.advance(seconds)
        self.keep_time()
        self.outbox.changed()

    def keep_time(self) -> None:
        """Write down what time it is, so that after a restart it is not earlier.

        A clock of another pace than the real one is ahead by more each second; what it will be
        ahead by at the next writing is what counts.
        """
        ahead = self.clock.offset + max(0.0, self.clock.scale - 1) * KEPT_EVERY
        with self.store.transaction():
            self.store.put("setting", "clock", {"offset": ahead})

    def open(self) -> None:
        """Take the folder again, after `close`.

        Raises:
            FolderError: another gateway has it by now.
        """
        if self.folder is not None and self._lock is None:
            self._lock = hold(self.folder)
        if self.store.closed:
            self.store.open()

    def close(self) -> None:
        """Leave the folder to others; records in memory stay. Again does nothing."""
        try:
            if self.keeps and not self.store.closed:
                self.keep_time()
        finally:
            if self.keeps:
                self.store.close()
            self._release()

    @property
    def keeps(self) -> bool:
        """Whether records live in a folder."""
        return self.folder is not None and self._keep

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _kept_offset(self) -> float:
        kept = self.store.get("setting", "clock")
        return 0.0 if kept is None else float(kept["offset"])
