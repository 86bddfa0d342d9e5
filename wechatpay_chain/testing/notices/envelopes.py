"""The bodies of notifications, as sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...crypto import aes, digest, rsa
from ...messages import canonical, xml

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["as_text", "body_v2", "body_v3", "event_v2", "headers_v3"]


def body_v3(
    event: str,
    resource: Mapping[str, Any],
    apiv3_key: Any,
    *,
    created: str,
    summary: str = "",
    original_type: str = "transaction",
    resource_type: str = "encrypt-resource",
    associated_data: str | None = None,
) -> str:
    """Return the body of an APIv3 notification.

    Args:
        event: the event type, such as `TRANSACTION.SUCCESS`.
        resource: the content to encrypt.
        apiv3_key: the encryption key, 32 bytes.
        created: the time of creation, RFC 3339.
        summary: one line in Chinese.
        original_type: the resource's `original_type`.
        resource_type: the envelope's `resource_type`.
        associated_data: the associated data; by default `original_type`.
    """
    nonce = canonical.nonce(12)
    associated = original_type if associated_data is None else associated_data
    plain = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    body = {
        "id": str(uuid.uuid4()),
        "create_time": created,
        "resource_type": resource_type,
        "event_type": event,
        "summary": summary or event,
        "resource": {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": aes.gcm_encrypt(plain, apiv3_key, nonce, associated),
            "associated_data": associated,
            "nonce": nonce,
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def body_v2(
    fields: Mapping[str, Any],
    secret: Any,
    *,
    sign_type: str = digest.MD5,
    sealed: Mapping[str, Any] | None = None,
) -> str:
    """Return the body of a signed APIv2 notification, or of one with `req_info` for a refund.

    Args:
        fields: the unencrypted fields.
        secret: the APIv2 key.
        sign_type: the algorithm, unless `fields` names it.
        sealed: the content of `req_info`, which replaces the sign.
    """
    content = as_text(fields)
    content["nonce_str"] = canonical.nonce()
    if sealed is not None:
        inner = xml.dumps(as_text(sealed), root="root")
        content["req_info"] = aes.ecb_encrypt(inner, digest.md5(secret).lower())
    else:
        if content.get("sign_type") in (digest.MD5, digest.HMAC_SHA256):
            sign_type = content["sign_type"]
        elif "sign_type" in content:
            content["sign_type"] = sign_type
        content["sign"] = digest.sign(sign_type, canonical.fields(content), secret)
    return xml.dumps(content)


def event_v2(
    event: str,
    fields: Mapping[str, Any],
    resource: Mapping[str, Any],
    secret: Any,
    apiv3_key: Any,
    *,
    created: str,
) -> str:
    """Return the body of an APIv2 notification encrypted like APIv3 (for example for deposits).

    Args:
        event: the event type.
        fields: the unencrypted fields.
        resource: the content to encrypt.
        secret: the APIv2 key that signs.
        apiv3_key: the encryption key, 32 bytes.
        created: the time of creation, as `20261120132935`.
    """
    nonce, plain = canonical.nonce(12), json.dumps(resource, ensure_ascii=False)
    content = as_text(fields) | {
        "algorithm": digest.HMAC_SHA256,
        "event_id": str(uuid.uuid4()),
        "event_create_time": created,
        "event_type": event,
        "event_algorithm": "AEAD_AES_256_GCM",
        "event_nonce": nonce,
        "event_associated_data": "",
        "event_ciphertext": aes.gcm_encrypt(plain, apiv3_key, nonce),
    }
    content["nonce_str"] = canonical.nonce()
    content["sign"] = digest.sign(digest.HMAC_SHA256, canonical.fields(content), secret)
    return xml.dumps(content)


def headers_v3(body: bytes, serial: str, key: RSAPrivateKey) -> dict[str, str]:
    """Return the headers that sign an APIv3 notification at the current time.

    Args:
        body: the body of the notification.
        serial: the id of the key.
        key: the signing key.
    """
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": rsa.sign(canonical.response(stamp, nonce, body), key),
        "Wechatpay-Signature-Type": canonical.SCHEME,
    }


def as_text(fields: Mapping[str, Any]) -> dict[str, str]:
    """Convert fields to APIv2's form: all of them are text, nested values as JSON."""
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    """Return a value as XML parsing returns it, which the sign must cover."""
    if isinstance(value, dict | list | bool):
        value = json.dumps(value, ensure_ascii=False)
    return xml.clean(str(value))
