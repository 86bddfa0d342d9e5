"""The result of a recorded call, which `Outbox.on_result` receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Outcome", "Result"]

Outcome = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a recorded call.

    Attributes:
        id: the id of its row in the outbox.
        outcome: `done` if WeChat Pay processed the call; `failed` if WeChat Pay rejected it, or no
            attempt reached it; `unknown` if WeChat Pay may have processed it, and neither an
            attempt nor a query determined the result.
        mchid: the merchant ID.
        operation: the catalogue's operation id.
        number: the merchant-assigned number in the call.
        response: the parsed body, or None if there is none.
        status_code: the HTTP status; 0 if there was no response.
        code: WeChat Pay's error code; empty if the outcome is `done`.
        is_queried: whether the result comes from a query; `response` is then the query's.
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
