"""Contracts of persons who agree to receive payments through a platform (个人收款方).

The platform applies for a contract, and the person signs it on their phone, or a control does.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4015851492 (by the number of the application),
https://pay.weixin.qq.com/doc/v3/merchant/4012739528 (by the person)
"""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from ..tokens import random_token

__all__ = ["PENDING", "SIGNED", "apply", "by_code", "by_openid", "revoke", "sign"]

BASE = "v3/ecommerce/individual-contracts"
PENDING, SIGNED, REVOKED = "PENDING", "AUTHORIZED", "UNAUTHORIZED"
CODE = checks.Signs(re.compile(r"[0-9A-Za-z_\-]+"), "digits, letters or _-")
VALID = 2 * 3600
"""Seconds for which the access token of a verified name is valid."""

Contract = dict[str, Any]


def _register() -> None:
    for form in ("pre-entrust-sign", "pre-entrust-sign-with-real-name-identity"):
        for place in ("app", "mini-program"):

            @operation("POST", f"{BASE}/{form}/{place}")
            def create(call: Call, named: bool = form != "pre-entrust-sign") -> dict[str, Any]:
                return apply(call, named=named)


def apply(call: Call, *, named: bool) -> dict[str, Any]:
    """Apply for a contract, or return the existing application if the content is the same.

    Args:
        call: the request.
        named: whether the person's name is verified.

    Raises:
        Rejection: the number of the application was used with other content.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    code = checks.number(data["out_contract_code"], "/out_contract_code", longest=128, signs=CODE)
    contract = state.store.get("payee-contract", code)
    if contract is None:
        contract = {
            "out_contract_code": code,
            "appid": data["appid"],
            "named": named,
            "pre_entrustweb_id": random_token(32),
            "individual_auth_id": "",
            "openid": data.get("openid") or "",
            "state": PENDING,
            "updated": state.clock.now(),
            "content": content,
        }
        state.store.put("payee-contract", code, contract)
    elif contract["content"] != content:
        raise Rejection(400, "INVALID_REQUEST", f"业务申请单号已用于其他内容: {code}")
    return {"pre_entrustweb_id": contract["pre_entrustweb_id"]}


_register()


@operation("GET", f"{BASE}/out-contract-code/{{out_contract_code}}")
def by_code(call: Call) -> dict[str, Any]:
    """Return a signed contract by the number of its application."""
    checks.accepted(call)
    contract = _existing(call.state, call.params["out_contract_code"])
    if contract["state"] == PENDING or contract["appid"] != call.query["appid"]:
        raise _absent(contract["out_contract_code"])
    signed = call.state.clock.rfc3339(contract["signed"])
    view = {
        "individual_auth_id": contract["individual_auth_id"],
        "signed_time": signed,
        "auth_state": contract["state"],
        "individual_openid": contract["openid"],
    }
    if contract["named"]:
        view["real_name_auth_result"] = {
            "scope": "pay_realname",
            "access_token": contract["access_token"],
            "access_token_expire_time": call.state.clock.rfc3339(contract["signed"] + VALID),
        }
    return view


@operation("GET", f"{BASE}/{{openid}}")
def by_openid(call: Call) -> dict[str, Any]:
    """Return whether a person can be paid."""
    checks.accepted(call)
    permissions = ("INDIVIDUAL_PAYEE",)
    checks.one_of(call.query["permission_type"], "permission_type", permissions, "query")
    openid = call.params["openid"]
    key = f"{call.query['appid']}/{openid}"
    pointer = call.state.store.get("payee", key)
    if pointer is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"个人收款方未签约: {openid}")
    contract = _existing(call.state, pointer["out_contract_code"])
    return {
        "individual_auth_id": contract["individual_auth_id"],
        "operation_time": call.state.clock.rfc3339(contract["updated"]),
        "auth_state": contract["state"],
    }


def _absent(code: str) -> Rejection:
    return Rejection(404, "RESOURCE_NOT_EXISTS", f"签约信息不存在: {code}")


def _existing(state: State, code: str) -> Contract:
    contract = state.store.get("payee-contract", code)
    if contract is None:
        raise _absent(code)
    return contract


def sign(state: State, code: str, openid: str = "") -> Contract:
    """Sign a contract on behalf of the payee.

    Args:
        state: the state of the merchant.
        code: `out_contract_code`.
        openid: the openid of the person; by default the application's openid, or a generated one.

    Raises:
        Rejection: the application does not exist, or is already signed.
    """
    contract = _existing(state, code)
    _assert_state(contract, PENDING)
    openid = openid or contract["openid"] or f"o{random_token(20)}"
    if contract["openid"] not in ("", openid):
        raise Rejection.parameter("/openid", openid, "is not the openid of the application")
    contract |= {
        "state": SIGNED,
        "openid": checks.text(openid, "/openid", 128),
        "individual_auth_id": random_token(32),
        "access_token": random_token(32) if contract["named"] else "",
        "signed": state.clock.now(),
        "updated": state.clock.now(),
    }
    state.store.put("payee-contract", code, contract)
    state.store.put("payee", f"{contract['appid']}/{openid}", {"out_contract_code": code})
    return contract


def revoke(state: State, code: str) -> Contract:
    """Revoke a contract on behalf of the payee.

    Raises:
        Rejection: the contract does not exist, or is not signed.
    """
    contract = _existing(state, code)
    _assert_state(contract, SIGNED)
    contract |= {"state": REVOKED, "updated": state.clock.now()}
    state.store.put("payee-contract", code, contract)
    return contract


def _assert_state(contract: Contract, expected: str) -> None:
    if contract["state"] != expected:
        code = contract["out_contract_code"]
        message = f"签约状态是 {contract['state']}，不是 {expected}: {code}"
        raise Rejection(400, "INVALID_REQUEST", message)
