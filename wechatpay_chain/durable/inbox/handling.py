"""Handles a stored notification in one transaction with the effects of its handler.

A short transaction first counts the attempt, so a handler that kills its process is not called
forever. It makes the row due again after a lease plus the wait after a failure. The row is then
locked until the handler's transaction ends, however long that takes. If the process dies, the
database rolls back the effects, and another worker finds the row when it is due. A counted attempt
with neither an error nor a result did not end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from ...flow import Call
from ...middleware.retry import Retry
from ..failures import described, died, has_died
from ..merchant import Merchant
from ..operations import Claim, Count, Job, Lock, Row, Steps, Transaction, Update, Worked
from .contents import resource_of
from .events import ordering_key
from .handlers import Handlers
from .notice import Notice

__all__ = ["handle_next"]

LEASE = 10.0
"""Seconds between the two transactions, after which another worker may take the row."""

logger = logging.getLogger("wechatpay_chain")


def handle_next(
    *,
    merchant: Merchant,
    handlers: Handlers,
    retry: Retry,
    clock: Callable[[], int],
    without: Collection[tuple[str, str]],
) -> Job[Worked | None]:
    """Handle the notification that has been due longest; the outcome is None if none is due.

    Args:
        merchant: the merchants of the notifications.
        handlers: the handlers; notifications of other events wait for a worker with theirs.
        retry: when and how often a failed handler is called again.
        clock: returns the time in milliseconds.
        without: merchant IDs and ordering keys to skip.
    """
    row = yield from Transaction(lambda _: _begin(handlers, retry, clock(), without))
    if row is None:
        return None
    if row["state"] == "dead":
        _log(row, logging.ERROR, f"{row['error']}. It is a dead letter now")
        return _worked(row, "failed")
    opened: list[Any] = []
    try:
        outcome = yield from Transaction(
            lambda session: _handle(row, session, merchant, handlers, clock, opened)
        )
    except Exception as error:  # noqa: BLE001 - a handler may raise anything
        return (yield from _failed(row, error, opened, retry, clock()))
    except BaseException as error:
        if _is_interruption(error):
            yield from _release(row, clock())
        raise
    if outcome != "done":
        yield from _release(row, clock())
    return _worked(row, outcome)


def _begin(
    handlers: Handlers, retry: Retry, now: int, without: Collection[tuple[str, str]]
) -> Steps[Row | None]:
    """Claim a row and count the attempt; the row is marked dead if its last attempt did not end."""
    row = yield from Claim("inbox", now, {"event_type": handlers.event_types}, without)
    if row is None:
        return None
    attempts = row["attempts"]
    is_left = has_died(row)
    if is_left and attempts >= retry.attempts:
        dead = {"state": "dead", "finished_at": now, "error": died(attempts)}
        yield from Update("inbox", row["id"], dead)
        return {**row, **dead}
    if is_left:
        _log(row, logging.WARNING, died(attempts))
    wait = LEASE + retry.wait(attempts + 1)
    counted = {"attempts": attempts + 1, "due_at": now + round(wait * 1000)}
    yield from Update("inbox", row["id"], {**counted, "error": None})
    return {**row, **counted}


def _handle(
    row: Row,
    session: Any,
    merchant: Merchant,
    handlers: Handlers,
    clock: Callable[[], int],
    opened: list[Any],
) -> Steps[str]:
    """Call the handler and mark the row as done; the outcome reports whether that happened."""
    same = {"id": [row["id"]], "attempts": [row["attempts"]]}
    if (yield from Claim("inbox", row["due_at"], same)) is None:
        return "busy"  # an earlier row with its key has arrived, or the lease has expired
    if row["ordering_key"] is not None and not (yield from _is_alone(row)):
        return "busy"
    handler = handlers.get(row["event_type"])
    assert handler is not None  # noqa: S101 - no other rows are claimed
    client = yield from merchant.client(row["mchid"])
    resource = yield from resource_of(client, row)
    opened.append(resource)
    key = ordering_key(resource, handler.key)
    if row["ordering_key"] is None and key is not None:
        # It was stored by a process that does not know this handler's key.
        yield from Update("inbox", row["id"], {"ordering_key": key})
        return "ordered"
    yield Call(handler.function, _notice(row, resource), session)
    yield from Update("inbox", row["id"], {"state": "done", "finished_at": clock()})
    return "done"


def _is_interruption(error: BaseException) -> bool:
    """Return whether an attempt was interrupted from outside, not failed in the handler."""
    from asyncio import CancelledError  # needed only if the exception is not an `Exception`

    return isinstance(error, KeyboardInterrupt | CancelledError)


def _release(row: Row, now: int) -> Job[None]:
    """Undo the count of an attempt, because the handler was not called or was interrupted."""

    def steps(_: Any) -> Steps[bool]:
        before = {"attempts": row["attempts"] - 1, "due_at": now, "error": row["error"]}
        return (yield from Update("inbox", row["id"], before, _fence(row)))

    yield from Transaction(steps)


def _fence(row: Row) -> dict[str, Any]:
    """Return the column values of a row that no other worker has taken."""
    return {"state": "pending", "attempts": row["attempts"]}


def _is_alone(row: Row) -> Steps[bool]:
    """Return whether no other worker handles a notification with the same key.

    A notification that occurred earlier may be stored while a later one is being handled.
    """
    same = {"mchid": row["mchid"], "ordering_key": row["ordering_key"]}
    locked = yield from Lock("inbox", **same)
    counted = yield from Count("inbox", {**same, "state": "pending"})
    return locked == counted.get("pending", 0)


def _failed(row: Row, error: Exception, opened: list[Any], retry: Retry, now: int) -> Job[Worked]:
    """Record a failure in a separate transaction, because the handler's was rolled back."""
    attempts = row["attempts"]
    is_dead = attempts >= retry.attempts
    text = described(error, opened)
    values: dict[str, Any] = {"error": text}
    if is_dead:
        values |= {"state": "dead", "finished_at": now}
    else:
        values["due_at"] = now + round(retry.wait(attempts) * 1000)

    def record(_: Any) -> Steps[bool]:
        return (yield from Update("inbox", row["id"], values, _fence(row)))

    yield from Transaction(record)
    level = logging.ERROR if is_dead else logging.WARNING
    end = ", and it is a dead letter now" if is_dead else ""
    _log(row, level, f"attempt {attempts} failed{end}: {text}")
    return _worked(row, "failed")


def _log(row: Row, level: int, text: str) -> None:
    logger.log(level, "%s %s: %s", row["event_type"], row["id"], text)


def _worked(row: Row, outcome: str) -> Worked:
    key = row["ordering_key"]
    return Worked(row["id"], outcome, None if key is None else (row["mchid"], key))


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
        attempt=row["attempts"],
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
