"""The output of `--json`: the keys that scripts rely on, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...catalogue.types.names import type_names

if TYPE_CHECKING:
    from ...catalogue import Member, Operation, Webhook
    from ...catalogue.code_samples import CodeSample

__all__ = ["in_full", "in_short", "notification", "notification_in_short"]


def in_short(operation: Operation) -> dict[str, Any]:
    """Return an operation for a list."""
    return {
        "method": operation.method,
        "path": operation.path,
        "title": operation.title,
        "id": operation.id,
        "tags": list(operation.tags),
        "mode": operation.mode or None,
        "retired": operation.retired,
        "chain": f"{'.'.join(operation.attributes)}.{operation.verb}",
        "page": operation.page,
    }


def in_full(operation: Operation, url: str, calls: Iterable[CodeSample]) -> dict[str, Any]:
    """Return an operation with all of its members.

    Args:
        operation: from the catalogue.
        url: its address.
        calls: the ways to call it.
    """
    reason = operation.not_idempotent
    body = {
        "option": operation.body_option,
        "type": operation.body_type,
        "members": _members(operation.body),
    }
    return {
        **in_short(operation),
        "protocol": operation.protocol,
        "product": operation.product,
        "url": url,
        "base_uri": operation.base_uri,
        "security": operation.security,
        "nonceless": operation.nonceless,
        "safe": operation.safe,
        "idempotency_key": [place._asdict() for place in operation.idempotency_key or ()] or None,
        "not_idempotent": reason._asdict() if reason else None,
        "variables": _members(operation.variables),
        "query": _members(operation.query),
        "headers": _members(operation.headers),
        "body": body if operation.body_type else None,
        "response": {
            "status": operation.response_status,
            "type": operation.response_type or None,
            "members": _members(operation.response),
        },
        "types": type_names(operation)._asdict(),
        "errors": [each._asdict() for each in operation.errors],
        "calls": [
            {"style": call.name, "async": call.is_async, "code": call.code} for call in calls
        ],
    }


def notification_in_short(webhook: Webhook) -> dict[str, Any]:
    """Return a notification for a list."""
    return {
        "event": webhook.event,
        "protocol": webhook.protocol,
        "title": webhook.title,
        "id": webhook.id,
    }


def notification(webhook: Webhook) -> dict[str, Any]:
    """Return a notification with all of its members."""
    return {
        **notification_in_short(webhook),
        "headers": _members(webhook.headers),
        "body": {
            "type": webhook.body_type,
            "members": _members(webhook.body),
            "variants": [
                {"name": each.name, "title": each.title, "resource": _members(each.resource)}
                for each in webhook.variants
            ],
        },
        "resource": _members(webhook.resource),
    }


def _members(members: Iterable[Member]) -> list[dict[str, Any]]:
    return [
        {
            "name": member.name,
            "type": member.type,
            "required": member.required,
            "title": member.title,
            "enum": list(member.enum),
            "limits": member.limits,
            "encrypted": member.encrypted or None,
            "encoded": member.encoded or None,
            "members": _members(member.members),
        }
        for member in members
    ]
