"""AES as WeChat Pay uses it: 256-bit GCM in APIv3 (RFC 5116), 256-bit ECB in APIv2's refund notice.

Keys are the 32 characters that the merchant platform shows.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import ConfigurationError, DecryptionError

__all__ = ["ecb_decrypt", "ecb_encrypt", "gcm_decrypt", "gcm_encrypt"]

BLOCK_BITS = 128
TAG_BYTES = 16


def gcm_encrypt(plaintext: str, key: str | bytes, nonce: str, associated_data: str = "") -> str:
    """AES-256-GCM: ciphertext and tag, in base64.

    Raises:
        ConfigurationError: `key` is not 32 bytes, or `nonce` not 8 to 128.
    """
    try:
        sealed = AESGCM(_key(key)).encrypt(
            nonce.encode(), plaintext.encode(), associated_data.encode()
        )
    except ValueError as error:
        raise (
            error
            if isinstance(error, ConfigurationError)
            else ConfigurationError(f"a nonce of {len(nonce)} characters; 12 are expected")
        ) from None
    return base64.b64encode(sealed).decode()


def gcm_decrypt(ciphertext: str, key: str | bytes, nonce: str, associated_data: str = "") -> str:
    """The plaintext of what `gcm_encrypt` made.

    Raises:
        DecryptionError: another key, nonce or associated data, or a damaged ciphertext.
        ConfigurationError: `key` is not 32 bytes.
    """
    cipher = AESGCM(_key(key))
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return cipher.decrypt(nonce.encode(), sealed, associated_data.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError):
        raise DecryptionError(
            f"AES-GCM: the ciphertext ({len(ciphertext)} characters) does not open with this key; "
            "check that apiv3_key is the one set on the merchant platform"
        ) from None


def ecb_encrypt(plaintext: str, key: str | bytes) -> str:
    """AES-256-ECB with PKCS#7 padding, in base64.

    Raises:
        ConfigurationError: `key` is not 32 bytes.
    """
    padder = padding.PKCS7(BLOCK_BITS).padder()
    data = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(_key(key)), modes.ECB()).encryptor()  # noqa: S305
    return base64.b64encode(encryptor.update(data) + encryptor.finalize()).decode()


def ecb_decrypt(ciphertext: str, key: str | bytes) -> str:
    """The plaintext of what `ecb_encrypt` made; the key of `req_info` is `md5(secret)`.

    Raises:
        DecryptionError: another key, or a damaged ciphertext.
        ConfigurationError: `key` is not 32 bytes.
    """
    decryptor = Cipher(algorithms.AES256(_key(key)), modes.ECB()).decryptor()  # noqa: S305
    unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
    try:
        data = decryptor.update(base64.b64decode(ciphertext, validate=True))
        data = unpadder.update(data + decryptor.finalize()) + unpadder.finalize()
        return data.decode()
    except (binascii.Error, ValueError):
        raise DecryptionError(
            f"AES-ECB: the ciphertext ({len(ciphertext)} characters) does not open with this key; "
            "check that secret is the APIv2 key set on the merchant platform"
        ) from None


def _key(key: str | bytes) -> bytes:
    data = key.encode() if isinstance(key, str) else key
    if len(data) != 32:
        raise ConfigurationError(f"the AES key has {len(data)} bytes; exactly 32 are expected")
    return data
