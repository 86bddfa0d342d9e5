"""Lifecycle of a contract: created, signed by the user, terminated by either side.

APIv2 and APIv3 have the same contracts under different names. A merchant's contract code can be
used once, even after the termination of its contract.

Sources: https://pay.weixin.qq.com/docs/merchant/apis/entrusted-payment/contract-alter-notify.html,
https://pay.weixin.qq.com/docs/merchant/apis/password-free-contract/contracts/get-by-code.html,
https://developers.weixin.qq.com/community/pay/doc/0004aaa01e8908b165985d15e5bc08 (official FAQ)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ..tokens import random_token

__all__ = [
    "BY_API",
    "BY_SYSTEM",
    "BY_USER",
    "KIND",
    "SIGNED",
    "TERMINATED",
    "UNSIGNED",
    "Contract",
    "absent",
    "ask",
    "existing",
    "find",
    "find_by_id",
    "on_change",
    "on_end",
    "save",
    "sign",
    "signed",
    "terminate",
]

Contract = dict[str, Any]
Notice = Callable[[State, Contract, bool], None]

KIND = "papay-contract"
UNSIGNED, SIGNED, TERMINATED = "UNSIGNED", "SIGNED", "TERMINATED"
BY_USER, BY_API, BY_SYSTEM = "USER_TERMINATE", "MCH_API_TERMINATE", "SYSTEM_TERMINATE"
TERM = 10 * 365 * 86400
"""Seconds from the signing of a contract to its stated expiry."""

_notices: dict[str, Notice] = {}
_endings: list[Callable[[State, Contract], None]] = []


def on_change(family: str) -> Callable[[Notice], Notice]:
    """Register the notification of a signed or (True) terminated contract."""

    def register(notice: Notice) -> Notice:
        _notices[family] = notice
        return notice

    return register


def on_end(ending: Callable[[State, Contract], None]) -> Callable[[State, Contract], None]:
    """Register an effect of a contract's termination."""
    _endings.append(ending)
    return ending


def ask(state: State, code: str, content: str, about: Mapping[str, Any]) -> Contract:
    """Create a contract for the user to sign, or return the existing one for the same content.

    Args:
        state: the state of the merchant.
        code: `out_contract_code`.
        content: the fingerprint of the request.
        about: the contract's `family`, `plan_id`, `appid`, `sub_mchid`, `notify_url`, …

    Raises:
        Rejection: the code was used for another contract.
    """
    known = find(state, code)
    if known is not None:
        if known["content"] != content or known["state"] != UNSIGNED:
            raise Rejection(400, "INVALID_REQUEST", f"商户签约协议号已使用: {code}")
        return known
    contract = {
        "out_contract_code": code,
        "content": content,
        "state": UNSIGNED,
        "contract_id": "",
        "pre_entrustweb_id": random_token(24),
        "created": state.clock.now(),
        **dict.fromkeys(("sub_mchid", "sub_appid", "openid", "sub_openid", "display"), ""),
        **about,
    }
    save(state, contract)
    return contract


def save(state: State, contract: Contract) -> None:
    """Store a contract."""
    state.store.put(KIND, contract["out_contract_code"], contract)
    state.log.tell("contract", contract)


def find(state: State, code: str) -> Contract | None:
    """Return a contract by the merchant's code; None if there is none."""
    return state.store.get(KIND, code)


def find_by_id(state: State, contract_id: str) -> Contract | None:
    """Return a signed contract by WeChat Pay's number; None if there is none."""
    pointer = state.store.get("papay-contract-id", contract_id)
    return None if pointer is None else find(state, pointer["out_contract_code"])


def absent(about: str) -> Rejection:
    """Return the rejection for a contract that does not exist or belongs to another party."""
    return Rejection(404, "CONTRACT_NOT_EXIST", f"签约协议不存在: {about}")


def existing(state: State, code: str) -> Contract:
    """Return a contract by the merchant's code.

    Raises:
        Rejection: there is no such contract.
    """
    contract = find(state, code)
    if contract is None:
        raise absent(code)
    return contract


def signed(state: State, contract_id: str, sub_mchid: str) -> Contract:
    """Return a contract in force.

    Args:
        state: the state of the merchant.
        contract_id: WeChat Pay's number.
        sub_mchid: the required sub-merchant; empty for the merchant itself.

    Raises:
        Rejection: there is no such contract, or it is terminated.
    """
    contract = find_by_id(state, contract_id)
    if contract is None or contract["sub_mchid"] != sub_mchid or contract["state"] != SIGNED:
        raise absent(contract_id)
    return contract


def sign(state: State, code: str, openid: str = "", *, periodic: bool = False) -> Contract:
    """Sign a contract on behalf of its user; the merchant is notified.

    Args:
        state: the state of the merchant.
        code: `out_contract_code`.
        openid: the openid of the user; a generated one by default.
        periodic: whether deductions are periodic and announced to the user a day ahead.

    Raises:
        Rejection: there is no such contract, or it does not wait for its user.
    """
    contract = existing(state, code)
    if contract["state"] != UNSIGNED:
        raise Rejection(400, "INVALID_REQUEST", f"签约协议状态是 {contract['state']}: {code}")
    day = state.clock.compact()[:8]
    contract |= {
        "state": SIGNED,
        "contract_id": f"{day}{secrets.randbelow(10**12):012}",
        "openid": openid or contract["openid"] or f"o{random_token(20)}",
        "signed": state.clock.now(),
        "expires": state.clock.now() + TERM,
        "periodic": periodic,
    }
    state.store.put("papay-contract-id", contract["contract_id"], {"out_contract_code": code})
    save(state, contract)
    _notify(state, contract, ended=False)
    return contract


def terminate(state: State, contract: Contract, mode: str, remark: str = "") -> Contract:
    """Terminate a contract; the merchant is notified.

    Args:
        state: the state of the merchant.
        contract: a contract in force.
        mode: `BY_USER`, `BY_API` or `BY_SYSTEM`.
        remark: the reason.

    Raises:
        Rejection: the contract is not signed, or is already terminated.
    """
    if contract["state"] != SIGNED:
        code = contract["out_contract_code"]
        raise Rejection(400, "INVALID_REQUEST", f"签约协议状态是 {contract['state']}: {code}")
    contract |= {
        "state": TERMINATED,
        "terminated": state.clock.now(),
        "mode": mode,
        "remark": remark,
    }
    save(state, contract)
    _notify(state, contract, ended=True)
    for ending in _endings:
        ending(state, contract)
    return contract


def _notify(state: State, contract: Contract, *, ended: bool) -> None:
    if contract.get("notify_url"):
        _notices[contract["family"]](state, contract, ended)
