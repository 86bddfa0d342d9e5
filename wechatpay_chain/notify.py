"""Notifications: verified, opened, and answered.

APIv3: https://pay.weixin.qq.com/doc/v3/merchant/4012071382;
APIv2: https://pay.weixin.qq.com/doc/v2/merchant/4011985898 (payments), 4011985902 (refunds).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from . import xml
from .credential import Platform
from .crypto import aes, digest
from .errors import ConfigurationError, DecryptionError, SignatureError
from .messages import Headers
from .middleware.v2_verifier import assert_signed

__all__ = ["Notification", "Reply", "open_v2", "open_v3"]

ALGORITHM = "AEAD_AES_256_GCM"


class Reply(NamedTuple):
    """What to answer WeChat Pay with."""

    status: int
    headers: dict[str, str]
    body: bytes


class Notification(NamedTuple):
    """What WeChat Pay told, once it is sure that it was WeChat Pay.

    Attributes:
        id: the notification's; it may come more than once, so handle each id once. APIv2 has none,
            and it is empty there.
        event_type: such as `TRANSACTION.SUCCESS`; empty for APIv2.
        create_time: RFC 3339; empty for APIv2.
        resource_type: `encrypt-resource`; empty for APIv2.
        summary: a word or two for people; empty for APIv2.
        resource: the decrypted content; for APIv2 the fields, or those of `req_info`.
        raw: the notification as it came, parsed.
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
        return f"<Notification {self.id} {self.event_type}>"  # its content is the customer's

    def success(self) -> Reply:
        """The answer that says: understood, do not send it again."""
        if self.version == "v2":
            return _xml_reply("SUCCESS", "OK")
        return Reply(204, {}, b"")

    def failure(self, why: str) -> Reply:
        """The answer that says: not handled, send it again later.

        Args:
            why: a few words for WeChat Pay's records.
        """
        if self.version == "v2":
            return _xml_reply("FAIL", why)
        body = json.dumps({"code": "FAIL", "message": why}, ensure_ascii=False)
        return Reply(500, {"Content-Type": "application/json; charset=utf-8"}, body.encode())


def _xml_reply(code: str, message: str) -> Reply:
    body = xml.dumps({"return_code": code, "return_msg": message})
    return Reply(200, {"Content-Type": "text/xml; charset=utf-8"}, body.encode())


def open_v3(
    headers: Any, body: str | bytes, platform: Platform, apiv3_key: bytes | None
) -> Notification:
    """Verify and decrypt an APIv3 notification; see `WeChatPay.notify`."""
    if not platform:
        raise ConfigurationError("certs is missing: the notification could not be verified")
    if apiv3_key is None:
        raise ConfigurationError("apiv3_key is missing: the notification could not be opened")
    content = _bytes(body)
    platform.verify(any_headers(headers), content)
    try:
        raw = json.loads(content)
        resource = raw["resource"]
        if resource["algorithm"] != ALGORITHM:
            raise DecryptionError(
                f"the notification is encrypted with {resource['algorithm']!r}; only {ALGORITHM} "
                "is known"
            )
        plaintext = aes.gcm_decrypt(
            resource["ciphertext"],
            apiv3_key,
            resource["nonce"],
            resource.get("associated_data") or "",
        )
        opened = json.loads(plaintext)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DecryptionError(
            "the notification is signed by WeChat Pay and yet not of the known form: a JSON object "
            "with a resource of algorithm, nonce and ciphertext"
        ) from None
    return Notification(
        id=raw.get("id", ""),
        event_type=raw.get("event_type", ""),
        create_time=raw.get("create_time", ""),
        resource_type=raw.get("resource_type", ""),
        summary=raw.get("summary", ""),
        resource=opened,
        raw=raw,
    )


def open_v2(body: str | bytes, secret: str) -> Notification:
    """Verify or decrypt an APIv2 notification; see `WeChatPay.notify_v2`."""
    if not secret:
        raise ConfigurationError("secret is missing: the notification could not be verified")
    try:
        raw = xml.loads(_bytes(body))
    except ValueError as error:
        raise SignatureError(
            f"the notification cannot be trusted: it is not usable as XML: {error}",
            reason="missing",
        ) from None
    if "sign" not in raw and isinstance(raw.get("req_info"), str) and raw["req_info"]:
        resource = _req_info(raw["req_info"], secret)
    else:
        assert_signed(raw, secret)
        resource = raw
    return Notification("", "", "", "", "", resource=resource, raw=raw, version="v2")


def _req_info(ciphertext: str, secret: str) -> dict[str, Any]:
    try:
        return xml.loads(aes.ecb_decrypt(ciphertext, digest.md5(secret)))
    except ValueError:
        raise DecryptionError(
            "req_info does not open with this secret; check that it is the APIv2 key set on the "
            "merchant platform"
        ) from None


def any_headers(given: Any) -> Headers:
    """Header fields from any framework: a mapping or pairs, text or bytes, WSGI names or HTTP's.

    Raises:
        ConfigurationError: neither a mapping nor pairs.
    """
    if isinstance(given, Headers):
        return given
    pairs: Iterable[Any] = given.items() if hasattr(given, "items") else given
    try:
        return Headers(
            [
                (_name(_text(name)), _text(value))
                for name, value in pairs
                if isinstance(value, str | bytes)
            ]
        )
    except (TypeError, ValueError):
        raise ConfigurationError(
            f"headers is of type {type(given).__name__}: a mapping, or pairs of name and value, "
            "are expected"
        ) from None


def _name(name: str) -> str:
    return name[5:].replace("_", "-") if name.startswith("HTTP_") else name


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogateescape")
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    raise ConfigurationError(
        f"body is of type {type(body).__name__}: the request's bytes are expected, as they came "
        "(not the parsed JSON: the signature covers the bytes)"
    )
