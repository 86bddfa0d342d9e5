"""Queries a watched object, and acts on the result.

No transaction is open during a request to WeChat Pay: a row is leased, as in the outbox. A payment
found by a query is stored in the inbox, in the transaction that ends the watch. An order is closed
when its time is up, and then queried once more, because a payment may have been in progress.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...client import WeChatPay
from ...errors import APIError
from ...flow import Call
from ...utils.exceptions import WeChatPayError
from ..failures import described, died, has_died
from ..inbox.contents import found_row
from ..inbox.events import ordering_key
from ..inbox.handlers import Handlers
from ..merchant import Merchant
from ..operations import Claim, Insert, Job, Row, Steps, Transaction, Update, Worked
from ..waking import woken
from .end import End
from .kinds import KINDS, Kind, interval

__all__ = ["OUTCOMES", "sweep_next"]

OUTCOMES = ("ended", "queried", "closed", "failed", "lost")
"""The outcomes of a row, as counted."""
NOT_EXIST = frozenset(
    {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "NOT_FOUND", "REFUNDNOTEXIST"}
)
CLOSED = "CLOSED"
AFTER_CLOSING = 60
"""Seconds until a closed order is queried: a payment may have been in progress."""
UNPAID = ("NOTPAY", "USERPAYING", "ACCEPT", "PAYERROR")
"""States in which an order can still be paid: after `PAYERROR`, the customer can try again."""

logger = logging.getLogger("wechatpay_chain")


@dataclass(frozen=True, slots=True)
class Swept:
    """The result of an attempt, and the values to record.

    Attributes:
        outcome: the outcome, as counted.
        values: the changed columns.
        resource: the result of the query.
        end: the state that ends the watch; empty if it continues.
    """

    outcome: str
    values: dict[str, Any] = field(default_factory=dict)
    resource: Mapping[str, Any] | None = None
    end: str = ""


def sweep_next(
    *,
    merchant: Merchant,
    handlers: Handlers,
    deadline: float,
    clock: Callable[[], int],
    on_end: Callable[[End, Any], Any] | None,
    wake: Callable[[int], Any] | None,
) -> Job[Worked | None]:
    """Query the object that has been due longest; the outcome is None if none is due.

    Args:
        merchant: the merchants of the objects.
        handlers: the inbox's handlers, which determine the order of notifications.
        deadline: seconds for a request.
        clock: returns the time in milliseconds.
        on_end: runs in the transaction that ends a watch.
        wake: called with the ids of rows stored in the inbox.
    """
    row = yield from Transaction(lambda _: _claim(deadline, clock()))
    if row is None:
        return None
    if row["state"] == "dead":
        return (yield from _given_up(row, on_end))
    kind = KINDS[row["kind"]]
    stored: list[int] = []

    def finish(session: Any) -> Steps[bool]:
        stored.clear()
        expected = {"state": "pending", "attempts": row["attempts"] + 1}
        if not (yield from Update("watch", row["id"], swept.values, expected)):
            return False
        if swept.end and swept.resource is not None:
            for found in kind.found(swept.resource):
                at = clock() if found.occurred_at is None else found.occurred_at
                new = found_row(client, found.event_type, found.resource, at, clock())
                handler = handlers.get(found.event_type)
                new["ordering_key"] = ordering_key(found.resource, handler.key if handler else None)
                id_ = yield from Insert("inbox", new)
                if id_ is not None:
                    stored.append(id_)
        if swept.end and on_end is not None:
            yield Call(on_end, _end(row, swept), session)
        return True

    try:
        client = yield from merchant.client(row["mchid"])
        swept = yield from _sweep(client, row, kind, merchant.is_async, deadline, clock)
    except WeChatPayError as error:
        return (yield from _failed(row, error, clock()))
    try:
        is_recorded = yield from Transaction(finish)
    except Exception as error:
        if not swept.end:
            raise
        return (yield from _failed(row, error, clock(), swept.resource))
    for id_ in stored:
        yield from woken(wake, id_)
    return Worked(row["id"], swept.outcome if is_recorded else "lost")


def _claim(deadline: float, now: int) -> Steps[Row | None]:
    """Lease a row and count the query; the row is marked dead if the watch is given up.

    If the process dies during a query, it is repeated at the next time of the schedule.
    """
    row = yield from Claim("watch", now)
    if row is None:
        return None
    attempts = row["attempts"]
    if has_died(row) and now - row["created_at"] > KINDS[row["kind"]].longest * 1000:
        error = died(attempts)
        dead = {"state": "dead", "outcome": "UNKNOWN", "finished_at": now, "error": error}
        yield from Update("watch", row["id"], dead)
        return {**row, **dead}
    wait = deadline * 4 + interval(attempts)
    taken = {"attempts": attempts + 1, "due_at": now + round(wait * 1000), "error": None}
    yield from Update("watch", row["id"], taken)
    return row


def _given_up(row: Row, on_end: Callable[[End, Any], Any] | None) -> Job[Worked]:
    """Report a watch whose last query did not end.

    The row is already committed as dead, because `on_end` itself may kill the process.
    """
    logger.error(
        "watch %s of %s %s is given up: %s", row["id"], row["kind"], row["number"], row["error"]
    )

    def tell(session: Any) -> Steps[None]:
        if on_end is not None:
            yield Call(on_end, _end(row, Swept("ended", end="UNKNOWN")), session)

    try:
        yield from Transaction(tell)
    except Exception as error:  # noqa: BLE001 - the user's function may raise anything
        logger.error("watch %s: on_end failed: %s", row["id"], described(error))
    return Worked(row["id"], "ended")


def _sweep(
    client: WeChatPay,
    row: Row,
    kind: Kind,
    is_async: bool,
    deadline: float,
    clock: Callable[[], int],
) -> Job[Swept]:
    """Query the object, and close it if its time is up."""
    request: Any = client.request_async if is_async else client.request
    parameters: dict[str, str] = json.loads(row["parameters"])
    is_partner = bool(kind.partner_query) and "sub_mchid" in parameters
    own = {"sp_mchid" if is_partner else "mchid": client.mchid} if kind.names_merchant else {}
    call = {kind.number: row["number"], "deadline": deadline}
    path = kind.partner_query if is_partner else kind.query
    query = {**own, **parameters}
    try:
        response = yield Call(request, "GET", path, {**call, "query": query} if query else call)
    except APIError as error:
        if not (error.verified and error.code in NOT_EXIST):
            raise
        return _missing(row, kind, clock())
    resource = response.json()
    state = kind.state_of(resource, kind.state)
    if state in kind.ends:
        return _ended(state, resource, clock())
    is_up = row["until_at"] is not None and clock() >= row["until_at"]
    if not (is_up and state in UNPAID):
        return _later(row, kind, clock(), f"{kind.state} is {state}")
    closing = kind.partner_close if is_partner else kind.close
    body = {**own, **parameters, **kind.closing(resource)}
    try:
        yield Call(request, "POST", closing, {**call, "json": body})
    except APIError as error:  # it was paid or a payment is in progress: the next query reports it
        return Swept("queried", {"error": described(error), "due_at": clock() + _closing_wait(row)})
    due_at = clock() + AFTER_CLOSING * 1000
    values = {"outcome": CLOSED, "error": "closed; queried once more", "due_at": due_at}
    return Swept("closed", values)


def _ended(state: str, resource: Mapping[str, Any], now: int) -> Swept:
    values = {"state": "done", "outcome": state, "finished_at": now, "error": None}
    return Swept("ended", values, resource, state)


def _missing(row: Row, kind: Kind, now: int) -> Swept:
    """Handle a number unknown to WeChat Pay: it may become known until its time is up."""
    if row["until_at"] is None or now < row["until_at"]:
        return _later(row, kind, now, "WeChat Pay has no record of the number")
    values = {"state": "done", "outcome": "NOT_EXIST", "finished_at": now, "error": None}
    return Swept("ended", values, None, "NOT_EXIST")


def _later(row: Row, kind: Kind, now: int, why: str) -> Swept:
    """Query again at the next time of the schedule, or give up."""
    if now - row["created_at"] > kind.longest * 1000:
        values = {"state": "dead", "outcome": "UNKNOWN", "finished_at": now, "error": why}
        logger.error(
            "watch %s of %s %s is given up: %s", row["id"], row["kind"], row["number"], why
        )
        return Swept("ended", values, None, "UNKNOWN")
    due_at = now + interval(row["attempts"] + 1) * 1000
    if row["until_at"] is not None and now < row["until_at"]:
        due_at = min(due_at, row["until_at"])
    return Swept("queried", {"due_at": due_at, "error": why})


def _closing_wait(row: Row) -> int:
    return interval(min(row["attempts"], 4)) * 1000


def _failed(row: Row, error: Exception, now: int, resource: Any = None) -> Job[Worked]:
    """Record why the query or `on_end` failed; the schedule continues."""
    kind = KINDS[row["kind"]]
    swept = _later(row, kind, now, described(error, resource))
    logger.warning("watch %s: %s", row["id"], swept.values["error"])

    def note(_: Any) -> Steps[bool]:
        expected = {"state": "pending", "attempts": row["attempts"] + 1}
        return (yield from Update("watch", row["id"], swept.values, expected))

    yield from Transaction(note)
    return Worked(row["id"], "failed")


def _end(row: Row, swept: Swept) -> End:
    return End(
        id=row["id"],
        kind=row["kind"],
        number=row["number"],
        mchid=row["mchid"],
        outcome=swept.end,
        resource=swept.resource,
    )
