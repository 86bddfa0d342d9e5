"""How a stored notification is handled: in one transaction with the effects of its handler.

The row is locked until that transaction ends. If the process dies, the database rolls both back,
and another worker finds the row as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from ...flow import Call
from ...middleware.retry import Retry
from ..failures import described
from ..merchant import Merchant
from ..operations import Claim, Count, Job, Lock, Row, Steps, Transaction, Update, Worked
from .contents import resource_of
from .events import ordering_key
from .handlers import Handlers
from .notice import Notice

__all__ = ["handle_next"]

logger = logging.getLogger("wechatpay_chain")


def handle_next(
    *,
    merchant: Merchant,
    handlers: Handlers,
    retry: Retry,
    clock: Callable[[], int],
    without: Collection[tuple[str, str]],
) -> Job[Worked | None]:
    """Handle the notification that is due for longest; the outcome is None where none is due.

    Args:
        merchant: whose notifications they are.
        handlers: notifications of other events wait for a worker that has theirs.
        retry: when a failed handler is called again, and how often.
        clock: the time in milliseconds.
        without: merchant numbers and ordering keys to pass over.
    """
    claimed: list[Row] = []
    opened: list[Any] = []

    def steps(session: Any) -> Steps[Worked | None]:
        row = yield from Claim("inbox", clock(), {"event_type": handlers.event_types}, without)
        if row is None:
            return None
        claimed.append(row)
        handler = handlers.get(row["event_type"])
        assert handler is not None  # noqa: S101 - no other rows are claimed
        key = None if row["ordering_key"] is None else (row["mchid"], row["ordering_key"])
        if key is not None and not (yield from _is_alone(row)):
            return Worked(row["id"], "busy", key)
        client = yield from merchant.client(row["mchid"])
        resource = yield from resource_of(client, row)
        opened.append(resource)
        if key is None and (value := ordering_key(resource, handler.key)) is not None:
            # It was received where this handler's key was not known.
            yield from Update("inbox", row["id"], {"ordering_key": value})
            return Worked(row["id"], "ordered", (row["mchid"], value))
        yield Call(handler.function, _notice(row, resource), session)
        done = {"state": "done", "attempts": row["attempts"] + 1, "error": None}
        yield from Update("inbox", row["id"], {**done, "finished_at": clock()})
        return Worked(row["id"], "done", key)

    try:
        handled = yield from Transaction(steps)
    except Exception as error:
        if not claimed:
            raise
        row = claimed[-1]
        return (yield from _failed(row, error, opened, retry, clock()))
    return handled


def _is_alone(row: Row) -> Steps[bool]:
    """Whether no other worker handles a notification with the same key.

    One that occurred earlier may have been stored while a later one is being handled.
    """
    same = {"mchid": row["mchid"], "ordering_key": row["ordering_key"]}
    locked = yield from Lock("inbox", **same)
    counted = yield from Count("inbox", {**same, "state": "pending"})
    return locked == counted.get("pending", 0)


def _failed(row: Row, error: Exception, opened: list[Any], retry: Retry, now: int) -> Job[Worked]:
    """Record a failure, in a transaction of its own: the handler's was rolled back."""
    attempts = row["attempts"] + 1
    is_dead = attempts >= retry.attempts
    text = described(error, opened)
    values: dict[str, Any] = {"attempts": attempts, "error": text}
    if is_dead:
        values |= {"state": "dead", "finished_at": now}
    else:
        values["due_at"] = now + round(retry.wait(attempts) * 1000)

    def record(_: Any) -> Steps[bool]:
        expected = {"state": "pending", "attempts": row["attempts"]}
        return (yield from Update("inbox", row["id"], values, expected))

    yield from Transaction(record)
    logger.log(
        logging.ERROR if is_dead else logging.WARNING,
        "%s %s: attempt %d failed%s: %s",
        row["event_type"],
        row["id"],
        attempts,
        ", and it is a dead letter now" if is_dead else "",
        text,
    )
    key = None if row["ordering_key"] is None else (row["mchid"], row["ordering_key"])
    return Worked(row["id"], "failed", key)


def _notice(row: Row, resource: Any) -> Notice[Any]:
    return Notice(
        id=row["id"],
        notification_id=row["notification_id"],
        event_type=row["event_type"],
        resource=resource,
        mchid=row["mchid"],
        source=row["source"],
        occurred_at=_time(row["occurred_at"]),
        received_at=_time(row["created_at"]),
        attempt=row["attempts"] + 1,
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
