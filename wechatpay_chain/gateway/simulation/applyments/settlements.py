"""Settlement accounts of sub-merchants, and applications to change them.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012761138 (query),
https://pay.weixin.qq.com/doc/v3/partner/4012761146 (change),
https://pay.weixin.qq.com/docs/partner/apis/contracted-merchant-application/get-application.html
(`account_number_rule`)
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation

__all__ = ["AUDITING", "Change", "approve", "open_account", "reject"]

BASE = "v3/apply4sub/sub_merchants/{sub_mchid}"
AUDITING, SUCCESS, FAIL = "AUDITING", "AUDIT_SUCCESS", "AUDIT_FAIL"
NAMES = ("account_type", "account_bank", "bank_name", "bank_branch_id")
TYPES = ("ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE")
MASK_V1 = "ACCOUNT_NUMBER_RULE_MASK_V1"
MASKS = {MASK_V1: (2, 2), "ACCOUNT_NUMBER_RULE_MASK_V2": (6, 4)}
"""The rules for masked numbers, with the number of leading and trailing digits in clear."""
UNKNOWN = {
    "account_type": TYPES[0],
    "account_bank": "工商银行",
    "account_number": "6222000000000000",
}
"""The account of a sub-merchant that was not created by an application."""

Account = dict[str, Any]
Change = dict[str, Any]


def open_account(state: State, sub_mchid: str, account: Account) -> None:
    """Store the settlement account of a sub-merchant."""
    state.store.put("settlement", sub_mchid, account)


def _account(state: State, sub_mchid: str) -> Account:
    return state.store.get("settlement", sub_mchid) or UNKNOWN


def masked_number(number: str, rule: str = MASK_V1) -> str:
    """Return a bank account number in WeChat Pay's masked form.

    Args:
        number: the number of the bank account.
        rule: a key of `MASKS`.
    """
    plain, (first, last) = str.__str__(number), MASKS[rule]
    hidden = "*" * max(len(plain) - first - last, 4)
    if len(plain) <= first + last:
        return hidden
    return f"{plain[:first]}{hidden}{plain[-last:]}"


def _rule(call: Call) -> str:
    """Return the masking rule in a query."""
    rule = call.query.get("account_number_rule") or MASK_V1
    return checks.one_of(rule, "account_number_rule", MASKS, "query")


@operation("GET", f"{BASE}/settlement")
def settlement(call: Call) -> dict[str, Any]:
    """Return the settlement account of a sub-merchant."""
    account = _account(call.state, call.params["sub_mchid"])
    return {**_shown(account, _rule(call)), "verify_result": "VERIFY_SUCCESS"}


def _shown(account: Account, rule: str) -> dict[str, Any]:
    told = {name: account[name] for name in NAMES if account.get(name)}
    return {**told, "account_number": masked_number(account["account_number"], rule)}


@operation("POST", f"{BASE}/modify-settlement")
def modify(call: Call) -> dict[str, Any]:
    """Submit an application for another account, which is audited."""
    content, state, sub = checks.accepted(call), call.state, call.params["sub_mchid"]
    checks.one_of(call.data["account_type"], "/account_type", TYPES)
    waiting = state.store.get("settlement-waiting", sub)
    if waiting is not None:
        change = _existing(state, waiting["application_no"])
        if change["content"] != content:
            raise Rejection(400, "INVALID_REQUEST", f"结算账户修改申请正在审核中: {sub}")
        return {"application_no": change["application_no"]}
    change = {
        "application_no": f"{secrets.randbelow(10**12):012}",
        "sub_mchid": sub,
        "created": state.clock.now(),
        "state": AUDITING,
        "content": content,
        "reason": "",
        "account": account_of(call.data),
    }
    state.store.put("settlement-waiting", sub, {"application_no": change["application_no"]})
    _save(state, change)
    return {"application_no": change["application_no"]}


def account_of(members: Mapping[str, Any]) -> Account:
    """Return the account described by members of a request."""
    return {name: members.get(name, "") for name in (*NAMES, "account_number", "account_name")}


@operation("GET", f"{BASE}/application/{{application_no}}")
def application(call: Call) -> dict[str, Any]:
    """Return an application for another account."""
    change = call.state.store.get("settlement-change", call.params["application_no"])
    if change is None or change["sub_mchid"] != call.params["sub_mchid"]:
        raise _absent(call.params["application_no"])
    finished = change["state"] != AUDITING
    name = str.__str__(change["account"]["account_name"])
    view = {
        **_shown(change["account"], _rule(call)),
        "account_name": f"{name[:1]}{'*' * max(len(name) - 1, 1)}",
        "verify_result": change["state"],
    }
    if finished:
        view["verify_finish_time"] = call.state.clock.rfc3339(change["finished"])
    if change["reason"]:
        view["verify_fail_reason"] = change["reason"]
    return view


def _absent(number: str) -> Rejection:
    return Rejection(404, "APPLYMENT_NOTEXIST", f"申请单不存在: {number}")


def _existing(state: State, number: str) -> Change:
    change = state.store.get("settlement-change", number)
    if change is None:
        raise _absent(number)
    return change


def _save(state: State, change: Change) -> None:
    state.store.put("settlement-change", change["application_no"], change)
    state.log.tell("settlement-change", change)


def _end(state: State, number: str, outcome: str, reason: str = "") -> Change:
    change = _existing(state, number)
    if change["state"] != AUDITING:
        raise Rejection(400, "INVALID_REQUEST", f"申请单状态是 {change['state']}: {number}")
    change |= {"state": outcome, "reason": reason, "finished": state.clock.now()}
    state.store.delete("settlement-waiting", change["sub_mchid"])
    _save(state, change)
    return change


def approve(state: State, number: str) -> Change:
    """Approve an application and switch to the new account.

    Raises:
        Rejection: the application does not exist, or is no longer in audit.
    """
    change = _end(state, number, SUCCESS)
    open_account(state, change["sub_mchid"], change["account"])
    return change


def reject(state: State, number: str, reason: str) -> Change:
    """Reject an application; the account stays the same.

    Raises:
        Rejection: the application does not exist, or is no longer in audit.
    """
    return _end(state, number, FAIL, checks.text(reason, "/reason", 256))
