"""Fetched certificates that processes share through a store, which is not trusted.

What is kept is a JSON object: the certificates in PEM by their serial numbers, when they were
fetched, when last because of an unknown serial number, and a seal. The seal is a MAC under a key
that is derived from `apiv3_key`: who can write to the store cannot make a client trust a
certificate. What is read back passes the checks of a fetched certificate.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import time
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..crypto.keys import KeySource
from ..flow import Call, Effect, Sleep
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret
from ..utils.translation import _
from .platform_key import PlatformKey, comparable

if TYPE_CHECKING:
    from .stores import KeyStore

__all__ = ["Shared", "SharedCertificates"]

PURPOSE = b"wechatpay_chain: the seal of stored platform certificates"
METHODS = ("load", "save", "acquire", "release")
RESTS = 60.0
"""Seconds for which a store is left alone that has failed."""
LONGEST = 2.0
"""Seconds that what a store's method returns may be awaited."""
POLLED = 0.05
"""Seconds between two looks at a lock that another process holds."""
SKEW = 300.0
"""Seconds that the clocks of two machines may be apart."""
LARGEST = 1024 * 1024
"""Characters of a document; one of a merchant has some 4,000."""

logger = logging.getLogger("wechatpay_chain")

Loaded = Callable[[Mapping[str, KeySource]], dict[str, PlatformKey]]


class Shared(NamedTuple):
    """What a store had.

    Attributes:
        keys: the certificates that are valid now, by serial number.
        age: seconds since they were fetched.
        asked: seconds since they were fetched because of an unknown serial number.
    """

    keys: dict[str, PlatformKey]
    age: float
    asked: float

    def has(self, serial: str) -> bool:
        """Whether a certificate is among them."""
        return comparable(serial) in map(comparable, self.keys)


class SharedCertificates:
    """One merchant's certificates in a store.

    Attributes:
        patience: seconds to wait for another process that fetches; then this one fetches too.

    Args:
        store: where they are kept.
        mchid: the merchant number.
        apiv3_key: seals them.
        loaded: turns certificates into keys, and refuses what is none of WeChat Pay's.

    Raises:
        ConfigurationError: `store` lacks a method of a `KeyStore`.
    """

    def __init__(
        self, store: KeyStore, mchid: str, apiv3_key: Secret[bytes], loaded: Loaded
    ) -> None:
        for name in METHODS:
            if not callable(getattr(store, name, None)):
                raise ConfigurationError(
                    _(
                        "key_store is of type {type}, which has no {name}(): a FileKeyStore, a "
                        "RedisKeyStore, a MemoryKeyStore or the like is expected",
                        type=type(store).__name__,
                        name=name,
                    )
                )
        self.patience = 10.0
        self._store = store
        self._mchid = mchid
        self._loaded = loaded
        self._key = Secret(hmac.digest(apiv3_key.reveal(), PURPOSE, "sha256"))
        self._rests_until = -math.inf

    def load(self) -> Generator[Effect, Any, Shared | None]:
        """What the store has; None if it has nothing that can be used."""
        document = yield from self._done("read", self._store.load)
        if document is None:
            return None
        try:
            return self._opened(document)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            logger.warning(
                "what %r has for merchant %s is not used: %s",
                self._store,
                self._mchid,
                printable(error) or type(error).__name__,
            )
            return None

    def save(self, certificates: Mapping[str, str], *, asked: bool) -> Generator[Effect, Any, None]:
        """Keep certificates that were verified when they were fetched.

        Args:
            certificates: serial number to PEM.
            asked: whether an unknown serial number was the cause.
        """
        now = time.time()
        members = {
            "certificates": dict(certificates),
            "fetched": now,
            "asked": now if asked else None,
        }
        document = json.dumps({**members, "seal": self._seal(members)}, indent=1)
        yield from self._done("written", self._store.save, document)

    def acquire(self) -> Generator[Effect, Any, Any]:
        """The store's lock; None where another process has it, or the store does not work."""
        lock = yield from self._done("locked", self._store.acquire)
        return lock or None

    def release(self, lock: Any) -> Generator[Effect, Any, None]:
        """Give the lock back, if there is one."""
        if lock is not None:
            yield from self._done("unlocked", self._store.release, lock)

    def pause(self) -> Generator[Effect, Any, None]:
        """Wait a moment for another process."""
        yield Sleep(POLLED)

    @property
    def rests(self) -> bool:
        """Whether the store has just failed and is left alone."""
        return time.monotonic() < self._rests_until

    def _done(
        self, what: str, method: Callable[..., Any], *args: Any
    ) -> Generator[Effect, Any, Any]:
        if self.rests:
            return None
        try:
            return (yield Call(method, self._mchid, *args, deadline=time.monotonic() + LONGEST))
        except Exception as error:  # noqa: BLE001 - whatever a store raises, the client goes on
            self._rests_until = time.monotonic() + RESTS
            logger.warning(
                "%r could not be %s, and the client goes on without it for %.0f s: %s: %s",
                self._store,
                what,
                RESTS,
                type(error).__name__,
                printable(error),
            )
            return None

    def _seal(self, members: Mapping[str, Any]) -> str:
        sealed = json.dumps({**members, "mchid": self._mchid}, sort_keys=True).encode()
        return hmac.new(self._key.reveal(), sealed, hashlib.sha256).hexdigest()

    def _opened(self, document: Any) -> Shared:
        from ..crypto.certificate import certificate_serial, from_pem

        text = document.decode() if isinstance(document, bytes | bytearray) else document
        if len(text) > LARGEST:
            raise ValueError(_("it has {count} characters, which is too much", count=len(text)))
        members = json.loads(text)
        seal = members.pop("seal")
        if not hmac.compare_digest(seal.encode(), self._seal(members).encode()):
            raise ValueError(
                _(
                    "its seal does not hold: it was changed, or saved by a client with another "
                    "apiv3_key"
                )
            )
        now, found = time.time(), {}
        for serial, pem in members["certificates"].items():
            cert = from_pem(pem)
            if cert is None or certificate_serial(cert) != serial:
                raise ValueError(
                    _(
                        "{serial} is not the certificate of that number",
                        serial=printable(serial, 80),
                    )
                )
            found.update(self._loaded({serial: cert}))
        age = now - members["fetched"]
        if age < -SKEW:
            raise ValueError(_("it was fetched in the future: one of two clocks is wrong"))
        asked = math.inf if members["asked"] is None else now - members["asked"]
        valid = {name: key for name, key in found.items() if not key.trouble(now)}
        return Shared(valid, max(age, 0.0), max(asked, 0.0))
