"""What the controls return: records of the gateway, with the members that are documented.

Each record has more members than are described here; those may change.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["Attempt", "Exchange", "LedgerEntry", "Notice", "OrderRecord", "Step"]


class OrderRecord(TypedDict):
    """An order.

    Attributes:
        out_trade_no: the merchant's number.
        transaction_id: WeChat Pay's number; empty until the order is paid.
        state: `trade_state`, such as `NOTPAY` or `SUCCESS`.
        trade_type: such as `NATIVE` or `JSAPI`.
        total: fen.
        currency: such as `CNY`.
        refunded: fen that were refunded so far.
        notify_url: where its notifications go; empty for none.
        created: seconds since the epoch, in the gateway's time.
        expires: the same, when it can no longer be paid.
        paid: the same, when it was paid.
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
        time: seconds since the epoch, in the gateway's time.
        status: of the response; None if there was none.
        answer: the beginning of the response's body.
        error: why there was no response; empty if there was one.
        acknowledged: whether the receiver has acknowledged the notification.
    """

    time: float
    status: int | None
    answer: str
    error: str
    acknowledged: bool


class Notice(TypedDict):
    """A notification.

    Attributes:
        id: in the gateway; `resend` takes it.
        protocol: `v3` or `v2`.
        event: its type, such as `TRANSACTION.SUCCESS`.
        url: where it is posted to.
        resource: what it carries, decrypted.
        state: `PENDING`, `DELIVERED` or `GIVEN_UP`.
        created: seconds since the epoch, in the gateway's time.
        attempts: the oldest first.
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
    """A step of the inspection of a request.

    Attributes:
        name: such as `signature`.
        passed: whether the request passed it.
        note: what was found.
    """

    name: str
    passed: bool
    note: str


class Exchange(TypedDict):
    """A request and its response.

    Attributes:
        number: counts up.
        time: seconds since the epoch, in real time.
        method: of the request.
        target: its path and query.
        headers: its header fields.
        body: its body, as text, cut at its limit.
        steps: of its inspection.
        status: of the response; None if the connection was cut.
        answer_headers: the header fields of the response.
        answer_body: its body, as text, cut at its limit.
        operation: such as `POST v3/pay/transactions/native`; None if it is none.
        kind: `simulated` or `stub`; None for a rejection.
        fault: that has spoiled it; None for none.
        milliseconds: that it took.
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
        time: seconds since the epoch, in the gateway's time.
        kind: such as `payment`, `refund` or `share`.
        amount: fen.
        source: the account that pays.
        target: the account that receives.
    """

    time: float
    kind: str
    amount: int
    source: str
    target: str
