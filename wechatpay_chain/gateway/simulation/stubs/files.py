"""Files that stub responses link to, with the digests in the responses.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012760579 (a bill that is encrypted for its
merchant; the digest is of the plain bill)
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
"""Digests in responses."""
CONTENT = b"stub file of the gateway\n"


def add_file(response: dict[str, Any], call: Call, seed: bytes) -> None:
    """Create a file for a response with a `download_url`, and add its URL and digest.

    Args:
        response: the members of the response; changed in place.
        call: the request.
        seed: determines the file's name and key.
    """
    content = CONTENT
    if "hash_value" in response:
        kind = str(response.get("hash_type", ""))
        kind = kind if kind in KINDS else KINDS[0]
        with contextlib.suppress(ConfigurationError):  # this machine has no SM3
            response["hash_value"] = digest.hexdigest(kind.lower(), content)
        if "hash_type" in response:
            response["hash_type"] = kind
    if "encrypt_key" in response and "nonce" in response:
        key, nonce = _text(seed, "key")[:32], _text(seed, "nonce")[:12]
        content = base64.b64decode(aes.gcm_encrypt(content.decode(), key, nonce, ""))
        certificate = call.state.identity.merchant_certificate
        response |= {"encrypt_key": rsa.encrypt(key, certificate), "nonce": nonce}
    token = _text(seed, "token")
    bills.keep_content(call.state, token, content)
    response["download_url"] = f"{reached_at(call)}v3/billdownload/file?token={token}"


def _text(seed: bytes, what: str) -> str:
    return hashlib.sha256(seed + what.encode()).hexdigest()
