"""Contracts and deductions of insurance policies, which are paid in periods.

Source:
https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-schedule-deduction.html
(the rules of schedules, which apply to each period)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..listing import listed, listed_for
from ..payments import records as payments
from ..registry import operation
from . import contracts, pay_v3, requests, schedules
from .contracts import Contract
from .sign_v3 import BY_PLAN, SCENES

__all__ = ["renew"]

INSURANCE = "insurance"
SIGN, PAY = "v3/papay/insurance-sign", "v3/papay/insurance-pay"
PERIOD = f"{PAY}/policy-periods/contract-id/{{contract_id}}/policy-period-id/{{policy_period_id}}"
OF_CONTRACT = "plan-id/{plan_id}/contract-id/{contract_id}"
PAGE = 20

for _scene in SCENES:

    @operation("POST", f"{SIGN}/contracts/pre-entrust-sign/{_scene}")
    def ask(call: Call) -> dict[str, Any]:
        """Create a contract for a user to sign."""
        return requests.presigned(call, requests.asked(call, INSURANCE))


@operation("GET", f"{SIGN}/contracts/{BY_PLAN}")
def query(call: Call) -> dict[str, Any]:
    """Return a contract by the merchant's code."""
    return requests.signed_by(call, "")


@operation("POST", f"{SIGN}/contracts/{BY_PLAN}/terminate")
def terminate(call: Call) -> dict[str, Any]:
    """Terminate a contract."""
    return requests.terminated(call, "")


def _of_plan(call: Call) -> Contract:
    contract = pay_v3.of_id(call, call.params["contract_id"], call.data)
    if str(contract["plan_id"]) != call.params["plan_id"]:
        raise contracts.absent(call.params["contract_id"])
    return contract


@operation("POST", f"{SIGN}/contracts/{OF_CONTRACT}/renew")
def renew(call: Call) -> None:
    """Add periods to a contract; the merchant is notified."""
    checks.accepted(call)
    contract, added = _of_plan(call), schedules.plan(requests.periods_in(call.data))
    known = contract.setdefault("schedules", {})
    if known.keys() & added.keys():
        numbers = sorted(known.keys() & added.keys())
        raise Rejection.parameter("/policy_periods", numbers, "are already periods of the contract")
    known |= added
    contracts.save(call.state, contract)
    if contract["notify_url"]:
        _post(call.state, contract, "RENEW", "续期成功")


@operation("POST", f"{SIGN}/policy-periods/{OF_CONTRACT}/modify")
def modify(call: Call) -> dict[str, Any]:
    """Replace the unpaid periods of a contract."""
    checks.accepted(call)
    contract, wanted = _of_plan(call), schedules.plan(requests.periods_in(call.data))
    known = contract.get("schedules") or {}
    paid = {name: each for name, each in known.items() if each["state"] == schedules.PAID}
    scheduled = [name for name, each in known.items() if each["state"] == schedules.SCHEDULED]
    if scheduled and not call.data.get("allow_cancel_scheduled"):
        raise Rejection(400, "INVALID_REQUEST", f"已有预约成功的扣费周期: {scheduled[0]}")
    contract["schedules"] = wanted | paid
    contracts.save(call.state, contract)
    cancelled = {"cancel_scheduled_policy_period_id": int(scheduled[0])} if scheduled else {}
    return {"policy_periods": call.data["policy_periods"], **cancelled}


@operation("GET", f"{SIGN}/policy_periods/{BY_PLAN}")
def periods(call: Call) -> dict[str, Any]:
    """Return the periods of a contract."""
    checks.accepted(call)
    limit, offset = call.page(default=PAGE, most=100)
    contract = requests.of_code(call, "")
    known = contract.get("schedules") or {}
    data = [
        {
            **_shown(call, contract, name),
            "estimated_deduct_date": each["date"],
            "estimated_deduct_amount": {"total": each["amount"], "currency": "CNY"},
        }
        for name, each in known.items()
    ]
    page = data[offset : offset + limit]
    return {"data": page, "limit": limit, "offset": offset, "total_count": len(data)}


def _shown(call: Call, contract: Contract, period: str) -> dict[str, Any]:
    view = schedules.shown(call.state, contract, period)
    state = view.pop("schedule_state")
    return {"policy_period_id": int(period), "policy_period_state": state, **view}


@operation("GET", PERIOD)
def period(call: Call) -> dict[str, Any]:
    """Return the schedule of a period."""
    contract = contracts.find_by_id(call.state, call.params["contract_id"])
    if contract is None or contract["sub_mchid"]:
        raise contracts.absent(call.params["contract_id"])
    return listed(call, _shown(call, contract, _number(call)))


def _number(call: Call) -> str:
    text = call.params["policy_period_id"]
    if not (text.isascii() and text.isdecimal()):
        raise Rejection.parameter("policy_period_id", text, "must be a whole number", "path")
    return text


@operation("POST", f"{PERIOD}/schedule")
def schedule(call: Call) -> dict[str, Any]:
    """Schedule the deduction of a period."""
    checks.accepted(call)
    contract = pay_v3.of_id(call, call.params["contract_id"], call.data)
    total = call.data["scheduled_amount"]["total"]
    amount = payments.whole_fen(total, "/scheduled_amount/total")
    schedules.schedule(call.state, contract, amount, _number(call))
    return listed(call, _shown(call, contract, _number(call)))


@operation("POST", f"{PAY}/transactions/apply")
def apply(call: Call) -> dict[str, Any]:
    """Deduct the amount of a period; the result is sent as a notification."""
    checks.accepted(call)
    return pay_v3.accepted(call, str(call.data["policy_period_id"]))


@contracts.on_change(INSURANCE)
def tell(state: State, contract: Contract, ended: bool) -> None:
    """Send `INSURANCE_ENTRUST.SIGN` or `INSURANCE_ENTRUST.TERMINATE`."""
    event, summary = ("TERMINATE", "解约成功") if ended else ("SIGN", "签约成功")
    _post(state, contract, event, summary)


def _post(state: State, contract: Contract, what: str, summary: str) -> None:
    event = f"INSURANCE_ENTRUST.{what}"
    content, url = listed_for(event, requests.shown(state, contract)), contract["notify_url"]
    state.outbox.post(url, event, content, summary=summary, original_type="insurance_entrust")
