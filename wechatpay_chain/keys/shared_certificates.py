"""Fetched certificates shared between processes through an untrusted store.

The stored document is a JSON object: the certificates in PEM by serial number, the time of the
fetch, the time of the last fetch caused by an unknown serial number, and a seal. The seal is a MAC
with a key derived from `apiv3_key`, so write access to the store is not enough to make a client
trust a certificate. Certificates from the store pass the same checks as fetched ones.
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
"""Seconds without access to a store after a failure."""
LONGEST = 2.0
"""Maximum seconds to await the result of a store's method."""
POLLED = 0.05
"""Seconds between two checks of a lock held by another process."""
SKEW = 300.0
"""Maximum difference between the clocks of two machines, in seconds."""
LARGEST = 1024 * 1024
"""Maximum characters of a document; a merchant's document has about 4,000."""

logger = logging.getLogger("wechatpay_chain")

Loaded = Callable[[Mapping[str, KeySource]], dict[str, PlatformKey]]


class Shared(NamedTuple):
    """The contents of a store.

    Attributes:
        keys: the currently valid certificates, by serial number.
        age: seconds since they were fetched.
        asked: seconds since the last fetch caused by an unknown serial number.
    """

    keys: dict[str, PlatformKey]
    age: float
    asked: float

    def has(self, serial: str) -> bool:
        """Return whether a certificate is among them."""
        return comparable(serial) in map(comparable, self.keys)


class SharedCertificates:
    """One merchant's certificates in a store.

    Attributes:
        patience: seconds to wait for another process that is fetching; after that, this process
            also fetches.

    Args:
        store: the store.
        mchid: the merchant ID.
        apiv3_key: seals the certificates.
        loaded: loads certificates and rejects those that are not WeChat Pay's.

    Raises:
        ConfigurationError: `store` lacks a method of `KeyStore`.
    """

    def __init__(
        self, store: KeyStore, mchid: str, apiv3_key: Secret[bytes], loaded: Loaded
    ) -> None:
        for name in METHODS:
            if not callable(getattr(store, name, None)):
                raise ConfigurationError(
                    _(
                        "key_store is of type {type}, which has no {name}(): expected a "
                        "FileKeyStore, a RedisKeyStore, a MemoryKeyStore or a similar object",
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
        """Return the contents of the store, or None if there are no usable ones."""
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
        """Save certificates that were verified when they were fetched.

        Args:
            certificates: PEM by serial number.
            asked: whether an unknown serial number caused the fetch.
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
        """Return the store's lock, or None if another process has it or the store fails."""
        lock = yield from self._done("locked", self._store.acquire)
        return lock or None

    def release(self, lock: Any) -> Generator[Effect, Any, None]:
        """Release the lock, if there is one."""
        if lock is not None:
            yield from self._done("unlocked", self._store.release, lock)

    def pause(self) -> Generator[Effect, Any, None]:
        """Wait briefly for another process."""
        yield Sleep(POLLED)

    @property
    def rests(self) -> bool:
        """Whether the store failed recently and is not accessed."""
        return time.monotonic() < self._rests_until

    def _done(
        self, what: str, method: Callable[..., Any], *args: Any
    ) -> Generator[Effect, Any, Any]:
        if self.rests:
            return None
        try:
            return (yield Call(method, self._mchid, *args, deadline=time.monotonic() + LONGEST))
        except Exception as error:  # noqa: BLE001 - the client works without the store
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
            raise ValueError(_("it has {count} characters, which is too long", count=len(text)))
        members = json.loads(text)
        seal = members.pop("seal")
        if not hmac.compare_digest(seal.encode(), self._seal(members).encode()):
            raise ValueError(
                _(
                    "its checksum does not match: it was changed, or saved by a client with a "
                    "different apiv3_key"
                )
            )
        now, found = time.time(), {}
        for serial, pem in members["certificates"].items():
            cert = from_pem(pem)
            if cert is None or certificate_serial(cert) != serial:
                raise ValueError(
                    _(
                        "{serial} is not the certificate with that serial number",
                        serial=printable(serial, 80),
                    )
                )
            found.update(self._loaded({serial: cert}))
        age = now - members["fetched"]
        if age < -SKEW:
            raise ValueError(
                _("its download time is in the future: the clocks of two machines differ")
            )
        asked = math.inf if members["asked"] is None else now - members["asked"]
        valid = {name: key for name, key in found.items() if not key.trouble(now)}
        return Shared(valid, max(age, 0.0), max(asked, 0.0))
