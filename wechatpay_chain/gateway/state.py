"""The state of one merchant: its keys, records, money and notifications.

An operation receives the state of the calling merchant. It cannot read or write the records of
other merchants, because the store contains only those of this merchant. There are two exceptions:
it can pay another merchant by its `Counterparty`, and the orders of a combined order can belong to
several merchants, as `participant` returns them.
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

from ..utils.translation import _
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


def _nobody(*_given: object) -> Any:
    raise RuntimeError(_("the state has no platform, so merchants cannot be added or changed"))


@dataclass(slots=True)
class Shared:
    """The state that all merchants of a gateway share.

    Attributes:
        clock: the gateway's clock.
        directory: directory for keys and records; None keeps them in memory.
        faults: active faults.
        log: recent requests.
        address: address of the gateway with a trailing slash; empty until it listens.
        wake: called when notifications may have become due.
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
        shared: state that all merchants share.
        store: records of the merchant.
        profile: profile of the merchant.
        identity: returns the merchant's keys; called on first use.

    Attributes:
        profile: kind, apps, permissions and sub-merchants.
        store: records of all kinds.
        ledger: ledger of its money.
        outbox: its notifications.
        nonces: nonces of recent requests.
        clock: the gateway's clock.
        faults: the active faults of all merchants.
        log: the recent requests of all merchants.
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
        """A temporary directory for large files, which is deleted with the gateway."""
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
        """The merchant with all its keys, which are generated on first use."""
        identity = self._identity
        if identity is None:
            with self._lock:  # created once, even by concurrent readers
                if self._identity is None:
                    self._identity = self._make()
                identity = self._identity
        return identity

    @identity.setter
    def identity(self, identity: Identity) -> None:
        self._identity = identity

    @property
    def has_keys(self) -> bool:
        """True if the keys have been generated or read."""
        return self._identity is not None

    @property
    def address(self) -> str:
        """Address of the gateway with a trailing slash; empty until it listens."""
        return self._shared.address

    @property
    def directory(self) -> Path | None:
        """Directory for keys and records; None keeps them in memory."""
        return self._shared.directory

    @property
    def is_alone(self) -> bool:
        """True if the gateway has no other merchant and no sub-merchant."""
        profile = self.profile
        unlimited = profile.kind == "any" and profile.permissions is None
        return unlimited and len(self._shared.holders) == 1 + len(profile.apps)

    def secret(self, text: str) -> str:
        """Return the plaintext of a field as a `Secret`, unless the gateway shows secrets."""
        return text if self.store.show_secrets else Secret(text)

    def add_sub_merchant(
        self, name: str, apps: list[str], permissions: list[str] | None = None
    ) -> str:
        """Add a sub-merchant of this service provider, and return its number.

        Args:
            name: name of the company.
            apps: appids that are bound to it.
            permissions: products that it can use; None means all.

        Raises:
            ValueError: an appid is invalid, or belongs to another merchant.
        """
        return self._shared.add_sub_merchant(self.mchid, name, apps, permissions)

    def change_sub_merchant(self, sub_mchid: str, changes: Mapping[str, Any]) -> None:
        """Change a sub-merchant of this service provider.

        Args:
            sub_mchid: ID of the sub-merchant.
            changes: see `MerchantChanges`.

        Raises:
            ValueError: an appid is invalid, or belongs to another merchant.
        """
        self._shared.change_merchant(sub_mchid, changes)

    def holder(self, number: str) -> str:
        """Return the merchant that owns a merchant ID or an appid, or an empty string."""
        return self._shared.holders.get(number, "")

    def participant(self, mchid: str) -> State | None:
        """Return the state of a merchant that takes part in a combined order, or None.

        Args:
            mchid: ID of this merchant or of another one of the gateway; not of a sub-merchant.
        """
        return self if mchid == self.mchid else self._shared.state_of(mchid)

    def counterparty(self, number: str) -> Counterparty | None:
        """Return the account of another merchant of the gateway, or of its sub-merchant.

        Args:
            number: ID of the merchant.

        Returns:
            The account, or None if no other merchant has this number.
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
    """The account of another merchant, which can receive and return money.

    Args:
        ledger: ledger of the other merchant.
        account: account in this ledger.
    """

    def __init__(self, ledger: Ledger, account: str) -> None:
        self._ledger = ledger
        self._account = account

    @property
    def balance(self) -> int:
        """Balance of the account in fen."""
        return self._ledger.balance(self._account)

    def take(self, kind: str, amount: int, **about: Any) -> None:
        """Receive money; see `Ledger.move`."""
        self._ledger.move(kind, amount, "sharer", self._account, **about)

    def give(self, kind: str, amount: int, **about: Any) -> None:
        """Pay money back; see `Ledger.move`."""
        self._ledger.move(kind, amount, self._account, "sharer", **about)
