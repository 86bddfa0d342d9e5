"""Shared request validation of contracts, and APIv3's view of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..listing import listed
from . import contracts, schedules
from .contracts import Contract

__all__ = ["asked", "of_code", "periods_in", "presigned", "shown", "signed_by", "terminated"]

PLANS = ("plan_id", "service_id")
NAMES = {
    "appid": ("appid", "sp_appid"),
    "openid": ("openid", "sp_openid"),
    "display": ("contract_display_account", "insured_display_name"),
    "notify_url": ("contract_notify_url", "notify_url"),
}
"""The internal names of members, and their names in requests."""
SAME = ("sub_appid", "sub_mchid", "sub_openid", "out_user_code", "attach")
MINI_PROGRAM, PAGE = "wxbd687630cd02ce1d", "pages/index/index"
"""The mini program of WeChat Pay for signing."""


def asked(call: Call, family: str) -> Contract:
    """Create or return the contract of a request to sign.

    Args:
        call: the request.
        family: the family of notifications for the contract.

    Raises:
        Rejection: a member is invalid, or the code was used.
    """
    content, data = checks.accepted(call), call.data
    code = data["out_contract_code"]
    checks.number(code, "/out_contract_code", longest=32, signs=checks.LETTERS)
    about = {
        name: next((data[each] for each in theirs if data.get(each)), "")
        for name, theirs in NAMES.items()
    }
    checks.address(about["notify_url"], "/notify_url")
    made = {
        **about,
        "family": family,
        "plan_id": next(data[name] for name in PLANS if name in data),
        **{name: data.get(name) or "" for name in SAME},
    }
    periods = periods_in(data)
    if periods:
        made["schedules"] = schedules.plan(periods)
    return contracts.ask(call.state, code, content, made)


def periods_in(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the periods in which a contract is charged, by their ids; often empty."""
    if data.get("deduct_schedule"):
        return {schedules.SINGLE: data["deduct_schedule"]}
    return {str(each["policy_period_id"]): each for each in data.get("policy_periods") or []}


def presigned(call: Call, contract: Contract) -> dict[str, Any]:
    """Return the response to a request to sign: the places where the user signs."""
    token = contract["pre_entrustweb_id"]
    path = f"{PAGE}?pre_entrustweb_id={token}"
    places = {
        **dict.fromkeys(("mini_program_username", "miniprogram_username"), "gh_entrust"),
        **dict.fromkeys(("redirect_appid", "sign_mp_appid"), MINI_PROGRAM),
        **dict.fromkeys(("mini_program_path", "miniprogram_path"), path),
        **dict.fromkeys(("redirect_path", "sign_mp_path"), path),
        "redirect_url": f"https://payapp.weixin.qq.com/papay/entrust?pre_entrustweb_id={token}",
        "pre_entrustweb_id": token,
    }
    return listed(call, {**shown(call.state, contract), **places})


def of_code(call: Call, sub_mchid: str | None) -> Contract:
    """Return the contract for a path's plan and code.

    Args:
        call: the request.
        sub_mchid: the required sub-merchant; empty for the merchant itself, None for any.

    Raises:
        Rejection: there is no such contract, or it is not signed.
    """
    code = call.params["out_contract_code"]
    contract = contracts.existing(call.state, code)
    plan = next(call.params[name] for name in PLANS if name in call.params)
    if (
        contract["state"] == contracts.UNSIGNED
        or str(contract["plan_id"]) != plan
        or sub_mchid not in (None, contract["sub_mchid"])
    ):
        raise contracts.absent(code)
    return contract


def signed_by(call: Call, sub_mchid: str | None) -> dict[str, Any]:
    """Return the response to a query by plan and code."""
    return listed(call, shown(call.state, of_code(call, sub_mchid)))


def terminated(call: Call, sub_mchid: str | None) -> dict[str, Any]:
    """Terminate a contract, and return the response."""
    checks.accepted(call)
    remark = call.text("contract_termination_remark", 256)
    contract = of_code(call, sub_mchid)
    ended = contracts.terminate(call.state, contract, contracts.BY_API, remark)
    return listed(call, shown(call.state, ended))


def shown(state: State, contract: Contract) -> dict[str, Any]:
    """Return all members of a contract in APIv3, under all their names."""
    view = {
        **dict.fromkeys(("mchid", "sp_mchid"), state.mchid),
        **dict.fromkeys(PLANS, contract["plan_id"]),
        "out_contract_code": contract["out_contract_code"],
        "contract_id": contract["contract_id"],
        "contract_state": contract["state"],
        **{theirs: contract[name] for name in NAMES for theirs in NAMES[name] if contract[name]},
        **{name: contract[name] for name in SAME if contract.get(name)},
    }
    if "signed" in contract:
        view |= {
            "contract_signed_time": state.clock.rfc3339(contract["signed"]),
            "contract_expired_time": state.clock.rfc3339(contract["expires"]),
        }
    if contract["state"] == contracts.TERMINATED:
        view["contract_terminate_info"] = {
            "contract_termination_mode": contract["mode"],
            "contract_terminated_time": state.clock.rfc3339(contract["terminated"]),
            "contract_termination_remark": contract["remark"],
        }
    if schedules.SINGLE in (contract.get("schedules") or {}):
        planned = contract["schedules"][schedules.SINGLE]
        view["deduct_schedule"] = {
            **schedules.shown(state, contract),
            "estimated_deduct_date": planned["date"],
            "estimated_deduct_amount": {"total": planned["amount"], "currency": "CNY"},
        }
    return view
