"""Encrypts stored content that did not arrive encrypted.

An APIv2 notification and the result of a query contain a plaintext openid. They are encrypted with
a key derived from the merchant's own key (HKDF, RFC 5869), so no further key must be configured.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..utils.exceptions import ConfigurationError, DecryptionError
from ..utils.secret import Secret
from ..utils.translation import _

__all__ = ["derived", "unseal"]

PURPOSE = b"wechatpay_chain durable"


def derived(*secrets: Secret[str] | Secret[bytes] | None) -> MultiFernet:
    """Return a merchant's cipher: the first secret encrypts, all of them decrypt.

    Raises:
        ConfigurationError: there is no secret.
    """
    keys = [_key(secret.reveal()) for secret in secrets if secret]
    if not keys:
        raise ConfigurationError(
            _("apiv3_key and secret are missing: stored data cannot be encrypted")
        )
    return MultiFernet(keys)


def unseal(sealer: MultiFernet, token: bytes) -> bytes:
    """Decrypt a token.

    Raises:
        DecryptionError: it was encrypted with another key, or is damaged.
    """
    try:
        return sealer.decrypt(token)
    except InvalidToken:
        raise DecryptionError(
            _(
                "the stored data cannot be decrypted: it was encrypted with another key, or is "
                "damaged. Check that the merchant's apiv3_key and secret have not changed since "
                "it was stored"
            )
        ) from None


def _key(secret: str | bytes) -> Fernet:
    material = secret.encode() if isinstance(secret, str) else secret
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE)
    return Fernet(base64.urlsafe_b64encode(hkdf.derive(material)))
