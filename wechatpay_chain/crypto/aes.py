"""AES-256 for WeChat Pay: GCM in APIv3 (RFC 5116), ECB in APIv2 refund notifications.

The keys are the 32 characters from the merchant platform.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..utils.display import extent
from ..utils.exceptions import ConfigurationError, DecryptionError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _
from .pem import tidy

__all__ = [
    "GCMOpening",
    "TrialKey",
    "checked_key",
    "ecb_decrypt",
    "ecb_encrypt",
    "gcm_decrypt",
    "gcm_encrypt",
    "gcm_opening",
    "gcm_seal",
]

Key: TypeAlias = "str | bytes | Secret[str] | Secret[bytes]"

BLOCK_BITS = 128
TAG_BYTES = 16
NONCE_BYTES = 12
SECOND_BLOCK = b"\x00\x00\x00\x02"
"""The counter of the first plaintext block (NIST SP 800-38D, section 7.1)."""
OBJECT_STARTS = frozenset(b"{ \t\r\n")
"""The bytes that a JSON object can begin with (RFC 8259)."""


def gcm_encrypt(plaintext: str | bytes, key: Key, nonce: str, associated_data: str = "") -> str:
    """Encrypt with AES-256-GCM; returns ciphertext and tag in base64.

    Args:
        plaintext: bytes, or text, which is encoded as UTF-8.
        key: 32 bytes.
        nonce: 12 characters.
        associated_data: authenticated but not encrypted.

    Raises:
        ConfigurationError: `key` does not have 32 bytes, or `nonce` does not have 8 to 128.
    """
    plaintext, key = hide(plaintext), hide(key)
    sealed = gcm_seal(_encoded(plaintext), key, nonce, associated_data)
    return base64.b64encode(sealed).decode()


def gcm_seal(
    plaintext: bytes | Secret[bytes], key: Key, nonce: str, associated_data: str = ""
) -> bytes:
    """Encrypt bytes with AES-256-GCM; returns ciphertext and tag in bytes, as in an encrypted bill.

    Raises:
        ConfigurationError: `key` does not have 32 bytes, or `nonce` does not have 8 to 128.
    """
    plaintext, key = hide(plaintext), hide(key)
    cipher = AESGCM(_key(key))
    try:
        return cipher.encrypt(nonce.encode(), reveal(plaintext), associated_data.encode())
    except ValueError:
        raise ConfigurationError(
            _("the nonce has {count} characters; expected 12", count=len(nonce))
        ) from None


@overload
def gcm_decrypt(
    ciphertext: str | bytes,
    key: Key,
    nonce: str,
    associated_data: str = "",
    *,
    binary: Literal[False] = False,
) -> str: ...


@overload
def gcm_decrypt(
    ciphertext: str | bytes,
    key: Key,
    nonce: str,
    associated_data: str = "",
    *,
    binary: Literal[True],
) -> bytes: ...


def gcm_decrypt(
    ciphertext: str | bytes,
    key: Key,
    nonce: str,
    associated_data: str = "",
    *,
    binary: bool = False,
) -> str | bytes:
    """Decrypt a ciphertext of AES-256-GCM.

    Args:
        ciphertext: ciphertext and tag, as base64 text or as raw bytes (an encrypted bill).
        key: 32 bytes.
        nonce: the nonce of the ciphertext.
        associated_data: the associated data of the ciphertext.
        binary: return bytes; by default, the plaintext is decoded as UTF-8 text.

    Raises:
        DecryptionError: the key, nonce or associated data is wrong, or the ciphertext is damaged.
        ConfigurationError: `key` does not have 32 bytes.
    """
    key = hide(key)
    cipher = AESGCM(_key(key))
    try:
        sealed = (
            base64.b64decode(ciphertext, validate=True)
            if isinstance(ciphertext, str)
            else bytes(memoryview(ciphertext))
        )
        opened = Secret(cipher.decrypt(nonce.encode(), sealed, associated_data.encode()))
        return opened.reveal() if binary else opened.reveal().decode()
    except (InvalidTag, binascii.Error, ValueError, TypeError, AttributeError):
        # The members of a message may be missing or of any type.
        raise DecryptionError(
            _(
                "AES-GCM: the ciphertext ({extent}) cannot be decrypted with this key; check "
                "that apiv3_key is the key set on the merchant platform",
                extent=extent(ciphertext),
            )
        ) from None


class GCMOpening:
    """Decrypts a streamed AES-GCM ciphertext of any size, with the tag at its end.

    The output of `update` is not authenticated until `is_genuine` returns True.

    Args:
        key: a key from `checked_key`.
        nonce: the nonce of the ciphertext.

    Raises:
        ConfigurationError: `nonce` does not have 8 to 128 bytes.
    """

    __slots__ = ("_decryptor", "_tag")

    def __init__(self, key: Secret[bytes], nonce: str) -> None:
        try:
            cipher = Cipher(algorithms.AES256(key.reveal()), modes.GCM(nonce.encode()))
        except ValueError:
            raise ConfigurationError(
                _("the nonce has {count} characters; expected 12", count=len(nonce))
            ) from None
        self._decryptor = cipher.decryptor()
        self._tag = b""

    def update(self, data: bytes) -> bytes:
        """Decrypt the next bytes, except those that may belong to the tag."""
        data = self._tag + data
        data, self._tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        return self._decryptor.update(data)

    def is_genuine(self) -> bool:
        """Return whether the tag authenticates all of the ciphertext."""
        try:
            self._decryptor.finalize_with_tag(self._tag)
        except (InvalidTag, ValueError):
            return False
        return True


class TrialKey:
    """A candidate key for a ciphertext that contains a JSON object.

    GCM is counter mode with a tag, so decrypting a single AES block gives the first bytes of the
    plaintext. That takes a twentieth of the time of a tag check and excludes 98 % of the keys.

    Args:
        key: a key from `checked_key`.
    """

    __slots__ = ("_cipher", "_key")

    def __init__(self, key: Secret[bytes]) -> None:
        self._key = key
        block = Cipher(algorithms.AES256(key.reveal()), modes.ECB())  # noqa: S305 - one block
        self._cipher = block.encryptor()

    def opens(self, nonce: bytes, sealed: bytes, associated_data: bytes) -> bool:
        """Return whether this key decrypts a ciphertext to a JSON object.

        Args:
            nonce: the nonce of the ciphertext.
            sealed: ciphertext and tag.
            associated_data: the associated data of the ciphertext.
        """
        if len(nonce) == NONCE_BYTES:  # other lengths derive the counter differently
            stream = self._cipher.update(nonce + SECOND_BLOCK)
            if not sealed or sealed[0] ^ stream[0] not in OBJECT_STARTS:
                return False
        try:
            AESGCM(self._key.reveal()).decrypt(nonce, sealed, associated_data)
        except (InvalidTag, ValueError):
            return False
        return True


def gcm_opening(
    ciphertext: str, keys: Sequence[TrialKey], nonce: str, associated_data: str = ""
) -> int | None:
    """Return the position of the first key that decrypts a ciphertext to an object, or None.

    Args:
        ciphertext: ciphertext and tag, in base64.
        keys: the keys to try.
        nonce: the nonce of the ciphertext.
        associated_data: the associated data of the ciphertext.
    """
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        parts = nonce.encode(), sealed, associated_data.encode()
    except (binascii.Error, ValueError):
        return None
    return next((at for at, key in enumerate(keys) if key.opens(*parts)), None)


def ecb_encrypt(plaintext: str, key: Key) -> str:
    """Encrypt with AES-256-ECB and PKCS#7 padding; returns base64.

    Raises:
        ConfigurationError: `key` does not have 32 bytes.
    """
    plaintext, key = hide(plaintext), hide(key)
    encryptor = Cipher(algorithms.AES256(_key(key)), modes.ECB()).encryptor()  # noqa: S305
    padder = padding.PKCS7(BLOCK_BITS).padder()
    data = padder.update(reveal(plaintext).encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(data) + encryptor.finalize()).decode()


def ecb_decrypt(ciphertext: str, key: Key) -> str:
    """Decrypt a ciphertext of AES-256-ECB; the key of `req_info` is `md5(secret)`.

    Raises:
        DecryptionError: the key is wrong, or the ciphertext is damaged.
        ConfigurationError: `key` does not have 32 bytes.
    """
    key = hide(key)
    decryptor = Cipher(algorithms.AES256(_key(key)), modes.ECB()).decryptor()  # noqa: S305
    unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
    try:
        data = decryptor.update(base64.b64decode(ciphertext, validate=True))
        data = unpadder.update(data + decryptor.finalize()) + unpadder.finalize()
        return data.decode()
    except (binascii.Error, ValueError, TypeError):
        raise DecryptionError(
            _(
                "AES-ECB: the ciphertext ({extent}) cannot be decrypted with this key; check "
                "that secret is the APIv2 key set on the merchant platform",
                extent=extent(ciphertext),
            )
        ) from None


def _encoded(plaintext: Any) -> Secret[bytes]:
    """Encode a hidden text as UTF-8; hidden bytes stay unchanged."""
    return Secret(reveal(plaintext).encode()) if isinstance(reveal(plaintext), str) else plaintext


def checked_key(key: object, name: str = "the AES key") -> Secret[bytes]:
    """Check an AES key of 32 bytes and hide it.

    Args:
        key: str or bytes, hidden or not; surrounding blanks and invisible characters are removed.
        name: the argument's name, used in messages.

    Raises:
        ConfigurationError: the key has another type or length.
    """
    key = hide(key)
    if not isinstance(reveal(key), str | bytes | bytearray):
        raise ConfigurationError(
            _(
                "{name} is of type {type}: expected the 32 characters set on the merchant "
                "platform, as str or bytes",
                name=name,
                type=type(reveal(key)).__name__,
            )
        )
    characters = len(reveal(key))
    exact = _bytes_of(reveal(key))
    size = len(exact.reveal())
    if size == 32:
        return exact
    foreign = isinstance(reveal(key), str) and not reveal(key).isascii()
    raise ConfigurationError(
        _("{name} has {size} bytes", name=name, size=size)
        + (
            _(" in {characters} characters, some of them outside ASCII", characters=characters)
            if foreign
            else ""
        )
        + _("; expected exactly 32 bytes: the 32 characters set on the merchant platform")
    )


def _bytes_of(key: str | bytes | bytearray) -> Secret[bytes]:
    if isinstance(key, str):
        return Secret(tidy(key).encode("utf-8", "surrogatepass"))
    return Secret(bytes(key) if len(key) == 32 else bytes(key).strip())


def _key(key: object) -> bytes:
    return checked_key(key).reveal()
