"""What a notification is about, encrypted with the APIv3 key."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..crypto import aes
from ..utils.display import printable
from ..utils.exceptions import DecryptionError
from ..utils.secret import Secret

__all__ = ["EncryptedResource", "decrypt", "unknown_form"]

ALGORITHM = "AEAD_AES_256_GCM"


class EncryptedResource(NamedTuple):
    """What is encrypted by AES-GCM, and what it takes beside the key."""

    algorithm: Any
    ciphertext: Any
    nonce: Any
    associated_data: Any

    @classmethod
    def of_event(cls, raw: dict[str, Any]) -> EncryptedResource:
        """That of an APIv2 notification."""
        names = ("algorithm", "ciphertext", "nonce", "associated_data")
        return cls(*(raw.get(f"event_{name}", "") for name in names))


def decrypt(sealed: EncryptedResource, apiv3_key: Secret[bytes]) -> Any:
    """The object that was encrypted.

    Raises:
        DecryptionError: another algorithm or key, or the plaintext is not an object.
    """
    if not all(isinstance(part, str) for part in sealed):
        raise unknown_form()
    if sealed.algorithm != ALGORITHM:
        raise DecryptionError(
            f"the notification is encrypted with {printable(sealed.algorithm, 80)}; only "
            f"{ALGORITHM} is known"
        )
    plaintext = aes.gcm_decrypt(
        sealed.ciphertext, apiv3_key.reveal(), sealed.nonce, sealed.associated_data
    )
    try:
        opened = json.loads(plaintext)
    except (ValueError, RecursionError):
        raise unknown_form() from None
    if not isinstance(opened, dict):
        raise unknown_form()
    return opened


def unknown_form() -> DecryptionError:
    """The error for a notification of a form that is not documented."""
    return DecryptionError(
        "the notification is signed by WeChat Pay and yet not of the known form: an object with a "
        "resource of algorithm, nonce and ciphertext, which opens to an object"
    )
