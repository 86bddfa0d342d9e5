"""WeChat Pay's keys as they change: fetched when needed, renewed while calls are under way.

Platform certificates are replaced every few years, and WeChat Pay lists a new one 24 hours before
it signs with it. Keys that were given stay; those that were fetched are renewed when they are 12
hours old, and when a message is signed with a certificate that nobody has told this client of.
Whatever changes, a running call sees either the keys before or those after.

What fetches is a flow that the client provides. However many calls need it, one of them runs it,
and the others wait for it. If that one call is cancelled, another takes over.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012551764
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..crypto.keys import KeySource
from ..errors import SignatureError, WeChatPayError
from ..flow import Effect, Flow
from ..messages.response import ResponseError
from ..utils.display import printable
from ..utils.secret import Secret
from ..utils.translation import _
from .certificates import open_certificates
from .credential import Platform
from .platform_key import (
    PUBLIC_KEY_ID,
    Expiring,
    PlatformKey,
    comparable,
    expiring,
    load_all,
    normal_serial,
)
from .single_flight import SingleFlight, Steps

if TYPE_CHECKING:
    import datetime

    from cryptography import x509

    from .shared_certificates import SharedCertificates

__all__ = ["Expiring", "PlatformKeys"]

RENEWED_EVERY = 12 * 3600.0
"""Seconds after which fetched certificates are old; WeChat Pay asks for less than 24 hours."""
RETRIED_AFTER = 60.0
"""Seconds between two attempts to renew certificates that are old."""

logger = logging.getLogger("wechatpay_chain")


class PlatformKeys(Platform):
    """WeChat Pay's keys, by serial number or public key id. Threads and event loops may share them.

    Args:
        certs: those that are known from the start, as `WeChatPay` takes them.
        loaded: turns such a mapping into keys, and refuses what is none of WeChat Pay's.
        merchant: the merchant's own certificates, for `expiring`.

    Attributes:
        pause: seconds between two fetches that messages with an unknown serial number cause.
        clock: seconds from any point in time, never running back.

    Raises:
        ConfigurationError: as `Platform` says.
    """

    def __init__(
        self,
        certs: Mapping[str, KeySource],
        loaded: Callable[[Mapping[str, KeySource]], dict[str, PlatformKey]] = load_all,
        merchant: Sequence[x509.Certificate] = (),
    ) -> None:
        super().__init__({})
        self.pause = 60.0
        self.clock = time.monotonic
        self._fetching = SingleFlight()
        self.loaded = loaded
        self._merchant = tuple(merchant)
        self._given: dict[str, PlatformKey] = {}
        self._fetched: dict[str, PlatformKey] = {}
        self._listed: tuple[str, ...] = ()
        self._source: Callable[[], Flow] | None = None
        self._apiv3_key: Secret[bytes] | None = None
        self._shared: SharedCertificates | None = None
        self._due = math.inf
        self._next_question = self._next_retry = -math.inf
        self.update(certs)

    def fetched_by(
        self,
        source: Callable[[], Flow],
        apiv3_key: Secret[bytes],
        wanted: str | None = None,
        shared: SharedCertificates | None = None,
    ) -> None:
        """Fetch certificates from now on.

        Args:
            source: makes a flow that returns a verified response of `v3/certificates`.
            apiv3_key: opens it.
            wanted: the serial number of a certificate that must be there before a call is made.
            shared: those that other processes have fetched.
        """
        self._source, self._apiv3_key, self._shared = source, apiv3_key, shared
        if not self._keys or (wanted is not None and wanted not in self):
            self._due = -math.inf

    def update(self, certs: Mapping[str, KeySource]) -> None:
        """Add keys, or replace those of the same name, while calls are under way.

        Args:
            certs: as `WeChatPay` takes them. Like those, they stay.

        Raises:
            ConfigurationError: one of them is not a key of WeChat Pay's; nothing was changed.
        """
        given = self.loaded(certs)
        with self._fetching.lock:
            names = {comparable(name) for name in given}
            kept = {n: key for n, key in self._given.items() if comparable(n) not in names}
            self._given = {**kept, **given}
            self._compose()
        now = time.time()
        for key in given.values():
            self._tell(key, now)

    @contextlib.contextmanager
    def temporarily(self, certs: Mapping[str, KeySource]) -> Iterator[None]:
        """Add keys for a test; afterwards the keys are those that were there before.

        Meanwhile no certificates are shared with other processes, so that they get none of these.

        Args:
            certs: as `WeChatPay` takes them.
        """
        before = self._given, self._fetched, self._listed, self._shared, self._due
        self._shared = None
        try:
            self.update(certs)
            yield
        finally:
            with self._fetching.lock:
                self._given, self._fetched, self._listed, self._shared, self._due = before
                self._compose()

    def expiring(self, within: datetime.timedelta | None = None) -> list[Expiring]:
        """The certificates that run out, and those that have, the next one first.

        WeChat Pay's are listed, and the merchant's own where `merchant=` was given, or a
        certificate together with `private_key`.

        Args:
            within: how far to look ahead; by default 30 days.
        """
        return expiring(self._keys.values(), self._merchant, within)

    @property
    def fetchable(self) -> bool:
        """Whether certificates can be fetched: it takes `apiv3_key` and the merchant's key."""
        return self._source is not None

    @property
    def is_due(self) -> bool:
        """Whether `prepare` has something to do before the next call."""
        due = self._due
        return due < math.inf and self.clock() >= due

    def prepare(self) -> Generator[Effect, Any, None]:
        """Fetch what a call needs before it is sent, and renew what is old.

        While there is a key to go on with, a failure is logged, and no call waits for another.

        Raises:
            WeChatPayError: there is no key, and none could be fetched.
        """
        error: WeChatPayError | None = None
        mine = False
        while self.is_due and not mine and error is None:
            flight, mine = self._fetching.board()
            if mine:
                error = yield from self._fetching.fly(flight, self._fetch)
            elif flight is not None and self.preferred() is None:
                error = yield from flight.wait()
            else:
                return
        if error is not None and not self._keys:
            raise _explained(error)
        if error is not None:
            self._due = self.clock() + RETRIED_AFTER
            logger.warning(
                "the platform certificates could not be renewed, and calls go on with the keys at "
                "hand: %s",
                printable(error),
            )

    def may_learn(self, serial: str) -> bool:
        """Whether an unknown name is one that fetching can make known."""
        return self._source is not None and not normal_serial(serial).startswith(PUBLIC_KEY_ID)

    def learn(self, serial: str) -> Steps:
        """Fetch because of a name that is not known; the outcome is why it stays unknown.

        Args:
            serial: for which `may_learn` holds.
        """
        while serial not in self:
            flight, mine = self._fetching.board(self._may_ask)
            if flight is None:
                return WeChatPayError(
                    _(
                        "Certificates were fetched less than {pause:g} s ago because of an "
                        "unknown serial number, so they are not fetched again yet",
                        pause=self.pause,
                    )
                )
            if mine:
                error = yield from self._fetching.fly(
                    flight, functools.partial(self._fetch, serial), self._may_ask_again
                )
            else:
                error = yield from flight.wait()
            if error is not None:
                failed = _("The certificates could not be fetched: {error}", error=error)
                return WeChatPayError(failed)
            if mine and serial not in self:
                return WeChatPayError(_("The certificates that WeChat Pay lists do not include it"))
        return None

    def checked_again(
        self, error: SignatureError, serial: str, check: Callable[[], None]
    ) -> Generator[Effect, Any, None]:
        """Fetch certificates if that may help a signature that did not hold, and check it again.

        Args:
            error: what the first check said.
            serial: the name of the key that the message is signed with.
            check: raises unless the signature holds.

        Raises:
            SignatureError: it still does not.
        """
        if error.reason != "unknown_serial" or not self.may_learn(serial):
            raise error
        failure = yield from self.learn(serial)
        if failure is not None and serial not in self:
            raise SignatureError(
                f"{error}. {failure}", error.response, reason="unknown_serial"
            ) from failure
        check()

    def _may_ask(self) -> bool:
        """Whether an unknown serial number may cause a fetch now; if so, the next one may not."""
        now = self.clock()
        if now < self._next_question:
            return False
        self._next_question = now + self.pause
        return True

    def _may_ask_once_more(self) -> None:
        """Take a question back that the store has answered: nothing was fetched."""
        self._next_question = -math.inf

    def _may_ask_again(self) -> None:
        """Let another call ask in place of one that was cancelled, but not over and over."""
        now = self.clock()
        if now >= self._next_retry:
            self._next_question, self._next_retry = -math.inf, now + self.pause

    def _fetch(self, serial: str = "") -> Generator[Effect, Any, None]:
        """Get the certificates, from the store if another process has fetched them.

        Args:
            serial: the unknown name that is the cause.
        """
        if self._shared is None:
            yield from self._download()
            return
        shared, lock, end = self._shared, None, self.clock() + self._shared.patience
        try:
            while not (yield from self._take(shared, serial)):
                if lock is not None or shared.rests or self.clock() >= end:
                    yield from self._refill(shared, serial)
                    break
                lock = yield from shared.acquire()
                if lock is None and not shared.rests:  # another process fetches
                    if not serial and self.preferred() is not None:
                        self._due = self.clock() + RETRIED_AFTER
                        break
                    yield from shared.pause()
        except GeneratorExit:  # nobody performs effects any more; stores take a lost lock back
            raise
        except BaseException:
            yield from shared.release(lock)
            raise
        yield from shared.release(lock)

    def _refill(self, shared: SharedCertificates, serial: str) -> Generator[Effect, Any, None]:
        """Fetch, and put what came into the store."""
        try:
            found = yield from self._download()
        except WeChatPayError as error:
            if not (yield from self._take_old(shared, error)):
                raise
        else:
            yield from shared.save(found, asked=bool(serial))

    def _take(self, shared: SharedCertificates, serial: str) -> Generator[Effect, Any, bool]:
        """Adopt what the store has, if it is what is needed."""
        kept = yield from shared.load()
        if kept is None:
            return False
        if serial and kept.has(serial):
            self._may_ask_once_more()
        elif serial and kept.asked < self.pause:
            raise WeChatPayError(
                _(
                    "another process fetched them less than {pause:g} s ago because of an unknown "
                    "serial number, and it was not among them",
                    pause=self.pause,
                )
            )
        elif serial or not kept.keys or kept.age >= RENEWED_EVERY:
            return False
        self._adopt(kept.keys, kept.age)
        return True

    def _take_old(
        self, shared: SharedCertificates, error: WeChatPayError
    ) -> Generator[Effect, Any, bool]:
        """Adopt even old certificates of the store, where there is no key at all."""
        kept = None if self._keys else (yield from shared.load())
        if kept is None or not kept.keys:
            return False
        self._adopt(kept.keys, RENEWED_EVERY - RETRIED_AFTER)
        logger.warning("the platform certificates are those of the store: %s", printable(error))
        return True

    def _download(self) -> Generator[Effect, Any, dict[str, str]]:
        if self._source is None or self._apiv3_key is None:
            raise AssertionError("nothing fetches")
        response = yield from self._source()
        found = open_certificates(response, self._apiv3_key)
        if not found:
            raise ResponseError(_("it holds no platform certificate that is valid now"), response)
        self._adopt(self.loaded(found))
        return found

    def _adopt(self, found: dict[str, PlatformKey], age: float = 0.0) -> None:
        """Take certificates that were fetched.

        Those of the last time stay one more time, for responses that are on their way.

        Args:
            found: the certificates.
            age: seconds since they were fetched.
        """
        with self._fetching.lock:
            last = {n: self._fetched[n] for n in self._listed if n not in found}
            self._listed = tuple(found)
            self._fetched = {**found, **last}
            self._due = self.clock() + RENEWED_EVERY - age
            self._compose()
        logger.info("the platform certificates are now %s", ", ".join(found))

    def _compose(self) -> None:
        """Make the mappings that calls read; the old ones are not touched."""
        keys, same = dict(self._given), {comparable(n): k for n, k in self._given.items()}
        for name, key in self._fetched.items():
            known = same.setdefault(comparable(name), key)
            if known is key:
                keys[name] = key
            elif known.key != key.key:
                logger.warning("a fetched certificate differs from %s in certs, which stays", name)
        self._same, self._keys = same, keys


def _explained(error: WeChatPayError) -> WeChatPayError:
    """A copy of an error of a fetch without which nothing can be verified."""
    import copy

    copied = copy.copy(error)
    copied.args = (
        _(
            "{error} (GET v3/certificates: certs is missing, so the platform certificates were to "
            "be fetched first; the call itself was not sent)",
            error=error,
        ),
        *error.args[1:],
    )
    copied.__cause__ = error
    return copied
