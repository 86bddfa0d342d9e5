"""The files that made-up answers lead to: there, and of the digest that the answer tells.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012760579 (a bill that is encrypted for its
merchant; the digest is of the bill itself)
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from typing import Any

from ....crypto import aes, digest, rsa
from ....utils.exceptions import ConfigurationError
from ...call import Call
from ..address import reached_at
from ..bills import downloads as bills

__all__ = ["add_file"]

KINDS = ("SHA1", "SHA256", "MD5", "SM3")
"""Digests that an answer may tell of."""
CONTENT = b"made up by the gateway\n"


def add_file(answer: dict[str, Any], call: Call, seed: bytes) -> None:
    """Make a file for an answer that has a `download_url`, and have the answer tell of it.

    Args:
        answer: its members; changed in place.
        call: the request.
        seed: what the file's name and key depend on.
    """
    content = CONTENT
    if "hash_value" in answer:
        kind = str(answer.get("hash_type", ""))
        kind = kind if kind in KINDS else KINDS[0]
        with contextlib.suppress(ConfigurationError):  # this machine has no SM3
            answer["hash_value"] = digest.hexdigest(kind.lower(), content)
        if "hash_type" in answer:
            answer["hash_type"] = kind
    if "encrypt_key" in answer and "nonce" in answer:
        key, nonce = _text(seed, "key")[:32], _text(seed, "nonce")[:12]
        content = base64.b64decode(aes.gcm_encrypt(content.decode(), key, nonce, ""))
        certificate = call.state.identity.merchant_certificate
        answer |= {"encrypt_key": rsa.encrypt(key, certificate), "nonce": nonce}
    token = _text(seed, "token")
    bills.keep_content(call.state, token, content)
    answer["download_url"] = f"{reached_at(call)}v3/billdownload/file?token={token}"


def _text(seed: bytes, what: str) -> str:
    return hashlib.sha256(seed + what.encode()).hexdigest()
