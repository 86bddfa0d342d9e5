"""What an RSA signature covers: PKCS#1 v1.5 gives its digest back to whoever has the public key.

RFC 8017, section 9.2: the padded block is a DigestInfo, that is the hash's name and the digest. So
a key that opens the block has made the signature, whatever the message is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...utils.translation import _

__all__ = ["Signed", "opened", "signature_bytes"]

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
"""Characters of a signature by a key of 2048, 3072 or 4096 bits; some of them pass for base64."""


class Signed(NamedTuple):
    """What a signature covers.

    Attributes:
        algorithm: of its hash, `SHA-256`.
        digest: of the message.
    """

    algorithm: str
    digest: bytes

    def covers(self, message: bytes) -> bool:
        """Whether it is of this message."""
        made = hashlib.new(FUNCTIONS[self.algorithm], message, usedforsecurity=False)
        return made.digest() == self.digest


def signature_bytes(text: str) -> tuple[bytes, str]:
    """The bytes of a signature, and what is unusual about how it is written.

    Args:
        text: of a header field.
    """
    text = text.strip()
    if len(text) in HEX_LENGTHS and HEX.fullmatch(text):
        return bytes.fromhex(text), _("it is written in hexadecimal")
    try:
        return base64.b64decode(text, validate=True), ""
    except (binascii.Error, ValueError):
        pass
    compact = "".join(text.split())
    padded = compact + "=" * (-len(compact) % 4)
    for alphabet, told in (
        (None, _("it has line breaks or lacks its padding")),
        (b"-_", _("it is base64url")),
    ):
        try:
            return base64.b64decode(padded, altchars=alphabet, validate=True), told
        except (binascii.Error, ValueError):
            continue
    return b"", _("it is not base64")


def opened(signature: bytes, key: RSAPublicKey) -> Signed | None:
    """What a signature covers; None where another key made it, or nothing is left of it.

    Args:
        signature: in bytes.
        key: the public half of the key that may have made it.
    """
    try:
        info = key.recover_data_from_signature(signature, PKCS1v15(), None)
    except (InvalidSignature, ValueError):
        return None
    for name, prefix in PREFIXES.items():
        if info.startswith(prefix):
            return Signed(name, info[len(prefix) :])
    return None
