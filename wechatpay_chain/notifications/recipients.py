"""Finds the merchant that a notification is for.

WeChat Pay issues a separate public key and separate certificates to each merchant, so the key id of
a signature identifies the merchant. If several merchants have the same key, the recipient is the
one with the APIv3 key that decrypts the notification. This module only selects the merchant: that
merchant's client then verifies and decrypts the notification as usual.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from ..crypto import aes
from ..errors import SignatureError
from ..flow import Effect
from ..keys.credential import Platform
from ..keys.merchant_source import MerchantSource
from ..keys.platform_key import PUBLIC_KEY_ID, comparable, key_id, normal_serial
from ..messages.headers import Headers
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError, DecryptionError, WeChatPayError
from ..utils.secret import hide
from ..utils.translation import _
from .resource import opening, read

__all__ = ["Recipients"]

LOOKED_EVERY = 1.0
"""Seconds between two searches of a mapping for added merchants."""
TRIED = 64 * 1024
"""Maximum bytes of an unverified notification on which all merchants' keys are tried."""
NOBODY = Platform({})

logger = logging.getLogger("wechatpay_chain")


class Client(Protocol):
    """The required part of a `WeChatPay`."""

    @property
    def platform(self) -> Platform: ...


Groups: TypeAlias = "dict[object, dict[str, Recipient]]"
"""Merchants by number, grouped by the source of their key, as far as sources can be compared."""
ClientOf: TypeAlias = Callable[[str], Generator[Effect, Any, Client]]


class Recipient(NamedTuple):
    """A merchant and its decryption key for notifications; None if it has no APIv3 key."""

    mchid: str
    apiv3_key: aes.TrialKey | None


