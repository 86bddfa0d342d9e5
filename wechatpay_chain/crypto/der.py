"""What a DER structure is, told by its outline: the tags of its outermost members.

Labels of PEM blocks, file names and schemes are often wrong; the outline is not. Nothing is decoded
here beyond tags and lengths, so that `cryptography` parses only what it is meant to parse.
Source: ITU-T X.690 (encoding); RFC 5208, 5280, 7292, 8017 (structures).
"""

from __future__ import annotations

from enum import Enum

from ..utils.translation import N_

__all__ = ["Kind", "kind_of_der"]

INTEGER = 0x02
SEQUENCE = 0x30
MOST_MEMBERS = 16


class Kind(Enum):
    """What a block of key material is; the value is its name for messages."""

    PRIVATE = N_("a private key")
    ENCRYPTED = N_("an encrypted private key")
    PUBLIC = N_("a public key")
    CERTIFICATE = N_("a certificate")
    PKCS12 = N_("a PKCS#12 file")
    PKCS7 = N_("a PKCS#7 bundle")
    OTHER = N_("something else")


def kind_of_der(data: bytes) -> Kind | None:
    """What the structure is; None where the bytes are not one complete SEQUENCE."""
    outer = _element(data, 0)
    if outer is None or outer[0] != SEQUENCE:
        return None
    _ignored, at, end = outer
    if end != len(data):
        return None
    tags: list[int] = []
    while at < end and len(tags) < MOST_MEMBERS:
        member = _element(data, at)
        if member is None or member[2] > end:
            return None
        tags.append(member[0])
        at = member[2]
    return _kind(tags)


def _kind(tags: list[int]) -> Kind:
    match tags:
        case [0x30, 0x30, 0x03]:  # tbsCertificate, algorithm, signature
            return Kind.CERTIFICATE
        case [0x30, 0x03]:  # SubjectPublicKeyInfo: algorithm, key
            return Kind.PUBLIC
        case [0x02, 0x02]:  # RSAPublicKey: modulus, exponent
            return Kind.PUBLIC
        case [0x30, 0x04]:  # EncryptedPrivateKeyInfo: algorithm, data
            return Kind.ENCRYPTED
        case [0x02, 0x30, 0x04, *_]:  # PrivateKeyInfo: version, algorithm, key
            return Kind.PRIVATE
        case [0x02, 0x04, *_]:  # ECPrivateKey: version, key
            return Kind.PRIVATE
        case [0x02, 0x30] | [0x02, 0x30, 0x30]:  # PFX: version, content, perhaps a MAC
            return Kind.PKCS12
        case [0x06, 0xA0]:  # ContentInfo
            return Kind.PKCS7
    if len(tags) >= 9 and set(tags[:9]) == {INTEGER}:  # RSAPrivateKey
        return Kind.PRIVATE
    return Kind.OTHER


def _element(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Tag, start of the content and end of the element at an offset; None if it is cut off."""
    if len(data) < at + 2:
        return None
    tag, size, start = data[at], data[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or len(data) < start + count:
            return None
        size = int.from_bytes(data[start : start + count])
        start += count
    return (tag, start, start + size) if start + size <= len(data) else None
