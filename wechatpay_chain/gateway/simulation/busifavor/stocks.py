"""Stocks of merchants' coupons (商家券批次): rules, and maximum numbers of coupons."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..coupons.stocks import moment, new_number
from ..schedule import settles

__all__ = [
    "KIND",
    "RUNNING",
    "STOPPED",
    "UPLOADED",
    "Stock",
    "change",
    "change_budget",
    "create",
    "existing",
    "listed",
    "new_number",
    "save",
    "settle_due",
    "stop",
    "value",
]

KIND = "busifavor-stock"
RUNNING, STOPPED = "RUNNING", "STOPED"
"""The states, spelled as in the API."""
MODES = ("WECHATPAY_MODE", "MERCHANT_API", "MERCHANT_UPLOAD")
UPLOADED = "MERCHANT_UPLOAD"
RULES = {
    "NORMAL": ("fixed_normal_coupon", "discount_amount"),
    "DISCOUNT": ("discount_coupon", "discount_percent"),
    "EXCHANGE": ("exchange_coupon", "exchange_price"),
}
"""The types, with the required rule and the rule's number."""
CHANGED = ("custom_entrance", "display_pattern_info", "notify_config")
CHANGED_RULES = ("coupon_use_rule", "stock_send_rule")

Stock = dict[str, Any]


def create(call: Call) -> Stock:
    """Create a stock, which sends coupons at once.

    Raises:
        Rejection: the request is invalid.
    """
    data, state = call.data, call.state
    _assert_owner(state, data["belong_merchant"])
    use, send = data["coupon_use_rule"], data["stock_send_rule"]
    rule, number = RULES[checks.one_of(data["stock_type"], "/stock_type", tuple(RULES))]
    checks.one_of(data["coupon_code_mode"], "/coupon_code_mode", MODES)
    if not use.get(rule):
        issue = f"is required for a stock of type {data['stock_type']}"
        raise Rejection.parameter(f"/coupon_use_rule/{rule}", None, issue)
    numbers = {f"/coupon_use_rule/{rule}/{number}": use[rule][number]}
    for name in ("max_coupons", "max_coupons_per_user"):
        numbers[f"/stock_send_rule/{name}"] = send[name]
    for pointer, each in numbers.items():
        if each < 1:
            raise Rejection.parameter(pointer, each, "must be above 0")
    begins, ends = _times(state, use["coupon_available_time"])
    checks.text(data["stock_name"], "/stock_name", 21)
    checks.text(data["goods_name"], "/goods_name", 15)
    stock = {
        **{name: each for name, each in data.items() if name != "out_request_no"},
        "stock_id": new_number(),
        "stock_state": RUNNING,
        "created": state.clock.now(),
        "begins": begins,
        "ends": ends,
        "sent": 0,
        "sent_by_day": {},
    }
    save(state, stock)
    return stock


def _assert_owner(state: State, mchid: str) -> None:
    if mchid not in {state.mchid, *state.profile.sub_merchants} and not state.is_alone:
        issue = "must be the merchant, or a sub-merchant of it"
        raise Rejection.parameter("/belong_merchant", mchid, issue)


def _times(state: State, times: dict[str, Any]) -> tuple[float, float]:
    pointer = "/coupon_use_rule/coupon_available_time"
    begins, ends = (
        moment(times[name], f"{pointer}/{name}")
        for name in ("available_begin_time", "available_end_time")
    )
    if ends <= state.clock.now() or ends <= begins:
        issue = "must be later than now and than available_begin_time"
        raise Rejection.parameter(
            f"{pointer}/available_end_time", times["available_end_time"], issue
        )
    for name, most in (
        ("available_day_after_receive", 365),
        ("wait_days_after_receive", 365),
        ("available_second_after_receive", 366 * 86400),
    ):
        if not 0 <= (times.get(name) or 0) <= most:
            raise Rejection.parameter(f"{pointer}/{name}", times[name], f"must be 0 to {most}")
    return begins, ends


def value(stock: Stock) -> int:
    """Return the discount of a coupon in fen; 0 if it is not a fixed amount."""
    return int(
        (stock["coupon_use_rule"].get("fixed_normal_coupon") or {}).get("discount_amount", 0)
    )


def change(state: State, stock: Stock, data: dict[str, Any]) -> None:
    """Change the description of a stock; omitted members stay the same.

    Raises:
        Rejection: a text is empty or too long.
    """
    for name, longest in (("stock_name", 21), ("comment", 20), ("goods_name", 15)):
        if name in data:
            stock[name] = checks.text(data[name], f"/{name}", longest)
    for name in (*CHANGED, *CHANGED_RULES):
        if data.get(name):
            stock[name] = {**(stock.get(name) or {}), **data[name]}
    if "subsidy" in data:
        stock["subsidy"] = data["subsidy"]
    save(state, stock)


def change_budget(state: State, stock: Stock, data: dict[str, Any]) -> None:
    """Change the maximum number of coupons of a stock, in total or per day.

    Raises:
        Rejection: the target is missing or below the sent number, or the current number is wrong.
    """
    today = stock["sent_by_day"].get(state.clock.date(), 0)
    targets = {"max_coupons": stock["sent"], "max_coupons_by_day": today}
    if not any(data.get(f"target_{name}") for name in targets):
        issue = "this or target_max_coupons_by_day is required"
        raise Rejection.parameter("/target_max_coupons", None, issue)
    rule = stock["stock_send_rule"]
    for name, sent in targets.items():
        target, current = data.get(f"target_{name}"), data.get(f"current_{name}")
        if not target:
            continue
        if (current or 0) != (rule.get(name) or 0):
            issue = f"must be the current number, {rule.get(name) or 0}"
            raise Rejection.parameter(f"/current_{name}", current, issue)
        if target < max(sent, 1):
            issue = f"must be above 0, and at least the sent number, {sent}"
            raise Rejection.parameter(f"/target_{name}", target, issue)
        rule[name] = target
    save(state, stock)


def save(state: State, stock: Stock) -> None:
    """Store a stock."""
    state.store.put(KIND, stock["stock_id"], stock)


def existing(state: State, number: str) -> Stock:
    """Return a stock by its number, in its current state.

    Raises:
        Rejection: there is no such stock.
    """
    stock = state.store.get(KIND, number)
    if stock is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"批次不存在: {number}")
    return _settled(state, stock)


def _settled(state: State, stock: Stock) -> Stock:
    if stock["stock_state"] == RUNNING and stock["ends"] <= state.clock.now():
        stock["stock_state"] = STOPPED
        save(state, stock)
    return stock


@settles
def settle_due(state: State) -> None:
    """Store the stocks that have ended."""
    listed(state)


def listed(state: State) -> list[Stock]:
    """Return all stocks, newest first."""
    return [_settled(state, each) for each in state.store.all(KIND, newest_first=True)]


def stop(state: State, number: str) -> Stock:
    """Stop the sending of coupons; coupons of users stay valid.

    Raises:
        Rejection: there is no such stock, or it has stopped.
    """
    stock = existing(state, number)
    if stock["stock_state"] != RUNNING:
        raise Rejection(400, "INVALID_REQUEST", f"批次状态是 {stock['stock_state']}: {number}")
    stock["stock_state"] = STOPPED
    save(state, stock)
    return stock
