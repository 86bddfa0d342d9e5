"""Keys, numbers and a client for unit tests, created once per process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .notices.signing import NotificationKeys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["MCHID", "PUBLIC_KEY_ID", "arguments", "notification_keys", "platform_key"]

MCHID, APPID = "1900000109", "wx8888888888888888"
SERIAL = "3775B6A45ACD588826D15E583A95F5DD11223344"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026112600000000000000"
APIV3_KEY, SECRET = "only-for-tests-only-for-tests-v3", "only-for-tests-only-for-tests-v2"


@cache
def platform_key() -> RSAPrivateKey:
    """Return WeChat Pay's test key."""
    return _new_key()


@cache
def merchant_key() -> RSAPrivateKey:
    """Return the merchant's test key."""
    return _new_key()


def arguments() -> dict[str, Any]:
    """Return arguments of a `WeChatPay` that verifies signatures by `platform_key`."""
    return {
        "mchid": MCHID,
        "appid": APPID,
        "serial": SERIAL,
        "private_key": merchant_key(),
        "certs": {PUBLIC_KEY_ID: platform_key().public_key()},
        "apiv3_key": APIV3_KEY,
        "secret": SECRET,
    }


def notification_keys() -> NotificationKeys:
    """Return the keys of notifications that such a client can verify and decrypt."""
    return NotificationKeys(
        serial=PUBLIC_KEY_ID,
        platform_key=platform_key(),
        apiv3_key=APIV3_KEY,
        secret=SECRET,
        mchid=MCHID,
        appid=APPID,
        merchant_key=merchant_key().public_key(),
    )


def _new_key() -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
