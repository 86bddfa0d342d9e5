"""Sub-merchant onboarding: the review of an application, the account verification, the signature.

`applyment4sub` and 收付通 name the states differently; `STATES` contains both names of each. A
corporate bank account is verified, by the legal person or by a transfer (汇款验证); a personal one
is not. An application that awaits its signature has a sub-merchant ID without permissions. After
the signature, the sub-merchant can accept payments at once.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012719997 (applyment4sub),
https://pay.weixin.qq.com/doc/v3/partner/4012697052 (its states),
https://pay.weixin.qq.com/doc/v3/partner/4012713017 (收付通),
https://pay.weixin.qq.com/doc/v3/partner/4012691376 (its states)
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from . import settlements

__all__ = [
    "AUDITING",
    "CANCELED",
    "EDITING",
    "FINISHED",
    "FROZEN",
    "OPENING",
    "PAPERS",
    "PARTNER",
    "PAY_AMOUNT",
    "REJECTED",
    "SIGNABLE",
    "STATES",
    "VERIFYING",
    "Applyment",
    "apps_of",
    "approve",
    "by_id",
    "cancel",
    "check_media",
    "existing",
    "fail_submission",
    "freeze",
    "legal_validation_url",
    "open_permissions",
    "reject",
    "remit",
    "sign",
    "sign_pending",
    "sign_url",
    "submit",
    "verify_account",
]

AUDITING, REJECTED, VERIFYING = "AUDITING", "REJECTED", "VERIFYING"
SIGNABLE, FINISHED, CANCELED, FROZEN = "SIGNABLE", "FINISHED", "CANCELED", "FROZEN"
EDITING, OPENING = "EDITING", "OPENING"
PARTNER = "applyment4sub"
"""The product of ordinary service providers; its errors for absent applications differ."""
STATES = {
    EDITING: ("APPLYMENT_STATE_EDITTING", "", "编辑中"),
    AUDITING: ("APPLYMENT_STATE_AUDITING", "AUDITING", "审核中"),
    REJECTED: ("APPLYMENT_STATE_REJECTED", "REJECTED", "已驳回"),
    VERIFYING: ("APPLYMENT_STATE_TO_BE_CONFIRMED", "ACCOUNT_NEED_VERIFY", "待账户验证"),
    SIGNABLE: ("APPLYMENT_STATE_TO_BE_SIGNED", "NEED_SIGN", "待签约"),
    OPENING: ("APPLYMENT_STATE_SIGNING", "", "开通权限中"),
    FINISHED: ("APPLYMENT_STATE_FINISHED", "FINISH", "已完成"),
    CANCELED: ("APPLYMENT_STATE_CANCELED", "CANCELED", "已作废"),
    FROZEN: ("APPLYMENT_STATE_FREEZED", "FROZEN", "已冻结"),
}
"""Each state's name in applyment4sub, in 收付通 (which lacks two), and in Chinese."""
OPEN = (AUDITING, VERIFYING, SIGNABLE)
CORRECTABLE = (REJECTED, EDITING)
"""The states in which an application can be submitted again with the same number."""
UNSIGNED = ["applyments"]
"""The permissions of a sub-merchant with an unsigned application."""
PAGES = "https://pay.weixin.qq.com/public"
PAY_AMOUNT = 1
"""Amount of the transfer that verifies an account, in fen."""
PAPERS = {
    "SUBJECT_TYPE_INDIVIDUAL": "business_license_info",
    "SUBJECT_TYPE_ENTERPRISE": "business_license_info",
    "SUBJECT_TYPE_INSTITUTIONS": "certificate_info",
    "SUBJECT_TYPE_OTHERS": "certificate_info",
    "SUBJECT_TYPE_GOVERNMENT": "certificate_info",
    "SUBJECT_TYPE_INSTITUTIONS_CLONED": "certificate_info",
}
"""The kinds of subjects, and the member with their papers; micro merchants differ."""
MEDIA = (
    *("_copy", "_copy_back", "_pic", "_pics", "_national", "_letter", "_commitment", "_video"),
    *("qualifications", "activities_additions", "_authorisation", "_qr_code", "_qrcode"),
)
"""The suffixes of the members that contain media IDs."""

Applyment = dict[str, Any]


