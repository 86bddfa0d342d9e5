"""Keys, numbers and a client for unit tests: made once a process, and good for nothing else."""

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
    """WeChat Pay's key."""
    return _new_key()


@cache
def merchant_key() -> RSAPrivateKey:
    """The merchant's key."""
    return _new_key()


def arguments() -> dict[str, Any]:
    """Arguments of a `WeChatPay` that verifies what `platform_key` signs."""
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
    """The keys of notifications that such a client opens."""
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
