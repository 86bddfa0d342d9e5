"""The two sides of an APIv3 signature: the merchant's credential, and WeChat Pay's keys.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (signing), 4013053420 (verifying).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..crypto import keys, rsa
from ..flow import Effect
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.request import Request
from ..messages.response import Response
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.translation import N_, _, joined
from .platform_key import PUBLIC_KEY_ID, PlatformKey, comparable, key_id, load_all, normal_serial
from .verification import OWS, SIGNATURE_FIELDS, signature_fields, untrusted

__all__ = [
    "CLOCK_SKEW",
    "Credential",
    "Platform",
    "SIGNATURE_FIELDS",
    "answer_with_of",
    "signed_message",
]

CLOCK_SKEW = 300
"""Maximum deviation of a signature's timestamp from the local clock, in seconds."""

RENEW = N_(
    "Download the current certificates (wechatpay_chain.certificates.download), or use WeChat "
    "Pay's public key"
)

logger = logging.getLogger("wechatpay_chain")


class Credential:
    """The signing identity: a merchant, its certificate's serial number, and its private key."""

    __slots__ = ("_private_key", "mchid", "serial")

    def __init__(self, mchid: str, serial: str, private_key: RSAPrivateKey) -> None:
        keys.assert_strong(private_key, "private_key")
        self.mchid = mchid
        self.serial = serial
        self._private_key = private_key

    def authorize(self, request: Request, timestamp: str | None = None) -> Request:
        """Return the request with its `Authorization` header, which covers method, target and body.

        Args:
            request: an encoded, unsigned request.
            timestamp: seconds since 1970 as text; by default from the local clock.
        """
        stamp, nonce = timestamp or canonical.timestamp(), canonical.nonce()
        signature = self.sign(signed_message(request, stamp, nonce))
        return self.authorized(request, stamp, nonce, signature)

    def authorizing(self, request: Request) -> Generator[Effect, Any, Request]:
        """Variant of `authorize` for a flow, because a remote signer takes time."""
        return self.authorize(request)
        yield  # a generator, like the one of a remote signer

    def authorized(self, request: Request, stamp: str, nonce: str, signature: str) -> Request:
        """Return the request with an `Authorization` header that contains the signature."""
        value = canonical.authorization(self.mchid, nonce, signature, stamp, self.serial)
        signed = request.replace()
        signed.headers = request.headers.added("Authorization", value)
        return signed

    def sign(self, message: bytes) -> str:
        """Sign a message; returns the signature in base64."""
        return rsa.signature(message, self._private_key)

    def owns(self, key: RSAPublicKey) -> bool:
        """Return whether a public key belongs to this merchant's private key."""
        return self._private_key.public_key() == key

    @property
    def sizes(self) -> tuple[int, ...]:
        """The possible lengths in bytes of a ciphertext for the merchant's key."""
        return (self._private_key.key_size // 8,)

    def decrypt(self, ciphertext: str) -> str:
        """Decrypt a field that WeChat Pay encrypted for this merchant."""
        return rsa.decrypt(ciphertext, self._private_key)

    def decrypting(self, ciphertext: str) -> Generator[Effect, Any, str]:
        """Variant of `decrypt` for a flow, because a remote signer takes time."""
        return self.decrypt(ciphertext)
        yield  # a generator, like the one of a remote signer

    async def sign_async(self, message: bytes) -> str:
        """Async variant of `sign`; a remote signer may be async."""
        return self.sign(message)

    async def decrypt_async(self, ciphertext: str) -> str:
        """Async variant of `decrypt`; a remote signer may be async."""
        return self.decrypt(ciphertext)

    def __repr__(self) -> str:
        return f"<Credential {self.mchid} {self.serial}>"


class Platform:
    """WeChat Pay's keys, by serial number or public key id.

    A certificate outside its validity period stays known, but it neither verifies nor encrypts. The
    logger `wechatpay_chain` logs one warning, and the `SignatureError` gives the reason.

    Args:
        certs: public keys or certificates, in any form of `crypto.keys`, by key id or certificate
            serial number.

    Raises:
        ConfigurationError: a value is not an RSA public key or certificate with at least 2048 bits,
            has a serial number that differs from its id, or shares its id with another value.
    """

    def __init__(self, certs: Mapping[str, keys.KeySource]) -> None:
        self._keys = load_all(certs)
        self._same = {comparable(name): key for name, key in self._keys.items()}
        self._told: set[str] = set()
        now = time.time()
        for key in self._keys.values():
            self._tell(key, now)

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def serials(self) -> tuple[str, ...]:
        """The ids of the available keys, in upper case."""
        return tuple(self._keys)

    @property
    def known(self) -> tuple[PlatformKey, ...]:
        """The available keys, including certificates outside their validity period."""
        return tuple(self._keys.values())

    def __contains__(self, serial: object) -> bool:
        return isinstance(serial, str) and self._find(serial) is not None

    def verify(self, headers: Headers, body: bytes, response: Response | None = None) -> None:
        """Verify a signature over a body.

        Args:
            headers: the headers with the four `Wechatpay-*` fields.
            body: the raw body.
            response: the response that the error refers to.

        Raises:
            SignatureError: a field is missing or repeated, the timestamp deviates by more than 300
                seconds, the serial number is unknown, or the signature does not match.
        """
        stamp, nonce, key, signature = self._parts(headers, response)
        message = canonical.response(stamp, nonce, body)
        self._assert(rsa.is_signature(signature, message, key), headers, response)

    def verify_digest(
        self, headers: Headers, digest: bytes, response: Response | None = None
    ) -> None:
        """Verify a signature by the SHA-256 of `prefix(headers)`, the body, and a line feed."""
        _ignored, _ignored, key, signature = self._parts(headers, response)
        self._assert(rsa.verify_digest(digest, signature, key), headers, response)

    def preferred(self, first: str | None = None) -> PlatformKey | None:
        """Return the key that requests name by default, or None if no key is usable.

        Args:
            first: the id of the preferred key, if it is usable. Otherwise the key is WeChat Pay's
                public key, else the certificate with the latest expiry.
        """
        now, best = time.time(), None
        chosen = None if first is None else self._find(first)
        if chosen is not None and not chosen.trouble(now):
            return chosen
        for key in self._keys.values():
            if key.trouble(now):
                self._tell(key, now)
            elif best is None or key.rank > best.rank:
                best = key
        return best

    def encryption_key(self, serial: str | None = None) -> tuple[str, RSAPublicKey]:
        """Return the key that encrypts a request's fields, and its id.

        Args:
            serial: the id of the key; by default WeChat Pay's public key, else the certificate with
                the latest expiry.

        Raises:
            ConfigurationError: the key is unknown, or is a certificate outside its validity period.
        """
        key = self.preferred() if serial is None else self._find(serial)
        if key is None and serial is not None:
            raise ConfigurationError(
                _(
                    "Wechatpay-Serial {serial!r} is not in certs, which has {serials}",
                    serial=printable(serial, 80),
                    serials=", ".join(self._keys) or _("none"),
                )
            )
        now = time.time()
        if key is None and self._keys:
            each = joined(
                ", ",
                (
                    _("{name} {trouble}", name=one.name, trouble=one.trouble(now))
                    for one in self._keys.values()
                ),
            )
            raise ConfigurationError(
                _("no certificate in certs can be used: {each}. {renew}", each=each, renew=_(RENEW))
            )
        if key is None:
            raise ConfigurationError(
                _(
                    "certs is missing: encryption needs WeChat Pay's public key or a platform "
                    "certificate"
                )
            )
        if trouble := key.trouble(now):
            self._tell(key, now)
            raise ConfigurationError(
                _(
                    "the certificate {name} in certs {trouble}. {renew}",
                    name=key.name,
                    trouble=trouble,
                    renew=_(RENEW),
                )
            )
        return key.name, key.key

    def _find(self, serial: str) -> PlatformKey | None:
        return self._keys.get(serial) or self._same.get(comparable(serial))

    def _tell(self, key: PlatformKey, now: float) -> None:
        """Log one warning about a certificate outside its validity period."""
        trouble = key.trouble(now)
        if trouble and key.name not in self._told:
            self._told.add(key.name)
            logger.warning(
                "the platform certificate %s %s: it verifies and encrypts nothing. %s",
                key.name,
                trouble,
                RENEW,
            )

    def _parts(
        self, headers: Headers, response: Response | None
    ) -> tuple[str, str, RSAPublicKey, str]:
        stamp, nonce, serial, signature = signature_fields(headers, response)
        now = int(time.time())
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
            raise untrusted(
                "expired",
                _("Wechatpay-Timestamp is {stamp!r}, not a number", stamp=stamp[:40]),
                response,
            )
        apart = abs(now - int(stamp))
        if apart > CLOCK_SKEW:
            raise untrusted(
                "expired",
                _(
                    "Wechatpay-Timestamp is {stamp}, but this machine's clock says {now}: they "
                    "differ by {apart} s, and at most {clock_skew} s are allowed. Check this "
                    "machine's clock (NTP); if it is correct, the message is a replay",
                    stamp=stamp,
                    now=now,
                    apart=apart,
                    clock_skew=CLOCK_SKEW,
                ),
                response,
            )
        key = self._find(serial)
        if key is None:
            raise untrusted(
                "unknown_serial",
                _(
                    "it was signed with key {serial!r}, but certs has {serials}. {remedy}",
                    serial=printable(serial, 80),
                    serials=", ".join(self._keys) or _("none"),
                    remedy=_remedy(serial),
                ),
                response,
            )
        if trouble := key.trouble(now):
            self._tell(key, now)
            raise untrusted(
                "expired",
                _(
                    "it was signed with the platform certificate {name}, which {trouble}. {renew}",
                    name=key.name,
                    trouble=trouble,
                    renew=_(RENEW),
                ),
                response,
            )
        return stamp, nonce, key.key, signature

    @staticmethod
    def _assert(genuine: bool, headers: Headers, response: Response | None) -> None:
        if not genuine:
            serial = printable(headers.get("Wechatpay-Serial", "").strip(OWS), 80)
            raise untrusted(
                "mismatch",
                _(
                    "Wechatpay-Signature does not match the received bytes: they were changed in "
                    "transit, or the key for {serial!r} in certs is not the key with that id",
                    serial=serial,
                ),
                response,
            )

    def __repr__(self) -> str:
        return f"<Platform {' '.join(self._keys)}>"


def signed_message(request: Request, stamp: str, nonce: str) -> bytes:
    """Return the text that the signature of a request covers."""
    body = request.content or b"" if request.signed is None else request.signed
    return canonical.request(request.method, request.target, stamp, nonce, body)


def _remedy(serial: str) -> str:
    """Return advice about an unknown key."""
    if normal_serial(serial).startswith(PUBLIC_KEY_ID):
        return _(
            "A public key cannot be downloaded automatically: download it from the public key "
            "page of the merchant platform, and add it to certs under this id"
        )
    return _(
        "Add that certificate to certs (GET v3/certificates), or pass apiv3_key and the "
        "merchant's key to download it automatically"
    )


def answer_with_of(given: object, platform: Platform, fetchable: bool = False) -> str | None:
    """Check the key that requests name by default.

    Args:
        given: the `answer_with` of a client.
        platform: WeChat Pay's keys.
        fetchable: whether the client can fetch certificates, which may include this one.

    Raises:
        ConfigurationError: `certs` does not contain the key, or it is a certificate outside its
            validity period.
    """
    if given is None:
        return None
    name = key_id(given, "answer_with")
    if name not in platform:
        if fetchable and not name.startswith(PUBLIC_KEY_ID):
            return name
        raise ConfigurationError(
            _(
                "answer_with is {name}, which is not in certs, which has {serials}",
                name=name,
                serials=", ".join(platform.serials) or _("none"),
            )
        )
    return platform.encryption_key(name)[0]
