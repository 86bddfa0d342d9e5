"""What no client can do without: one signature made, one checked, and the body as JSON.

Together with a bare call of urllib3 or aiohttp this is the floor that the library is held against.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from .merchant import MCHID, SERIAL, Keys

PADDING = PKCS1v15()
HASH = SHA256()
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "benchmark",
}


class Floor:
    """Signs a request and verifies an answer, with nothing around it."""

    def __init__(self, keys: Keys) -> None:
        private = load_pem_private_key(keys.merchant_private.encode(), None)
        public = load_pem_public_key(keys.platform_public.encode())
        assert isinstance(private, RSAPrivateKey)
        assert isinstance(public, RSAPublicKey)
        self._private = private
        self._public = public

    def prepare(self, method: str, target: str, order: Any) -> tuple[bytes, dict[str, str]]:
        """The body and the header of a request."""
        body = json.dumps(order, ensure_ascii=False, separators=(",", ":")).encode()
        stamp, nonce = int(time.time()), os.urandom(16).hex()
        message = f"{method}\n{target}\n{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = base64.b64encode(self._private.sign(message, PADDING, HASH)).decode()
        authorization = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{MCHID}",nonce_str="{nonce}",'
            f'signature="{signature}",timestamp="{stamp}",serial_no="{SERIAL}"'
        )
        return body, {**HEADERS, "Authorization": authorization}

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise `InvalidSignature` unless the platform signed this body."""
        head = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n"
        signature = base64.b64decode(headers["Wechatpay-Signature"])
        self._public.verify(signature, head.encode() + body + b"\n", PADDING, HASH)
