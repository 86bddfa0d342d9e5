"""One of WeChat Pay's keys: its id, and its validity period.

A public key has the id `PUB_KEY_ID_…` and does not expire. A platform certificate is identified by
its serial number and used only within its validity period, both ends included (RFC 5280, section
4.1.2.5). Serial numbers are compared as numbers: letter case, colons and leading zeros are ignored.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012551764 (certificates).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..crypto import keys, pem
from ..crypto.der import Kind
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

if TYPE_CHECKING:
    import datetime

    from cryptography import x509

__all__ = [
    "PUBLIC_KEY_ID",
    "Expiring",
    "PlatformKey",
    "comparable",
    "expiring",
    "key_id",
    "load",
    "load_all",
    "normal_serial",
    "same_key",
]

PUBLIC_KEY_ID = "PUB_KEY_ID_"
HEX = re.compile("[0-9A-F]+")
PUBLIC_KEY = re.compile(f"{PUBLIC_KEY_ID}[0-9A-Z_]+")
SOON = 30
"""Default period of `expiring`, in days."""
SERIAL_DIGITS = 42
"""Maximum hex digits of a serial number: 20 octets (RFC 5280, section 4.1.2.2) and a sign."""


class PlatformKey(NamedTuple):
    """A key that verifies responses and encrypts fields.

    Attributes:
        name: the public key's id or the certificate's serial number.
        key: the RSA public key.
        begins, ends: seconds since 1970, both included; a bare public key has no limits.
    """

    name: str
    key: RSAPublicKey
    begins: float = -math.inf
    ends: float = math.inf

    def trouble(self, now: float) -> str:
        """Return why the key is not usable at a time; empty if it is usable."""
        if self.begins <= now <= self.ends:
            return ""
        if int(now) > self.ends:
            return _("expired on {date}", date=_date(self.ends))
        if int(now) < self.begins:
            return _("is not valid before {date}", date=_date(self.begins))
        return ""

    @property
    def rank(self) -> tuple[bool, float]:
        """The preference: WeChat Pay's public key, then the certificate with the latest expiry."""
        return self.name.startswith(PUBLIC_KEY_ID), self.ends


class Expiring(NamedTuple):
    """A certificate that expires soon, or has expired.

    Attributes:
        name: its serial number.
        kind: the owner: WeChat Pay or the merchant.
        not_after: the last moment of its validity.
    """

    name: str
    kind: Literal["platform", "merchant"]
    not_after: datetime.datetime


def load(serial: object, source: keys.KeySource) -> PlatformKey:
    """Load a key of `certs`.

    Args:
        serial: the id in `certs`.
        source: a public key or a certificate, in any form of `crypto.keys`. If a file contains
            several certificates, the one with this serial number is loaded.

    Raises:
        ConfigurationError: the id is malformed, the source is not an RSA public key with at least
            2048 bits, or the certificate has another serial number.
    """
    where = f"certs[{printable(serial, 80)!r}]"
    name = key_id(serial, where)
    certs = _certificates(source, where)
    if not certs:
        loaded = PlatformKey(name, keys.public_key(source, where))
    else:
        loaded = _certified(name, certs, where)
    keys.assert_strong(loaded.key, where)
    return loaded


def load_all(certs: Mapping[str, keys.KeySource]) -> dict[str, PlatformKey]:
    """Load the keys of `certs` by their names.

    Raises:
        ConfigurationError: a key is not usable, or two keys have the same name.
    """
    found: dict[str, PlatformKey] = {}
    same: dict[str, PlatformKey] = {}
    for serial, source in certs.items():
        key = load(serial, source)
        known = same.setdefault(comparable(key.name), key)
        if known.key != key.key:
            raise ConfigurationError(
                _("certs has two different keys with the id {name}", name=key.name)
            )
        found[known.name] = known
    return found


def _certificates(source: object, where: str) -> list[x509.Certificate]:
    """Return the certificates in a source; empty if it is a bare public key."""
    if keys.is_certificate(source):
        return [source]
    if not keys.is_material(source):
        return []
    found = keys.blocks(source, where)
    if all(block.kind is not Kind.CERTIFICATE for block in found):
        return []
    from ..crypto.certificate import parsed  # X.509 loads slowly

    return parsed(found, where)


