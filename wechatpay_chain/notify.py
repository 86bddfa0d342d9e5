"""Notifications: verified, opened, and answered.

APIv3: https://pay.weixin.qq.com/doc/v3/merchant/4012071382;
APIv2: https://pay.weixin.qq.com/doc/v2/merchant/4011985898 (payments), 4011985902 (refunds).
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from . import xml
from .credential import Platform
from .crypto import aes
from .display import printable
from .errors import ConfigurationError, DecryptionError, SignatureError
from .middleware.v2_verifier import assert_signed
from .notify_forms import any_body, message
from .refund_notice import open_req_info
from .secret import Secret

__all__ = ["Notification", "Reply", "open_v2", "open_v3"]

ALGORITHM = "AEAD_AES_256_GCM"
LONGEST = 256
"""Characters of a reply's message."""


class Reply(NamedTuple):
    """What to answer WeChat Pay with."""

    status: int
    headers: dict[str, str]
    body: bytes


class Notification(NamedTuple):
    """What WeChat Pay told, once it is sure that it was WeChat Pay.

    Attributes:
        id: the notification's; it may come more than once, so handle each id once. Most of
            APIv2's have none, and it is empty there.
        event_type: such as `TRANSACTION.SUCCESS`; empty for most of APIv2's.
        create_time: RFC 3339; APIv2 has a form of its own, or none.
        resource_type: `encrypt-resource`; empty for APIv2.
        summary: a word or two for people; empty for APIv2.
        resource: the decrypted content; for APIv2 the fields where they are not encrypted.
        raw: the notification as it came, parsed. Of an APIv2 refund notice it holds `req_info`
            only: nothing vouches for the fields beside it.
    """

    id: str
    event_type: str
    create_time: str
    resource_type: str
    summary: str
    resource: Any
    raw: dict[str, Any]
    version: Literal["v2", "v3"] = "v3"

    def __repr__(self) -> str:
        # Its content is the customer's, and stays out of logs.
        return f"<Notification {printable(f'{self.id} {self.event_type}')}>"

    def success(self) -> Reply:
        """The answer that says: understood, do not send it again."""
        if self.version == "v2":
            return _xml_reply("SUCCESS", "OK")
        return Reply(204, {}, b"")

    def failure(self, why: str) -> Reply:
        """The answer that says: not handled, send it again later.

        Args:
            why: a few words for WeChat Pay's records; control characters are escaped, and what is
                longer than 256 characters is cut.
        """
        told = printable(why, LONGEST)
        if self.version == "v2":
            return _xml_reply("FAIL", told)
        body = json.dumps({"code": "FAIL", "message": told}, ensure_ascii=False)
        return Reply(500, {"Content-Type": "application/json; charset=utf-8"}, body.encode())


def _xml_reply(code: str, message: str) -> Reply:
    body = xml.dumps({"return_code": code, "return_msg": message})
    return Reply(200, {"Content-Type": "text/xml; charset=utf-8"}, body.encode())


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
        told = _Sealed(
            sealed["algorithm"],
            sealed["ciphertext"],
            sealed["nonce"],
            sealed.get("associated_data") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unknown_form() from None
    return Notification(
        id=_member(raw, "id"),
        event_type=_member(raw, "event_type"),
        create_time=_member(raw, "create_time"),
        resource_type=_member(raw, "resource_type"),
        summary=_member(raw, "summary"),
        resource=_opened(told, apiv3_key),
        raw=raw,
    )


def open_v2(body: Any, secret: Secret[str], apiv3_key: Secret[bytes] | None) -> Notification:
    """Verify or decrypt an APIv2 notification; see `WeChatPay.notify_v2`."""
    if not secret:
        raise ConfigurationError("secret is missing: the notification could not be verified")
    content = any_body(body)
    try:
        raw = xml.loads(content)
    except ValueError as error:
        raise SignatureError(
            f"the notification cannot be trusted: it is not usable as XML: {error}",
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
                "apiv3_key is missing: it opens the event_ciphertext of this notification"
            )
        resource = _opened(_Sealed.of_event(raw), apiv3_key)
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


class _Sealed(NamedTuple):
    """What is encrypted by AES-GCM, and what it takes beside the key."""

    algorithm: Any
    ciphertext: Any
    nonce: Any
    associated_data: Any

    @classmethod
    def of_event(cls, raw: dict[str, Any]) -> _Sealed:
        """That of an APIv2 notification."""
        names = ("algorithm", "ciphertext", "nonce", "associated_data")
        return cls(*(raw.get(f"event_{name}", "") for name in names))


def _opened(sealed: _Sealed, apiv3_key: Secret[bytes]) -> Any:
    if not all(isinstance(part, str) for part in sealed):
        raise _unknown_form()
    if sealed.algorithm != ALGORITHM:
        raise DecryptionError(
            f"the notification is encrypted with {printable(sealed.algorithm, 80)}; only "
            f"{ALGORITHM} is known"
        )
    plaintext = aes.gcm_decrypt(
        sealed.ciphertext, apiv3_key.reveal(), sealed.nonce, sealed.associated_data
    )
    try:
        opened = json.loads(plaintext)
    except (ValueError, RecursionError):
        raise _unknown_form() from None
    if not isinstance(opened, dict):
        raise _unknown_form()
    return opened


def _member(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _unknown_form() -> DecryptionError:
    return DecryptionError(
        "the notification is signed by WeChat Pay and yet not of the known form: an object with a "
        "resource of algorithm, nonce and ciphertext, which opens to an object"
    )
