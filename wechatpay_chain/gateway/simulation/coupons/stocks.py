"""Stocks of coupons (代金券批次): rules, budgets and states.

The budget of a stock with cash is locked at its start. A used coupon takes its part of the budget;
the rest that no valid coupon can need returns after the stock has stopped or ended.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter9_1_5.shtml (a stock and its states),
https://developers.weixin.qq.com/community/pay/doc/000e62d2104c40a8ebcd178e255c00 (the budget is the
number of coupons times the amount of one)
"""

from __future__ import annotations

import secrets
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..schedule import settles

__all__ = [
    "ACCOUNT",
    "KIND",
    "PAUSED",
    "RUNNING",
    "STOPPED",
    "UNACTIVATED",
    "Stock",
    "create",
    "existing",
    "listed",
    "moment",
    "new_number",
    "pause",
    "restart",
    "save",
    "settle_due",
    "start",
    "stop",
]

KIND, REQUEST = "coupon-stock", "coupon-stock-request"
ACCOUNT = "coupons"
"""The ledger account of locked budgets."""
UNACTIVATED, RUNNING, PAUSED, STOPPED = "unactivated", "running", "paused", "stoped"
"""The states, spelled as in the API."""
LATEST = 8000 * 365 * 86400
"""Limit of the times of a stock, in seconds since 1970."""
LONGEST = 366 * 24 * 60
"""Maximum validity of a coupon after it is sent, in minutes."""

Stock = dict[str, Any]


def new_number() -> str:
    """Return a new number for a stock or a coupon."""
    return str(10**11 + secrets.randbelow(9 * 10**11))