def _certified(name: str, certs: list[x509.Certificate], where: str) -> PlatformKey:
    from ..crypto.certificate import certificate_serial, leaf

    cert = next((cert for cert in certs if same_key(certificate_serial(cert), name)), None)
    if cert is None:
        serial = certificate_serial(leaf(certs))
        raise ConfigurationError(
            _(
                "{where} is a certificate with the serial number {serial}: use {serial} as its "
                "key in certs",
                where=where,
                serial=serial,
            )
            + (
                _(
                    ". A {public_key_id}… belongs to WeChat Pay's public key, pub_key.pem",
                    public_key_id=PUBLIC_KEY_ID,
                )
                if name.startswith(PUBLIC_KEY_ID)
                else ""
            )
        )
    return PlatformKey(
        name,
        keys.public_key(cert, where),
        cert.not_valid_before_utc.timestamp(),
        cert.not_valid_after_utc.timestamp(),
    )


def key_id(given: object, where: str) -> str:
    """Normalize a public key's id or a certificate's serial number, as WeChat Pay writes it.

    Args:
        given: the user's value, which may contain colons, blanks or `serial=` from OpenSSL.
        where: the argument's name, used in messages.

    Raises:
        ConfigurationError: the value is neither.
    """
    if not isinstance(given, str):
        raise ConfigurationError(
            _(
                "{where} is of type {kind_of}: expected a certificate's serial number or a "
                "{public_key_id}… as str",
                where=where,
                kind_of=keys.kind_of(given),
                public_key_id=PUBLIC_KEY_ID,
            )
        )
    name = normal_serial(re.sub("(?i)^(serial *=|0x)", "", pem.tidy(given)))
    if PUBLIC_KEY.fullmatch(name) or (HEX.fullmatch(name) and len(name) <= SERIAL_DIGITS):
        return name
    raise ConfigurationError(
        _(
            "{where}: {given!r} is neither a certificate's serial number (hex digits: openssl "
            "x509 -in cert.pem -noout -serial) nor the id of a public key ({public_key_id}…)",
            where=where,
            given=printable(given, 80),
            public_key_id=PUBLIC_KEY_ID,
        )
    )


def normal_serial(serial: str) -> str:
    """Return an id in upper case; a serial number also without colons and in whole bytes."""
    name = serial.strip().upper()
    digits = name.replace(":", "")
    if HEX.fullmatch(digits):
        return digits.zfill(len(digits) + len(digits) % 2)
    return name


def same_key(one: str, other: str) -> bool:
    """Return whether two ids name the same key; serial numbers are compared as numbers."""
    return comparable(one) == comparable(other)


def comparable(serial: str) -> str:
    """Convert an id to a form in which equal keys have equal ids."""
    name = normal_serial(serial)
    return name.lstrip("0") if HEX.fullmatch(name) else name


def _date(seconds: float) -> str:
    import datetime  # needed only for expired certificates

    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


def expiring(
    keys: Iterable[PlatformKey],
    own: Iterable[x509.Certificate],
    within: datetime.timedelta | None = None,
) -> list[Expiring]:
    """Return the certificates that expire soon or have expired, earliest first.

    Args:
        keys: WeChat Pay's keys.
        own: the merchant's certificates.
        within: the period to check; by default 30 days.
    """
    import datetime  # few programs call it

    utc = datetime.UTC
    found = [
        Expiring(key.name, "platform", datetime.datetime.fromtimestamp(key.ends, utc))
        for key in keys
        if key.ends < math.inf
    ]
    for cert in own:
        from ..crypto.certificate import certificate_serial

        found.append(Expiring(certificate_serial(cert), "merchant", cert.not_valid_after_utc))
    ahead = datetime.timedelta(days=SOON) if within is None else within
    last = datetime.datetime.now(utc) + ahead
    return sorted((one for one in found if one.not_after <= last), key=lambda one: one.not_after)
