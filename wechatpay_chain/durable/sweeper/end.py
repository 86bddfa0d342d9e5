"""The end of a watch, as `Sweeper.on_end` gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["End"]


@dataclass(frozen=True, slots=True)
class End:
    """How an order, refund, transfer or profit sharing order ended.

    Attributes:
        id: of its row.
        kind: `order`, `refund`, `transfer` or `profitsharing`.
        number: the merchant's own number of it.
        mchid: the merchant's number.
        outcome: the state that WeChat Pay told, `SUCCESS` or `CLOSED` say; `NOT_EXIST` where it
            knows nothing of the number; `UNKNOWN` where the watch was given up.
        resource: what the last query returned; None where there is none.
    """

    id: int
    kind: str
    number: str
    mchid: str
    outcome: str
    resource: Any = field(repr=False)
