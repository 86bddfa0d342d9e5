"""Everything that one gateway knows: who takes part, what happened, what is set to go wrong."""

from __future__ import annotations

from pathlib import Path

from .clock import Clock
from .faults import Faults
from .folder import DATABASE, save_identity
from .identity import Identity
from .inspection import Nonces
from .ledger import Ledger
from .log import Log
from .outbox import Outbox
from .store import Store

__all__ = ["State"]


class State:
    """One gateway's knowledge.

    Args:
        identity: the keys.
        folder: where records live; None keeps them in memory.
        time_scale: how many times as fast as the real time the gateway's runs.

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
        self, identity: Identity, folder: Path | None = None, time_scale: float = 1
    ) -> None:
        self.identity = identity
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self.store = Store(None if folder is None else folder / DATABASE)
        self.clock = Clock(time_scale, self._kept_offset())
        self.ledger = Ledger(self.store, self.clock)
        self.outbox = Outbox(self.store, self.clock, lambda: self.identity)
        self.nonces = Nonces()
        self.faults = Faults()
        self.log = Log()
        self.address = ""

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        self.identity = self.identity.rotated()
        if self.folder is not None:
            save_identity(self.identity, self.folder)
        return self.identity

    def advance(self, seconds: float) -> None:
        """Move the gateway's time on; a gateway with a folder remembers it."""
        self.clock.advance(seconds)
        with self.store.transaction():
            self.store.put("setting", "clock", {"offset": self.clock.offset})
        self.outbox.changed()

    def _kept_offset(self) -> float:
        kept = self.store.get("setting", "clock")
        return 0.0 if kept is None else float(kept["offset"])
