"""The resource of a notification, encrypted with the APIv3 key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..crypto import aes
from ..utils.display import printable
from ..utils.exceptions import DecryptionError
from ..utils.secret import Secret
from ..utils.translation import _

__all__ = ["EncryptedResource", "decrypt", "opening", "read", "unknown_form"]

ALGORITHM = "AEAD_AES_256_GCM"


class EncryptedResource(NamedTuple):
    """An AES-GCM ciphertext with its nonce and associated data."""

    algorithm: Any
    ciphertext: Any
    nonce: Any
    associated_data: Any

    @classmethod
    def of_event(cls, raw: dict[str, Any]) -> EncryptedResource:
        """Return the encrypted resource of an APIv2 notification."""
        names = ("algorithm", "ciphertext", "nonce", "associated_data")
        return cls(*(raw.get(f"event_{name}", "") for name in names))


def read(content: bytes) -> tuple[dict[str, Any], EncryptedResource]:
    """Return the members of an APIv3 notification, and its encrypted resource.

    Raises:
        DecryptionError: the notification has another form.
    """
    try:
        raw = json.loads(content)
        sealed = raw["resource"]
        found = EncryptedResource(
            sealed["algorithm"],
            sealed["ciphertext"],
            sealed["nonce"],
            sealed.get("associated_data") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise unknown_form() from None
    return raw, found


def decrypt(sealed: EncryptedResource, apiv3_key: Secret[bytes]) -> Any:
    """Return the decrypted object.

    Raises:
        DecryptionError: the algorithm or key is another one, or the plaintext is not an object.
    """
    _assert_known(sealed)
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


def opening(sealed: EncryptedResource, apiv3_keys: Sequence[aes.TrialKey]) -> int | None:
    """Return the position of the key that decrypts the resource, or None if none does.

    Raises:
        DecryptionError: the encryption algorithm is another one.
    """
    _assert_known(sealed)
    return aes.gcm_opening(sealed.ciphertext, apiv3_keys, sealed.nonce, sealed.associated_data)


def _assert_known(sealed: EncryptedResource) -> None:
    if not all(isinstance(part, str) for part in sealed):
        raise unknown_form()
    if sealed.algorithm != ALGORITHM:
        raise DecryptionError(
            _(
                "the notification is encrypted with {algorithm}; only {algorithm_2} is supported",
                algorithm=printable(sealed.algorithm, 80),
                algorithm_2=ALGORITHM,
            )
        )


def unknown_form() -> DecryptionError:
    """Return the error for a notification in an undocumented form."""
    return DecryptionError(
        _(
            "the notification is signed by WeChat Pay but has an unknown format: expected an "
            "object with a resource (algorithm, nonce and ciphertext) that decrypts to an object"
        )
    )
