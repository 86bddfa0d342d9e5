"""Detects the kind of a DER structure from the tags of its outermost members.

Labels of PEM blocks, file names and URI schemes are often wrong; the structure is reliable. This
module reads only tags and lengths, so `cryptography` parses only structures of the expected kind.
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
    """The kind of a block of key material; the value is its name in messages."""

    PRIVATE = N_("a private key")
    ENCRYPTED = N_("an encrypted private key")
    PUBLIC = N_("a public key")
    CERTIFICATE = N_("a certificate")
    PKCS12 = N_("a PKCS#12 file")
    PKCS7 = N_("a PKCS#7 bundle")
    OTHER = N_("something else")


def kind_of_der(data: bytes) -> Kind | None:
    """Return the kind of the structure, or None if the bytes are not one complete SEQUENCE."""
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
        case [0x02, 0x30] | [0x02, 0x30, 0x30]:  # PFX: version, content, optional MAC
            return Kind.PKCS12
        case [0x06, 0xA0]:  # ContentInfo
            return Kind.PKCS7
    if len(tags) >= 9 and set(tags[:9]) == {INTEGER}:  # RSAPrivateKey
        return Kind.PRIVATE
    return Kind.OTHER


def _element(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return tag, content start and end of the element at an offset, or None if it is truncated."""
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
