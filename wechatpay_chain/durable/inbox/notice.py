"""The notification that a handler receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar

__all__ = ["Notice", "Resource"]

Resource = TypeVar("Resource")


@dataclass(frozen=True, slots=True)
class Notice(Generic[Resource]):
    """An event, from a notification or from a query of the sweeper.

    Attributes:
        id: the id of its row in the inbox.
        notification_id: WeChat Pay's id, or derived from the identifiers of an APIv2 notification.
        event_type: the event type, as in `Inbox.on`.
        resource: the decrypted content; for an unencrypted APIv2 notification, its fields.
        mchid: the recipient's merchant ID.
        source: `v3` or `v2` for a notification, `query` if the sweeper found it.
        occurred_at: the time of the event according to WeChat Pay.
        received_at: when it was stored.
        attempt: the number of the attempt, from 1; higher after a failure or a replay.
    """

    id: int
    notification_id: str
    event_type: str
    resource: Resource = field(repr=False)  # the customer's data; must not be logged
    mchid: str
    source: Literal["v3", "v2", "query"]
    occurred_at: datetime
    received_at: datetime
    attempt: int
