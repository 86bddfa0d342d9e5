"""The outcome of a recorded call, as `Outbox.on_result` gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Outcome", "Result"]

Outcome = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a recorded call ended.

    Attributes:
        id: of its row in the outbox.
        outcome: `done` where WeChat Pay carried it out; `failed` where it said no, or no attempt
            reached it; `unknown` where it may have carried it out, and no attempt or query told.
        mchid: the merchant's number.
        operation: the catalogue's id of the operation.
        number: the merchant's own number in the call.
        response: the parsed body; None where there is none.
        status_code: the HTTP status; 0 where no response came.
        code: WeChat Pay's error code; empty where it is done.
        is_queried: whether a query told the outcome: then `response` is the query's.
    """

    id: int
    outcome: Outcome
    mchid: str
    operation: str
    number: str
    response: Any = field(default=None, repr=False)
    status_code: int = 0
    code: str = ""
    is_queried: bool = False
