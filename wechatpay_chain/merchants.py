"""Clients for many merchants, created on first use, over one transport."""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import weakref
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .client import WeChatPay
from .flow import Effect, run, run_async
from .keys.configuration import SECRETS, mchid_of
from .keys.merchant_source import TRANSPORT, MerchantSource, Source, assert_known
from .keys.single_flight import SingleFlight
from .middleware import observers
from .notifications.frameworks import message
from .notifications.recipients import Recipients
from .utils.display import represented
from .utils.exceptions import ConfigurationError, UnknownMerchant, WeChatPayError
from .utils.lifetime import Calls, Closable
from .utils.secret import Secret, hide, reveal
from .utils.translation import _

if TYPE_CHECKING:
    from .typed.notifications import AnyNotification

__all__ = ["Merchants", "Source"]

KNOWN = frozenset({"mchid", *(WeChatPay.__init__.__kwdefaults__ or ())})
OWN = frozenset(
    {"serial", "private_key", "certs", "apiv3_key", "secret", "merchant", "answer_with"}
)
"""Arguments that identify a merchant; all others can be checked before a merchant is known."""
PLAIN = KNOWN - SECRETS
"""Arguments that may be displayed; an unknown one may be a secret under a misspelled name."""
MAX_CLIENTS = 4096


