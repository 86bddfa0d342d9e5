"""Verification and decryption of APIv3 notifications.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012071382
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..errors import SignatureError
from ..flow import Effect
from ..keys.platform_keys import PlatformKeys
from ..keys.verification import SIGNATURE_FIELDS
from ..messages.response import MAX_UNVERIFIED_JSON
from ..utils.exceptions import ConfigurationError, DecryptionError
from ..utils.secret import Secret
from ..utils.translation import _
from .frameworks import message
from .notification import Notification
from .resource import decrypt, read

__all__ = ["open_stored", "open_v3"]


def open_v3(
    headers: Any, body: Any, platform: PlatformKeys, apiv3_key: Secret[bytes] | None
) -> Generator[Effect, Any, Notification]:
    """Verify and decrypt an APIv3 notification; see `WeChatPay.notify`.

    Certificates are fetched only for a notification that `apiv3_key` decrypts, because only such a
    notification can be from WeChat Pay. A large notification is not parsed before it is verified.
    """
    if not platform and not platform.fetchable:
        raise ConfigurationError(_("certs is missing: the notification could not be verified"))
    apiv3_key = _key(apiv3_key)
    fields, content = message(headers, body)
    try:
        platform.verify(fields, content)
    except SignatureError as error:
        doubt = error
    else:
        return _opened(content, apiv3_key)
    serial = fields.get(SIGNATURE_FIELDS[2], "").strip()
    if len(content) > MAX_UNVERIFIED_JSON or not platform.may_learn(serial):
        raise doubt
    try:
        notification = _opened(content, apiv3_key)
    except DecryptionError:
        raise doubt from None
    yield from platform.checked_again(doubt, serial, lambda: platform.verify(fields, content))
    return notification


def open_stored(content: bytes, apiv3_key: Secret[bytes] | None) -> Notification:
    """Decrypt a stored notification that was verified on arrival, before its signature expired."""
    return _opened(content, _key(apiv3_key))


def _key(apiv3_key: Secret[bytes] | None) -> Secret[bytes]:
    if apiv3_key is None:
        raise ConfigurationError(_("apiv3_key is missing: the notification could not be decrypted"))
    return apiv3_key


def _opened(content: bytes, apiv3_key: Secret[bytes]) -> Notification:
    raw, told = read(content)
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
