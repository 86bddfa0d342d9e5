"""The rollout of the public key: which key of WeChat Pay signs a notification.

WeChat Pay selects the key of notifications, by a share that grows within seven days. The merchant
selects the key of responses, by the `Wechatpay-Serial` of each request.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4013038589 (selection, and seven days),
https://developers.weixin.qq.com/community/pay/doc/000a4e6c9a00209af2335313c61400 (the shares)
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..store.clock import Clock
from ..store.identity import Identity
from ..store.store import Store

__all__ = ["SHARES", "current_share", "signing_key_name", "start", "stop"]

SHARES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
"""The share of notifications that the public key signs, on each day since the start."""
DAY = 86400
KIND = KEY = "key_ramp"


def start(store: Store, clock: Clock, share: float | None, seed: int) -> dict[str, Any]:
    """Start a rollout for a merchant; it replaces a current one.

    Args:
        store: the store of the merchant.
        clock: the gateway's time.
        share: the share of the notifications; None means WeChat Pay's growing share.
        seed: determines the selected notifications.
    """
    ramp = {"created": clock.now(), "share": share, "seed": seed}
    store.put(KIND, KEY, ramp)
    return ramp


def stop(store: Store) -> None:
    """Stop the rollout of a merchant, so that its configured key signs all notifications."""
    store.delete(KIND, KEY)


def current_share(store: Store, clock: Clock) -> float | None:
    """Return the share of notifications that the public key signs now; None without a rollout."""
    ramp = store.get(KIND, KEY)
    if ramp is None:
        return None
    if ramp["share"] is not None:
        return float(ramp["share"])
    days = int((clock.now() - ramp["created"]) // DAY)
    return SHARES[min(max(days, 0), len(SHARES) - 1)]


def signing_key_name(store: Store, clock: Clock, identity: Identity, notice: dict[str, Any]) -> str:
    """Return the name of the key that signs an attempt to deliver a notification.

    Args:
        store: the store of the merchant.
        clock: the gateway's time.
        identity: the identity of the merchant.
        notice: the notification.
    """
    share = current_share(store, clock)
    if share is None:
        return identity.signing_key_name
    ramp = store.get(KIND, KEY) or {}
    text = f"{ramp.get('seed')} {notice['id']} {len(notice['attempts'])}"
    drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
    return identity.public_key_id if drawn < share else identity.platform_serial
