"""The two sides of an APIv3 signature: the merchant's credential, and the platform's keys.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (signing), 4013053420 (verifying).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..crypto import keys, rsa
from ..errors import SignatureError, SignatureReason
from ..flow import Effect
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.request import Request
from ..messages.response import Response
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from .platform_key import PUBLIC_KEY_ID, PlatformKey, comparable, load_all, normal_serial

__all__ = [
    "CLOCK_SKEW",
    "Credential",
    "PROBE",
    "Platform",
    "SIGNATURE_FIELDS",
    "signed_message",
]

CLOCK_SKEW = 300
"""Seconds that a signature's timestamp may be off, either way."""

SIGNATURE_FIELDS = (
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature",
)
PROBE = "WECHATPAY/SIGNTEST/"
"""How the wrong signatures begin that WeChat Pay sends on purpose."""
CONTROL = re.compile("[\x00-\x1f\x7f]")
OWS = " \t"
"""What may surround a header field's value: RFC 9110, section 5.6.3."""
RENEW = (
    "Fetch the current certificates (wechatpay_chain.certificates.download), or use WeChat Pay's "
    "public key"
)

logger = logging.getLogger("wechatpay_chain")


class Credential:
    """Who signs requests: a merchant, its certificate's serial number, its private key."""

    __slots__ = ("_private_key", "mchid", "serial")

    def __init__(self, mchid: str, serial: str, private_key: RSAPrivateKey) -> None:
        keys.assert_strong(private_key, "private_key")
        self.mchid = mchid
        self.serial = serial
        self._private_key = private_key

    def authorize(self, request: Request, timestamp: str | None = None) -> Request:
        """The request with its `Authorization`, over method, target and body as they leave.

        Args:
            request: encoded, and not signed yet.
            timestamp: seconds since 1970 as text, if not this machine's clock.
        """
        stamp, nonce = timestamp or canonical.timestamp(), canonical.nonce()
        signature = self.sign(signed_message(request, stamp, nonce))
        return self.authorized(request, stamp, nonce, signature)

    def authorizing(self, request: Request) -> Generator[Effect, Any, Request]:
        """The same as a part of a flow: a signer elsewhere takes its time."""
        return self.authorize(request)
        yield  # a generator, like that of a credential which has to ask

    def authorized(self, request: Request, stamp: str, nonce: str, signature: str) -> Request:
        """The request with its `Authorization`, once there is a signature."""
        value = canonical.authorization(self.mchid, nonce, signature, stamp, self.serial)
        signed = request.replace()
        signed.headers = request.headers.added("Authorization", value)
        return signed

    def sign(self, message: bytes) -> str:
        """The base64 signature of a message."""
        return rsa.signature(message, self._private_key)

    def owns(self, key: RSAPublicKey) -> bool:
        """Whether a public key is the other half of this merchant's own."""
        return self._private_key.public_key() == key

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes that a ciphertext for the merchant's key may have."""
        return (self._private_key.key_size // 8,)

    def decrypt(self, ciphertext: str) -> str:
        """The plaintext of a field that WeChat Pay encrypted for this merchant."""
        return rsa.decrypt(ciphertext, self._private_key)

    def decrypting(self, ciphertext: str) -> Generator[Effect, Any, str]:
        """The same as a part of a flow: a signer elsewhere takes its time."""
        return self.decrypt(ciphertext)
        yield  # a generator, like that of a credential which has to ask

    async def sign_async(self, message: bytes) -> str:
        """As `sign`; a signer elsewhere may be async."""
        return self.sign(message)

    async def decrypt_async(self, ciphertext: str) -> str:
        """As `decrypt`; a signer elsewhere may be async."""
        return self.decrypt(ciphertext)

    def __repr__(self) -> str:
        return f"<Credential {self.mchid} {self.serial}>"


class Platform:
    """WeChat Pay's keys, by serial number or public key id.

    A certificate outside its validity stays known, and neither verifies nor encrypts: the logger
    `wechatpay_chain` gets one warning, and a `SignatureError` says so.

    Args:
        certs: key id or certificate serial to public key or certificate, in any form of
            `crypto.keys`.

    Raises:
        ConfigurationError: one of them is not an RSA public key or certificate of 2048 bits or
            more, is filed under a serial number that is not its own, or shares its id with another.
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
        """The ids of the keys at hand, in upper case."""
        return tuple(self._keys)

    @property
    def known(self) -> tuple[PlatformKey, ...]:
        """The keys at hand, those outside their validity included."""
        return tuple(self._keys.values())

    def __contains__(self, serial: object) -> bool:
        return isinstance(serial, str) and self._find(serial) is not None

    def verify(self, headers: Headers, body: bytes, response: Response | None = None) -> None:
        """Check a signature over a body.

        Args:
            headers: with the four `Wechatpay-*` fields.
            body: as it came, to the byte.
            response: what the error shall carry.

        Raises:
            SignatureError: a field is missing or stands twice, the timestamp is more than
                300 seconds off, the serial is unknown, or the signature does not match.
        """
        stamp, nonce, key, signature = self._parts(headers, response)
        message = canonical.response(stamp, nonce, body)
        self._assert(rsa.is_signature(signature, message, key), headers, response)

    def verify_digest(
        self, headers: Headers, digest: bytes, response: Response | None = None
    ) -> None:
        """The same, for the SHA-256 of `prefix(headers)`, the body, and a line feed."""
        _, _, key, signature = self._parts(headers, response)
        self._assert(rsa.verify_digest(digest, signature, key), headers, response)

    def preferred(self, first: str | None = None) -> PlatformKey | None:
        """The key that a request names unless it is told another; None where none is usable.

        Args:
            first: the id of the key to take while it is usable; then, and by default, it is WeChat
                Pay's public key, else the certificate that is valid longest.
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
        """The key to encrypt a request's fields with, and its id.

        Args:
            serial: the id that is wanted; by default WeChat Pay's public key, else the
                certificate that is valid longest.

        Raises:
            ConfigurationError: no such key, or it is a certificate outside its validity.
        """
        key = self.preferred() if serial is None else self._find(serial)
        if key is None and serial is not None:
            raise ConfigurationError(
                f"Wechatpay-Serial {printable(serial, 80)!r} is none of certs, which has "
                f"{', '.join(self._keys) or 'none'}"
            )
        now = time.time()
        if key is None and self._keys:
            each = ", ".join(f"{one.name} {one.trouble(now)}" for one in self._keys.values())
            raise ConfigurationError(f"no certificate in certs can be used: {each}. {RENEW}")
        if key is None:
            raise ConfigurationError("certs is missing: without it nothing can be encrypted")
        if trouble := key.trouble(now):
            self._tell(key, now)
            raise ConfigurationError(f"the certificate {key.name} in certs {trouble}. {RENEW}")
        return key.name, key.key

    def _find(self, serial: str) -> PlatformKey | None:
        return self._keys.get(serial) or self._same.get(comparable(serial))

    def _tell(self, key: PlatformKey, now: float) -> None:
        """Warn of a certificate outside its validity, once."""
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
        stamp, nonce, serial, signature = _signature_fields(headers, response)
        now = int(time.time())
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
            raise _untrusted(
                "expired", f"Wechatpay-Timestamp is {stamp[:40]!r}, not a number", response
            )
        apart = abs(now - int(stamp))
        if apart > CLOCK_SKEW:
            raise _untrusted(
                "expired",
                f"Wechatpay-Timestamp is {stamp}, this machine's clock says {now}: "
                f"{apart} s apart, and at most {CLOCK_SKEW} are allowed. "
                "Check this machine's clock (NTP); if it is right, the message is a replay",
                response,
            )
        key = self._find(serial)
        if key is None:
            raise _untrusted(
                "unknown_serial",
                f"it was signed with key {printable(serial, 80)!r}, and certs has "
                f"{', '.join(self._keys) or 'none'}. {_remedy(serial)}",
                response,
            )
        if trouble := key.trouble(now):
            self._tell(key, now)
            raise _untrusted(
                "expired",
                f"it was signed with the platform certificate {key.name}, which {trouble}. {RENEW}",
                response,
            )
        return stamp, nonce, key.key, signature

    @staticmethod
    def _assert(genuine: bool, headers: Headers, response: Response | None) -> None:
        if not genuine:
            serial = printable(headers.get("Wechatpay-Serial", "").strip(OWS), 80)
            raise _untrusted(
                "mismatch",
                "Wechatpay-Signature does not match the bytes that came: they were changed on the "
                f"way, or the key in certs under {serial!r} is not the one of that id",
                response,
            )

    def __repr__(self) -> str:
        return f"<Platform {' '.join(self._keys)}>"


def signed_message(request: Request, stamp: str, nonce: str) -> bytes:
    """What the signature of a request covers."""
    body = request.content or b"" if request.signed is None else request.signed
    return canonical.request(request.method, request.target, stamp, nonce, body)


def _remedy(serial: str) -> str:
    """What to do about a key that is not known."""
    if normal_serial(serial).startswith(PUBLIC_KEY_ID):
        return (
            "A public key cannot be fetched: download it from the merchant platform's public key "
            "page, and add it to certs under this id"
        )
    return (
        "Add that certificate to certs (GET v3/certificates), or give apiv3_key and the merchant's "
        "key, with which it is fetched"
    )


def prefix(headers: Headers) -> bytes:
    """What a signature covers ahead of the body; empty fields where the header lacks them."""
    stamp, nonce = (headers.get(name, "").strip(OWS) for name in SIGNATURE_FIELDS[:2])
    return canonical.response_head(stamp, nonce)


def _signature_fields(headers: Headers, response: Response | None) -> list[str]:
    """The values of the four fields, each there once, not empty, and without control characters."""
    values = [(headers.only(name) or "").strip(OWS) for name in SIGNATURE_FIELDS]
    if "" in values:
        for name in SIGNATURE_FIELDS:
            _assert_one(name, headers.get_all(name), response)
    signed = "".join(values[:3])
    if not signed.isprintable() and CONTROL.search(signed):
        # A line feed would move the border to the body.
        why = "Wechatpay-Timestamp, Wechatpay-Nonce or Wechatpay-Serial holds a control character"
        raise _untrusted("mismatch", why, response)
    if values[3].startswith(PROBE):
        raise _untrusted(
            "probe",
            f"it is a probe: its signature begins with {PROBE}. WeChat Pay sends a wrong signature "
            "now and then to test that it is checked. Refuse it like any other; nothing is broken",
            response,
        )
    return values


def _assert_one(name: str, values: Sequence[str], response: Response | None) -> None:
    if not values or not values[0].strip(OWS):
        if response is None:
            why = (
                f"it has no {name}. Either something other than WeChat Pay sent it, or the "
                "framework's headers did not arrive here: give all of the request's headers"
            )
        else:
            why = (
                f"it has no {name} (HTTP {response.status_code}), so nobody vouches for it: "
                "something other than WeChat Pay may have answered (a proxy, a login page). Where "
                "an operation is known to answer unsigned, say unsigned=True"
            )
        raise _untrusted("missing", why, response)
    if len(values) > 1:
        raise _untrusted(
            "mismatch", f"{name} stands {len(values)} times, where one is expected", response
        )


def _untrusted(reason: SignatureReason, why: str, response: Response | None) -> SignatureError:
    what = "the notification" if response is None else f"the answer to {response.request}"
    return SignatureError(f"{what} cannot be trusted: {why}", response, reason=reason)
