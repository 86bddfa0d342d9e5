"""Operations for merchants' coupons (商家券): stocks and the codes of a stock."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..listing import listed
from ..registry import operation
from . import codes, records, shown, stocks
from .requests import once
from .stocks import Stock

__all__ = ["create"]

BASE = "v3/marketing/busifavor/stocks"
STOCK = f"{BASE}/{{stock_id}}"
CODES = f"{STOCK}/couponcodes"
MOST = 200
"""Maximum number of codes in a page."""


def _stock(call: Call) -> Stock:
    return stocks.existing(call.state, call.params["stock_id"])


@operation("POST", BASE)
def create(call: Call) -> dict[str, Any]:
    """Create a stock."""

    def carry_out() -> dict[str, Any]:
        stock = stocks.create(call)
        created = call.state.clock.rfc3339(stock["created"])
        return {"stock_id": stock["stock_id"], "create_time": created}

    return once(call, "out_request_no", carry_out, scope="stock")


@operation("GET", STOCK)
def query(call: Call) -> dict[str, Any]:
    """Return a stock and the number of its sent coupons."""
    checks.accepted(call)
    state, stock = call.state, _stock(call)
    amount, today = stocks.value(stock), stock["sent_by_day"].get(state.clock.date(), 0)
    rule = stock["stock_send_rule"]
    view = {
        **stock,
        "stock_send_rule": {"max_amount": rule["max_coupons"] * amount, **rule},
        "send_count_information": {
            "total_send_num": stock["sent"],
            "total_send_amount": stock["sent"] * amount,
            "today_send_num": today,
            "today_send_amount": today * amount,
        },
    }
    if stock["coupon_code_mode"] == stocks.UPLOADED:
        found = codes.listed(state, stock)
        available = sum(each["state"] == codes.AVAILABLE for each in found)
        view["coupon_code_count"] = {"total_count": len(found), "available_count": available}
    return listed(call, view)


@operation("PATCH", STOCK)
def change(call: Call) -> None:
    """Change the description of a stock."""

    def carry_out() -> dict[str, Any]:
        stocks.change(call.state, _stock(call), call.data)
        return {}

    once(call, "out_request_no", carry_out, scope="change")


@operation("PATCH", f"{STOCK}/budget")
def change_budget(call: Call) -> dict[str, Any]:
    """Change the maximum number of coupons of a stock."""

    def carry_out() -> dict[str, Any]:
        stock = _stock(call)
        stocks.change_budget(call.state, stock, call.data)
        names = ("max_coupons", "max_coupons_by_day")
        rule = stock["stock_send_rule"]
        return {name: rule[name] for name in names if name in rule}

    return once(call, "modify_budget_request_no", carry_out, scope="budget")


@operation("POST", CODES)
def upload(call: Call) -> dict[str, Any]:
    """Upload codes for the coupons of a stock."""

    def carry_out() -> dict[str, Any]:
        return codes.upload(call.state, _stock(call), call.data["coupon_code_list"])

    return once(call, "upload_request_no", carry_out, scope="upload")


def _code(state: State, record: dict[str, Any]) -> dict[str, Any]:
    view = {
        "code": record["code"],
        "code_status": record["state"],
        "upload_time": state.clock.rfc3339(record["uploaded"]),
    }
    if "openid" in record:
        dispatched = state.clock.rfc3339(record["dispatched"])
        view |= {
            "openid": record["openid"],
            "coupon_code": record["code"],
            "dispatched_time": dispatched,
        }
    return view


@operation("GET", CODES)
def query_codes(call: Call) -> dict[str, Any]:
    """Return the codes of a stock, filtered by state."""
    checks.accepted(call)
    stock, wanted = _stock(call), call.query.get("status", "")
    limit, offset = call.page(MOST, MOST)
    if wanted:
        checks.one_of(wanted, "status", (codes.AVAILABLE, codes.DISPATCHED), "query")
    found = [each for each in codes.listed(call.state, stock) if wanted in ("", each["state"])]
    return {
        "stock_id": stock["stock_id"],
        "total_count": len(found),
        "limit": limit,
        "offset": offset,
        "data": [_code(call.state, each) for each in found[offset : offset + limit]],
    }


@operation("GET", f"{CODES}/{{coupon_code}}")
def query_code(call: Call) -> dict[str, Any]:
    """Return a code with its coupon, or with its stock if the code is still available."""
    checks.accepted(call)
    state, stock = call.state, _stock(call)
    record = codes.existing(state, stock, call.params["coupon_code"])
    coupon = None
    if record["state"] == codes.DISPATCHED:
        coupon = records.existing(state, record["code"], stock_id=stock["stock_id"])
    return {
        "code_information": _code(state, record),
        "coupon_information": shown.coupon(state, stock, coupon),
    }


@operation("DELETE", f"{CODES}/{{coupon_code}}")
def delete_code(call: Call) -> dict[str, Any]:
    """Delete an available code."""

    def carry_out() -> dict[str, Any]:
        stock = _stock(call)
        codes.remove(call.state, stock, call.params["coupon_code"])
        return {"stock_id": stock["stock_id"], "delete_time": call.state.clock.rfc3339()}

    return once(call, "delete_request_no", carry_out, scope="delete")
