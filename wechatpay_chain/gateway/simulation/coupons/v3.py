"""Operations for coupons (代金券): stocks.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter9_1_5.shtml (a stock), and the
operations in the catalogue
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..listing import listed
from ..registry import operation
from . import stocks
from .stocks import Stock

__all__ = ["create"]

BASE = "v3/marketing/favor"
STOCK = f"{BASE}/stocks/{{stock_id}}"
MOST = 50
"""Maximum number of items in a page."""


@operation("POST", f"{BASE}/coupon-stocks")
def create(call: Call) -> dict[str, Any]:
    """Create a stock, which sends no coupons before its start."""
    stock = stocks.create(call)
    created = call.state.clock.rfc3339(stock["created"])
    return {"stock_id": stock["stock_id"], "create_time": created}


def _register(name: str, turn: Callable[[State, Stock], Stock], moment: str) -> None:
    @operation("POST", f"{STOCK}/{name}")
    def turned(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        number, creator = call.params["stock_id"], call.data["stock_creator_mchid"]
        stock = turn(call.state, stocks.existing(call.state, number, creator))
        done = call.state.clock.rfc3339(stock[moment])
        return {"stock_id": number, f"{name}_time": done}


for _name, _turn, _moment in (
    ("start", stocks.start, "started"),
    ("pause", stocks.pause, "turned"),
    ("restart", stocks.restart, "turned"),
    ("stop", stocks.stop, "stopped"),
):
    _register(_name, _turn, _moment)


@operation("GET", STOCK)
def query(call: Call) -> dict[str, Any]:
    """Return a stock."""
    return listed(call, _shown(call.state, _asked(call)))


def _asked(call: Call) -> Stock:
    checks.accepted(call)
    creator = call.query["stock_creator_mchid"]
    return stocks.existing(call.state, call.params["stock_id"], creator)


def _shown(state: State, stock: Stock) -> dict[str, Any]:
    clock, use = state.clock, stock["use"]
    rule = {
        **stock["rule"],
        "fixed_normal_coupon": {
            "coupon_amount": stock["amount"],
            "transaction_minimum": stock["minimum"],
        },
        "coupon_type": "NORMAL",
        **{name: use[name] for name in ("goods_tag", "trade_type", "combine_use") if name in use},
    }
    times = (("start_time", "started"), ("stop_time", "stopped"))
    return {
        "stock_id": stock["stock_id"],
        "stock_creator_mchid": state.mchid,
        "stock_name": stock["name"],
        "status": stock["state"],
        "description": stock["description"],
        "create_time": clock.rfc3339(stock["created"]),
        "available_begin_time": clock.rfc3339(stock["begins"]),
        "available_end_time": clock.rfc3339(stock["ends"]),
        "stock_use_rule": rule,
        "no_cash": stock["no_cash"],
        "stock_type": "NORMAL",
        "singleitem": bool(use.get("available_items")),
        "distributed_coupons": stock["sent"],
        **{name: clock.rfc3339(stock[known]) for name, known in times if known in stock},
    }


@operation("GET", f"{BASE}/stocks")
def query_all(call: Call) -> dict[str, Any]:
    """Return the stocks of a merchant, filtered by state and creation time."""
    checks.accepted(call)
    state, given = call.state, call.query
    limit, page = call.page(10, 10)
    since, until = (
        stocks.moment(given[name], name) if given.get(name) else None
        for name in ("create_start_time", "create_end_time")
    )
    found = [
        _shown(state, each)
        for each in (stocks.listed(state) if given["stock_creator_mchid"] == state.mchid else ())
        if given.get("status", "") in ("", each["state"])
        and (since is None or since <= each["created"])
        and (until is None or each["created"] <= until)
    ]
    first = page * limit
    shown = found[first : first + limit]
    return {"total_count": len(found), "limit": limit, "offset": page, "data": shown}


def _register_list(name: str, rule: str) -> None:
    @operation("GET", f"{STOCK}/{name}")
    def items(call: Call) -> dict[str, Any]:
        stock = _asked(call)
        limit, offset = call.page(MOST, MOST)
        found = stock["use"].get(rule) or []
        part = found[offset : offset + limit]
        number = stock["stock_id"]
        total = len(found)
        counts = {"total_count": total, "offset": offset, "limit": limit}
        return {**counts, "stock_id": number, "data": part}


_register_list("merchants", "available_merchants")
_register_list("items", "available_items")
