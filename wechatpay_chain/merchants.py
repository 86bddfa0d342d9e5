"""Many merchants: a client for each, made when it is first used, over one transport."""

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
"""Arguments that say who a merchant is; the others can be checked before there is one."""
PLAIN = KNOWN - SECRETS
"""What may be shown; an unknown argument may be a secret under a mistyped name."""
MAX_CLIENTS = 4096


class Merchants(Closable):
    """The clients of many merchants. Threads and event loops may share one.

    `merchants["1900000109"]` is a `WeChatPay`. All of them send over one transport, with its
    connections and limits, so one that is dropped leaves nothing open. None of them is closed by
    itself: `close` is for all.

    Args:
        source: a mapping from merchant number to arguments of `WeChatPay`, or a function that
            returns them, blocking or async. It returns None, or raises a `LookupError`, for a
            merchant that it does not have. It is asked once a merchant, until `reload`.
        max_clients: that are kept. Beyond that the one that was not used for longest is dropped,
            and made again when it is needed. Calls that it makes go on.
        shared: arguments of `WeChatPay` for all merchants. A merchant's own take precedence;
            `transport`, `proxy` and `verify` are for all.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    def __init__(self, source: Source, *, max_clients: int = MAX_CLIENTS, **shared: Any) -> None:
        asked: Secret[Source] = Secret(source)
        del source  # no frame shows what is in it
        shared = {name: each if name in PLAIN else hide(each) for name, each in shared.items()}
        self._max_clients = _count(max_clients)
        assert_known(shared, KNOWN - {"mchid"}, "Merchants")
        # A client of nobody checks what is for all, and its transport becomes everybody's.
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
        """The merchants of a gateway, from the `gateway.json` that it writes.

        A merchant that is added to the gateway later is there when it is first asked for.

        Args:
            path: of the file, or the gateway's address, as of `WeChatPay.from_gateway`.
            tls: talk TLS, with the gateway's own authority trusted; `security=True` needs it.
            arguments: of `Merchants`.

        Raises:
            ConfigurationError: the file is missing, or is not a gateway's.
        """
        path = hide(path)
        arguments = {n: each if n in PLAIN else hide(each) for n, each in arguments.items()}
        from .testing.connection_file import ConnectionFile  # few need it

        source = ConnectionFile(path, tls=tls)
        return cls(source, **{**source.shared, **arguments})

    def __getitem__(self, mchid: str) -> WeChatPay:
        """A merchant's client, made now unless it is kept.

        Raises:
            UnknownMerchant: the source does not have it.
            ConfigurationError: the source raised, gave half a merchant, or is async (then it is
                `await merchants.get_async(mchid)`).
        """
        client = self._kept(mchid) if isinstance(mchid, str) else None
        if client is None:
            client = run(self._client(mchid, is_async=False), self._transport)
        return client

    async def get_async(self, mchid: str) -> WeChatPay:
        """The same on the running event loop; the source may be async."""
        client = self._kept(mchid) if isinstance(mchid, str) else None
        if client is None:
            client = await run_async(self._client(mchid, is_async=True), self._transport)
        return client

    def reload(self, mchid: str) -> WeChatPay:
        """Ask the source again, and make a new client.

        Calls under way go on with the old one. Where this raises, the old one stays; only a
        merchant that the source no longer has is dropped.

        Raises:
            UnknownMerchant: the source does not have it.
            ConfigurationError: the source raised, or gave half a merchant.
        """
        return run(self._client(mchid, is_async=False, anew=True), self._transport)

    async def reload_async(self, mchid: str) -> WeChatPay:
        """The same on the running event loop; the source may be async."""
        return await run_async(self._client(mchid, is_async=True, anew=True), self._transport)

    def notify(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        mchid: str | None = None,
    ) -> AnyNotification:
        """Verify and decrypt an APIv3 notification; its `mchid` says whose it is.

        The key that signed it names the merchant, because WeChat Pay's keys differ from merchant to
        merchant. Where several were given the same key, it is the one whose `apiv3_key` opens it.

        Args:
            headers: of the request, as `WeChatPay.notify` takes them.
            body: of the request, as it came, to the byte.
            mchid: the merchant, where your address for notifications says so. A function as
                source is only asked for this one; without it, those used so far are searched.

        Raises:
            SignatureError: it is not from WeChat Pay, or for none of these merchants; answer with
                401 and do nothing.
            DecryptionError: the `apiv3_key` of nobody who has that key opens it.
            UnknownMerchant: the source does not have `mchid`.
            ConfigurationError: the merchant lacks `certs` or `apiv3_key`.
        """
        flow = self._notice(headers, body, mchid, is_async=False)
        return run(observers.notification(flow, mchid or ""), self._transport)

    async def notify_async(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        mchid: str | None = None,
    ) -> AnyNotification:
        """The same on the running event loop; the source may be async."""
        flow = self._notice(headers, body, mchid, is_async=True)
        return await run_async(observers.notification(flow, mchid or ""), self._transport)

    def __contains__(self, mchid: object) -> bool:
        """Whether a mapping as source has a merchant; what is in it may be half a merchant."""
        return mchid in self._source.numbers("in")

    def __iter__(self) -> Iterator[str]:
        """The merchant numbers in a mapping as source."""
        return iter(self._source.numbers(_("a loop over them")))

    def __len__(self) -> int:
        """How many merchants a mapping as source has, whether they were used or not."""
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
        """A client, of which each is made once, however many threads and tasks ask."""
        name = mchid_of(mchid)
        if not name:
            raise ConfigurationError(_("mchid is empty: a merchant number is expected"))
        from threading import get_ident  # rare: most calls find a client that is kept

        made: list[WeChatPay] = []
        error: WeChatPayError | None = None

        def load() -> Generator[Effect, Any, None]:
            kept = None if anew else self._kept(name)  # since we looked, somebody may have made it
            outer = _loading.get()
            _loading.set(outer | {(id(self), name)})
            try:
                made.append(kept or (yield from self._load(name, is_async=is_async)))
            finally:
                _loading.set(outer)

        if (id(self), name) in _loading.get():
            raise ConfigurationError(
                _(
                    "merchant {name} is being loaded: its source must not ask for it again",
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
                                "merchant {name} is being loaded by an async call of this very "
                                "thread, and a sync call cannot wait for that: await its _async "
                                "form",
                                name=name,
                            )
                        )
                    error = yield from flight.wait()
                if error is not None and (mine or not anew):
                    raise error if mine else _again(error)
        return made[0]

    def _load(self, mchid: str, *, is_async: bool) -> Generator[Effect, Any, WeChatPay]:
        """Ask the source, make a client and keep it."""
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
        client._calls = self._calls  # so that closing waits for the calls of all
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
        """What makes a merchant's client, while somebody needs it."""
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
        """Begin with locks that nobody holds, and no load under way; also after a fork."""
        from threading import Lock  # a lock is no I/O

        self._lock = Lock()
        self._flights = {}
        self._recipients.unlock()

    def __repr__(self) -> str:
        return f"<Merchants, {len(self._clients)} clients>"


class _Boarding:
    """The making of one client, and how many are at it."""

    __slots__ = ("flights", "passengers")

    def __init__(self) -> None:
        self.flights = SingleFlight()
        self.passengers = 0


def _count(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    raise ConfigurationError(
        _("max_clients={represented}: a number above 0 is expected", represented=represented(given))
    )


def _again(error: WeChatPayError) -> WeChatPayError:
    """A copy for another who waited: a traceback grows with every frame that raises an error."""
    copied = copy.copy(error)
    copied.__cause__ = error.__cause__
    return copied


_loading: ContextVar[frozenset[tuple[int, str]]] = ContextVar("loading", default=frozenset())
"""Whose source is asked in this thread or task, and for which merchant."""

_instances: weakref.WeakSet[Merchants] = weakref.WeakSet()


def _unlock_all() -> None:
    for each in tuple(_instances):
        each._unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
