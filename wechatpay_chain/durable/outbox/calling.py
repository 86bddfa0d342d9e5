"""Makes a recorded call: it is leased, sent once, and queried before it is sent again.

No transaction is open during a request to WeChat Pay. A worker takes a row by moving its due time
into the future and counting the attempt. If the worker dies, the row becomes due again and is in
doubt: it is unknown whether WeChat Pay has processed the call. A query by the call's number then
determines the result. For an operation without a query, the number makes it safe to send the same
request again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ... import catalogue
from ...catalogue.queries import Query, query_of
from ...errors import APIError, RateLimited, ServerError
from ...flow import Call
from ...messages.request import TransportError
from ...messages.response import Response
from ...middleware.retry import Retry
from ...utils.exceptions import WeChatPayError
from ..failures import described, died, has_died
from ..merchant import Merchant
from ..operations import Claim, Job, Row, Steps, Transaction, Update, Worked
from ..sealing import derived
from .recording import body_of, options_of, variables_of
from .result import Outcome, Result

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

    from ...client import WeChatPay

__all__ = ["OUTCOMES", "Follow", "call_next"]

Follow: TypeAlias = "Callable[[Row, Any], Steps[None]]"
"""Starts to watch the object that a call created, from its row and its body."""
OUTCOMES = ("done", "failed", "unknown", "postponed", "lost")
"""The outcomes of an attempt, as counted."""
MISSING = frozenset(
    {
        "RESOURCE_NOT_EXISTS",
        "RESOURCE_NOT_EXIST",
        "ORDER_NOT_EXIST",
        "ORDER_NOT_EXISTS",
        "ORDERNOTEXIST",
        "REFUNDNOTEXIST",
        "NOT_FOUND",
        "RECORD_NOT_EXIST",
        "RECORD_NOT_EXISTS",
    }
)
"""Error codes for a number that WeChat Pay does not know."""

logger = logging.getLogger("wechatpay_chain")


@dataclass(frozen=True, slots=True)
class Attempted:
    """The result of an attempt.

    Attributes:
        error: the error, or None if WeChat Pay processed the call.
        response: WeChat Pay's response, if there is one.
        in_doubt: whether WeChat Pay may have processed the call although it failed.
        is_final: whether further attempts are pointless.
        is_queried: whether the result comes from a query.
    """

    error: WeChatPayError | None
    response: Response | None
    in_doubt: bool
    is_final: bool
    is_queried: bool = False


def call_next(
    *,
    merchant: Merchant,
    cipher: MultiFernet | None,
    retry: Retry,
    deadline: float,
    clock: Callable[[], int],
    on_result: Callable[[Result, Any], Any] | None,
    follow: Follow | None,
) -> Job[Worked | None]:
    """Make the call that has been due longest; the outcome is None if none is due.

    Args:
        merchant: the merchants of the calls.
        cipher: decrypts encrypted calls.
        retry: when and how often a call is attempted again.
        deadline: seconds for a request.
        clock: returns the time in milliseconds.
        on_result: runs in the transaction that records a result.
        follow: starts to watch the created object, in the same transaction.
    """
    row = yield from Transaction(lambda _: _claim(retry, deadline, clock()))
    if row is None:
        return None
    if row["state"] == "dead":
        return (yield from _given_up(row, cipher, on_result, follow))
    try:
        client = yield from merchant.client(row["mchid"])
        attempted = yield from _attempt(client, row, cipher, merchant.is_async, deadline)
    except WeChatPayError as error:  # nothing was sent
        attempted = Attempted(error, None, row["in_doubt"], is_final=False)
    is_last = row["attempts"] + 1 >= retry.attempts
    values, result = _recorded(row, attempted, is_last, retry, clock())
    if attempted.response is not None and result is not None:
        sealer = derived(client._apiv3_key, client._secret)
        values["response"] = sealer.encrypt(attempted.response.content)

    def finish(session: Any) -> Steps[bool]:
        expected = {"state": "pending", "attempts": row["attempts"] + 1}
        if not (yield from Update("outbox", row["id"], values, expected)):
            return False  # the lease has expired, and another worker has the row
        if result is not None:
            if follow is not None and result.outcome != "failed":
                yield from follow(row, body_of(options_of(row, cipher)))
            if on_result is not None:
                yield Call(on_result, result, session)
        return True

    try:
        is_recorded = yield from Transaction(finish)
    except Exception as error:
        if result is None or (on_result is None and follow is None):
            raise
        return (yield from _unrecorded(row, error, is_last, retry, clock()))
    if not is_recorded:
        return Worked(row["id"], "lost")
    return Worked(row["id"], "postponed" if result is None else result.outcome)


def _claim(retry: Retry, deadline: float, now: int) -> Steps[Row | None]:
    """Lease a row and count the attempt; the row is marked dead if its last attempt did not end."""
    row = yield from Claim("outbox", now)
    if row is None:
        return None
    if has_died(row) and row["attempts"] >= retry.attempts:
        dead = {"state": "dead", "finished_at": now, "error": died(row["attempts"])}
        yield from Update("outbox", row["id"], dead)
        return {**row, **dead}
    taken = {
        "attempts": row["attempts"] + 1,
        "in_doubt": True,
        "due_at": now + round(deadline * 3 * 1000),
        "error": None,
    }
    yield from Update("outbox", row["id"], taken)
    return row


def _given_up(
    row: Row,
    cipher: MultiFernet | None,
    on_result: Callable[[Result, Any], Any] | None,
    follow: Follow | None,
) -> Job[Worked]:
    """Report a call whose last attempt did not end.

    The row is already committed as dead, because `on_result` itself may kill the process.
    """
    logger.error("outbox %s %s is unknown: %s", row["operation"], row["id"], row["error"])

    def tell(session: Any) -> Steps[None]:
        if follow is not None:
            yield from follow(row, body_of(options_of(row, cipher)))
        if on_result is not None:
            yield Call(on_result, _result(row, "unknown", None, False), session)

    try:
        yield from Transaction(tell)
    except Exception as error:  # noqa: BLE001 - the user's function may raise anything
        text = described(error)
        logger.error("outbox %s %s: on_result failed: %s", row["operation"], row["id"], text)
    return Worked(row["id"], "unknown")


def _attempt(
    client: WeChatPay, row: Row, cipher: MultiFernet | None, is_async: bool, deadline: float
) -> Job[Attempted]:
    options = options_of(row, cipher)
    request: Any = client.request_async if is_async else client.request
    bounds = {"retry": None, "deadline": deadline}  # rows are retried, not requests
    query = _query(row, options) if row["in_doubt"] else None
    if query is not None:
        try:
            asked = yield Call(request, query.method, query.path, {**query.options, **bounds})
            return Attempted(None, asked, in_doubt=False, is_final=True, is_queried=True)
        except APIError as error:
            if not (error.verified and error.code in MISSING):
                return Attempted(error, None, in_doubt=True, is_final=False)
        except WeChatPayError as error:
            return Attempted(error, None, in_doubt=True, is_final=False)
    try:
        response = yield Call(request, row["method"], row["path"], {**options, **bounds})
    except APIError as error:
        is_open = isinstance(error, ServerError) or error.retryable or not error.verified
        is_undone = isinstance(error, RateLimited) and error.verified
        is_doubtful = is_open and not is_undone
        return Attempted(error, error.response, is_doubtful, is_final=not is_open)
    except TransportError as error:
        return Attempted(error, None, in_doubt=error.sent is not False, is_final=False)
    except WeChatPayError as error:
        return Attempted(error, None, in_doubt=True, is_final=False)
    return Attempted(None, response, in_doubt=False, is_final=True)


def _recorded(
    row: Row, attempted: Attempted, is_last: bool, retry: Retry, now: int
) -> tuple[dict[str, Any], Result | None]:
    """Return the changed columns of a row, and the result if there is one."""
    error = attempted.error
    if error is None:
        response = attempted.response
        assert response is not None  # noqa: S101 - it succeeded
        values = {"state": "done", "finished_at": now, "error": None, "in_doubt": False}
        result = _result(row, "done", response, attempted.is_queried)
        return {**values, "status_code": response.status_code}, result
    text = described(error)
    values = {"error": text, "in_doubt": attempted.in_doubt}
    if not (attempted.is_final or is_last):
        wait = round(retry.wait(row["attempts"] + 1) * 1000)
        return {**values, "due_at": now + wait}, None
    outcome: Outcome = "unknown" if attempted.in_doubt else "failed"
    logger.error("outbox %s %s is %s: %s", row["operation"], row["id"], outcome, text)
    result = _result(row, outcome, attempted.response, False, getattr(error, "code", ""))
    dead = {"state": "dead", "finished_at": now, "status_code": result.status_code or None}
    return {**values, **dead}, result


def _query(row: Row, options: dict[str, Any]) -> Query | None:
    operation = catalogue.find(row["method"], row["path"])
    if operation is None:
        return None
    where = variables_of(row["path"], options)
    return query_of(operation, where, options.get("query"), body_of(options))


def _unrecorded(row: Row, error: Exception, is_last: bool, retry: Retry, now: int) -> Job[Worked]:
    """Record that `on_result` raised an error, which rolled back its effects and the result.

    The row is in doubt, so the next attempt queries it and records the result again.
    """
    attempts = row["attempts"] + 1
    text = described(error)
    values: dict[str, Any] = {"error": text, "due_at": now + round(retry.wait(attempts) * 1000)}
    if is_last:
        values |= {"state": "dead", "finished_at": now}
    logger.error("outbox %s %s: on_result failed: %s", row["operation"], row["id"], text)

    def note(_: Any) -> Steps[bool]:
        expected = {"state": "pending", "attempts": attempts}
        return (yield from Update("outbox", row["id"], values, expected))

    yield from Transaction(note)
    return Worked(row["id"], "postponed")


def _result(
    row: Row, outcome: Outcome, response: Response | None, is_queried: bool, code: str = ""
) -> Result:
    operation = catalogue.find(row["method"], row["path"])
    return Result(
        id=row["id"],
        outcome=outcome,
        mchid=row["mchid"],
        operation=row["operation"] if operation is None else operation.id,
        number=row["number"],
        response=_parsed(row, response),
        status_code=0 if response is None else response.status_code,
        code=code,
        is_queried=is_queried,
    )


def _parsed(row: Row, response: Response | None) -> Any:
    if response is None or not response.content:
        return None
    try:
        return response.xml() if row["operation"].split("_")[1] == "v2" else response.json()
    except ValueError:  # for example an error page: keep its bytes
        return None
