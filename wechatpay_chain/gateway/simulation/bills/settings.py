"""Settings of bills: the fee rate, the time of availability, the number of encrypted files.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4013071254 (available at 10:00 the next day),
https://pay.weixin.qq.com/doc/v3/partner/4014314390 (large bills have several parts)
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from ...state import State

__all__ = ["Settings", "change", "current", "fee", "ready"]

CHINA = datetime.timezone(datetime.timedelta(hours=8))
READY_AT = datetime.time(10, tzinfo=CHINA)
MOST_PARTS = 100
WHOLE = 10_000


class Settings(NamedTuple):
    """The settings of bills.

    Attributes:
        fee_rate: the fee rate of payments, in ten-thousandths of their amount.
        next_day: whether a bill is available from 10:00 of the next day, like WeChat Pay's;
            otherwise, today's bill is available with the records so far.
        parts: the number of files of an encrypted bill.
    """

    fee_rate: int = 0
    next_day: bool = False
    parts: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the settings as arguments of `change`."""
        return {**self._asdict(), "fee_rate": f"{Decimal(self.fee_rate).scaleb(-4):.4f}"}


def current(state: State) -> Settings:
    """Return the current settings."""
    return Settings(**state.store.get("setting", "bills") or {})


def change(
    state: State,
    fee_rate: str | Decimal | None = None,
    next_day: bool | None = None,
    parts: int | None = None,
) -> Settings:
    """Change the given settings; the others stay the same.

    Args:
        state: the state of the gateway.
        fee_rate: the fee rate of future payments, as a fraction such as `0.0060`.
        next_day: whether a bill is available from 10:00 of the next day.
        parts: the number of files of an encrypted bill.

    Raises:
        ValueError: a value is invalid.
    """
    new: dict[str, Any] = current(state)._asdict()
    if fee_rate is not None:
        new["fee_rate"] = _ten_thousandths(fee_rate)
    if next_day is not None:
        if not isinstance(next_day, bool):
            raise ValueError(f"next_day {next_day!r}: true or false is expected")
        new["next_day"] = next_day
    if parts is not None:
        if isinstance(parts, bool) or not isinstance(parts, int) or not 1 <= parts <= MOST_PARTS:
            raise ValueError(f"parts {parts!r}: a number from 1 to {MOST_PARTS} is expected")
        new["parts"] = parts
    state.store.put("setting", "bills", new)
    return Settings(**new)


def _ten_thousandths(fee_rate: str | Decimal) -> int:
    try:
        rate = Decimal(str(fee_rate)) * WHOLE
        valid = 0 <= rate <= WHOLE and rate == int(rate)
    except ArithmeticError:  # not a number, or NaN
        valid = False
    if not valid:
        raise ValueError(
            f"fee_rate {fee_rate!r}: a fraction of four decimals, such as 0.0060, is expected"
        )
    return int(rate)


def fee(amount: int, rate: int) -> int:
    """Return the fee for an amount in fen, rounded half up.

    Args:
        amount: in fen.
        rate: in ten-thousandths.
    """
    return (amount * rate + WHOLE // 2) // WHOLE


def ready(state: State, day: str) -> bool:
    """Return whether the bills of a day (`2026-11-20`) are available."""
    if not current(state).next_day:
        return True
    following = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
    return state.clock.now() >= datetime.datetime.combine(following, READY_AT).timestamp()
