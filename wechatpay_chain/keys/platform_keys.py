"""WeChat Pay's keys, fetched when needed and renewed during calls.

Platform certificates are replaced every few years, and WeChat Pay lists a new one 24 hours before
it signs with it. Configured keys stay. Fetched certificates are renewed when they are 12 hours old,
and when a message is signed with an unknown certificate. A running call sees either all old keys or
all new.

The client supplies the flow that fetches. If several calls need it, one runs it and the others
wait. If that call is cancelled, another one takes over.
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
"""Maximum age of fetched certificates, in seconds; WeChat Pay requires less than 24 hours."""
RETRIED_AFTER = 60.0
"""Seconds between two attempts to renew outdated certificates."""

logger = logging.getLogger("wechatpay_chain")


class PlatformKeys(Platform):
    """WeChat Pay's keys, by serial number or public key id. Threads and event loops can share them.

    Args:
        certs: the initial keys, in any form that `WeChatPay` accepts.
        loaded: loads such a mapping and rejects keys that are not WeChat Pay's.
        merchant: the merchant's own certificates, for `expiring`.

    Attributes:
        pause: minimum seconds between two fetches caused by unknown serial numbers.
        clock: a monotonic clock in seconds.

    Raises:
        ConfigurationError: as in `Platform`.
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
        """Enable fetching of certificates.

        Args:
            source: creates a flow that returns a verified response of `v3/certificates`.
            apiv3_key: decrypts the certificates.
            wanted: the serial number of a certificate that is required before a call is sent.
            shared: certificates fetched by other processes.
        """
        self._source, self._apiv3_key, self._shared = source, apiv3_key, shared
        if not self._keys or (wanted is not None and wanted not in self):
            self._due = -math.inf

    def update(self, certs: Mapping[str, KeySource]) -> None:
        """Add keys, or replace those with the same name, also during calls.

        Args:
            certs: the keys, in any form that `WeChatPay` accepts; they stay like configured keys.

        Raises:
            ConfigurationError: a value is not a key of WeChat Pay; no key has changed.
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
        """Add keys for a test, and restore the previous keys afterwards.

        Meanwhile no certificates are shared with other processes, so these keys do not reach them.

        Args:
            certs: the keys, in any form that `WeChatPay` accepts.
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
        """Return the certificates that expire soon or have expired, earliest first.

        The list contains WeChat Pay's certificates, and the merchant's own if the client has
        `merchant=` or a certificate in `private_key`.

        Args:
            within: the period to check; by default 30 days.
        """
        return expiring(self._keys.values(), self._merchant, within)

    @property
    def fetchable(self) -> bool:
        """Whether certificates can be fetched; requires `apiv3_key` and the merchant's key."""
        return self._source is not None

    @property
    def is_due(self) -> bool:
        """Whether `prepare` must run before the next call."""
        due = self._due
        return due < math.inf and self.clock() >= due

    def prepare(self) -> Generator[Effect, Any, None]:
        """Fetch the keys that a call requires before it is sent, and renew outdated certificates.

        If a usable key exists, a failure is only logged, and calls do not wait for each other.

        Raises:
            WeChatPayError: there is no key, and fetching failed.
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
        """Return whether fetching may find the key with an unknown id."""
        return self._source is not None and not normal_serial(serial).startswith(PUBLIC_KEY_ID)

    def learn(self, serial: str) -> Steps:
        """Fetch certificates because of an unknown id; the outcome is why it stays unknown.

        Args:
            serial: an id for which `may_learn` returns True.
        """
        while serial not in self:
            flight, mine = self._fetching.board(self._may_ask)
            if flight is None:
                told = _(
                    "Certificates were downloaded less than {pause:g} s ago because of an unknown "
                    "serial number, so they are not downloaded again yet",
                    pause=self.pause,
                )
                return WeChatPayError(told)
            if mine:
                error = yield from self._fetching.fly(
                    flight, functools.partial(self._fetch, serial), self._may_ask_again
                )
            else:
                error = yield from flight.wait()
            if error is not None:
                failed = _("The certificates could not be downloaded: {error}", error=error)
                return WeChatPayError(failed)
            if mine and serial not in self:
                return WeChatPayError(_("The certificates from WeChat Pay do not include it"))
        return None

    def checked_again(
        self, error: SignatureError, serial: str, check: Callable[[], None]
    ) -> Generator[Effect, Any, None]:
        """Fetch certificates if that may make a signature valid, and verify it again.

        Args:
            error: the error of the first verification.
            serial: the id of the key that signed the message.
            check: raises an error unless the signature is valid.

        Raises:
            SignatureError: the signature is still not valid.
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
        """Return whether an unknown serial number may cause a fetch; if so, block the next one."""
        now = self.clock()
        if now < self._next_question:
            return False
        self._next_question = now + self.pause
        return True

    def _may_ask_once_more(self) -> None:
        """Permit another fetch, because the store had the answer and nothing was fetched."""
        self._next_question = -math.inf

    def _may_ask_again(self) -> None:
        """Let another call fetch instead of a cancelled one, but not repeatedly."""
        now = self.clock()
        if now >= self._next_retry:
            self._next_question, self._next_retry = -math.inf, now + self.pause

    def _fetch(self, serial: str = "") -> Generator[Effect, Any, None]:
        """Get the certificates, from the store if another process has fetched them.

        Args:
            serial: the unknown id that causes the fetch.
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
                if lock is None and not shared.rests:  # another process is fetching
                    if not serial and self.preferred() is not None:
                        self._due = self.clock() + RETRIED_AFTER
                        break
                    yield from shared.pause()
        except GeneratorExit:  # effects are no longer performed; the store reclaims the lock
            raise
        except BaseException:
            yield from shared.release(lock)
            raise
        yield from shared.release(lock)

    def _refill(self, shared: SharedCertificates, serial: str) -> Generator[Effect, Any, None]:
        """Fetch the certificates and save them in the store."""
        try:
            found = yield from self._download()
        except WeChatPayError as error:
            if not (yield from self._take_old(shared, error)):
                raise
        else:
            yield from shared.save(found, asked=bool(serial))

    def _take(self, shared: SharedCertificates, serial: str) -> Generator[Effect, Any, bool]:
        """Adopt the certificates in the store if they are the required ones."""
        kept = yield from shared.load()
        if kept is None:
            return False
        if serial and kept.has(serial):
            self._may_ask_once_more()
        elif serial and kept.asked < self.pause:
            told = _(
                "another process downloaded them less than {pause:g} s ago because of an unknown "
                "serial number, and it was not among them",
                pause=self.pause,
            )
            raise WeChatPayError(told)
        elif serial or not kept.keys or kept.age >= RENEWED_EVERY:
            return False
        self._adopt(kept.keys, kept.age)
        return True

    def _take_old(
        self, shared: SharedCertificates, error: WeChatPayError
    ) -> Generator[Effect, Any, bool]:
        """Adopt even outdated certificates from the store if there is no other key."""
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
            raise ResponseError(
                _("it contains no platform certificate that is currently valid"), response
            )
        self._adopt(self.loaded(found))
        return found

    def _adopt(self, found: dict[str, PlatformKey], age: float = 0.0) -> None:
        """Adopt fetched certificates.

        Those of the previous fetch are kept once more, for responses already under way.

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
        """Build the mappings that calls read; the previous mappings are not modified."""
        keys, same = dict(self._given), {comparable(n): k for n, k in self._given.items()}
        for name, key in self._fetched.items():
            known = same.setdefault(comparable(name), key)
            if known is key:
                keys[name] = key
            elif known.key != key.key:
                logger.warning("a fetched certificate differs from %s in certs, which stays", name)
        self._same, self._keys = same, keys


def _explained(error: WeChatPayError) -> WeChatPayError:
    """Copy the error of a failed fetch without which nothing can be verified."""
    import copy

    copied = copy.copy(error)
    copied.args = (
        _(
            "{error} (GET v3/certificates: certs is missing, so the platform certificates must "
            "be downloaded first; the call itself was not sent)",
            error=error,
        ),
        *error.args[1:],
    )
    copied.__cause__ = error
    return copied
