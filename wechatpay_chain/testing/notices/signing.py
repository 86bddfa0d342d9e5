"""`signed_notification`: headers and body, as WeChat Pay would send them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ...crypto import digest, rsa
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .content import Party, content, envelope, form_of, webhook_of
from .envelopes import body_v2, body_v3, event_v2, headers_v3

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from ...catalogue import Webhook

__all__ = ["NotificationKeys", "SignedNotification", "signed_notification"]

CHINA = datetime.timezone(datetime.timedelta(hours=8))
STATED = ("sign_type", "algorithm")
"""Members of an APIv2 notification that name the signature algorithm."""
ALGORITHMS = (digest.MD5, digest.HMAC_SHA256)


class SignedNotification(NamedTuple):
    """A notification that a client can verify: `wxpay.notify(*signed)`.

    Attributes:
        headers: the headers.
        body: the signed body.
    """

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, repr=False)
class NotificationKeys:
    """The keys that sign and encrypt a notification.

    Attributes:
        serial: the id of WeChat Pay's key: a serial number or a public key id.
        platform_key: WeChat Pay's private key.
        apiv3_key: the merchant's APIv3 key, 32 bytes.
        secret: the merchant's APIv2 key.
        mchid: the merchant ID.
        appid: its appid.
        merchant_key: the merchant's public key, which encrypts the sensitive fields.
        sub_mchid: the sub-merchant ID; empty keeps the one in the examples.
        sub_appid: the sub-merchant's appid.
    """

    serial: str
    platform_key: RSAPrivateKey
    apiv3_key: Any
    secret: Any
    mchid: str
    appid: str
    merchant_key: RSAPublicKey
    sub_mchid: str = ""
    sub_appid: str = ""


def signed_notification(
    keys: NotificationKeys,
    event: str,
    resource: Mapping[str, Any] | None = None,
    *,
    variant: str = "",
    protocol: str = "v3",
) -> SignedNotification:
    """Return a notification as WeChat Pay sends it.

    Args:
        keys: the keys that sign and encrypt it.
        event: the event type, such as `TRANSACTION.SUCCESS`.
        resource: members that replace those of the catalogue's example.
        variant: the form of an event type that several products share, such as `partner`; by
            default the first form.
        protocol: `v3` or `v2`.

    Raises:
        ConfigurationError: the event type or form is unknown, or the resource cannot be sent.
    """
    party = Party(
        keys.mchid,
        keys.appid,
        lambda text: rsa.encrypt(text, keys.merchant_key),
        keys.sub_mchid,
        keys.sub_appid,
    )
    try:
        webhook = webhook_of(event, protocol)
        form = form_of(webhook, variant)
    except (LookupError, ValueError) as error:
        raise ConfigurationError(str(error)) from None
    made = {**content(webhook, form, party), **_given(resource)}
    if protocol == "v2":
        body = _body_v2(keys, webhook, made, party).encode()
        return SignedNotification({"Content-Type": "text/xml; charset=utf-8"}, body)
    body = body_v3(
        event,
        made,
        keys.apiv3_key,
        created=datetime.datetime.now(CHINA).isoformat(timespec="seconds"),
        **envelope(webhook, form),
    ).encode()
    return SignedNotification(headers_v3(body, keys.serial, keys.platform_key), body)


def _body_v2(keys: NotificationKeys, webhook: Webhook, made: dict[str, Any], party: Party) -> str:
    names = {member.name for member in webhook.body}
    clear = {"return_code": "SUCCESS", "appid": keys.appid, "mch_id": keys.mchid}
    clear = {name: value for name, value in clear.items() if name in names}
    kind = next((made[name] for name in STATED if made.get(name) in ALGORITHMS), digest.MD5)
    made |= {name: kind for name in STATED if name in made}
    if "req_info" in names:
        return body_v2(clear, keys.secret, sealed=content(webhook, None, party) | made)
    if "event_ciphertext" in names:
        created = f"{datetime.datetime.now(CHINA):%Y%m%d%H%M%S}"
        return event_v2(webhook.event, clear, made, keys.secret, keys.apiv3_key, created=created)
    return body_v2(made, keys.secret, sign_type=kind)


def _given(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    if resource is None:
        return {}
    if not isinstance(resource, Mapping):
        raise ConfigurationError(
            _("resource= is of type {type}: expected a mapping", type=type(resource).__name__)
        )
    try:
        text = json.dumps(dict(resource), ensure_ascii=False, allow_nan=False)
        text.encode()  # a lone surrogate cannot be sent
        members: dict[str, Any] = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            _("resource= cannot be written as JSON: {error}", error=error)
        ) from None
    return members
