"""Codes that a merchant uploads for the coupons of a stock (预存 code)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from .stocks import UPLOADED, Stock

__all__ = ["AVAILABLE", "DISPATCHED", "existing", "listed", "remove", "take", "upload"]

KIND = "busifavor-code"
AVAILABLE, DISPATCHED = "AVAILABLE", "DISPATCHED"
MOST = 200
"""Maximum number of codes in a request."""

Code = dict[str, Any]


def _key(stock: Stock, code: str) -> str:
    return f"{stock['stock_id']} {code}"


def upload(state: State, stock: Stock, codes: Sequence[str]) -> dict[str, Any]:
    """Store codes, and return the existing and the duplicate ones.

    Raises:
        Rejection: the stock accepts no codes, or the list is empty or too long.
    """
    if stock["coupon_code_mode"] != UPLOADED:
        mode = stock["coupon_code_mode"]
        raise Rejection(400, "INVALID_REQUEST", f"批次的券 code 模式是 {mode}，不能上传 code")
    if not 0 < len(codes) <= MOST:
        issue = f"must have 1 to {MOST} codes"
        raise Rejection.parameter("/coupon_code_list", len(codes), issue)
    unique = dict.fromkeys(codes)
    for each in unique:
        checks.number(each, "/coupon_code_list", longest=32)
    exist = [each for each in unique if state.store.get(KIND, _key(stock, each)) is not None]
    new = [each for each in unique if each not in exist]
    now = state.clock.now()
    for each in new:
        record = {"code": each, "stock_id": stock["stock_id"], "uploaded": now, "state": AVAILABLE}
        state.store.put(KIND, _key(stock, each), record)
    return {
        "stock_id": stock["stock_id"],
        "total_count": len(codes),
        "success_count": len(new),
        "success_codes": new,
        "success_time": state.clock.rfc3339(now),
        "exist_codes": exist,
        "duplicate_codes": [each for each in unique if codes.count(each) > 1],
    }


def listed(state: State, stock: Stock) -> list[Code]:
    """Return the codes of a stock, oldest first."""
    number = stock["stock_id"]
    return [each for each in state.store.all(KIND) if each["stock_id"] == number]


def existing(state: State, stock: Stock, code: str) -> Code:
    """Return a code of a stock.

    Raises:
        Rejection: there is no such code.
    """
    record = state.store.get(KIND, _key(stock, code))
    if record is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"券 code 不存在: {code}")
    return record


def take(state: State, stock: Stock, openid: str) -> str:
    """Assign the oldest available code to a user.

    Raises:
        Rejection: no code is available.
    """
    for record in listed(state, stock):
        if record["state"] == AVAILABLE:
            record |= {"state": DISPATCHED, "openid": openid, "dispatched": state.clock.now()}
            state.store.put(KIND, _key(stock, record["code"]), record)
            return str(record["code"])
    raise Rejection(403, "NOT_ENOUGH", f"批次没有可用的券 code: {stock['stock_id']}")


def remove(state: State, stock: Stock, code: str) -> None:
    """Delete an available code.

    Raises:
        Rejection: there is no such code, or it belongs to a user.
    """
    if existing(state, stock, code)["state"] != AVAILABLE:
        raise Rejection(400, "INVALID_REQUEST", f"券 code 已发放，不能删除: {code}")
    state.store.delete(KIND, _key(stock, code))
