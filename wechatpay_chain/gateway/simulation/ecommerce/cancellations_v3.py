"""Closing a sub-merchant with a withdrawal: `v3/ecommerce/account/apply-cancel-withdraw`.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4013892756 (application),
https://pay.weixin.qq.com/doc/v3/partner/4013892759 (query),
https://pay.weixin.qq.com/doc/v3/partner/4013892772 (confirmation),
https://pay.weixin.qq.com/doc/v3/partner/4016420099 (preconditions)
"""

from __future__ import annotations

import secrets
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..accounts import kinds
from ..complaints import records as complaints
from ..registry import operation
from . import cancellations
from .cancellations import Cancellation

__all__ = ["apply", "confirm", "query", "query_by_id", "validate"]

BASE = "v3/ecommerce/account/apply-cancel-withdraw"
WITHDRAWS = {"APPLY_WITHDRAW": True, "NOT_APPLY_WITHDRAW": False}
ACCOUNT_TYPES = ("ACCOUNT_TYPE_CORPORATE", "ACCOUNT_TYPE_PERSONAL")
STATES = {
    "ACCEPTED": "申请单已受理",
    "REVIEWING": "申请单审核中",
    "REJECTED": "申请单已驳回",
    "WAITING_MERCHANT_CONFIRM": "待商户确认",
    "REVOKED": "申请单已撤销",
    "SYSTEM_PROCESSING": "系统处理中",
    "CANCELED": "商户号已注销",
    "FUND_PROCESSING": "资金处理中",
    "FINISH": "已完成",
}
"""The descriptions of `cancel_state`."""
PAYMENTS = {
    "PAY_PROCESSING": "付款处理中",
    "PAY_SUCCEED": "付款成功",
    "BANK_REFUNDED": "银行退票",
}
"""The descriptions of `pay_state`."""
LONGEST_OPERATOR = 100
"""Characters of `operator_identification`."""


@operation("POST", BASE)
def apply(call: Call) -> dict[str, Any]:
    """Apply to close a sub-merchant and to withdraw its money."""
    content, state, data = checks.accepted(call), call.state, call.data
    number = checks.number(
        data["out_request_no"], "/out_request_no", longest=32, signs=checks.LETTERS
    )
    known = cancellations.find(state, number)
    if known is not None:
        if known["content"] != content:
            message = f"商户注销申请单号已用于其他内容: {number}"
            raise Rejection(400, "INVALID_REQUEST", message)
        return _numbers(known)
    given = data.get("withdraw") or "NOT_APPLY_WITHDRAW"
    withdraw = WITHDRAWS[checks.one_of(given, "/withdraw", WITHDRAWS)]
    _check_payee(data["payee_info"])
    documents = _documents(call)
    _check_closable(state, data["sub_mchid"], again=withdraw and bool(documents))
    made = cancellations.create(
        state,
        {
            "out_request_no": number,
            "applyment_id": f"X{secrets.randbelow(10**18):018}",
            "sub_mchid": data["sub_mchid"],
            "withdraw": withdraw,
            "documents": documents,
            "content": content,
        },
    )
    return _numbers(made)


def _check_payee(payee: dict[str, Any]) -> None:
    """Reject a personal bank account without the identity of its holder.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    kind = checks.one_of(payee["account_type"], "/payee_info/account_type", ACCOUNT_TYPES)
    identity = payee.get("identity_info")
    if kind == "ACCOUNT_TYPE_PERSONAL" and not (identity and identity.get("id_doc_type")):
        raise Rejection.parameter(
            "/payee_info/identity_info", identity, "is required for a personal account"
        )


def _documents(call: Call) -> list[str]:
    """Return the media ids of the proof documents.

    Raises:
        Rejection: `PARAM_ERROR`, for a file that the platform has not uploaded.
    """
    found = []
    for index, each in enumerate(call.data.get("proof_medias") or []):
        here = f"/proof_medias/{index}"
        checks.one_of(
            each["proof_media_type"], f"{here}/proof_media_type", ("WITHDRAWAL_APPLICATION",)
        )
        found.append(_media(call, each["proof_media"], f"{here}/proof_media"))
    for index, media in enumerate(call.data.get("additional_materials") or []):
        _media(call, media, f"/additional_materials/{index}")
    return found


def _media(call: Call, media: Any, pointer: str) -> str:
    if not media or call.state.store.get("media", f"{media}") is None:
        raise Rejection.parameter(pointer, media, "is not a media_id of this merchant")
    return str(media)


def _check_closable(state: State, sub_mchid: str, *, again: bool) -> None:
    """Reject an application that `validate` does not allow.

    Args:
        state: the state of the platform.
        sub_mchid: the sub-merchant.
        again: whether this withdraws money that came back after the closing.

    Raises:
        Rejection: `INVALID_REQUEST`.
    """
    reasons = [
        text
        for kind, text in _block_reasons(state, sub_mchid)
        if not (again and kind == "OTHER_REASON")
    ]
    if reasons:
        raise Rejection(400, "INVALID_REQUEST", f"商户不满足注销条件: {'、'.join(reasons)}")


@operation("GET", f"{BASE}/out-request-no/{{out_request_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return an application by the platform's number."""
    number = call.params["out_request_no"]
    found = cancellations.find(call.state, number)
    return _shown(call.state, cancellations.existing(found, number))


