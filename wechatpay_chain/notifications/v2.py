"""APIv2 notifications: verifies `sign`, and decrypts `req_info` and events.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985898 (payments), 4011985902 (refunds).
"""

from __future__ import annotations

from typing import Any

from ..errors import SignatureError
from ..messages import xml
from ..middleware.v2.verifier import assert_signed
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret
from ..utils.translation import _
from .frameworks import any_body
from .notification import Notification
from .refund_notice import open_req_info
from .resource import EncryptedResource, decrypt

__all__ = ["open_v2"]


def open_v2(body: Any, secret: Secret[str], apiv3_key: Secret[bytes] | None) -> Notification:
    """Verify or decrypt an APIv2 notification; see `WeChatPay.notify_v2`."""
    if not secret:
        raise ConfigurationError(_("secret is missing: the notification could not be verified"))
    content = any_body(body)
    try:
        raw = xml.loads(content)
    except ValueError as error:
        raise SignatureError(
            _("the notification cannot be trusted: it is not usable as XML: {error}", error=error),
            reason="missing",
        ) from None
    req_info = raw.get("req_info")
    if "sign" not in raw and isinstance(req_info, str) and req_info:
        fields = open_req_info(req_info, secret)
        return Notification("", "", "", "", "", fields, {"req_info": req_info}, version="v2")
    assert_signed(raw, secret)
    resource: Any = raw
    if raw.get("event_ciphertext"):
        if apiv3_key is None:
            raise ConfigurationError(
                _(
                    "apiv3_key is missing: it is required to decrypt event_ciphertext in "
                    "this notification"
                )
            )
        resource = decrypt(EncryptedResource.of_event(raw), apiv3_key)
    return Notification(
        id=raw.get("event_id", ""),
        event_type=raw.get("event_type", ""),
        create_time=raw.get("event_create_time", ""),
        resource_type="",
        summary="",
        resource=resource,
        raw=raw,
        version="v2",
    )
