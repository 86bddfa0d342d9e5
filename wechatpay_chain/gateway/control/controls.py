"""What a test does with a gateway besides calling it: add merchants, let time pass, set faults.

All of it may be done from any thread, while the gateway runs, before, or after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack, cast

from ...testing.sent import SentRequest, matching, only
from ...utils.display import represented
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
    """A gateway's controls.

    What is about one order finds the merchant whose order it is; `trigger` sends a notification of
    the first merchant. `Gateway.merchants` has the same controls for each merchant.

    Attributes:
        platform: the merchants, and what they share.
        addresses: where it is reached.
        access: who may use the control API and the console.
        inline_keys: whether `gateway.json` has the keys themselves.
    """

    platform: Platform
    addresses: Addresses

    access: ControlAccess
    inline_keys: bool

    @property
    def base_uri(self) -> str:
        """Its address on this machine; empty until it listens."""
        return self.addresses.base_uri

    @property
    def tls_base_uri(self) -> str:
        """Its address over TLS, on this machine; empty until it listens."""
        return self.addresses.tls_base_uri

    def describe(self, *, inline_keys: bool | None = None) -> dict[str, Any]:
        """What a client needs, as in `gateway.json`.

        Args:
            inline_keys: whether keys and certificates are described in PEM, and not by the paths
                of their files; None is as the gateway was made.

        Raises:
            ValueError: the gateway keeps everything in memory, so there are no files.
        """
        inline = self.inline_keys if inline_keys is None else inline_keys
        directory = self.platform.directory
        if directory is None and not inline:
            raise ValueError(
                "this gateway has no data directory: Gateway(data=…) gives it one, or "
                "describe(inline_keys=True) has the keys themselves"
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
        """Whether it can be called now."""
        return False

    @property
    def state(self) -> State:  # type: ignore[override]
        """What the gateway knows of its first merchant."""
        return self.platform.first

    def state_of(self, kinds: Iterable[str], key: str, mchid: str = "") -> State:
        """The state of the merchant that has a record.

        Args:
            kinds: that the record may be of: `order`, say.
            key: of the record.
            mchid: of the merchant; empty finds the one that has such a record, and is the first
                merchant where nobody has one.

        Raises:
            LookupError: there is no such merchant, or several have such a record.
        """
        if mchid:
            if mchid not in self.platform.states:
                raise LookupError(f"this gateway has no merchant {mchid}")
            return self.platform.states[mchid]
        found = self.platform.having(kinds, key)
        if len(found) > 1:
            numbers = ", ".join(each.mchid for each in found)
            raise LookupError(f"{key} is a number of several merchants: {numbers}; say whose")
        return found[0] if found else self.platform.first

    def states(self) -> list[State]:
        """The states of all merchants, in the order in which they were added."""
        return list(self.platform.states.values())

    @property
    def merchants(self) -> Mapping[str, Merchant]:
        """All merchants by their numbers; the first one is that of `identity` and `client`."""
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
        """Add a merchant, with keys of its own; it is there until the data directory is deleted.

        Args:
            kind: `direct` sells itself, `partner` acts for sub-merchants, `ecommerce` is a partner
                with the operations of 收付通.
            mchid: its number; None makes one.
            apps: the appids that are bound to it; None makes one.
            permissions: the products that it may use, such as `payments`, `combined`, `refunds`,
                `profitsharing`, `transfers`; None is all of them.
            name: of the company.

        Raises:
            ValueError: an argument is not what it must be, or another merchant has the number or
                an appid.
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
        """Add a sub-merchant of a service provider, which from then on acts for its own only.

        Args:
            merchant: the service provider, or its number.
            mchid: number of the sub-merchant; None makes one.
            apps: the appids that are bound to it; without any, each may be named that nobody has.
            name: of the company.

        Raises:
            ValueError: there is no such merchant, it is a direct one, an argument is not what it
                must be, or another merchant has the number or an appid.
        """
        number = merchant.mchid if isinstance(merchant, Merchant) else merchant
        state = self.platform.states.get(number)
        if state is None:
            raise ValueError(f"this gateway has no merchant {represented(number)}")
        sub = self.platform.add_sub_merchant(state, mchid, apps, name)
        self._write_description()
        return sub

    def change_merchant(
        self, merchant: Merchant | SubMerchant | str, **changes: Unpack[MerchantChanges]
    ) -> Merchant | SubMerchant:
        """Change a merchant or a sub-merchant: `frozen=True`, `payment_limit=100_000`.

        Args:
            merchant: the merchant or sub-merchant, or its number.
            changes: `name`; `apps`; `permissions`, of which None is all; `frozen`, to collect
                nothing; `payment_limit` and `daily_limit` in fen, of which None is no limit.

        Raises:
            LookupError: this gateway has no such merchant.
            ValueError: a change is unknown, or is not what it must be.
        """
        number = merchant if isinstance(merchant, str) else merchant.mchid
        after = self.platform.change_merchant(number, changes)
        self._write_description()
        return after if isinstance(after, SubMerchant) else self.merchants[number]

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        identity = self.platform.rotate_keys()
        self._write_description()
        return identity

    def _write_description(self) -> None:
        """Tell clients what has changed."""

    def advance(
        self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the gateway's time on: orders expire, notifications are repeated."""
        self.platform.advance(seconds + 60 * minutes + 3600 * hours + 86400 * days)

    def time(self) -> float:
        """Seconds since 1970 by the gateway's time: `Inbox(…, clock=gateway.time)`."""
        return self.platform.clock.now()

    def requests(self, limit: int = 100) -> list[Exchange]:
        """The last requests with their responses, newest first.

        Args:
            limit: how many at most.
        """
        return cast("list[Exchange]", self.platform.shared.log.all(limit))

    def sent(self, method: str | None = None, path: str | None = None) -> list[SentRequest]:
        """The requests of a method and a path among the last ones, the oldest first.

        Args:
            method: upper-case HTTP method; None is any.
            path: as it was sent, an operation's template, or a pattern such as `v3/refund/*`; None
                is any.
        """
        return matching(self._sent(), method, path)

    def sent_once(self, method: str | None = None, path: str | None = None) -> SentRequest:
        """The one request of a method and a path; see `sent`.

        Raises:
            AssertionError: there is none, or there are several; it tells what was sent.
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
        """Deliver notifications straight into a web application, without a socket.

        Call it on the event loop on which an ASGI application belongs; without one, the
        application gets a loop of its own. The newest application that takes an address gets the
        notification. In a `with` block, delivery ends with the block.

        Args:
            app: an ASGI or a WSGI application: FastAPI, Starlette, Django, Flask.
            url: what the addresses of notifications for it begin with; empty for all.
            interface: `asgi` or `wsgi`; None finds out.

        Raises:
            TypeError: it is no application.
        """
        delivery = Delivery(self.platform.shared.receivers, Receiver(app, url, interface))
        self.platform.shared.wake()
        return delivery

    def load(self, scenario: str | Path | Mapping[str, Any], *, once: bool = False) -> None:
        """Load a scenario: merchants, orders, refunds, transfers, complaints, faults and time.

        It is added to what the gateway has: all of it or, if anything is rejected, nothing.

        Args:
            scenario: the path of a YAML or JSON file, or what such a file has.
            once: do nothing if this very scenario was loaded already.

        Raises:
            ScenarioError: it cannot be read, is not of the form, or something of it cannot be.
            RuntimeError: this thread is within a transaction of the gateway.
        """
        if isinstance(scenario, str | Path):
            document = scenarios.read(scenario)
        else:
            document = scenarios.Document(scenario)
        scenarios.load(self.platform, document, once=once)
        self._write_description()

    def snapshot(self) -> Snapshot:
        """All that the gateway remembers now.

        That is: merchants with their keys, records, money, notifications, settings, time, faults,
        and the log of requests.

        Raises:
            RuntimeError: this thread is within a transaction of the gateway.
        """
        return snapshots.take(self.platform)

    def restore(self, snapshot: Snapshot, *, elapsed: bool = False) -> None:
        """Have everything be again as it was when a snapshot was taken.

        It happens at once. A request that is under way is carried out before, or its connection is
        closed; a notification that is being delivered is not recorded any more.

        Args:
            snapshot: of this gateway; of another one, while this one does not run.
            elapsed: whether the time since then has passed; else the gateway's time is that of the
                snapshot again.

        Raises:
            DataDirectoryError: the keys cannot be written.
            RuntimeError: this thread is within a transaction of the gateway.
            ValueError: the snapshot is that of another gateway, and this one runs.
        """
        own, other = self.identity, snapshot.first
        if self.listens and (own.mchid, own.authority) != (other.mchid, other.authority):
            raise ValueError(
                f"{snapshot!r} is of another gateway; start one with Gateway(snapshot=…)"
            )
        snapshots.restore(self.platform, snapshot, elapsed=elapsed)
        self._write_description()

    @property
    def faults(self) -> Faults:
        """What is set to go wrong: `faults.add("v3/pay/*", "delay", times=3)`, `faults.clear()`."""
        return self.platform.shared.faults
