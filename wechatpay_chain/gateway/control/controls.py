"""Controls of a gateway: add merchants, move the clock forward, set faults, take snapshots.

You can use them from any thread, while the gateway runs and while it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack, cast

from ...testing.sent import SentRequest, matching, only
from ...utils.display import represented
from ...utils.translation import _
from .. import scenarios, snapshots
from ..addresses import Addresses
from ..merchant import Merchant
from ..notifications.in_process import Application, Interface, Receiver
from ..platform import Platform
from ..server.access.control import ControlAccess
from ..server.faults import Faults
from ..snapshots import Snapshot
from ..state import State
from ..store.description import describe
from ..store.identity import Identity
from ..store.profile import Kind, SubMerchant
from ..store.profile_changes import MerchantChanges
from .delivery import Delivery
from .merchant_controls import MerchantControls
from .results import Exchange

__all__ = ["Controls"]


class Controls(MerchantControls):
    """The controls of a gateway.

    A control of an order finds the merchant that owns the order. `trigger` sends a notification of
    the first merchant. Each merchant in `Gateway.merchants` has the same controls for its own
    records.

    Attributes:
        platform: the merchants and their shared state.
        addresses: addresses of the gateway.
        access: access rule of the control API and the console.
        inline_keys: True if `gateway.json` contains the keys themselves.
    """

    platform: Platform
    addresses: Addresses

    access: ControlAccess
    inline_keys: bool

    @property
    def base_uri(self) -> str:
        """The HTTP address on this machine; empty until the gateway listens."""
        return self.addresses.base_uri

    @property
    def tls_base_uri(self) -> str:
        """The HTTPS address on this machine; empty until the gateway listens."""
        return self.addresses.tls_base_uri

    def describe(self, *, inline_keys: bool | None = None) -> dict[str, Any]:
        """Return the settings for a client, as in `gateway.json`.

        Args:
            inline_keys: True returns keys and certificates in PEM format. False returns the paths
                of their files. None uses the gateway's own setting.

        Raises:
            ValueError: the gateway has no data directory, so there are no files.
        """
        inline = self.inline_keys if inline_keys is None else inline_keys
        directory = self.platform.directory
        if directory is None and not inline:
            raise ValueError(
                _(
                    "the gateway has no data directory: create it with Gateway(data=…), or call "
                    "describe(inline_keys=True) to get the keys themselves"
                )
            )
        at, place = self.addresses, None if inline else directory
        described = describe(self.identity, at.public_base_uri, at.public_tls_base_uri, place)
        merchants = {
            mchid: each.describe(inline_keys=inline) for mchid, each in self.merchants.items()
        }
        here = {} if at.base_uri == at.public_base_uri else {"local_base_uri": at.base_uri}
        token = {"control_token": self.access.token} if self.access.token else {}
        return {**described, **here, **token, "merchants": merchants}

    @property
    def listens(self) -> bool:
        """True if the gateway accepts requests."""
        return False

    @property
    def state(self) -> State:  # type: ignore[override]
        """The state of the first merchant."""
        return self.platform.first

    def state_of(self, kinds: Iterable[str], key: str, mchid: str = "") -> State:
        """Return the state of the merchant that has a record.

        Args:
            kinds: possible kinds of the record, such as `order`.
            key: key of the record.
            mchid: merchant ID. Empty finds the merchant that has the record, or selects
                the first merchant if there is none.

        Raises:
            LookupError: the merchant does not exist, or several merchants have such a record.
        """
        if mchid:
            if mchid not in self.platform.states:
                raise LookupError(_("this gateway has no merchant {mchid}", mchid=mchid))
            return self.platform.states[mchid]
        found = self.platform.having(kinds, key)
        if len(found) > 1:
            numbers = ", ".join(each.mchid for each in found)
            raise LookupError(
                _(
                    "{key} belongs to several merchants: {numbers}; pass mchid",
                    key=represented(key),
                    numbers=numbers,
                )
            )
        return found[0] if found else self.platform.first

    def states(self) -> list[State]:
        """Return the states of all merchants, in the order of their addition."""
        return list(self.platform.states.values())

    @property
    def merchants(self) -> Mapping[str, Merchant]:
        """All merchants by number. The first one is the merchant of `identity` and `client`."""
        return {mchid: self._merchant(each) for mchid, each in self.platform.states.items()}

    def _merchant(self, state: State) -> Merchant:
        is_first = state is self.platform.first
        return Merchant(state, self.addresses, is_first=is_first)

    def add_merchant(
        self,
        kind: Kind = "direct",
        mchid: str | None = None,
        *,
        apps: Iterable[str] | None = None,
        permissions: Iterable[str] | None = None,
        name: str = "",
    ) -> Merchant:
        """Add a merchant with its own keys.

        With a data directory, the merchant survives a restart.

        Args:
            kind: `direct` for a merchant that sells for itself, `partner` for a service provider,
                or `ecommerce` for a service provider with the operations of 收付通.
            mchid: merchant ID; None generates one.
            apps: appids to bind to the merchant, which other merchants can have too; None
                generates one.
            permissions: products that the merchant can use, such as `payments`, `combined`,
                `refunds`, `profitsharing` and `transfers`; None permits all.
            name: name of the company.

        Raises:
            ValueError: an argument is invalid, another merchant has the number, or a sub-merchant
                has an appid.
        """
        merchant = self._merchant(self.platform.add_merchant(kind, mchid, apps, permissions, name))
        self._write_description()
        return merchant

    def add_sub_merchant(
        self,
        merchant: Merchant | str,
        mchid: str | None = None,
        *,
        apps: Iterable[str] = (),
        name: str = "",
    ) -> SubMerchant:
        """Add a sub-merchant to a service provider.

        After that, the service provider can act only for its own sub-merchants.

        Args:
            merchant: the service provider, or its number.
            mchid: sub-merchant ID; None generates one.
            apps: appids to bind to the sub-merchant. Without any, requests can name every appid
                that no other merchant has.
            name: name of the company.

        Raises:
            ValueError: the merchant does not exist or is a direct merchant, an argument is
                invalid, or another merchant has the number or an appid.
        """
        number = merchant.mchid if isinstance(merchant, Merchant) else merchant
        state = self.platform.states.get(number)
        if state is None:
            raise ValueError(_("this gateway has no merchant {mchid}", mchid=represented(number)))
        sub = self.platform.add_sub_merchant(state, mchid, apps, name)
        self._write_description()
        return sub

    def change_merchant(
        self, merchant: Merchant | SubMerchant | str, **changes: Unpack[MerchantChanges]
    ) -> Merchant | SubMerchant:
        """Change a merchant or a sub-merchant, for example `frozen=True`.

        If one of the changes is invalid, nothing changes.

        Args:
            merchant: the merchant or sub-merchant, or its number.
            changes: `name`, `apps`, `permissions` (None permits all), `frozen` (True rejects all
                payments), `payment_limit` and `daily_limit` in fen (None removes the limit).

        Returns:
            The changed merchant or sub-merchant.

        Raises:
            LookupError: the merchant does not exist.
            ValueError: a change is unknown or invalid.
        """
        number = merchant if isinstance(merchant, str) else merchant.mchid
        after = self.platform.change_merchant(number, changes)
        self._write_description()
        return after if isinstance(after, SubMerchant) else self.merchants[number]

    def rotate_keys(self) -> Identity:
        """Replace the platform's key and return the new keys.

        The gateway signs with the new key. The previous key stays valid.
        """
        identity = self.platform.rotate_keys()
        self._write_description()
        return identity

    def _write_description(self) -> None:
        """Write the changed settings to `gateway.json`."""

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the gateway's clock forward.

        Orders expire and notifications are retried by this clock.

        Args:
            seconds: number of seconds.
            minutes: number of minutes.
            hours: number of hours.
            days: number of days.
        """
        self.platform.advance(seconds + 60 * minutes + 3600 * hours + 86400 * days)

    def time(self) -> float:
        """Return the gateway's time in seconds since 1970.

        Pass it to objects that need the same clock: `Inbox(…, clock=gateway.time)`.
        """
        return self.platform.clock.now()

    def requests(self, limit: int = 100) -> list[Exchange]:
        """Return the last requests with their responses, newest first.

        Args:
            limit: maximum number of requests.
        """
        return cast("list[Exchange]", self.platform.shared.log.all(limit))

    def sent(self, method: str | None = None, path: str | None = None) -> list[SentRequest]:
        """Return the last requests with a method and a path, oldest first.

        Args:
            method: HTTP method in upper case; None matches all.
            path: the path as sent, the path template of an operation, or a pattern such as
                `v3/refund/*`; None matches all.
        """
        return matching(self._sent(), method, path)

    def sent_once(self, method: str | None = None, path: str | None = None) -> SentRequest:
        """Return the only request with a method and a path.

        Args:
            method: as for `sent`.
            path: as for `sent`.

        Raises:
            AssertionError: there is no such request, or there are several. The message lists the
                requests that were sent.
        """
        return only(self._sent(), method, path)

    def _sent(self) -> list[SentRequest]:
        return [
            SentRequest.of(each["method"], each["target"], each["headers"], each["body"].encode())
            for each in self.platform.shared.log.all()[::-1]
        ]

    def deliver_to(
        self, app: Application, *, url: str = "", interface: Interface | None = None
    ) -> Delivery:
        """Deliver notifications directly to a web application, without a socket.

        For an ASGI application, call this method on the event loop of the application. Without a
        running event loop, the application gets its own. If several applications match an address,
        the one that was added last receives the notification. In a `with` block, delivery ends
        with the block.

        Args:
            app: an ASGI or WSGI application, such as FastAPI, Starlette, Django or Flask.
            url: prefix of the notification addresses for this application; empty matches all.
            interface: `asgi` or `wsgi`; None detects it.

        Raises:
            TypeError: `app` is not an application.
        """
        delivery = Delivery(self.platform.shared.receivers, Receiver(app, url, interface))
        self.platform.shared.wake()
        return delivery

    def load(self, scenario: str | Path | Mapping[str, Any], *, once: bool = False) -> None:
        """Load a scenario: merchants, orders, refunds, transfers, complaints, faults and time.

        The gateway adds the scenario to its existing data. If it rejects any part, it adds
        nothing.

        Args:
            scenario: path of a YAML or JSON file, or its content as a mapping.
            once: True does nothing if this scenario has already been loaded.

        Raises:
            ScenarioError: the scenario cannot be read, has a wrong format, or contains data that
                the gateway rejects.
            RuntimeError: this thread is in a transaction of the gateway.
        """
        if isinstance(scenario, str | Path):
            document = scenarios.read(scenario)
        else:
            document = scenarios.Document(scenario)
        scenarios.load(self.platform, document, once=once)
        self._write_description()

    def snapshot(self) -> Snapshot:
        """Take a snapshot of the gateway's state.

        It contains merchants with their keys, records, money, notifications, settings, the time,
        faults, and the request log.

        Raises:
            RuntimeError: this thread is in a transaction of the gateway.
        """
        return snapshots.take(self.platform)

    def restore(self, snapshot: Snapshot, *, elapsed: bool = False) -> None:
        """Restore the state of a snapshot.

        The restore is atomic. A request in progress completes before it, or the gateway closes its
        connection. The gateway does not record the result of a notification that it is delivering.

        Args:
            snapshot: a snapshot of this gateway. If this gateway does not run, it can be a
                snapshot of another one.
            elapsed: True adds the time that has passed since the snapshot. False sets the clock to
                the time of the snapshot.

        Raises:
            DataDirectoryError: the keys cannot be written.
            RuntimeError: this thread is in a transaction of the gateway.
            ValueError: the snapshot belongs to another gateway, and this one runs.
        """
        own, other = self.identity, snapshot.first
        if self.listens and (own.mchid, own.authority) != (other.mchid, other.authority):
            raise ValueError(
                _(
                    "{snapshot!r} belongs to another gateway; start one with Gateway(snapshot=…)",
                    snapshot=snapshot,
                )
            )
        snapshots.restore(self.platform, snapshot, elapsed=elapsed)
        self._write_description()

    @property
    def faults(self) -> Faults:
        """The faults of the gateway.

        Use `faults.add("v3/pay/*", "delay", times=3)` and `faults.clear()`.
        """
        return self.platform.shared.faults
