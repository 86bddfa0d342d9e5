"""APIv2 refund notifications: `req_info` is encrypted with the APIv2 key, and not signed.

AES-ECB has no integrity: an attacker with some ciphertexts can exchange 16-byte blocks between
them, and a padding oracle would reveal more. The plaintext is therefore accepted only if it is a
complete document with the members of a refund notification, in their documented forms. Every
failure raises the same error after the same steps, regardless of the check that failed.
Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985902
"""

from __future__ import annotations

import base64
import re
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..crypto import digest
from ..messages import xml
from ..utils.exceptions import DecryptionError
from ..utils.secret import Secret
from ..utils.translation import _

__all__ = ["open_req_info"]

BLOCK = 16
NAME = re.compile("[a-z][a-z0-9_]*")
NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
AMOUNT = re.compile("[0-9]{1,12}")
FORMS = {
    "out_refund_no": NUMBER,
    "out_trade_no": NUMBER,
    "refund_id": NUMBER,
    "transaction_id": NUMBER,
    "refund_fee": AMOUNT,
    "settlement_refund_fee": AMOUNT,
    "cash_refund_fee": AMOUNT,
    "total_fee": AMOUNT,
    "settlement_total_fee": AMOUNT,
    "refund_status": re.compile("[A-Z_]{1,32}"),
}
REQUIRED = ("out_refund_no", "refund_fee")
"""The members that identify the refund."""


def open_req_info(ciphertext: str, secret: Secret[str]) -> dict[str, Any]:
    """Decrypt `req_info` and return the fields of the refund notification.

    Args:
        ciphertext: base64, optionally with line breaks.
        secret: the APIv2 key.

    Raises:
        DecryptionError: decryption failed, or the plaintext is not a refund notification; the
            message is always the same.
    """
    blocks, is_sound = _blocks(ciphertext)
    cipher = Cipher(algorithms.AES256(digest.md5(secret.reveal()).encode()), modes.ECB())  # noqa: S305
    decryptor = cipher.decryptor()
    plain = decryptor.update(blocks) + decryptor.finalize()
    count = plain[-1]
    is_padded = 1 <= count <= BLOCK and plain.endswith(bytes([count]) * count)
    fields = _fields(plain[: len(plain) - count * is_padded])
    if not (is_sound and is_padded and _is_notice(fields)):
        raise DecryptionError(
            _(
                "req_info cannot be decrypted with this secret, or is not a refund notification; "
                "check that secret is the APIv2 key set on the merchant platform"
            )
        )
    return fields


def _blocks(ciphertext: str) -> tuple[bytes, bool]:
    """Return the bytes and whether they are AES-ECB blocks; if not, one block replaces them."""
    try:
        data = base64.b64decode("".join(ciphertext.split()), validate=True)
    except ValueError:
        data = b""
    is_sound = len(data) > 0 and len(data) % BLOCK == 0
    return (data if is_sound else bytes(BLOCK)), is_sound


def _fields(document: bytes) -> dict[str, Any]:
    try:
        return xml.loads(document)
    except ValueError:
        return {}


def _is_notice(fields: dict[str, Any]) -> bool:
    return all(name in fields for name in REQUIRED) and all(
        isinstance(value, str)
        and NAME.fullmatch(name) is not None
        and (name not in FORMS or FORMS[name].fullmatch(value) is not None)
        for name, value in fields.items()
    )
