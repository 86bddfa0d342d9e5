"""The merchants of a gateway, and the state that they share."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..utils.display import represented
from ..utils.file_lock import Lock
from ..utils.translation import N_, _
from .notifications.outbox import Outbox
from .server.permissions import permissions_of
from .state import Shared, State
from .store.clock import Clock
from .store.data_directory import load_identity, lock_directory, open_store, save_identity
from .store.identity import Identity
from .store.merchant_keys import load_merchant, save_merchant
from .store.profile import Kind, Profile, SubMerchant
from .store.profile_changes import assert_name, changed, unfit
from .store.store import Store

__all__ = ["KEPT_EVERY", "Platform"]

KEPT_EVERY = 1.0
"""Real seconds between writes of the time, if the clock does not run at real speed."""
KINDS = ("any", "direct", "partner", "ecommerce")
NUMBER, APPID = re.compile("[0-9]{8,10}"), re.compile("wx[0-9a-z]{16}")

HAS_NONE = N_(
    "merchant {mchid} is a direct merchant, which has no sub-merchants; use a service provider"
)
FIRST_APP = N_("apps: expected {appid} as the first, because the keys of the gateway belong to it")


class Platform:
    """The merchants of one gateway, its records and its time.

    Args:
        identity: keys of the first merchant. None reads them from the directory, or generates
            them.
        directory: directory for keys and records; None keeps them in memory.
        time_scale: speed of the gateway's clock relative to real time.
        keep: True stores records and keys in the directory, False stores only keys.
        show_secrets: True shows the plaintext of encrypted fields.

    Raises:
        DataDirectoryError: the directory cannot be used.

    Attributes:
        store: records of the gateway; `State.store` contains those of a merchant.
        clock: the gateway's clock.
        shared: state that all merchants share.
        first: state of the merchant that every gateway has.
        merchants_changed: called when an application has added a sub-merchant.
        states: states by merchant ID, in the order in which the merchants were added.
    """

    def __init__(
        self,
        identity: Identity | None = None,
        directory: Path | None = None,
        time_scale: float = 1,
        *,
        keep: bool = True,
        show_secrets: bool = False,
    ) -> None:
        self.directory = None if directory is None else directory.absolute()
        self._keep = keep
        self._lock: Lock | None = None
        if self.directory is not None:
            self._lock = lock_directory(self.directory)
        try:
            self.store = (
                open_store(self.directory, show_secrets=show_secrets)
                if self.directory is not None and keep
                else Store(show_secrets=show_secrets)
            )
            own = self._adopted(identity)
            self.clock = Clock(time_scale, self._kept_offset())
            self.shared = Shared(self.clock, self.directory)
            self.shared.add_sub_merchant = self._enrol
            self.shared.change_merchant = self._change
            self.merchants_changed: Callable[[], None] = lambda: None
            self.states: dict[str, State] = {}
            self.shared.state_of = lambda mchid: self.states.get(mchid)
            self.read_merchants({own.mchid: own})
        except BaseException:
            self._release()
            raise

    def read_merchants(self, identities: Mapping[str, Identity]) -> None:
        """Load the merchants with a stored profile, and drop all others.

        Args:
            identities: known keys by merchant ID, with the first merchant first.
        """
        own = next(iter(identities.values()))
        self.store.adopt(own.mchid)
        others = [each for each in self.store.all("merchant") if each["mchid"] != own.mchid]
        profiles = [self._profile_of(own), *map(Profile.from_record, others)]
        former, self.shared.holders = self.states, {}
        states = {each.mchid: self._state_of(each, former) for each in profiles}
        for mchid, state in states.items():
            if mchid in identities:
                state.identity = identities[mchid]
        self.first, self.states = states[own.mchid], states

    def _adopted(self, identity: Identity | None) -> Identity:
        """Save and return the given identity, or return that of the directory."""
        if self.directory is None:
            return identity or Identity.new()
        if identity is None:
            return load_identity(self.directory)
        save_identity(identity, self.directory)
        return identity

    def _profile_of(self, identity: Identity) -> Profile:
        """Return the stored profile of the first merchant, or a profile with all permissions."""
        record = self.store.get("merchant", identity.mchid)
        profile = Profile(identity.mchid, ()) if record is None else Profile.from_record(record)
        others = (appid for appid in profile.apps if appid != identity.appid)
        return replace(profile, apps=(identity.appid, *others))

    def _join(self, profile: Profile) -> State:
        """Add a merchant, in this process and after a restart."""
        with self.store.alone():
            self._keep_profile(profile)
            state = self._state_of(profile, {})
            self.states[profile.mchid] = state
        return state

    def _state_of(self, profile: Profile, former: Mapping[str, State]) -> State:
        """Return a merchant's state. The keys are read or generated on first use."""

        def identity() -> Identity:
            return load_merchant(self.first.identity, profile, self.directory)

        state = former.get(profile.mchid)
        if state is None:
            state = State(self.shared, self.store.of(profile.mchid), profile, identity)
        state.profile = profile
        self._note(profile)
        return state

    def _note(self, profile: Profile, holders: dict[str, str] | None = None) -> None:
        """Record the owner of the numbers and appids; by default in the index of all merchants."""
        holders = self.shared.holders if holders is None else holders
        subs = profile.sub_merchants.values()
        own = (profile.mchid, *profile.apps, *profile.sub_merchants)
        for each in (*own, *(appid for sub in subs for appid in sub.apps)):
            holders.setdefault(each, profile.mchid)

    def add_merchant(
        self,
        kind: Kind,
        mchid: str | None = None,
        apps: Iterable[str] | None = None,
        permissions: Iterable[str] | None = None,
        name: str = "",
    ) -> State:
        """Add a merchant; `Gateway.add_merchant` documents the arguments.

        Raises:
            ValueError: an argument is invalid, another merchant has the number, or a sub-merchant
                has an appid.
        """
        if kind not in KINDS:
            raise unfit("kind", kind, _("one of {names}", names=", ".join(KINDS)))
        profile = Profile(
            self._new_number() if mchid is None else self._free(mchid, NUMBER, "mchid"),
            (f"wx{secrets.token_hex(8)}",) if apps is None else self._apps_of_merchant(apps),
            kind,
            None if permissions is None else permissions_of(permissions),
            name=name,
        )
        assert_name(name)
        if not profile.apps:
            raise ValueError(_("apps is empty: expected at least one appid"))
        return self._join(profile)

    def _enrol(self, mchid: str, name: str, apps: list[str], permissions: list[str] | None) -> str:
        """Add a sub-merchant from its application, and return its number."""
        number = self.add_sub_merchant(self.states[mchid], None, apps, name).mchid
        self._change(number, {"permissions": permissions})
        return number

    def _change(self, number: str, changes: Mapping[str, Any]) -> None:
        """Change a merchant, and update the connection file."""
        self.change_merchant(number, changes)
        self.merchants_changed()

    def add_sub_merchant(
        self,
        state: State,
        mchid: str | None = None,
        apps: Iterable[str] = (),
        name: str = "",
    ) -> SubMerchant:
        """Add a sub-merchant; `Gateway.add_sub_merchant` documents the arguments.

        Raises:
            ValueError: the merchant is a direct merchant, an argument is invalid, or another
                merchant has the number or an appid.
        """
        profile = state.profile
        if not profile.is_partner:
            raise ValueError(_(HAS_NONE, mchid=profile.mchid))
        number = self._new_number() if mchid is None else self._free(mchid, NUMBER, "mchid")
        assert_name(name)
        sub = SubMerchant(number, self._free_apps(apps), name)
        added = replace(profile, sub_merchants={**profile.sub_merchants, number: sub})
        self._keep_profile(added)
        state.profile = added
        self._note(added)
        return sub

    def change_merchant(self, number: str, changes: Mapping[str, Any]) -> Profile | SubMerchant:
        """Change a merchant or a sub-merchant; `Gateway.change_merchant` documents the changes.

        Args:
            number: ID of the merchant or sub-merchant.
            changes: see `MerchantChanges`.

        Raises:
            LookupError: the merchant does not exist.
            ValueError: a change is unknown or invalid.
        """
        holder = self.shared.holders.get(number, "")
        state = self.states.get(holder)
        if state is None or not NUMBER.fullmatch(number):
            raise LookupError(_("this gateway has no merchant {mchid}", mchid=represented(number)))
        profile = state.profile
        sub = profile.sub_merchants.get(number)
        after: Profile | SubMerchant
        if sub is None:
            after = changed(profile, changes, self._apps_for(state), permissions_of)
            self._assert_keeps_app(state, after)
            self._adopt(state, after)
        else:
            after = changed(sub, changes, self._apps_for(state, sub), permissions_of)
            self._adopt(
                state, replace(profile, sub_merchants={**profile.sub_merchants, number: after})
            )
        return after

    def _apps_for(
        self, state: State, sub: SubMerchant | None = None
    ) -> Callable[[Iterable[str]], tuple[str, ...]]:
        """Return a check that rejects appids of other parties."""
        own = () if sub is None else sub.apps

        def check(apps: Iterable[str]) -> tuple[str, ...]:
            if sub is None:
                return self._apps_of_merchant(apps)
            given = dict.fromkeys((apps,) if isinstance(apps, str) else apps)
            return tuple(
                each if each in own else self._free(each, APPID, "appid") for each in given
            )

        return check

    def _assert_keeps_app(self, state: State, after: Profile) -> None:
        if not after.apps:
            raise ValueError(_("apps is empty: expected at least one appid"))
        bound = self.first.identity.appid
        if state is self.first and after.apps[0] != bound:
            raise ValueError(_(FIRST_APP, appid=bound))

    def _adopt(self, state: State, profile: Profile) -> None:
        """Replace a merchant's profile, in this process and after a restart."""
        self._keep_profile(profile)
        state.profile = profile
        others = {
            each: holder for each, holder in self.shared.holders.items() if holder != state.mchid
        }
        self._note(profile, others)
        for each in self.states.values():  # another merchant can have an app that is unbound here
            self._note(each.profile, others)
        self.shared.holders = others  # atomically, because requests are served meanwhile
        if state.has_keys and state.identity.appid != profile.apps[0]:
            state.identity = replace(state.identity, appid=profile.apps[0])

    def _keep_profile(self, profile: Profile) -> None:
        with self.store.transaction():
            self.store.put("merchant", profile.mchid, profile.as_record())

    def _new_number(self) -> str:
        while (number := f"16{secrets.randbelow(10**8):08}") in self.shared.holders:
            pass
        return number

    def _free_apps(self, apps: Iterable[str]) -> tuple[str, ...]:
        given = (apps,) if isinstance(apps, str) else tuple(apps)
        return tuple(self._free(each, APPID, "appid") for each in dict.fromkeys(given))

    def _apps_of_merchant(self, apps: Iterable[str]) -> tuple[str, ...]:
        """Return appids for a merchant. As in reality, several merchants can bind the same app."""
        given = (apps,) if isinstance(apps, str) else tuple(apps)
        bound = {each for state in self.states.values() for each in state.profile.apps}
        return tuple(
            each if each in bound else self._free(each, APPID, "appid")
            for each in dict.fromkeys(given)
        )

    def _free(self, value: str, form: re.Pattern[str], name: str) -> str:
        """Return an unused number or appid."""
        if not isinstance(value, str) or not form.fullmatch(value):
            expected = _("8 to 10 digits") if form is NUMBER else _("wx and 16 of 0-9a-z")
            raise unfit(name, value, expected)
        holder = self.shared.holders.get(value)
        if holder is not None:
            taken = N_("{name} {value} already belongs to merchant {mchid}")
            raise ValueError(_(taken, name=name, value=value, mchid=holder))
        return value

    def having(self, kinds: Iterable[str], key: str) -> list[State]:
        """Return the merchants that have a record of one of these kinds."""
        wanted = tuple(kinds)
        return [
            state
            for state in list(self.states.values())
            if any(state.store.get(kind, key) is not None for kind in wanted)
        ]

    def waiting(self) -> Iterator[Outbox]:
        """Return the outboxes that contain undelivered notifications."""
        for owner in {*self.store.owners("queue"), *self.store.owners("due")}:
            if owner in self.states:
                yield self.states[owner].outbox

    def rotate_keys(self) -> Identity:
        """Generate a new platform key of each merchant, and return the first merchant's keys.

        The new key signs from now on; the previous key stays known.
        """
        for state in list(self.states.values()):
            if state is not self.first and not state.has_keys and self.directory is None:
                continue  # its keys do not exist yet
            rotated = state.identity.rotated()
            if self.directory is not None:
                save = save_identity if state is self.first else save_merchant
                save(rotated, self.directory)
            state.identity = rotated
        return self.first.identity

    def advance(self, seconds: float) -> None:
        """Move the gateway's clock forward, and store the time if there is a data directory."""
        self.clock.advance(seconds)
        self.keep_time()
        self.shared.wake()

    def keep_time(self) -> None:
        """Store the time, so that a restart does not set it back.

        A clock that is faster than real time gains an offset every second, so the stored offset is
        that of the next write.
        """
        ahead = self.clock.offset + max(0.0, self.clock.scale - 1) * KEPT_EVERY
        with self.store.transaction():
            self.store.put("setting", "clock", {"offset": ahead})

    def open(self) -> None:
        """Lock the directory again, after `close`.

        Raises:
            DataDirectoryError: another gateway uses the directory.
        """
        if self.directory is not None and self._lock is None:
            self._lock = lock_directory(self.directory)
        if self.store.closed:
            self.store.open()

    def close(self) -> None:
        """Release the directory and keep the records in memory. A second call has no effect."""
        try:
            if self.keeps and not self.store.closed:
                self.keep_time()
        finally:
            if self.keeps:
                self.store.close()
            self._release()

    @property
    def keeps(self) -> bool:
        """True if records are stored in a directory."""
        return self.directory is not None and self._keep

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _kept_offset(self) -> float:
        kept = self.store.get("setting", "clock")
        return 0.0 if kept is None else float(kept["offset"])
