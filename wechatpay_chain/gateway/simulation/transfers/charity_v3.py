"""Operations for charity budgets, their donations and their receipts.

Source: https://pay.weixin.qq.com/doc/v3/partner/4016209966 (receipts: up to yesterday, 180 days)
"""

from __future__ import annotations

import datetime
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from . import charity
from .charity import Budget, Donation
from .receipts import records as receipts
from .receipts.records import Receipt

__all__ = ["apply", "donate"]

BASE = "v3/fund-app/mch-transfer/partner"
BUDGET, DONATIONS = f"{BASE}/charity-budget", f"{BASE}/charity-transfer-bills"
RECEIPTS = f"{BASE}/budget/{{out_budget_no}}/electronic-receipts"
LONGEST = datetime.timedelta(days=180)
ACCEPT = "charity-receipt"
"""The kind of records that map an `accept_id` to its receipt."""


def _shown(state: State, budget: Budget) -> dict[str, Any]:
    names = ("out_budget_no", "budget_id", "sponsor_mchid", "activity_name", "activity_remark")
    optional = ("unlock_remark", "unlocked_amount")
    return {
        "sp_mchid": state.identity.mchid,
        **{name: budget[name] for name in (*names, "amount", "state", "remain_amount")},
        **{name: budget[name] for name in optional if budget.get(name)},
        **{name: state.clock.rfc3339(each) for name, each in budget["times"].items()},
    }


@operation("POST", BUDGET)
def apply(call: Call) -> dict[str, Any]:
    """Create a budget, which its sponsor confirms."""
    return _shown(call.state, charity.create(call))


@operation("GET", f"{BUDGET}/{{out_budget_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a budget."""
    checks.accepted(call)
    number, sponsor = call.params["out_budget_no"], call.query["sponsor_mchid"]
    return _shown(call.state, charity.existing(call.state, number, sponsor))


@operation("POST", f"{BUDGET}/{{out_budget_no}}/unlock")
def unlock(call: Call) -> dict[str, Any]:
    """Return the rest of a budget to the sponsor."""
    checks.accepted(call)
    number, sponsor = call.params["out_budget_no"], call.data["sponsor_mchid"]
    remark = checks.text(call.data["activity_remark"], "/activity_remark", 128)
    budget = charity.existing(call.state, number, sponsor)
    return _shown(call.state, charity.unlock(call.state, budget, remark))


@operation("POST", DONATIONS)
def donate(call: Call) -> dict[str, Any]:
    """Donate from a budget; queries show the donation as complete."""
    return _donated(call.state, charity.donate(call)) | {"state": "ACCEPTED"}


@operation("GET", f"{DONATIONS}/out-transfer-no/{{out_transfer_no}}")
def query_donation(call: Call) -> dict[str, Any]:
    """Return a donation."""
    checks.accepted(call)
    numbers = (call.query["out_budget_no"], call.query["sponsor_mchid"])
    made = charity.donation(call.state, call.params["out_transfer_no"], *numbers)
    done = {"state": "SUCCESS", "success_time": call.state.clock.rfc3339(made["created"])}
    return _donated(call.state, made) | done


def _donated(state: State, made: Donation) -> dict[str, Any]:
    names = ("out_budget_no", "budget_id", "out_transfer_no", "transfer_id", "receive_mchid")
    created = {"create_time": state.clock.rfc3339(made["created"])}
    return {name: made[name] for name in (*names, "amount", "transfer_remark")} | created


# --- receipts ------------------------------------------------------------------------------------


def _day(call: Call, name: str) -> datetime.date:
    value = call.text(name, 10)
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        day = datetime.date.max
    if str(day) != value or value >= call.state.clock.date():
        raise Rejection.parameter(name, value, "must be a day such as 2026-11-20 before today")
    return day


@operation("POST", RECEIPTS)
def apply_for_receipt(call: Call) -> dict[str, Any]:
    """Apply for the receipt of a budget's donations on several days."""
    checks.accepted(call)
    state, data = call.state, call.data
    budget = charity.existing(state, call.params["out_budget_no"], data["sponsor_mchid"])
    first, last = (_day(call, name) for name in ("start_date", "end_date"))
    if not datetime.timedelta(0) <= last - first <= LONGEST:
        issue = f"must be 0 to {LONGEST.days} days after start_date"
        raise Rejection.parameter("end_date", str(last), issue)
    receiver = data.get("receiver_mchid") or ""
    made = charity.donations(state, budget, str(first), str(last))
    amount = sum(each["amount"] for each in made if receiver in ("", each["receive_mchid"]))
    lines = (
        f"商户预算单号: {budget['out_budget_no']}",
        f"微信支付预算单号: {budget['budget_id']}",
        f"日期: {first} 至 {last}",
        f"收款商户号: {receiver or '全部'}",
        f"转账金额: {receipts.yuan(amount)}",
    )
    key = f"budget-{budget['out_budget_no']}-{first}-{last}-{receiver}"
    receipt = receipts.apply(state, key, lines)
    names = ("out_budget_no", "sponsor_mchid")
    days = {"start_date": str(first), "end_date": str(last), "receiver_mchid": receiver}
    about = {name: budget[name] for name in names} | days
    state.store.put(ACCEPT, receipt["signature_no"], {"key": key, "about": about})
    return _receipt(call, about, receipt)


@operation("GET", RECEIPTS)
def query_receipt(call: Call) -> dict[str, Any]:
    """Return the receipt of a budget's donations."""
    checks.accepted(call)
    number, accept_id = call.params["out_budget_no"], call.query["accept_id"]
    pointer = call.state.store.get(ACCEPT, accept_id)
    if pointer is None or pointer["about"]["out_budget_no"] != number:
        raise Rejection(404, "NOT_FOUND", f"电子回单不存在: {accept_id}")
    found = receipts.existing(call.state, pointer["key"])
    return _receipt(call, pointer["about"], found)


def _receipt(call: Call, about: dict[str, str], receipt: Receipt) -> dict[str, Any]:
    return {
        **{name: each for name, each in about.items() if each},
        "receipt_state": receipt["state"],
        "accept_id": receipt["signature_no"],
        **receipts.file_of(call, receipt),
    }
