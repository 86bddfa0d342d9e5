"""Days filled with generated payments and refunds: bills of any size, with known differences.

Only bills contain the generated orders, which cannot be queried. The most common bills are written
to files in advance, the others at the first request.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ....testing import bills as generator
from ....testing.bills import Day
from ....testing.bills.facts import Order
from ...state import State
from ..tokens import random_token

__all__ = ["LargeBill", "beside", "fill", "fund_flow", "is_filled", "trades"]

KIND = "fill"
PLAIN = re.compile(r"[0-9A-Za-z_-]*")
"""The valid characters of a part of a file name."""
ONE = datetime.timedelta(days=1)
MOST = 100_000_000
MARK = "\ufeff"


class LargeBill(NamedTuple):
    """A bill on disk.

    Attributes:
        path: the path of the plain file.
        sha1: the SHA-1 of the plain file in hex.
    """

    path: Path
    sha1: str


def fill(state: State, orders: int, date: str, given: Mapping[str, Any]) -> Day:
    """Fill a day; a repetition replaces the generated orders.

    Args:
        state: the state of the gateway.
        orders: number of paid orders.
        date: the day, such as `2026-11-25`; empty means yesterday.
        given: `differences` and `Options` of `wechatpay_chain.testing.bills.generate`.

    Raises:
        ValueError: an argument is invalid.
    """
    today = datetime.date.fromisoformat(state.clock.date())
    if isinstance(orders, bool) or not isinstance(orders, int) or not 0 < orders <= MOST:
        raise ValueError(f"orders {orders!r}: a number from 1 to {MOST} is expected")
    try:
        day_of = datetime.date.fromisoformat(date) if date else today - ONE
    except (TypeError, ValueError):
        raise ValueError(f"date {date!r}: a day such as 2026-11-25 is expected") from None
    if day_of > today:
        raise ValueError(f"date {day_of}: that day is not yet; today is {today}")
    subs = tuple(state.profile.sub_merchants)
    record = {
        **({"sub_mchids": subs} if len(subs) > 1 else {}),
        **given,
        "date": day_of.isoformat(),
        "orders": orders,
        "mchid": state.identity.mchid,
        "appid": state.profile.apps[0],
    }
    made = _generated(record)
    with state.store.transaction():
        before = _filled(state, day_of.isoformat())
        for path in () if before is None else state.files.glob(f"{before.name} *"):
            path.unlink()
        state.store.put(KIND, day_of.isoformat(), {"record": record, "name": random_token(12)})
    trades(state, day_of.isoformat(), "ALL")
    fund_flow(state, day_of.isoformat(), "BASIC")
    return made


def _generated(record: Mapping[str, Any]) -> Day:
    lists = {name: tuple(each) for name, each in record.items() if isinstance(each, list)}
    return generator.generate(**{**record, **lists})


def is_filled(state: State, day: str) -> bool:
    """Return whether a day, such as `2026-11-25`, is filled."""
    return state.store.get(KIND, day) is not None


class _Filled(NamedTuple):
    day: Day
    name: str
    """The prefix of its file names, which changes when the day is filled again."""


def _filled(state: State, day: str) -> _Filled | None:
    found = state.store.get(KIND, day)
    return None if found is None else _Filled(_generated(found["record"]), found["name"])


def beside(state: State, day: str) -> list[Order]:
    """Return the payments of a day that result from a filled adjacent day.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
    """
    date = datetime.date.fromisoformat(day)
    found: list[Order] = []
    for other, side in ((date + ONE, "before"), (date - ONE, "after")):
        one = _filled(state, other.isoformat())
        if one is not None:
            neighbour: Day = getattr(one.day, side)
            found += neighbour.payments()
    return found


def trades(
    state: State,
    day: str,
    kind: str,
    sub_mchid: str = "",
    *,
    v2: bool = False,
) -> LargeBill | None:
    """Return the trade bill of a filled day; None if the day is not filled or has no such bill.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kind: `ALL`, `SUCCESS` or `REFUND`.
        sub_mchid: limits the bill to a sub-merchant; empty includes all.
        v2: whether the bill has a byte order mark and APIv2's line endings.
    """
    found = _filled(state, day)
    if found is None or kind not in ("ALL", "SUCCESS", "REFUND"):
        return None
    pieces = found.day.trade(kind, sub_mchid=sub_mchid)
    return _written(state, f"{found.name} trade {kind}", sub_mchid, pieces, v2=v2)


def fund_flow(
    state: State,
    day: str,
    kind: str,
    sub_mchid: str = "",
    *,
    v2: bool = False,
) -> LargeBill | None:
    """Return the fund flow bill of a filled day; None if not filled or if there is no such bill.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kind: the kind of the account; only `BASIC` has such a bill.
        sub_mchid: limits the bill to a sub-merchant; empty includes all.
        v2: whether the bill has a byte order mark and APIv2's line endings.
    """
    found = _filled(state, day)
    if found is None or kind != "BASIC":
        return None
    pieces = found.day.fund_flow(sub_mchid=sub_mchid)
    return _written(state, f"{found.name} fund flow", sub_mchid, pieces, v2=v2)


def _written(
    state: State, name: str, sub_mchid: str, pieces: Iterable[str], *, v2: bool
) -> LargeBill | None:
    if not PLAIN.fullmatch(sub_mchid):
        return None
    path = state.files / f"{name} {sub_mchid}{' v2' if v2 else ''}.csv"
    digest = path.with_suffix(".sha1")
    if not digest.exists():
        sha1, mark = hashlib.sha1(usedforsecurity=False), MARK if v2 else ""
        part = path.with_name(f"{random_token(12)}.part")  # two requests can do this at once
        with part.open("wb") as file:
            for piece in pieces:
                text = f"{mark}{piece}".replace("\n", "\r\n") if v2 else piece
                mark, content = "", text.encode()
                sha1.update(content)
                file.write(content)
        part.replace(path)
        digest.write_text(sha1.hexdigest(), "ascii")
    return LargeBill(path, digest.read_text("ascii"))
