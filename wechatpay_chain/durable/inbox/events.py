"""Extracts the event type, the identifiers and the time of a notification, without I/O.

WeChat Pay delivers a notification at least once, and the sweeper finds the same events by queries.
`subject` identifies an event and its object, so it is handled once, whatever its source.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ...notifications.notification import Notification
from ..texts import fitting

__all__ = [
    "event_type",
    "milliseconds",
    "notification_id",
    "occurred_at",
    "ordering_key",
    "subject",
]

CHINA = timezone(timedelta(hours=8))
"""The time zone of APIv2 times, which have no offset."""
LONGEST_ID = 128
SUBJECTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "TRANSACTION.SUCCESS": (("transaction_id",), ("combine_out_trade_no",)),
    "REFUND.SUCCESS": (("refund_id",),),
    "REFUND.ABNORMAL": (("refund_id",),),
    "REFUND.CLOSED": (("refund_id",),),
    "MCHTRANSFER.BILL.FINISHED": (("transfer_bill_no",), ("out_bill_no",)),
    "PROFITSHARING.SUCCESS": (("order_id", "receiver.account"),),
    "v2/transaction-success": (("transaction_id",),),
    "v2/combined-transactions-success": (("combine_out_trade_no",),),
}
"""One-time events, and the members that identify their object; the first complete form applies."""
IDENTIFYING = {
    "v2/transaction-success": ("transaction_id", "out_trade_no", "result_code"),
    "v2/combined-transactions-success": ("combine_out_trade_no", "result_code"),
    "v2/refund-processed": ("refund_id", "out_refund_no", "refund_status"),
    "v2/pap-contract-state-changed": ("contract_id", "contract_code", "change_type"),
    "v2/transactions-risk-occurred": ("event_code", "transaction_id_list"),
    "v2/vehicle-state-changed-for-parking": (
        "plate_number",
        "vehicle_event_type",
        "vehicle_event_createtime",
    ),
}
"""Members that distinguish APIv2 notifications, only some of which have an id."""


def event_type(notification: Notification) -> str:
    """Return the event type for `on`: APIv3's own, or the catalogue's name prefixed with `v2/`."""
    if notification.version == "v3":
        return notification.event_type
    if notification.event_type:
        return f"v2/{notification.event_type}"
    raw = notification.raw
    if "req_info" in raw:
        return "v2/refund-processed"
    if "combine_out_trade_no" in raw:
        return "v2/combined-transactions-success"
    if "change_type" in raw:
        return "v2/pap-contract-state-changed"
    if "vehicle_event_createtime" in raw:
        return "v2/vehicle-state-changed-for-parking"
    if "event_code" in raw:
        return "v2/transactions-risk-occurred"
    return "v2/transaction-success"


def notification_id(notification: Notification) -> str:
    """Return an id that repetitions of a notification share."""
    if notification.id:
        return fitting(notification.id, LONGEST_ID)
    kind, fields = event_type(notification), _members(notification)
    names = IDENTIFYING.get(kind, ())
    found = [str(fields[name]) for name in names if fields.get(name)]
    if not found:
        kept = {name: fields[name] for name in fields if name not in ("nonce_str", "sign")}
        found = [json.dumps(kept, sort_keys=True, ensure_ascii=False, default=str)]
    return fitting(":".join([kind, *found]), LONGEST_ID)


def subject(kind: str, resource: Any) -> str | None:
    """Return the event and its object, or None for an event that can happen more than once.

    Args:
        kind: the event type.
        resource: the resource of the notification.
    """
    for names in SUBJECTS.get(kind, ()):
        values = [_member(resource, name) for name in names]
        if all(isinstance(value, str) and value for value in values):
            return f"{kind}:{fitting(':'.join(values), LONGEST_ID)}"
    return None


def _member(resource: Any, name: str) -> Any:
    """Return a member by its dotted name; an account, which may be an openid, is hashed."""
    value = resource
    for each in name.split("."):
        value = value.get(each) if isinstance(value, Mapping) else None
    if name == "receiver.account" and isinstance(value, str):
        return hashlib.sha256(value.encode()).hexdigest()[:32]
    return value


def ordering_key(resource: Any, name: str | None) -> str | None:
    """Return the value of the member that orders notifications.

    Args:
        resource: the resource of the notification.
        name: the name of the member; None if the order is irrelevant.
    """
    value = resource.get(name) if name and isinstance(resource, Mapping) else None
    if isinstance(value, str | int) and value != "":
        return fitting(str(value), LONGEST_ID)
    return None


def occurred_at(notification: Notification, otherwise: int) -> int:
    """Return the time of the event, in milliseconds.

    Args:
        notification: APIv3 contains the time of the notification; APIv2 the time of the payment.
        otherwise: the default if there is no time.
    """
    fields = _members(notification)
    told = notification.create_time or fields.get("time_end") or fields.get("success_time")
    found = milliseconds(told)
    return otherwise if found is None else found


def milliseconds(text: Any) -> int | None:
    """Convert a time in WeChat Pay's formats to milliseconds since 1970, or None.

    APIv3 uses RFC 3339; APIv2 `20141030133525` or `2014-10-30 13:35:25`, in UTC+8.
    """
    if not isinstance(text, str):
        return None
    compact = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", text)
    try:
        parsed = (
            datetime(*map(int, compact.groups()), tzinfo=CHINA)  # type: ignore[arg-type,misc]
            if compact
            else datetime.fromisoformat(text)
        )
    except ValueError:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=CHINA)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _members(notification: Notification) -> Mapping[str, Any]:
    resource = notification.resource
    return resource if isinstance(resource, Mapping) else notification.raw
