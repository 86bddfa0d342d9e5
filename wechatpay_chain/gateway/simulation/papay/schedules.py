"""Times at which a contract can be charged: at once, after a notice to the user, or as scheduled.

Users are informed of a periodic deduction a day ahead: by WeChat Pay, which then deducts 24 hours
after the request, or by a notice that the merchant requests. During the first 12 hours of a
contract, no notice is required. A contract with a schedule is charged only on its day, and then
ends.

Sources: https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter2_8.shtml (periodic),
https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_10.shtml (the notice),
https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-schedule-deduction.html
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .contracts import Contract, save

__all__ = [
    "DURATION",
    "PAID",
    "SCHEDULED",
    "SINGLE",
    "assert_chargeable",
    "delay_of",
    "give_notice",
    "plan",
    "schedule",
    "scheduled_of",
    "shown",
]

FREE = 12 * 3600
"""Seconds after the signing during which a contract can be charged without a notice."""
AHEAD = 24 * 3600
"""Seconds from the request for a periodic deduction to its execution."""
WAITING = 2
"""Days after a notice without deductions: the day of the notice, and the next."""
DURATION = 7
"""Default number of days on which the user can then be charged."""
NONE, SCHEDULED, PAID, EXPIRED = "NO_SCHEDULED", "SCHEDULED", "PAID", "EXPIRED"
SINGLE = ""
"""The period of a contract with a single period."""

Schedule = dict[str, Any]


def delay_of(state: State, contract: Contract) -> int:
    """Return the delay of a deduction so that its user is informed before, in seconds; often 0."""
    if not contract.get("periodic") or "notice" in contract or contract.get("schedules"):
        return 0
    return 0 if state.clock.now() < contract["signed"] + FREE else AHEAD


def give_notice(state: State, contract: Contract, amount: int, days: int) -> None:
    """Notify the user of a deduction, which is possible from the third day on.

    Args:
        state: the state of the merchant.
        contract: the contract to charge.
        amount: the maximum deduction, in fen.
        days: number of days for the deduction; 0 means the default.
    """
    first = _day(state.clock.date()) + datetime.timedelta(days=WAITING)
    last = first + datetime.timedelta(days=(days or DURATION) - 1)
    contract["notice"] = {"amount": amount, "from": f"{first}", "until": f"{last}", "used": False}
    save(state, contract)


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def plan(periods: Mapping[str, Mapping[str, Any]]) -> dict[str, Schedule]:
    """Return the schedules in a contract's request.

    Args:
        periods: by their ids, each with `estimated_deduct_date` and `estimated_deduct_amount`.

    Raises:
        Rejection: a date is invalid.
    """
    found = {}
    for name, each in periods.items():
        date = each["estimated_deduct_date"]
        try:
            day = _day(date)
        except ValueError:
            issue = "must be a day such as 2026-11-20"
            raise Rejection.parameter("/estimated_deduct_date", date, issue) from None
        amount = each["estimated_deduct_amount"]["total"]
        found[name] = {"date": f"{day}", "amount": amount, "state": NONE}
    return found


def scheduled_of(state: State, contract: Contract, period: str = SINGLE) -> Schedule:
    """Return a schedule of a contract, in its current state.

    Raises:
        Rejection: the contract has no such schedule.
    """
    found: Schedule | None = (contract.get("schedules") or {}).get(period)
    if found is None:
        raise Rejection(400, "INVALID_REQUEST", f"签约协议没有扣费计划: {contract['contract_id']}")
    if found["state"] != PAID and found["date"] < state.clock.date():
        return found | {"state": EXPIRED}
    return found


def schedule(state: State, contract: Contract, amount: int, period: str = SINGLE) -> Schedule:
    """Schedule a deduction; this is possible on the day before its date.

    Args:
        state: the state of the merchant.
        contract: a contract with the schedule.
        amount: in fen; must be equal to the amount announced to the user.
        period: a period of the contract.

    Raises:
        Rejection: it is already scheduled, or the day or the amount is wrong.
    """
    found = scheduled_of(state, contract, period)
    if found["state"] != NONE:
        raise Rejection(400, "INVALID_REQUEST", f"扣费预约状态是 {found['state']}")
    eve = f"{_day(found['date']) - datetime.timedelta(days=1)}"
    if state.clock.date() != eve:
        raise Rejection(400, "INVALID_REQUEST", f"可预约日为 {eve}")
    if amount != found["amount"]:
        raise Rejection(400, "INVALID_REQUEST", "预约扣费金额与预计扣费金额不一致")
    contract["schedules"][period]["state"] = SCHEDULED
    save(state, contract)
    return scheduled_of(state, contract, period)


def assert_chargeable(state: State, contract: Contract, amount: int, period: str = SINGLE) -> None:
    """Reject a deduction that does not match the schedule or the notice to its user.

    Raises:
        Rejection: the day or the amount does not match.
    """
    today = state.clock.date()
    if contract.get("schedules"):
        found = scheduled_of(state, contract, period)
        if found["state"] != SCHEDULED or found["date"] != today:
            raise Rejection(400, "INVALID_REQUEST", f"不在可扣费期内: {found['date']}")
        if found["amount"] != amount:
            raise Rejection(400, "INVALID_REQUEST", "扣费金额与预约扣费金额不一致")
    elif "notice" in contract:
        notice = contract["notice"]
        if notice["used"] or not notice["from"] <= today <= notice["until"]:
            raise Rejection(400, "INVALID_REQUEST", "不在可扣费期内，请先下发扣费前通知")
        if amount > notice["amount"]:
            raise Rejection(400, "INVALID_REQUEST", "扣费金额大于预计扣费金额")


def shown(state: State, contract: Contract, period: str = SINGLE) -> dict[str, Any]:
    """Return a schedule as a response."""
    found = scheduled_of(state, contract, period)
    money = {"total": found["amount"], "currency": "CNY"}
    view: dict[str, Any] = {"schedule_state": found["state"]}
    if found["state"] in (SCHEDULED, PAID):
        view |= {
            "deduct_start_date": found["date"],
            "deduct_end_date": found["date"],
            "scheduled_amount": money,
        }
    if found["state"] == PAID:
        view |= {"deduct_amount": money, "deduct_date": found["date"]}
    return view