def submit(state: State, number: str, content: str, about: Mapping[str, Any]) -> Applyment:
    """Create an application, or submit a rejected one again with the same number.

    Args:
        state: the state of the service provider.
        number: `business_code` or `out_request_no`.
        content: the fingerprint of the request.
        about: `product`, `name`, `corporate`, `account`, `apps`, `proxy` of the application.

    Raises:
        Rejection: the merchant is no service provider, or the number belongs to an application that
            is in progress or has ended.
    """
    if not state.profile.is_partner:
        raise Rejection(403, "NO_AUTH", f"商户号 {state.mchid} 不是服务商，无权进件")
    known = state.store.get("applyment", number)
    if known is not None and known["state"] not in CORRECTABLE:
        if known["content"] == content and known["product"] == about["product"]:
            return known
        label = STATES[known["state"]][2]
        code = "PROCESSING" if known["state"] in (*OPEN, OPENING) else "INVALID_REQUEST"
        raise Rejection(400, code, f"业务申请编号已存在申请单，{label}: {number}")
    applyment = {
        "number": number,
        "applyment_id": _new_id() if known is None else known["applyment_id"],
        "created": state.clock.now() if known is None else known["created"],
        "submitted": state.clock.now(),
        "state": AUDITING,
        "content": content,
        "audit_detail": [],
        "sub_mchid": "" if known is None else known["sub_mchid"],
        **about,
    }
    _save(state, applyment)
    return applyment


def _new_id() -> int:
    return 2_000_000_000_000_000 + secrets.randbelow(10**12)


def check_media(state: State, members: Mapping[str, Any], pointer: str = "") -> None:
    """Reject a media ID that does not belong to an upload of this merchant.

    Args:
        state: the state of the merchant.
        members: the members of the request.
        pointer: the JSON pointer of the members in the request.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    for name, value in members.items():
        here = f"{pointer}/{name}"
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                check_media(state, each, here)
            elif each and name.endswith(MEDIA) and state.store.get("media", f"{each}") is None:
                raise Rejection.parameter(here, each, "is not a media_id of this merchant")


def apps_of(members: Mapping[str, Any]) -> list[str]:
    """Return the sub-merchant's appids in a request's members, at any depth."""
    found: dict[str, None] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            found |= dict.fromkeys(apps_of(value))
        elif value and isinstance(value, str) and name.endswith("sub_appid"):
            found[value] = None
    return list(found)


def sign_url(applyment: Applyment) -> str:
    """Return the URL at which the super administrator signs an application."""
    return f"{PAGES}/apply4ec_sign/s?applymentId={applyment['applyment_id']}"


def legal_validation_url(applyment: Applyment) -> str:
    """Return the URL at which the legal person verifies an application's bank account."""
    return f"{PAGES}/apply4ec_sign/validate?applymentId={applyment['applyment_id']}"


def by_id(state: State, applyment_id: str, product: str) -> Applyment:
    """Return an application by WeChat Pay's number.

    Args:
        state: the state of the service provider.
        applyment_id: WeChat Pay's number of the application.
        product: the required product of the application.

    Raises:
        Rejection: there is no such application.
    """
    pointer = state.store.get("applyment-id", applyment_id)
    number = "" if pointer is None else pointer["number"]
    return existing(state, number, applyment_id, product)


def existing(state: State, number: str, shown: str = "", product: str = "") -> Applyment:
    """Return an application by its merchant-assigned number.

    Args:
        state: the state of the service provider.
        number: the number of the application.
        shown: the number in the error, if it differs.
        product: the required product of the application; empty accepts any.

    Raises:
        Rejection: there is no such application.
    """
    applyment = state.store.get("applyment", number)
    if applyment is None or product not in ("", applyment["product"]):
        absent = (400, "APPLYMENT_NOT_EXIST") if product == PARTNER else (404, "APPLYMENT_NOTEXIST")
        raise Rejection(*absent, f"申请单不存在: {shown or number}")
    return applyment


def _save(state: State, applyment: Applyment) -> None:
    state.store.put("applyment", applyment["number"], applyment)
    pointer = {"number": applyment["number"]}
    state.store.put("applyment-id", f"{applyment['applyment_id']}", pointer)
    state.log.tell("applyment", applyment)


def _move(state: State, number: str, allowed: Iterable[str], target: str) -> Applyment:
    """Move an application to another state, if its state allows that; the caller stores it.

    Raises:
        Rejection: the application does not exist, or its state is not allowed.
    """
    applyment = existing(state, number)
    if applyment["state"] not in allowed:
        label = STATES[applyment["state"]][2]
        raise Rejection(400, "INVALID_REQUEST", f"申请单状态是{label}: {number}")
    applyment["state"] = target
    return applyment


def _reserve(state: State, applyment: Applyment) -> None:
    """Assign a sub-merchant ID, which cannot receive payments yet.

    Raises:
        Rejection: one of the apps belongs to another merchant.
    """
    name, apps = applyment["name"], applyment["apps"]
    try:
        if applyment["sub_mchid"]:  # rejected after an approval
            state.change_sub_merchant(applyment["sub_mchid"], {"name": name, "apps": apps})
        else:
            applyment["sub_mchid"] = state.add_sub_merchant(name, apps, UNSIGNED)
    except ValueError as error:
        raise Rejection(400, "INVALID_REQUEST", f"{error}") from None


