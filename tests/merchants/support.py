"""Tenants: merchants with keys of their own, and what WeChat Pay signs with for each."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support import MERCHANT_SERIAL, pem


@dataclass(frozen=True)
class Tenant:
    """A merchant, and WeChat Pay's key for it."""

    mchid: str
    key_id: str
    apiv3_key: str
    merchant: rsa.RSAPrivateKey
    platform: rsa.RSAPrivateKey

    def arguments(self, **changes: Any) -> dict[str, Any]:
        given = {
            "serial": MERCHANT_SERIAL,
            "private_key": pem(self.merchant).decode(),
            "certs": {self.key_id: pem(self.platform.public_key()).decode()},
            "apiv3_key": self.apiv3_key,
            **changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def signed(self, body: bytes, key_id: str | None = None) -> dict[str, str]:
        """The header of a notification that WeChat Pay signs with this tenant's key."""
        stamp, nonce = str(int(time.time())), "5F9EEA1B8D4C4D4F9E9B1C2D3E4F5A6B"
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        signature = self.platform.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": key_id or self.key_id,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
        }


def tenant(number: int, merchant: rsa.RSAPrivateKey, platform: rsa.RSAPrivateKey) -> Tenant:
    return Tenant(
        mchid=str(1900000000 + number),
        key_id=f"PUB_KEY_ID_{number:034d}",
        apiv3_key=f"apiv3-key-of-{number:019d}",
        merchant=merchant,
        platform=platform,
    )
