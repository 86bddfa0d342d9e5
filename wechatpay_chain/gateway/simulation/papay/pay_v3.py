"""APIv3's deductions, with notices to the user and schedules.

Sources: https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_10.shtml (the notice),
https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-create-transaction.html,
https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-schedule-deduction.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..payments import records as payments
from ..registry import operation
from . import contracts, deductions, schedules
from .contracts import Contract

__all__ = ["accepted", "of_id"]

PAY = "v3/papay/pay"


def of_id(call: Call, contract_id: str, given: Mapping[str, Any]) -> Contract:
    """Return the contract in force of a request, if the app and the sub-merchant match.

    Raises:
        Rejection: there is no such contract, or it belongs to another app.
    """
    contract = contracts.signed(call.state, contract_id, given.get("sub_mchid") or "")
    appid = given.get("sp_appid") or given.get("appid") or contract["appid"]
    if appid != contract["appid"]:
        raise Rejection(400, "APPID_MCHID_NOT_MATCH", "appid与签约协议不匹配")
    return contract


def accepted(call: Call, period: str = schedules.SINGLE) -> dict[str, Any]:
    """Accept the deduction of a request, and return the response.

    Args:
        call: the request.
        period: the period of the contract's schedule.
    """
    checks.accepted(call)
    data, state = call.data, call.state
    number = checks.number(data["out_trade_no"], "/out_trade_no", longest=32)
    contract = of_id(call, data["contract_id"], data)
    partner = "sp_" if contract["sub_mchid"] else ""
    about = {
        "protocol": deductions.V3,
        "parties": {
            f"{partner}mchid": state.mchid,
            f"{partner}appid": contract["appid"],
            **{name: data[name] for name in ("sub_mchid", "sub_appid") if data.get(name)},
        },
        "total": payments.whole_fen(data["amount"]["total"], "/amount/total"),
        "currency": checks.chinese(data["amount"].get("currency"), "/amount/currency"),
        "description": checks.text(data["description"], "/description", 127),
        "attach": call.text("attach", 128, required=False),
        "notify_url": checks.callback(data["transaction_notify_url"], "/transaction_notify_url"),
    }
    order = deductions.apply(state, contract, number, data, about, period)
    money = {"total": order["total"], "currency": order["currency"]}
    return {"out_trade_no": number, "amount": money}


@operation("POST", f"{PAY}/transactions/apply")
@operation("POST", f"{PAY}/harmony/transactions/apply")
@operation("POST", f"{PAY}/partner/transactions/apply")
def apply(call: Call) -> dict[str, Any]:
    """Deduct an amount by a contract; the result is sent as a notification."""
    return accepted(call)


@operation("POST", f"{PAY}/schedules/contract-id/{{contract_id}}/schedule")
@operation("POST", f"{PAY}/partner/schedules/contract-id/{{contract_id}}/schedule")
def schedule(call: Call) -> dict[str, Any]:
    """Schedule the deduction of a contract on the day that its user agreed to."""
    checks.accepted(call)
    contract = of_id(call, call.params["contract_id"], call.data)
    amount = payments.whole_fen(call.data["schedule_amount"]["total"], "/schedule_amount/total")
    schedules.schedule(call.state, contract, amount)
    return schedules.shown(call.state, contract)


@operation("GET", f"{PAY}/schedules/contract-id/{{contract_id}}")
@operation("GET", f"{PAY}/partner/schedules/contract-id/{{contract_id}}")
def scheduled(call: Call) -> dict[str, Any]:
    """Return the schedule of a contract, including a terminated one."""
    checks.accepted(call)
    number = call.params["contract_id"]
    contract = contracts.find_by_id(call.state, number)
    if contract is None or contract["sub_mchid"] != call.query.get("sub_mchid", ""):
        raise contracts.absent(number)
    return schedules.shown(call.state, contract)


@operation("POST", "v3/papay/contracts/{contract_id}/notify")
@operation("POST", "v3/partner-papay/contracts/{contract_id}/notify")
def notify(call: Call) -> None:
    """Notify a user of the deduction that is planned for the days after the next."""
    checks.accepted(call)
    contract = of_id(call, call.params["contract_id"], call.data)
    amount = payments.whole_fen(call.data["estimated_amount"]["amount"], "/estimated_amount/amount")
    duration = call.data.get("deduct_duration") or {}
    days = duration.get("count") or 0
    if not 0 <= days <= schedules.DURATION:
        issue = f"must be 1 to {schedules.DURATION}"
        raise Rejection.parameter("/deduct_duration/count", days, issue)
    schedules.give_notice(call.state, contract, amount, days)


@operation("POST", "v3/papay/contracts/{contract_id}/fail-notify")
@operation("POST", "v3/partner-papay/contracts/{contract_id}/fail-notify")
def fail_notify(call: Call) -> None:
    """Notify a user of a failed deduction that will be retried."""
    checks.accepted(call)
    of_id(call, call.params["contract_id"], call.data)
