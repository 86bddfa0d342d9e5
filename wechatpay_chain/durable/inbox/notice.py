"""A notification as a handler gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar

__all__ = ["Notice", "Resource"]

Resource = TypeVar("Resource")


@dataclass(frozen=True, slots=True)
class Notice(Generic[Resource]):
    """What happened, from a notification or from a query of the sweeper's.

    Attributes:
        id: of its row in the inbox.
        notification_id: WeChat Pay's, or made from what identifies an APIv2 notification.
        event_type: as `Inbox.on` takes it.
        resource: the decrypted content; of an APIv2 notification in the clear, its fields.
        mchid: whose notification it is.
        source: `v3` or `v2` for a notification, `query` where the sweeper found it.
        occurred_at: when it happened, as WeChat Pay says.
        received_at: when it was stored.
        attempt: 1 the first time; more where the handler failed before, or was replayed.
    """

    id: int
    notification_id: str
    event_type: str
    resource: Resource = field(repr=False)  # it is the customer's, and stays out of logs
    mchid: str
    source: Literal["v3", "v2", "query"]
    occurred_at: datetime
    received_at: datetime
    attempt: int