class Recipients:
    """Merchants by the ids of the keys in their `certs`. Threads can share one instance.

    Args:
        source: the source of the merchants. All merchants of a mapping are known; with a function,
            only those passed to `note` are.
    """

    def __init__(self, source: MerchantSource) -> None:
        self._source = source
        self._by_key: dict[str, Groups] = {}
        self._keys: dict[str, list[tuple[str, object]]] = {}
        self._opening: dict[str, Recipient] = {}
        self._fetched: dict[str, set[str]] = {}
        self._looked = float("-inf")
        self.unlock()

    def unlock(self) -> None:
        """Create new, free locks; also after a fork."""
        from threading import Lock  # a lock is no I/O

        self._lock, self._looking = Lock(), Lock()

    def note(self, mchid: str, arguments: Mapping[str, Any]) -> None:
        """Add or update a merchant.

        Args:
            mchid: the merchant ID.
            arguments: the arguments of its client, with hidden secrets.

        Raises:
            ConfigurationError: `certs` is not a mapping, or an id in it or `apiv3_key` is
                malformed.
        """
        certs, apiv3_key = arguments.get("certs"), hide(arguments.get("apiv3_key"))
        key = None
        if apiv3_key is not None:
            key = aes.TrialKey(aes.checked_key(apiv3_key, "apiv3_key"))
        certs = {} if certs is None else certs
        if not isinstance(certs, Mapping):
            raise ConfigurationError(_("certs: expected a mapping of key ids to keys"))
        keys = [(comparable(key_id(i, "certs")), _compared(hide(certs[i]))) for i in certs]
        recipient = Recipient(mchid, key)
        with self._lock:
            self._forget(mchid)
            for name, same in keys:
                self._by_key.setdefault(name, {}).setdefault(same, {})[mchid] = recipient
            self._keys[mchid] = keys
            if key is not None:
                self._opening[mchid] = recipient

    def learn(self, fields: Headers, mchid: str) -> None:
        """Store which merchant's certificate signed a notification that its client verified."""
        name = comparable(fields.get("Wechatpay-Serial", "").strip())
        with self._lock:
            if name not in self._by_key:
                self._fetched.setdefault(name, set()).add(mchid)

    def forget(self, mchid: str) -> None:
        """Remove a merchant."""
        with self._lock:
            self._forget(mchid)

    def _forget(self, mchid: str) -> None:
        self._opening.pop(mchid, None)
        for name, same in self._keys.pop(mchid, ()):
            groups = self._by_key.get(name, {})
            groups.get(same, {}).pop(mchid, None)
            if not groups.get(same):
                groups.pop(same, None)
            if not groups:
                self._by_key.pop(name, None)

    def find(
        self, fields: Headers, content: bytes, client_of: ClientOf
    ) -> Generator[Effect, Any, str]:
        """Return the merchant ID of a notification's recipient.

        Args:
            fields: the request headers.
            content: the request body.
            client_of: returns a merchant's client.

        Raises:
            SignatureError: no merchant has the signing key.
            DecryptionError: several merchants have it, and none of their APIv3 keys decrypts the
                content.
        """
        self._look()
        serial = fields.get("Wechatpay-Serial", "").strip()
        groups = self._having(serial)
        if not groups:
            return self._by_trial(fields, content, serial)
        if len(groups) == 1 and len(groups[0]) == 1:
            return groups[0][0].mchid
        refusal: WeChatPayError = ConfigurationError(_("there is no key to verify it"))
        for group in groups:
            try:
                client = yield from _first(group, client_of)
                client.platform.verify(fields, content)
            except (ConfigurationError, SignatureError) as error:
                refusal = refusal if isinstance(refusal, DecryptionError) else error
                continue
            found = _opener(content, group)
            if found is not None:
                return found.mchid
            refusal = DecryptionError(
                _(
                    "the notification is signed with the key {serial}, which {count} merchants "
                    "use, but none of their apiv3_key values decrypts it",
                    serial=printable(serial, 80),
                    count=len(group),
                )
            )
        raise refusal

    def _having(self, serial: str) -> list[list[Recipient]]:
        """Return the merchants with a key, grouped by identical key sources."""
        with self._lock:
            return [
                list(group.values()) for group in self._by_key.get(comparable(serial), {}).values()
            ]

    def _by_trial(self, fields: Headers, content: bytes, serial: str) -> str:
        """Return the recipient of a notification if no merchant has its key in `certs`.

        Certificates can be fetched, so the recipient is the merchant with the APIv3 key that
        decrypts the notification: that merchant has fetched the certificate, or can fetch it.
        """
        try:
            NOBODY.verify(fields, content)
        except SignatureError as error:
            if error.reason != "unknown_serial":
                raise
        if not normal_serial(serial).startswith(PUBLIC_KEY_ID) and len(content) <= TRIED:
            with self._lock:
                before = self._fetched.get(comparable(serial), set())
                first = [self._opening[mchid] for mchid in before if mchid in self._opening]
                everybody = list(self._opening.values())
            with contextlib.suppress(DecryptionError):  # unknown form, not verified yet
                found = _opener(content, first) or _opener(content, everybody)
                if found is not None:
                    return found.mchid
        raise SignatureError(
            _(
                "the notification cannot be trusted: it was signed with key {serial!r}, which "
                "none of the {count} merchants has",
                serial=printable(serial, 80),
                count=len(self._keys),
            )
            + (
                _(
                    "; if source is a function, only merchants already used are known unless you "
                    "pass mchid="
                )
                if not self._source.is_mapping
                else ""
            ),
            reason="unknown_serial",
        )

    def _look(self) -> None:
        """Add the merchants of a mapping that are not known yet."""
        if not self._source.is_mapping:
            return
        with self._looking:  # concurrent callers need the result
            if time.monotonic() < self._looked + LOOKED_EVERY:
                return
            for mchid in list(self._source.numbers(_("finding a merchant"))):
                if mchid not in self._keys:
                    self._see(mchid)
            self._looked = time.monotonic()

    def _see(self, mchid: str) -> None:
        try:
            self.note(mchid, self._source.listed(mchid))
        except Exception as error:  # noqa: BLE001 - one bad merchant must not stop the others
            why = error if isinstance(error, WeChatPayError) else type(error).__name__
            logger.warning("merchant %s gets no notifications: %s", printable(mchid, 80), why)
            self.note(mchid, {})


def _first(group: list[Recipient], client_of: ClientOf) -> Generator[Effect, Any, Client]:
    """Return one client of a group with identical keys, to verify for all of them."""
    *others, last = group
    for each in others:
        with contextlib.suppress(ConfigurationError):  # incomplete arguments: try the next merchant
            return (yield from client_of(each.mchid))
    return (yield from client_of(last.mchid))


def _opener(content: bytes, recipients: Iterable[Recipient]) -> Recipient | None:
    """Return the recipient with the APIv3 key that decrypts a notification, or None.

    Raises:
        DecryptionError: the notification has an unknown form.
    """
    _ignored, sealed = read(content)
    able = [(each, each.apiv3_key) for each in recipients if each.apiv3_key is not None]
    at = opening(sealed, [key for _ignored, key in able])
    return None if at is None else able[at][0]


def _compared(source: Any) -> object:
    """Return a key's source, or its identity if it cannot be compared."""
    try:
        hash(source)
    except TypeError:
        return id(source)
    return source