class Merchants(Closable):
    """The clients of many merchants. Threads and event loops can share one instance.

    `merchants["1900000109"]` is a `WeChatPay`. All clients send over one transport and share its
    connections and limits, so dropping a client leaves nothing open. Do not close the clients
    individually: `close` closes all of them.

    Args:
        source: a mapping from merchant ID to arguments of `WeChatPay`, or a sync or async
            function that returns them. The function returns None or raises a `LookupError` for an
            unknown merchant. It is called once per merchant, until `reload`.
        max_clients: maximum number of cached clients. Beyond that, the least recently used client
            is dropped, and created again when needed. Its running calls continue.
        shared: arguments of `WeChatPay` for all merchants. A merchant's own arguments take
            precedence, but `transport`, `proxy` and `verify` are always shared.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    def __init__(self, source: Source, *, max_clients: int = MAX_CLIENTS, **shared: Any) -> None:
        asked: Secret[Source] = Secret(source)
        del source  # keeps its contents out of tracebacks
        shared = {name: each if name in PLAIN else hide(each) for name, each in shared.items()}
        self._max_clients = _count(max_clients)
        assert_known(shared, KNOWN - {"mchid"}, "Merchants")
        # A client without a merchant checks the shared arguments, and its transport is used by all.
        nobody = WeChatPay(mchid="0", **{n: each for n, each in shared.items() if n not in OWN})
        self._transport, self._own_transport = nobody._transport, nobody._own_transport
        own = {name: each for name, each in shared.items() if name not in TRANSPORT}
        self._source = MerchantSource(asked, own, KNOWN)
        self._calls = Calls("Merchants")
        self._clients: OrderedDict[str, WeChatPay] = OrderedDict()
        self._flights: dict[str, _Boarding] = {}
        self._recipients = Recipients(self._source)
        self._unlock()
        _instances.add(self)

    @classmethod
    def from_gateway(cls, path: str | Path, *, tls: bool = False, **arguments: Any) -> Self:
        """Return the merchants of a local gateway, from the `gateway.json` that the gateway writes.

        A merchant added to the gateway later is found on first use.

        Args:
            path: the path of the file, or the gateway's address, as in `WeChatPay.from_gateway`.
            tls: use TLS and trust the gateway's own certificate authority; `security=True` requires
                it.
            arguments: arguments of `Merchants`.

        Raises:
            ConfigurationError: the file does not exist, or a gateway did not write it.
        """
        path = hide(path)
        arguments = {n: each if n in PLAIN else hide(each) for n, each in arguments.items()}
        from .testing.connection_file import ConnectionFile  # few programs need it

        source = ConnectionFile(path, tls=tls)
        return cls(source, **{**source.shared, **arguments})

    def __getitem__(self, mchid: str) -> WeChatPay:
        """Return a merchant's client, and create it if it is not cached.

        Raises:
            UnknownMerchant: the source does not have the merchant.
            ConfigurationError: the source raised an error, returned incomplete arguments, or is
                async (use `await merchants.get_async(mchid)` instead).
        """
        client = self._kept(mchid) if isinstance(mchid, str) else None
        if client is None:
            client = run(self._client(mchid, is_async=False), self._transport)
        return client

    async def get_async(self, mchid: str) -> WeChatPay:
        """Async variant of `merchants[mchid]`; the source may be async."""
        client = self._kept(mchid) if isinstance(mchid, str) else None
        if client is None:
            client = await run_async(self._client(mchid, is_async=True), self._transport)
        return client

    def reload(self, mchid: str) -> WeChatPay:
        """Call the source again, and create a new client.

        Running calls continue with the old client. If this method raises an error, the old client
        stays, unless the source no longer has the merchant.

        Raises:
            UnknownMerchant: the source does not have the merchant.
            ConfigurationError: the source raised an error, or returned incomplete arguments.
        """
        return run(self._client(mchid, is_async=False, anew=True), self._transport)

    async def reload_async(self, mchid: str) -> WeChatPay:
        """Async variant of `reload`; the source may be async."""
        return await run_async(self._client(mchid, is_async=True, anew=True), self._transport)

    def notify(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        mchid: str | None = None,
    ) -> AnyNotification:
        """Verify and decrypt an APIv3 notification; its `mchid` names the recipient.

        WeChat Pay's keys differ between merchants, so the signing key identifies the merchant. If
        several merchants have the same key, the recipient is the one with the matching `apiv3_key`.

        Args:
            headers: the request headers, in any form that `WeChatPay.notify` accepts.
            body: the raw request body.
            mchid: the merchant ID, if your notification URL contains it. A source function is
                then called for this merchant only; otherwise, the merchants used so far are
                searched.

        Raises:
            SignatureError: it is not from WeChat Pay, or is for none of these merchants; respond
                with 401 and do not process it.
            DecryptionError: no merchant with the signing key has the matching `apiv3_key`.
            UnknownMerchant: the source does not have `mchid`.
            ConfigurationError: the merchant has no `certs` or no `apiv3_key`.
        """
        flow = self._notice(headers, body, mchid, is_async=False)
        return run(observers.notification(flow, mchid or ""), self._transport)

    async def notify_async(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        mchid: str | None = None,
    ) -> AnyNotification:
        """Async variant of `notify`; the source may be async."""
        flow = self._notice(headers, body, mchid, is_async=True)
        return await run_async(observers.notification(flow, mchid or ""), self._transport)

    def __contains__(self, mchid: object) -> bool:
        """Return whether a source mapping has a merchant, even if its arguments are incomplete."""
        return mchid in self._source.numbers("in")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the merchant IDs in a source mapping."""
        return iter(self._source.numbers(_("a loop over the merchants")))

    def __len__(self) -> int:
        """Return the number of merchants in a source mapping, used or not."""
        return len(self._source.numbers("len()"))

    def __bool__(self) -> bool:
        return not self._source.is_mapping or len(self) > 0

    def _kept(self, mchid: str) -> WeChatPay | None:
        with self._lock:
            client = self._clients.get(mchid)
            if client is not None:
                self._clients.move_to_end(mchid)
        return client

    def _client(
        self, mchid: object, *, is_async: bool, anew: bool = False
    ) -> Generator[Effect, Any, WeChatPay]:
        """Return a client; it is created once, even if several threads and tasks request it."""
        name = mchid_of(mchid)
        if not name:
            raise ConfigurationError(_("mchid is empty: expected a merchant ID"))
        from threading import get_ident  # rarely needed: most calls find a cached client

        made: list[WeChatPay] = []
        error: WeChatPayError | None = None

        def load() -> Generator[Effect, Any, None]:
            kept = None if anew else self._kept(name)  # created by another thread meanwhile
            outer = _loading.get()
            _loading.set(outer | {(id(self), name)})
            try:
                made.append(kept or (yield from self._load(name, is_async=is_async)))
            finally:
                _loading.set(outer)

        if (id(self), name) in _loading.get():
            raise ConfigurationError(
                _(
                    "merchant {name} is being loaded: its source must not request the same "
                    "merchant",
                    name=name,
                )
            )
        with self._boarding(name) as flights:
            while not made:
                if not anew and (kept := self._kept(name)) is not None:
                    return kept
                flight, mine = flights.board()
                if mine:
                    error = yield from flights.fly(flight, load)
                elif flight is not None:
                    if not is_async and flight.thread == get_ident():
                        raise ConfigurationError(
                            _(
                                "merchant {name} is being loaded by an async call in this "
                                "thread, and a sync call cannot wait for it: await the _async "
                                "form",
                                name=name,
                            )
                        )
                    error = yield from flight.wait()
                if error is not None and (mine or not anew):
                    raise error if mine else _again(error)
        return made[0]

    def _load(self, mchid: str, *, is_async: bool) -> Generator[Effect, Any, WeChatPay]:
        """Call the source, create a client and cache it."""
        try:
            arguments = yield from self._source.arguments(mchid, is_async=is_async)
        except UnknownMerchant:
            with self._lock:
                self._clients.pop(mchid, None)
            self._recipients.forget(mchid)
            raise
        try:
            client = WeChatPay(
                **{n: reveal(each) if n in PLAIN else each for n, each in arguments.items()},
                mchid=mchid,
                transport=self._transport,
            )
        except ConfigurationError as error:
            raise ConfigurationError(
                _("merchant {mchid}: {error}", mchid=mchid, error=error)
            ) from None
        client._calls = self._calls  # so that closing waits for the calls of all clients
        self._recipients.note(mchid, arguments)
        with self._lock:
            self._clients[mchid] = client
            self._clients.move_to_end(mchid)
            while len(self._clients) > self._max_clients:
                self._clients.popitem(last=False)
        return client

    def _notice(
        self, headers: Any, body: Any, mchid: str | None, *, is_async: bool
    ) -> Generator[Effect, Any, AnyNotification]:
        fields, content = message(headers, body)
        client_of = functools.partial(self._client, is_async=is_async)
        whose = mchid
        if whose is None:
            whose = yield from self._recipients.find(fields, content, client_of)
        client = yield from client_of(whose)
        notice = yield from client._notice(fields, content)  # it may fetch certificates
        if mchid is None:
            self._recipients.learn(fields, notice.mchid)
        return notice

    @contextlib.contextmanager
    def _boarding(self, mchid: str) -> Iterator[SingleFlight]:
        """Return the object that creates a merchant's client, for as long as a caller needs it."""
        with self._lock:
            boarding = self._flights.setdefault(mchid, _Boarding())
            boarding.passengers += 1
        try:
            yield boarding.flights
        finally:
            with self._lock:
                boarding.passengers -= 1
                if not boarding.passengers:
                    self._flights.pop(mchid, None)

    def _unlock(self) -> None:
        """Create new, free locks without a running load; also after a fork."""
        from threading import Lock  # a lock is no I/O

        self._lock = Lock()
        self._flights = {}
        self._recipients.unlock()

    def __repr__(self) -> str:
        return f"<Merchants, {len(self._clients)} clients>"


class _Boarding:
    """The creation of one client, and the number of callers that take part."""

    __slots__ = ("flights", "passengers")

    def __init__(self) -> None:
        self.flights = SingleFlight()
        self.passengers = 0


def _count(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    raise ConfigurationError(
        _("max_clients={represented}: expected a number above 0", represented=represented(given))
    )


def _again(error: WeChatPayError) -> WeChatPayError:
    """Copy an error for another waiting caller: each raise adds frames to an error's traceback."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__
    return copied


_loading: ContextVar[frozenset[tuple[int, str]]] = ContextVar("loading", default=frozenset())
"""The `Merchants` object and merchant being loaded in this thread or task."""

_instances: weakref.WeakSet[Merchants] = weakref.WeakSet()


def _unlock_all() -> None:
    for each in tuple(_instances):
        each._unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
