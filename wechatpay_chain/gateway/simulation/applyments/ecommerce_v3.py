"""Onboarding by e-commerce platforms: applications for sub-merchants (收付通二级商户进件).

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012713017 (submit),
https://pay.weixin.qq.com/doc/v3/partner/4012691376 (query),
https://pay.weixin.qq.com/doc/v3/partner/4015616721 (revoke)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from . import records, settlements
from .subject_sub_merchants import subject_of

__all__ = ["query"]

BASE = "v3/ecommerce/applyments"
PRODUCT = "ecommerce"
CHECKING = 5
"""Seconds during which the papers are checked before the audit."""
TYPES = {"74": 0, "75": 1}
"""The types of bank accounts: corporate and personal."""


@operation("POST", f"{BASE}/")
@operation("POST", f"{BASE}/submit-account-hosting-applyment")
def submit(call: Call) -> dict[str, Any]:
    """Submit the application of a sub-merchant."""
    content = checks.accepted(call)
    number = checks.number(call.data["out_request_no"], "/out_request_no", longest=124)
    bank = call.data["account_info"]
    kind = checks.one_of(bank.get("bank_account_type"), "/account_info/bank_account_type", TYPES)
    for name in ("account_bank", "account_name", "account_number"):
        if not bank.get(name):
            raise Rejection.parameter(f"/account_info/{name}", None, "is required and empty")
    records.check_media(call.state, call.data)
    about = {
        "product": PRODUCT,
        "name": checks.text(call.data["merchant_shortname"], "/merchant_shortname", 64),
        "corporate": TYPES[kind] == 0,
        "account": settlements.account_of(bank) | {"account_type": settlements.TYPES[TYPES[kind]]},
        "apps": records.apps_of(call.data["sales_scene_info"]),
        "proxy": bool(call.data.get("proxy_sign_verify_mode")),
        "subject": subject_of(call.data),
    }
    return _numbers(records.submit(call.state, number, content, about))


def _numbers(applyment: records.Applyment) -> dict[str, Any]:
    return {"applyment_id": applyment["applyment_id"], "out_request_no": applyment["number"]}


@operation("GET", f"{BASE}/out-request-no/{{out_request_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return an application by its merchant-assigned number."""
    return _shown(call.state, _existing(call))


@operation("GET", f"{BASE}/{{applyment_id}}")
def query_by_id(call: Call) -> dict[str, Any]:
    """Return an application by WeChat Pay's number."""
    return _shown(call.state, records.by_id(call.state, call.params["applyment_id"], PRODUCT))


@operation("POST", f"{BASE}/out-request-no/{{out_request_no}}/revoke")
def revoke(call: Call) -> dict[str, Any]:
    """Withdraw an application by its merchant-assigned number."""
    return _numbers(records.cancel(call.state, _existing(call)))


@operation("POST", f"{BASE}/{{applyment_id}}/revoke")
def revoke_by_id(call: Call) -> dict[str, Any]:
    """Withdraw an application by WeChat Pay's number."""
    applyment = records.by_id(call.state, call.params["applyment_id"], PRODUCT)
    return _numbers(records.cancel(call.state, applyment))


@operation("POST", f"{BASE}/submit-sign-verify-info")
def sign_by_proxy(call: Call) -> dict[str, Any]:
    """Sign for a sub-merchant by proxy, after the platform has verified its identity."""
    checks.accepted(call)
    applyment = records.existing(call.state, call.data["out_request_no"], product=PRODUCT)
    if not applyment["proxy"]:
        raise Rejection(400, "INVALID_REQUEST", f"申请单不是代理签约模式: {applyment['number']}")
    verified = call.data.get("proxy_verify_identity_info") or {}
    if verified.get("verify_identity_result") is not True:
        here = "/proxy_verify_identity_info/verify_identity_result"
        raise Rejection.parameter(here, verified.get("verify_identity_result"), "must be true")
    signed = records.sign(call.state, applyment["number"])
    return {"applyment_id": signed["applyment_id"]}


def _existing(call: Call) -> records.Applyment:
    return records.existing(call.state, call.params["out_request_no"], product=PRODUCT)


def _shown(state: State, applyment: records.Applyment) -> dict[str, Any]:
    _, name, label = records.STATES[applyment["state"]]
    standing = applyment["state"]
    if standing == records.AUDITING and applyment["submitted"] + CHECKING > state.clock.now():
        name, label = "CHECKING", "资料校验中"
    signs = {records.SIGNABLE: "UNSIGNED", records.FINISHED: "SIGNED"}
    view = {
        **_numbers(applyment),
        "applyment_state": name,
        "applyment_state_desc": label,
        "sign_state": signs.get(standing, "NOT_SIGNABLE"),
    }
    if standing in signs:
        view["sub_mchid"] = applyment["sub_mchid"]
    if standing == records.SIGNABLE:
        view["sign_url"] = records.sign_url(applyment)
    if standing == records.VERIFYING:
        view["account_validation"] = _validation(state, applyment)
        view["legal_validation_url"] = records.legal_validation_url(applyment)
    if standing in (records.REJECTED, records.FROZEN):
        view["audit_detail"] = [
            {"param_name": each["field"], "reject_reason": each["reject_reason"]}
            for each in applyment["audit_detail"]
        ]
    return view


def _validation(state: State, applyment: records.Applyment) -> dict[str, Any]:
    """Return the payer and the payee of the transfer that verifies the account."""
    account = applyment["account"]
    return {
        "account_name": str.__str__(account["account_name"]),
        "account_no": settlements.masked_number(account["account_number"]),
        "pay_amount": records.PAY_AMOUNT,
        "destination_account_number": "755915678610703",
        "destination_account_name": "财付通支付科技有限公司",
        "destination_account_bank": "招商银行威盛大厦支行",
        "city": "深圳",
        "remark": applyment["remark"],
        "deadline": state.clock.rfc3339(applyment["deadline"]),
    }
