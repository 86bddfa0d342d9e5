"""APIv3 notifications: verified and decrypted.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012071382
"""

from __future__ import annotations

import json
from typing import Any

from ..keys.credential import Platform
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret
from .frameworks import message
from .notification import Notification
from .resource import EncryptedResource, decrypt, unknown_form

__all__ = ["open_v3"]


def open_v3(
    headers: Any, body: Any, platform: Platform, apiv3_key: Secret[bytes] | None
) -> Notification:
    """Verify and decrypt an APIv3 notification; see `WeChatPay.notify`."""
    if not platform:
        raise ConfigurationError("certs is missing: the notification could not be verified")
    if apiv3_key is None:
        raise ConfigurationError("apiv3_key is missing: the notification could not be opened")
    fields, content = message(headers, body)
    platform.verify(fields, content)
    try:
        raw = json.loads(content)
        sealed = raw["resource"]
        told = EncryptedResource(
            sealed["algorithm"],
            sealed["ciphertext"],
            sealed["nonce"],
            sealed.get("associated_data") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise unknown_form() from None
    return Notification(
        id=_member(raw, "id"),
        event_type=_member(raw, "event_type"),
        create_time=_member(raw, "create_time"),
        resource_type=_member(raw, "resource_type"),
        summary=_member(raw, "summary"),
        resource=decrypt(told, apiv3_key),
        raw=raw,
    )


def _member(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""
