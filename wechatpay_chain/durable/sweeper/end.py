"""The end of a watch, as `Sweeper.on_end` gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["End"]


@dataclass(frozen=True, slots=True)
class End:
    """How an order, combined order, refund, transfer or profit sharing order ended.

    Attributes:
        id: of its row.
        kind: `order`, `combined`, `refund`, `transfer` or `profitsharing`.
        number: the merchant's own number of it.
        mchid: the merchant's number.
        outcome: the state that WeChat Pay told, `SUCCESS` or `CLOSED` say; of a combined order,
            `SUCCESS` if an order of it is paid, and `CLOSED` if all are closed. `NOT_EXIST` where
            it knows nothing of the number; `UNKNOWN` where the watch was given up.
        resource: what the last query returned; None where there is none.
    """

    id: int
    kind: str
    number: str
    mchid: str
    outcome: str
    resource: Any = field(repr=False)
