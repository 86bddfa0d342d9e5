"""The two sides of an APIv3 signature: the merchant's credential, and the platform's keys.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (signing), 4013053420 (verifying).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from . import canonical
from .crypto import keys, rsa
from .errors import ConfigurationError, SignatureError, SignatureReason
from .messages import Headers, Request, Response

__all__ = ["CLOCK_SKEW", "Credential", "Platform", "SIGNATURE_FIELDS"]

CLOCK_SKEW = 300
"""Seconds that a signature's timestamp may be off, either way."""

SIGNATURE_FIELDS = (
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature",
)
PUBLIC_KEY_ID = "PUB_KEY_ID_"
PROBE = "WECHATPAY/SIGNTEST/"
"""How the wrong signatures begin that WeChat Pay sends on purpose."""
CONTROL = re.compile("[\x00-\x1f\x7f]")
OWS = " \t"
"""What may surround a header field's value: RFC 9110, section 5.6.3."""


class Credential:
    """Who signs requests: a merchant, its certificate's serial number, its private key."""

    __slots__ = ("_private_key", "mchid", "serial")

    def __init__(self, mchid: str, serial: str, private_key: RSAPrivateKey) -> None:
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
        body = request.signed if request.signed is not None else request.content or b""
        signature = self.sign(canonical.request(request.method, request.target, stamp, nonce, body))
        value = canonical.authorization(self.mchid, nonce, signature, stamp, self.serial)
        return request.replace(headers=request.headers.added("Authorization", value))

    def sign(self, message: bytes) -> str:
        """The base64 signature of a message."""
        return rsa.sign(message, self._private_key)

    @property
    def key_size(self) -> int:
        """Bits of the merchant's key."""
        return self._private_key.key_size

    def decrypt(self, ciphertext: str) -> str:
        """The plaintext of a field that WeChat Pay encrypted for this merchant."""
        return rsa.decrypt(ciphertext, self._private_key)

    def __repr__(self) -> str:
        return f"<Credential {self.mchid} {self.serial}>"


class Platform:
    """WeChat Pay's keys, by serial number or public key id.

    Args:
        certs: key id or certificate serial to public key or certificate, in any form of
            `crypto.keys`.

    Raises:
        ConfigurationError: one of them is not an RSA public key or certificate.
    """

    def __init__(self, certs: Mapping[str, keys.KeySource]) -> None:
        self._keys: dict[str, RSAPublicKey] = {}
        self._expiry: dict[str, float] = {}
        for serial, source in certs.items():
            name, where = normal_serial(serial), f"certs[{serial!r}]"
            self._keys[name] = keys.public_key(source, where)
            self._expiry[name] = _expiry(source, where)

    def __bool__(self) -> bool:
        return bool(self._keys)

    @property
    def serials(self) -> tuple[str, ...]:
        """The ids of the keys at hand."""
        return tuple(self._keys)

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
        self._assert(rsa.verify(canonical.response(stamp, nonce, body), signature, key), response)

    def verify_digest(
        self, headers: Headers, digest: bytes, response: Response | None = None
    ) -> None:
        """The same, for the SHA-256 of `prefix(headers)`, the body, and a line feed."""
        _, _, key, signature = self._parts(headers, response)
        self._assert(rsa.verify_digest(digest, signature, key), response)

    def encryption_key(self, serial: str | None = None) -> tuple[str, RSAPublicKey]:
        """The key to encrypt a request's fields with, and its id.

        Args:
            serial: the id that is wanted; by default WeChat Pay's public key, else the
                certificate that is valid longest.

        Raises:
            ConfigurationError: no such key.
        """
        if serial is None:
            if not self._keys:
                raise ConfigurationError("certs is missing: without it nothing can be encrypted")
            serial = max(self._keys, key=lambda s: (s.startswith(PUBLIC_KEY_ID), self._expiry[s]))
        name = normal_serial(serial)
        if name not in self._keys:
            raise ConfigurationError(
                f"Wechatpay-Serial {serial!r} is none of certs, which has "
                f"{', '.join(self._keys) or 'none'}"
            )
        return name, self._keys[name]

    def _parts(
        self, headers: Headers, response: Response | None
    ) -> tuple[str, str, RSAPublicKey, str]:
        stamp, nonce, serial, signature = _signature_fields(headers, response)
        now = int(time.time())
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 15):
            raise _untrusted(
                "expired", f"Wechatpay-Timestamp is {stamp[:40]!r}, not a number", response
            )
        if abs(now - int(stamp)) > CLOCK_SKEW:
            raise _untrusted(
                "expired",
                f"Wechatpay-Timestamp is {stamp}, this machine's clock says {now}: "
                f"{abs(now - int(stamp))} s apart, and at most {CLOCK_SKEW} are allowed. "
                "Check this machine's clock (NTP); if it is right, the message is a replay",
                response,
            )
        key = self._keys.get(serial) or self._keys.get(normal_serial(serial))
        if key is None:
            raise _untrusted(
                "unknown_serial",
                f"it was signed with key {serial[:80]!r}, and certs has "
                f"{', '.join(self._keys) or 'none'}. Add that key to certs (GET v3/certificates, "
                "or the merchant platform's public key page)",
                response,
            )
        return stamp, nonce, key, signature

    @staticmethod
    def _assert(genuine: bool, response: Response | None) -> None:
        if not genuine:
            raise _untrusted(
                "mismatch",
                "Wechatpay-Signature does not match the bytes that came: they were changed on the "
                "way, or the key in certs is not the one its id stands for",
                response,
            )

    def __repr__(self) -> str:
        return f"<Platform {' '.join(self._keys)}>"


def prefix(headers: Headers) -> bytes:
    """What a signature covers ahead of the body; empty fields where the header lacks them."""
    stamp, nonce = (headers.get(name, "").strip(OWS) for name in SIGNATURE_FIELDS[:2])
    return canonical.response_head(stamp, nonce)


def normal_serial(serial: str) -> str:
    """A certificate serial in upper case without colons; any other id as it is."""
    digits = serial.replace(":", "")
    return digits.upper() if re.fullmatch("[0-9A-Fa-f]+", digits) else serial


def _expiry(source: keys.KeySource, name: str) -> float:
    """When a certificate expires, as seconds since 1970; a bare public key never does."""
    if isinstance(source, str | bytes | os.PathLike):
        source = keys.read(source, name)
        if not keys.holds_certificate(source):
            return float("inf")
    elif not keys.is_certificate(source):
        return float("inf")
    from .crypto.certificate import certificate

    return certificate(source, name).not_valid_after_utc.timestamp()


def _signature_fields(headers: Headers, response: Response | None) -> list[str]:
    """The values of the four fields, each there once, not empty, and without control characters."""
    given = list(map(headers.get_all, SIGNATURE_FIELDS))
    values = [one[0].strip(OWS) for one in given if len(one) == 1]
    if len(values) < len(given) or "" in values:
        for name, found in zip(SIGNATURE_FIELDS, given, strict=True):
            _assert_one(name, found, response)
    if CONTROL.search(f"{values[0]}{values[1]}"):  # a line feed would move the border to the body
        why = "Wechatpay-Timestamp or Wechatpay-Nonce holds a control character"
        raise _untrusted("mismatch", why, response)
    if values[3].startswith(PROBE):
        raise _untrusted(
            "mismatch",
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
