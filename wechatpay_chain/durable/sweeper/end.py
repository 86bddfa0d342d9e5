"""The end of a watch, which `Sweeper.on_end` receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["End"]


@dataclass(frozen=True, slots=True)
class End:
    """The final state of an order, combined order, refund, transfer or profit sharing order.

    Attributes:
        id: the id of its row.
        kind: `order`, `combined`, `refund`, `transfer` or `profitsharing`.
        number: the merchant-assigned number.
        mchid: the merchant ID.
        outcome: WeChat Pay's state, such as `SUCCESS` or `CLOSED`. A combined order is `SUCCESS` if
            one of its orders is paid, and `CLOSED` if all are closed. `NOT_EXIST` if WeChat Pay
            does not know the number; `UNKNOWN` if the watch was given up.
        resource: the result of the last query, or None.
    """

    id: int
    kind: str
    number: str
    mchid: str
    outcome: str
    resource: Any = field(repr=False)
