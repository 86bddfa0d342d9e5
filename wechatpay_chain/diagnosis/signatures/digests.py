"""Extracts the signed digest from an RSA signature with the public key (PKCS#1 v1.5).

RFC 8017, section 9.2: the padded block contains a DigestInfo with the hash algorithm and the
digest. If a public key decodes the block, its private key made the signature, whatever the message
is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from ...utils.translation import _

__all__ = ["Signed", "has_pss_padding", "opened", "signature_bytes"]

PREFIXES = {
    "SHA-256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "SHA-1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "MD5": bytes.fromhex("3020300c06082a864886f70d020505000410"),
    "SHA-384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "SHA-512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
FUNCTIONS = {
    "SHA-256": "sha256",
    "SHA-1": "sha1",
    "MD5": "md5",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
HEX = re.compile("[0-9A-Fa-f]+")
HEX_LENGTHS = (512, 768, 1024)
"""Hex characters of a signature by a key of 2048, 3072 or 4096 bits; such a text may also be
valid base64."""


class Signed(NamedTuple):
    """The content of a signature.

    Attributes:
        algorithm: the hash algorithm, such as `SHA-256`; empty if the content is not a digest.
        digest: the digest of the message, or the content itself.
        is_named: whether the signature names the hash algorithm, as PKCS#1 requires.
    """

    algorithm: str
    digest: bytes
    is_named: bool = True

    @property
    def oddity(self) -> str:
        """The difference from SHA-256 with PKCS#1 v1.5; empty if there is none."""
        if not self.algorithm:
            return _("the text was signed without a hash")
        if not self.is_named:
            return _("it does not name the hash algorithm: a bare digest was signed")
        if self.algorithm != "SHA-256":
            return _("its hash algorithm is {algorithm}, not SHA-256", algorithm=self.algorithm)
        return ""

    def covers(self, message: bytes) -> bool:
        """Return whether the digest is that of a message."""
        return bool(self.algorithm) and self._hash(message) == self.digest

    def covers_digest_of(self, message: bytes) -> bool:
        """Return whether a digest of the message was hashed again."""
        if not self.algorithm:
            return False
        once = self._hash(message)
        return self.digest in (self._hash(once), self._hash(once.hex().encode()))

    def _hash(self, message: bytes) -> bytes:
        name = FUNCTIONS[self.algorithm]
        return hashlib.new(name, message, usedforsecurity=False).digest()


def signature_bytes(text: str) -> tuple[bytes, str]:
    """Return the bytes of a signature, and anything unusual about its encoding.

    Args:
        text: the value of a header field.
    """
    text = text.strip()
    if len(text) in HEX_LENGTHS and HEX.fullmatch(text):
        return bytes.fromhex(text), _("it is hexadecimal")
    try:
        return base64.b64decode(text, validate=True), ""
    except (binascii.Error, ValueError):
        pass
    compact = "".join(text.split())
    padded = compact + "=" * (-len(compact) % 4)
    for alphabet, told in (
        (None, _("it has line breaks or no padding")),
        (b"-_", _("it is base64url")),
    ):
        try:
            return base64.b64decode(padded, altchars=alphabet, validate=True), told
        except (binascii.Error, ValueError):
            continue
    return b"", _("it is not base64")


def opened(signature: bytes, key: RSAPublicKey) -> Signed | None:
    """Return the content of a signature, or None if another key made it or it is damaged.

    Args:
        signature: the signature in bytes.
        key: the public key to try.
    """
    try:
        info = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return None
    for name, prefix in PREFIXES.items():
        if info.startswith(prefix):
            return Signed(name, info[len(prefix) :])
    is_digest = len(info) == hashlib.sha256().digest_size
    return Signed("SHA-256" if is_digest else "", info, is_named=False)


def has_pss_padding(signature: bytes, key: RSAPublicKey, message: bytes) -> bool:
    """Return whether a signature is valid for a message with PSS (RFC 8017, section 8.1)."""
    scheme = PSS(MGF1(SHA256()), PSS.AUTO)
    try:
        key.verify(signature, message, scheme, SHA256())
    except InvalidSignature:
        return False
    return True
