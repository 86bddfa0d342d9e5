"""Stores the content of a notification, and decrypts it again.

An APIv3 notification is stored as received, encrypted by WeChat Pay. An APIv2 notification and the
result of a query contain a plaintext openid and are therefore encrypted by this package.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, cast

from ...flow import Call
from ...notifications.notification import Notification
from ..operations import Row
from ..sealing import derived, unseal
from . import events

if TYPE_CHECKING:
    from ...client import WeChatPay
    from ...messages.headers import Headers

__all__ = ["found_row", "notification_row", "resource_of"]

KEPT = "wechatpay-"
"""The prefix of the stored header fields, which belong to the signature."""


def notification_row(
    client: WeChatPay, notice: Notification, headers: Headers, content: bytes, now: int
) -> dict[str, Any]:
    """Return the row of a verified notification.

    Args:
        client: the recipient's client.
        notice: the notification.
        headers: the headers as received.
        content: the body as received.
        now: milliseconds.
    """
    kind = events.event_type(notice)
    kept = {n: v for n, v in headers.items() if n.lower().startswith(KEPT)}
    is_v2 = notice.version == "v2"
    return {
        **_row(client, kind, notice.resource, now),
        "source": notice.version,
        "notification_id": events.notification_id(notice),
        "occurred_at": events.occurred_at(notice, now),
        "headers": json.dumps(kept),
        "body": _sealer(client).encrypt(content) if is_v2 else content,
    }


def found_row(
    client: WeChatPay, kind: str, resource: Mapping[str, Any], occurred_at: int, now: int
) -> dict[str, Any]:
    """Return the row for the result of a query, in the form of a notification.

    Args:
        client: the merchant's client.
        kind: the event type.
        resource: the result of the query.
        occurred_at: milliseconds.
        now: milliseconds.
    """
    row = _row(client, kind, resource, now)
    return {
        **row,
        "source": "query",
        "notification_id": f"query:{row['subject']}"[:128],
        "occurred_at": occurred_at,
        "headers": "{}",
        "body": _sealer(client).encrypt(json.dumps(resource, ensure_ascii=False).encode()),
    }


def resource_of(client: WeChatPay, row: Row) -> Generator[Call, Any, Any]:
    """Return the decrypted resource of a stored notification.

    Raises:
        DecryptionError: the merchant's keys do not decrypt it.
        ConfigurationError: the client does not have the key.
    """
    body = bytes(row["body"])
    if row["source"] == "v3":
        return (yield from _opened(client._reopened(body)))
    content = unseal(_sealer(client), body)
    if row["source"] == "v2":
        return (yield from _opened(client._notice_v2(content)))
    return json.loads(content)


def _opened(flow: Generator[Any, Any, Notification]) -> Generator[Call, Any, Any]:
    """Decrypt a notification that was verified and observed on arrival."""
    notice = yield from cast("Generator[Call, Any, Notification]", flow)
    return notice.resource


def _row(client: WeChatPay, kind: str, resource: Any, now: int) -> dict[str, Any]:
    return {
        "mchid": client.mchid,
        "state": "pending",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "subject": events.subject(kind, resource),
        "event_type": kind,
    }


def _sealer(client: WeChatPay) -> Any:
    return derived(client._apiv3_key, client._secret)
