"""Results of the controls: records of the gateway with their documented fields.

Each record has more fields than are described here. Those can change.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["Attempt", "Exchange", "LedgerEntry", "Notice", "OrderRecord", "Step"]


class OrderRecord(TypedDict):
    """An order.

    Attributes:
        out_trade_no: the merchant's order number.
        transaction_id: WeChat Pay's order number; empty until the order is paid.
        state: `trade_state`, such as `NOTPAY` or `SUCCESS`.
        trade_type: type of the order, such as `NATIVE` or `JSAPI`.
        total: amount in fen.
        currency: currency, such as `CNY`.
        refunded: refunded amount in fen.
        notify_url: address of its notifications; empty if there is none.
        created: creation time, in seconds since 1970 of the gateway's time.
        expires: expiry time, in the same unit.
        paid: payment time, in the same unit.
    """

    out_trade_no: str
    transaction_id: str
    state: str
    trade_type: str
    total: int
    currency: str
    refunded: int
    notify_url: str
    created: float
    expires: float
    paid: NotRequired[float]


class Attempt(TypedDict):
    """An attempt to deliver a notification.

    Attributes:
        time: seconds since 1970, in the gateway's time.
        status: HTTP status of the response; None if there was no response.
        answer: beginning of the response body.
        error: reason why there was no response; empty if there was one.
        acknowledged: True if the receiver has acknowledged the notification.
    """

    time: float
    status: int | None
    answer: str
    error: str
    acknowledged: bool


class Notice(TypedDict):
    """A notification.

    Attributes:
        id: id of the notification, for `resend`.
        protocol: `v3` or `v2`.
        event: type of the notification, such as `TRANSACTION.SUCCESS`.
        url: address of the receiver.
        resource: decrypted content.
        state: `PENDING`, `DELIVERED` or `GIVEN_UP`.
        created: seconds since 1970, in the gateway's time.
        attempts: attempts to deliver it, oldest first.
    """

    id: str
    protocol: Literal["v2", "v3"]
    event: str
    url: str
    resource: dict[str, Any]
    state: str
    created: float
    attempts: list[Attempt]


class Step(TypedDict):
    """A step in the verification of a request.

    Attributes:
        name: name of the step, such as `signature`.
        passed: True if the request has passed the step.
        note: details of the result.
    """

    name: str
    passed: bool
    note: str


class Exchange(TypedDict):
    """A request and its response.

    Attributes:
        number: consecutive number of the request.
        time: seconds since 1970, in real time.
        method: HTTP method.
        target: path and query.
        headers: request headers.
        body: request body as text, truncated at a limit.
        steps: steps of the verification.
        status: HTTP status of the response; None if the connection was closed without one.
        answer_headers: response headers.
        answer_body: response body as text, truncated at a limit.
        operation: the operation, such as `POST v3/pay/transactions/native`; None if unknown.
        kind: `simulated` or `stub`; None for a rejected request.
        fault: name of the fault that applied; None if there was none.
        milliseconds: duration of the processing.
    """

    number: int
    time: float
    method: str
    target: str
    headers: dict[str, str]
    body: str
    steps: list[Step]
    status: int | None
    answer_headers: dict[str, str]
    answer_body: str
    operation: str | None
    kind: str | None
    fault: str | None
    milliseconds: float


class LedgerEntry(TypedDict):
    """A movement of money.

    Attributes:
        time: seconds since 1970, in the gateway's time.
        kind: kind of the movement, such as `payment`, `refund` or `share`.
        amount: amount in fen.
        source: debited account.
        target: credited account.
    """

    time: float
    kind: str
    amount: int
    source: str
    target: str