@operation("GET", f"{BASE}/applyment-id/{{applyment_id}}")
def query_by_id(call: Call) -> dict[str, Any]:
    """Return an application by WeChat Pay's number."""
    number = call.params["applyment_id"]
    found = cancellations.find_by_id(call.state, number)
    return _shown(call.state, cancellations.existing(found, number))


@operation("POST", f"{BASE}/confirm")
def confirm(call: Call) -> dict[str, Any]:
    """Confirm the closing on behalf of the sub-merchant."""
    checks.accepted(call)
    state, data = call.state, call.data
    number, applyment_id = data.get("out_request_no") or "", data.get("applyment_id") or ""
    if not (number or applyment_id):
        raise Rejection.parameter("/out_request_no", None, "or /applyment_id is required")
    checks.text(data["operator_identification"], "/operator_identification", LONGEST_OPERATOR)
    checks.text(data["cancel_contract_version"], "/cancel_contract_version", 32)
    if checks.moment(data["confirm_time"]) is None:
        issue = "must be a time such as 2026-11-20T13:29:35+08:00"
        raise Rejection.parameter("/confirm_time", data["confirm_time"], issue)
    find = cancellations.find if number else cancellations.find_by_id
    given = number or applyment_id
    made = cancellations.existing(find(state, given), given)
    if made["sub_mchid"] != data["sub_mchid"] or applyment_id not in ("", made["applyment_id"]):
        raise Rejection(400, "INVALID_REQUEST", "注销提现申请单与二级商户号不匹配")
    made = cancellations.confirm(state, made["out_request_no"])
    return {**_numbers(made), "sub_mchid": made["sub_mchid"]}


@operation("GET", f"{BASE}/validate-cancel/{{sub_mchid}}")
def validate(call: Call) -> dict[str, Any]:
    """Return whether a sub-merchant can be closed, and the balances of its accounts."""
    state, sub = call.state, call.params["sub_mchid"]
    reasons = _block_reasons(state, sub)
    view: dict[str, Any] = {
        "sub_mchid": sub,
        "merchant_state": "HAS_BEEN_CANCELLED" if cancellations.is_closed(state, sub) else "NORMAL",
        "validate_result": f"{'NOT_' if reasons else ''}ALLOW_CANCEL_WITHDRAW",
        "account_info": _accounts(state, sub),
    }
    if reasons:
        view["block_reasons"] = [{"type": kind, "description": text} for kind, text in reasons]
    return view


def _accounts(state: State, sub_mchid: str) -> list[dict[str, Any]]:
    return [
        {"out_account_type": name, "amount": sum(kinds.balance(state, kind, sub_mchid))}
        for name, kind in cancellations.ACCOUNTS.items()
    ]


def _block_reasons(state: State, sub_mchid: str) -> list[tuple[str, str]]:
    """Return the reasons that prevent the closing of a sub-merchant, with their texts."""
    reasons = []
    if any(
        each["complainted_mchid"] == sub_mchid and each["complaint_state"] != complaints.PROCESSED
        for each in state.store.all("complaint")
    ):
        reasons.append(("CONSUMER_COMPLAINT_UNPROCESSED", "消费者投诉未处理"))
    if any(kinds.balance(state, kind, sub_mchid)[1] for kind in kinds.KINDS):
        reasons.append(("FUNDS_PENDING_PROCESSING", "商户资金待处理"))
    if cancellations.is_closed(state, sub_mchid):
        reasons.append(("OTHER_REASON", "商户号已注销"))
    return reasons


def _numbers(made: Cancellation) -> dict[str, Any]:
    return {"applyment_id": made["applyment_id"], "out_request_no": made["out_request_no"]}


def _shown(state: State, made: Cancellation) -> dict[str, Any]:
    payments = made["payments"]
    description = STATES[made["state"]]
    if made["reason"]:
        description = f"{description}: {made['reason']}"
    view = {
        **_numbers(made),
        "sub_mchid": made["sub_mchid"],
        "cancel_state": made["state"],
        "cancel_state_description": description,
        "withdraw": "APPLY_WITHDRAW" if made["withdraw"] else "NOT_APPLY_WITHDRAW",
        "modify_time": state.clock.rfc3339(made["updated"]),
        "account_info": _accounts(state, made["sub_mchid"]),
    }
    if made["state"] in (cancellations.FUND_PROCESSING, cancellations.FINISHED):
        view["withdraw_state"] = _withdraw_state(made)
        view["account_withdraw_result"] = [
            {
                "out_account_type": name,
                "pay_state": each["state"],
                "state_description": PAYMENTS[each["state"]],
            }
            for name, each in payments.items()
        ]
    if made["state"] == cancellations.CONFIRMABLE:
        url = f"https://pay.weixin.qq.com/cancel/{made['applyment_id']}"
        view["confirm_cancel"] = {"confirm_cancel_url": url}
    return view


def _withdraw_state(made: Cancellation) -> str:
    states = {each["state"] for each in made["payments"].values()}
    if cancellations.RETURNED in states:
        return "WITHDRAW_EXCEPTION"
    return "WITHDRAW_PROCESSING" if cancellations.PENDING in states else "WITHDRAW_SUCCEED"
