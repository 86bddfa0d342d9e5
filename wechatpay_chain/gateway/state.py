"""The state of one merchant: its keys, records, money and notifications.

An operation receives the state of the calling merchant. It cannot read or write the records of
other merchants, because the store contains only those of this merchant. It can pay another
merchant, whose account is then a `Counterparty`.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .messages.exchange import Secret
from .notifications.in_process import Receiver
from .notifications.outbox import Outbox
from .server.faults import Faults
from .server.log import Log
from .store.clock import Clock
from .store.identity import Identity
from .store.ledger import Ledger
from .store.nonces import Nonces
from .store.profile import Profile
from .store.store import Store

__all__ = ["Counterparty", "Shared", "State"]


def _nobody(*_: object) -> Any:
    raise RuntimeError("no platform has this state, so nobody adds or changes a merchant")


@dataclass(slots=True)
class Shared:
    """The state that all merchants of a gateway share.

    Attributes:
        clock: the gateway's clock.
        directory: directory for keys and records; None keeps them in memory.
        faults: active faults.
        log: recent requests.
        address: address of the gateway with a trailing slash; empty until it listens.
        wake: called when there may be new notifications to deliver.
        receivers: applications that receive notifications, newest first.
        add_sub_merchant: adds a sub-merchant to a merchant, and returns its number.
        change_merchant: changes a merchant or sub-merchant.
        holders: merchant that owns each number and appid, including those of sub-merchants.
        state_of: returns the state of a merchant.
    """

    clock: Clock
    directory: Path | None
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    address: str = ""
    wake: Callable[[], None] = lambda: None
    receivers: list[Receiver] = field(default_factory=list)
    holders: dict[str, str] = field(default_factory=dict)
    add_sub_merchant: Callable[[str, str, list[str], list[str] | None], str] = _nobody
    change_merchant: Callable[[str, Mapping[str, Any]], None] = _nobody
    state_of: Callable[[str], State | None] = lambda _: None


class State:
    """The state of one merchant.

    Args:
        shared: with the other merchants.
        store: the merchant's own records.
        profile: of the merchant.
        identity: gives its keys, when they are first needed.

    Attributes:
        profile: its kind, apps, permissions and sub-merchants.
        store: its records of all kinds.
        ledger: where its money is.
        outbox: its notifications.
        nonces: of the last minutes.
        clock: the gateway's own time.
        faults: the faults that are set, for all merchants.
        log: the last requests, of all merchants.
    """

    def __init__(
        self, shared: Shared, store: Store, profile: Profile, identity: Callable[[], Identity]
    ) -> None:
        self._shared = shared
        self._make = identity
        self._identity: Identity | None = None
        self._lock = threading.Lock()
        self.profile = profile
        self.store = store
        self.clock = shared.clock
        self.faults = shared.faults
        self.log = shared.log
        self.ledger = Ledger(store, shared.clock)
        self.outbox = Outbox(store, shared.clock, lambda: self.identity)
        self.outbox.changed = lambda: shared.wake()
        self.nonces = Nonces()
        self._files: Path | None = None

    @property
    def files(self) -> Path:
        """A directory for what is too large to be a record; it goes with the gateway."""
        if self._files is None:
            self._files = Path(tempfile.mkdtemp(prefix="wechatpay-gateway-files-"))
            weakref.finalize(self, shutil.rmtree, self._files, ignore_errors=True)
        return self._files

    @property
    def mchid(self) -> str:
        """The merchant ID."""
        return self.profile.mchid

    @property
    def identity(self) -> Identity:
        """The merchant with all its keys, which are made now if nothing has needed them so far."""
        identity = self._identity
        if identity is None:
            with self._lock:  # once, whoever asks first
                if self._identity is None:
                    self._identity = self._make()
                identity = self._identity
        return identity

    @identity.setter
    def identity(self, identity: Identity) -> None:
        self._identity = identity

    @property
    def has_keys(self) -> bool:
        """Whether the keys were made or read already."""
        return self._identity is not None

    @property
    def address(self) -> str:
        """Where the gateway is reached, with a slash at the end; empty until it listens."""
        return self._shared.address

    @property
    def directory(self) -> Path | None:
        """Where keys and records are stored; None keeps them in memory."""
        return self._shared.directory

    @property
    def is_alone(self) -> bool:
        """Whether there is nobody to tell it from: no other merchant, and no sub-merchant."""
        profile = self.profile
        unlimited = profile.kind == "any" and profile.permissions is None
        return unlimited and len(self._shared.holders) == 1 + len(profile.apps)

    def secret(self, text: str) -> str:
        """Plaintext of an encrypted field: a `Secret`, unless the gateway shows secrets."""
        return text if self.store.show_secrets else Secret(text)

    def add_sub_merchant(
        self, name: str, apps: list[str], permissions: list[str] | None = None
    ) -> str:
        """Add a sub-merchant of this service provider; its number.

        Args:
            name: of the company.
            apps: the appids that are bound to it.
            permissions: the products that it may use; None is all.

        Raises:
            ValueError: an appid is none, or belongs to another merchant.
        """
        return self._shared.add_sub_merchant(self.mchid, name, apps, permissions)

    def change_sub_merchant(self, sub_mchid: str, changes: Mapping[str, Any]) -> None:
        """Change a sub-merchant of this service provider.

        Args:
            sub_mchid: of the sub-merchant.
            changes: as in `MerchantChanges`.

        Raises:
            ValueError: an appid is none, or belongs to another merchant.
        """
        self._shared.change_merchant(sub_mchid, changes)

    def holder(self, number: str) -> str:
        """The merchant that a merchant ID or an appid belongs to; empty if it is unknown."""
        return self._shared.holders.get(number, "")

    def counterparty(self, number: str) -> Counterparty | None:
        """The account of another merchant of the gateway, or of a sub-merchant of one.

        Args:
            number: of the merchant.

        Returns:
            None where nobody else here has it.
        """
        holder = self.holder(number)
        other = None if holder in ("", self.mchid) else self._shared.state_of(holder)
        if other is None:
            return None
        if number == other.mchid:
            return Counterparty(other.ledger, "merchant")
        subs = other.profile.sub_merchants
        return Counterparty(other.ledger, f"merchant:{number}") if number in subs else None


class Counterparty:
    """Another merchant as the one that pays it sees it: an account that takes and gives.

    Args:
        ledger: of the other merchant.
        account: of it there.
    """

    def __init__(self, ledger: Ledger, account: str) -> None:
        self._ledger = ledger
        self._account = account

    @property
    def balance(self) -> int:
        """Fen that it has."""
        return self._ledger.balance(self._account)

    def take(self, kind: str, amount: int, **about: Any) -> None:
        """Receive money; see `Ledger.move`."""
        self._ledger.move(kind, amount, "sharer", self._account, **about)

    def give(self, kind: str, amount: int, **about: Any) -> None:
        """Pay money back; see `Ledger.move`."""
        self._ledger.move(kind, amount, self._account, "sharer", **about)