def _open(state: State, applyment: Applyment) -> Applyment:
    """Give the sub-merchant all permissions, and open its settlement account."""
    state.change_sub_merchant(applyment["sub_mchid"], {"permissions": None})
    settlements.open_account(state, applyment["sub_mchid"], applyment["account"])
    applyment["signed"] = state.clock.now()
    _save(state, applyment)
    return applyment


def _assert_of_partner(applyment: Applyment) -> None:
    """Reject an application of 收付通, which does not have the state."""
    if applyment["product"] != PARTNER:
        message = f"收付通申请单没有该状态: {applyment['number']}"
        raise Rejection(400, "INVALID_REQUEST", message)


def fail_submission(state: State, number: str) -> Applyment:
    """Fail a submission, which can then be sent again with the same number.

    Raises:
        Rejection: the application is not in audit, or is of 收付通.
    """
    applyment = _move(state, number, (AUDITING,), EDITING)
    _assert_of_partner(applyment)
    _save(state, applyment)
    return applyment


def approve(state: State, number: str) -> Applyment:
    """Approve an audit; next, a corporate account is verified, and any other application is signed.

    Raises:
        Rejection: the application is not in audit, or one of its apps belongs to another merchant.
    """
    applyment = _move(state, number, (AUDITING,), SIGNABLE)
    if applyment["corporate"]:
        applyment["state"] = VERIFYING
        applyment["remark"] = f"{secrets.randbelow(10**6):06}"
        applyment["deadline"] = state.clock.now() + 10 * 86400
    else:
        _reserve(state, applyment)
    _save(state, applyment)
    return applyment


def reject(state: State, number: str, reason: str, field: str = "") -> Applyment:
    """Reject an application; a corrected one can be sent with the same number."""
    return _refuse(state, number, REJECTED, reason, field)


def freeze(state: State, number: str, reason: str, field: str = "") -> Applyment:
    """Freeze an application, as WeChat Pay does."""
    return _refuse(state, number, FROZEN, reason, field)


def _refuse(state: State, number: str, target: str, reason: str, field: str) -> Applyment:
    applyment = _move(state, number, OPEN, target)
    applyment["audit_detail"] = [{"field": field, "reject_reason": reason}]
    _save(state, applyment)
    return applyment


def verify_account(state: State, number: str) -> Applyment:
    """Verify the bank account on behalf of the legal person.

    Raises:
        Rejection: no account awaits its verification, or an app belongs to another merchant.
    """
    applyment = _move(state, number, (VERIFYING,), SIGNABLE)
    _reserve(state, applyment)
    _save(state, applyment)
    return applyment


def remit(state: State, number: str, amount: int, remark: str) -> Applyment:
    """Receive a transfer that verifies the bank account.

    Args:
        state: the state of the service provider.
        number: the number of the application.
        amount: the amount of the transfer, in fen.
        remark: the remark of the transfer.

    Raises:
        Rejection: no account awaits its verification, or the transfer is late or incorrect.
    """
    applyment = existing(state, number)
    if applyment["state"] == VERIFYING:
        if state.clock.now() > applyment["deadline"]:
            raise Rejection(400, "INVALID_REQUEST", f"已过汇款截止时间: {number}")
        if amount != PAY_AMOUNT:
            raise Rejection.parameter("/amount", amount, f"must be {PAY_AMOUNT}, the pay_amount")
        if remark != applyment["remark"]:
            raise Rejection.parameter("/remark", remark, f"must be {applyment['remark']}")
    return verify_account(state, number)


def sign(state: State, number: str) -> Applyment:
    """Sign on behalf of the super administrator; the sub-merchant can accept payments.

    Raises:
        Rejection: the application does not await its signature.
    """
    return _open(state, _move(state, number, (SIGNABLE,), FINISHED))


def sign_pending(state: State, number: str) -> Applyment:
    """Sign on behalf of the super administrator; the permissions are opened later.

    Raises:
        Rejection: the application does not await its signature, or is of 收付通.
    """
    applyment = _move(state, number, (SIGNABLE,), OPENING)
    _assert_of_partner(applyment)
    _save(state, applyment)
    return applyment


def open_permissions(state: State, number: str) -> Applyment:
    """Open the permissions of a signed application; the sub-merchant can accept payments.

    Raises:
        Rejection: the permissions of the application are not being opened.
    """
    return _open(state, _move(state, number, (OPENING,), FINISHED))


def cancel(state: State, applyment: Applyment) -> Applyment:
    """Withdraw an application that is in progress, was rejected, or is frozen.

    Raises:
        Rejection: it has ended.
    """
    canceled = _move(state, applyment["number"], (*OPEN, REJECTED, FROZEN), CANCELED)
    _save(state, canceled)
    return canceled
