"""RSA for APIv3 (RFC 8017): PKCS#1 v1.5 with SHA-256 signs, OAEP with SHA-1 encrypts.

These functions accept keys of any size, so that old data stays readable. A client requires at least
2048 bits for its own keys and for WeChat Pay's keys.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..utils.display import extent
from ..utils.exceptions import ConfigurationError, DecryptionError
from ..utils.secret import hide, reveal
from ..utils.translation import _
from .keys import KeySource, private_key, public_key

__all__ = ["decrypt", "encrypt", "sign", "verify", "verify_digest"]

Scheme = Literal["OAEP", "PKCS1v15"]

TEXTS = (str, bytes)
SHA256 = hashes.SHA256()
PREHASHED = utils.Prehashed(SHA256)
PKCS1V15 = padding.PKCS1v15()
# WeChat Pay requires SHA-1 here; OAEP does not depend on its collision resistance.
OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303


def sign(message: str | bytes, key: KeySource) -> str:
    """Sign a message; returns the signature in base64.

    Raises:
        ConfigurationError: `key` is not an RSA private key.
    """
    key = hide(key)
    return signature(_bytes(message), private_key(key))


def signature(message: bytes, key: RSAPrivateKey) -> str:
    """Sign a message with a loaded key; returns the signature in base64."""
    return binascii.b2a_base64(key.sign(message, PKCS1V15, SHA256), newline=False).decode()


def verify(message: str | bytes, signature: str, key: KeySource) -> bool:
    """Return whether a base64 signature matches a message; invalid base64 never matches.

    Raises:
        ConfigurationError: `key` is not an RSA public key.
    """
    key = hide(key)
    return is_signature(signature, _bytes(message), public_key(key, "key"))


def verify_digest(digest: bytes, signature: str, key: KeySource) -> bool:
    """Return whether a base64 signature matches the SHA-256 digest of a message."""
    key = hide(key)
    return is_signature(signature, digest, public_key(key, "key"), PREHASHED)


def is_signature(
    given: Any,
    data: bytes,
    key: RSAPublicKey,
    algorithm: hashes.SHA256 | utils.Prehashed = SHA256,
) -> bool:
    """Return whether a value is the base64 signature of a message or of its digest.

    Args:
        given: a value of any type; a value that is not text is not a signature.
        data: the message or, with `PREHASHED`, its SHA-256 digest.
        key: a loaded key.
        algorithm: `SHA256` or `PREHASHED`.
    """
    if not isinstance(given, TEXTS):
        return False
    try:
        raw = binascii.a2b_base64(given, strict_mode=True)
        key.verify(raw, data, PKCS1V15, algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def encrypt(plaintext: str, key: KeySource, *, scheme: Scheme = "OAEP") -> str:
    """Encrypt a text with a public key; returns base64.

    Raises:
        ConfigurationError: the text is too long for the key (214 bytes of UTF-8 for OAEP with 2048
            bits), or `key` is not an RSA public key.
    """
    plaintext, key = hide(plaintext), hide(key)
    loaded, padded = public_key(key, "key"), _padding(scheme)
    try:
        return base64.b64encode(loaded.encrypt(_bytes(reveal(plaintext)), padded)).decode()
    except ValueError:
        size = len(_bytes(reveal(plaintext)))
        room = loaded.key_size // 8 - (42 if scheme == "OAEP" else 11)
        raise ConfigurationError(
            _(
                "a text of {size} bytes is too long to encrypt: this key can encrypt {room}",
                size=size,
                room=room,
            )
        ) from None


def decrypt(ciphertext: str, key: KeySource, *, scheme: Scheme = "OAEP") -> str:
    """Decrypt a base64 ciphertext.

    Raises:
        DecryptionError: the text was encrypted for another key, or is damaged.
        ConfigurationError: `key` is not an RSA private key.
    """
    key = hide(key)
    loaded, padded = private_key(key), _padding(scheme)
    try:
        return loaded.decrypt(base64.b64decode(ciphertext, validate=True), padded).decode()
    except (binascii.Error, ValueError, TypeError):
        raise DecryptionError(
            _(
                "the ciphertext ({extent}) cannot be decrypted: it is damaged, or was encrypted "
                "for a certificate other than this merchant's",
                extent=extent(ciphertext),
            )
        ) from None


def _padding(scheme: Scheme) -> padding.AsymmetricPadding:
    try:
        return {"OAEP": OAEP, "PKCS1v15": PKCS1V15}[scheme]
    except KeyError:
        raise ConfigurationError(
            _("scheme {scheme!r}: expected 'OAEP' or 'PKCS1v15'", scheme=scheme)
        ) from None


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
