"""Encryption of what is kept at rest and did not come encrypted.

An APIv2 notification and a query's outcome hold an openid in the clear. They are sealed with a key
that is derived from the merchant's own (HKDF, RFC 5869), so nothing more has to be configured.
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
    """What seals for a merchant: with the first of its secrets, and opens with any of them.

    Raises:
        ConfigurationError: there is none.
    """
    keys = [_key(secret.reveal()) for secret in secrets if secret]
    if not keys:
        raise ConfigurationError(_("apiv3_key and secret are missing: nothing can be encrypted"))
    return MultiFernet(keys)


def unseal(sealer: MultiFernet, token: bytes) -> bytes:
    """What a token holds.

    Raises:
        DecryptionError: it was sealed with another key, or is damaged.
    """
    try:
        return sealer.decrypt(token)
    except InvalidToken:
        raise DecryptionError(
            _(
                "what is stored does not open: it was sealed with another key, or is damaged. "
                "Check that the merchant's apiv3_key and secret are those with which it was stored"
            )
        ) from None


def _key(secret: str | bytes) -> Fernet:
    material = secret.encode() if isinstance(secret, str) else secret
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE)
    return Fernet(base64.urlsafe_b64encode(hkdf.derive(material)))