def create(call: Call) -> Stock:
    """Create a stock, or return the stock of an identical earlier request.

    Raises:
        Rejection: the request is invalid, or its number was used with other content.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_request_no"], "/out_request_no", longest=128)
    known = state.store.get(REQUEST, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "PARAM_ERROR", f"商户单据号已使用，参数不一致: {number}")
        return existing(state, known["stock_id"])
    owners = {state.mchid, *state.profile.sub_merchants}
    if data["belong_merchant"] not in owners and not state.is_alone:
        issue = "must be the merchant, or a sub-merchant of it"
        raise Rejection.parameter("/belong_merchant", data["belong_merchant"], issue)
    stock = {
        "stock_id": new_number(),
        "out_request_no": number,
        "state": UNACTIVATED,
        "created": state.clock.now(),
        **_rules(call),
        "sent": 0,
        "sent_by_day": {},
        "held": 0,
        "outstanding": 0,
    }
    state.store.put(REQUEST, number, {"content": content, "stock_id": stock["stock_id"]})
    save(state, stock)
    return stock


def _rules(call: Call) -> dict[str, Any]:
    data = call.data
    checks.one_of(data["stock_type"], "/stock_type", ("NORMAL",))
    rule, use = data["stock_use_rule"], data.get("coupon_use_rule") or {}
    coupon = use.get("fixed_normal_coupon")
    if not coupon:
        issue = "is required for a stock of type NORMAL"
        raise Rejection.parameter("/coupon_use_rule/fixed_normal_coupon", None, issue)
    amount, minimum = coupon["coupon_amount"], coupon["transaction_minimum"]
    counts = ("max_coupons", "max_amount", "max_coupons_per_user")
    numbers = {f"/stock_use_rule/{name}": rule[name] for name in counts}
    numbers["/coupon_use_rule/fixed_normal_coupon/coupon_amount"] = amount
    for pointer, value in numbers.items():
        if value < 1:
            raise Rejection.parameter(pointer, value, "must be above 0")
    if minimum <= amount:
        pointer = "/coupon_use_rule/fixed_normal_coupon/transaction_minimum"
        raise Rejection.parameter(pointer, minimum, f"must be above coupon_amount, {amount}")
    if rule["max_amount"] != rule["max_coupons"] * amount:
        issue = f"must be max_coupons × coupon_amount, {rule['max_coupons'] * amount}"
        raise Rejection.parameter("/stock_use_rule/max_amount", rule["max_amount"], issue)
    begin, end = (
        moment(data[name], f"/{name}") for name in ("available_begin_time", "available_end_time")
    )
    if not call.state.clock.now() < end or begin >= end:
        issue = "must be later than now and than available_begin_time"
        raise Rejection.parameter("/available_end_time", data["available_end_time"], issue)
    times = dict(use.get("coupon_available_time") or {})
    for name, known in (("available_begin_time", "begins"), ("available_end_time", "ends")):
        if times.get(name):
            pointer = f"/coupon_use_rule/coupon_available_time/{name}"
            times[known] = moment(times[name], pointer)
    minutes = times.get("available_time_after_receive") or 0
    if not 0 <= minutes <= LONGEST:
        pointer = "/coupon_use_rule/coupon_available_time/available_time_after_receive"
        raise Rejection.parameter(pointer, minutes, f"must be 0 to {LONGEST} minutes")
    return {
        "name": checks.text(data["stock_name"], "/stock_name", 20),
        "belongs_to": data["belong_merchant"],
        "description": (data.get("pattern_info") or {}).get("description", ""),
        "begins": begin,
        "ends": end,
        "no_cash": data["no_cash"],
        "amount": amount,
        "minimum": minimum,
        "rule": rule,
        "use": {**use, "coupon_available_time": times},
    }


def moment(text: str, pointer: str) -> float:
    """Convert an RFC 3339 time to seconds since 1970.

    Raises:
        Rejection: the text is no time, or is outside the range that Beijing time can represent.
    """
    found = checks.moment(text)
    if found is None or not 0 <= found < LATEST:
        raise Rejection.parameter(pointer, text, "must be a time such as 2026-11-20T13:29:35+08:00")
    return found


def save(state: State, stock: Stock) -> None:
    """Store a stock; the part of its budget that no coupon can need returns."""
    spare = stock["held"] - stock["outstanding"]
    if stock["state"] == STOPPED and not stock["no_cash"] and spare:
        _move(state, "coupon_budget_returned", spare, ACCOUNT, "merchant", stock)
        stock["held"] -= spare
    state.store.put(KIND, stock["stock_id"], stock)


def _move(state: State, kind: str, amount: int, source: str, target: str, stock: Stock) -> None:
    numbers = {name: stock[name] for name in ("stock_id", "out_request_no")}
    state.ledger.move(kind, amount, source, target, **numbers)


def existing(state: State, number: str, creator: str | None = None) -> Stock:
    """Return a stock by its number, in its current state.

    Args:
        state: the state of the merchant.
        number: `stock_id`.
        creator: the required creator; None accepts any.

    Raises:
        Rejection: there is no such stock.
    """
    stock = state.store.get(KIND, number)
    if stock is None or creator not in (None, state.mchid):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"批次不存在: {number}")
    return _settled(state, stock)


def _settled(state: State, stock: Stock) -> Stock:
    if stock["state"] in (RUNNING, PAUSED) and stock["ends"] <= state.clock.now():
        with state.store.transaction():  # concurrent readers return the budget once
            stock |= {"state": STOPPED, "stopped": stock["ends"]}
            save(state, stock)
    return stock


@settles
def settle_due(state: State) -> None:
    """Store the stocks that have ended."""
    listed(state)


def listed(state: State) -> list[Stock]:
    """Return all stocks, newest first."""
    return [_settled(state, each) for each in state.store.all(KIND, newest_first=True)]


def start(state: State, stock: Stock) -> Stock:
    """Activate a stock and lock its budget; a repetition has no effect.

    Raises:
        Rejection: the stock has stopped or is paused, or the balance is too low.
    """
    if stock["state"] == RUNNING:
        return stock
    _in_state(stock, UNACTIVATED)
    budget = stock["rule"]["max_amount"]
    if not stock["no_cash"]:
        balance = state.ledger.balance("merchant")
        if balance < budget:
            raise Rejection(403, "NOT_ENOUGH", f"账户余额不足: {balance} < {budget}")
        _move(state, "coupon_budget", budget, "merchant", ACCOUNT, stock)
        stock["held"] = budget
    now = state.clock.now()
    stock |= {"state": RUNNING, "started": now, "turned": now}
    save(state, stock)
    return stock


def pause(state: State, stock: Stock) -> Stock:
    """Pause the sending of coupons until `restart`."""
    return _turn(state, stock, RUNNING, PAUSED)


def restart(state: State, stock: Stock) -> Stock:
    """Resume the sending of coupons."""
    return _turn(state, stock, PAUSED, RUNNING)


def _turn(state: State, stock: Stock, before: str, after: str) -> Stock:
    if stock["state"] != after:
        _in_state(stock, before)
        stock |= {"state": after, "turned": state.clock.now()}
        save(state, stock)
    return stock


def stop(state: State, stock: Stock) -> Stock:
    """Stop the sending of coupons; coupons of users stay valid.

    Raises:
        Rejection: the stock is not activated.
    """
    if stock["state"] != STOPPED:
        _in_state(stock, RUNNING, PAUSED)
        stock |= {"state": STOPPED, "stopped": state.clock.now()}
        save(state, stock)
    return stock


def _in_state(stock: Stock, *wanted: str) -> None:
    if stock["state"] not in wanted:
        message = f"批次状态是 {stock['state']}: {stock['stock_id']}"
        raise Rejection(400, "INVALID_REQUEST", message)
