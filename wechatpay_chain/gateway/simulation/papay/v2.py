"""APIv2's contracts and deductions, of merchants and service providers.

Sources: https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_8.shtml (pappayapply),
https://pay.weixin.qq.com/doc/v2/partner/4011988372 (partners)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Content, Rejection
from ...state import State
from .. import checks
from ..payments import parties
from ..payments import v2 as payments_v2
from ..payments.limits import hold_text
from ..registry import operation
from . import contracts, deductions
from .contracts import Contract

__all__ = ["V2", "asked", "entrustweb"]

V2 = "papay-v2"
"""The family of APIv2's contracts."""
PARTIES = ("appid", "mch_id", "sub_appid", "sub_mch_id")
STATES = {contracts.SIGNED: 0, contracts.TERMINATED: 1}
MODES = {contracts.BY_SYSTEM: 1, contracts.BY_USER: 2, contracts.BY_API: 3}
"""APIv2's numbers for the modes of termination."""


def asked(call: Call, url: str = "notify_url") -> Contract:
    """Create or return the contract of a request.

    Args:
        call: the request.
        url: the field with the notification URL.

    Raises:
        Rejection: a field is invalid, or the code was used.
    """
    hold_text(call)
    call.require("appid", "plan_id", "contract_code", "contract_display_account", url)
    checks.v2_required(call)
    data = call.data
    code = checks.number(data["contract_code"], "/contract_code", longest=32, signs=checks.LETTERS)
    about = {
        "family": V2,
        "plan_id": data["plan_id"],
        "appid": data["appid"],
        "sub_appid": data.get("sub_appid", ""),
        "sub_mchid": data.get("sub_mch_id", ""),
        "openid": data.get("openid", ""),
        "display": data["contract_display_account"],
        "request_serial": data.get("request_serial", ""),
        "notify_url": checks.callback(data[url], f"/{url}"),
    }
    return contracts.ask(call.state, code, checks.fingerprint(about), about)


def _page(contract: Contract) -> str:
    token = contract["pre_entrustweb_id"]
    return f"https://payapp.weixin.qq.com/papay/entrust?pre_entrustweb_id={token}"


@operation("GET", "v2/papay/entrustweb")
@operation("GET", "v2/papay/partner/entrustweb")
def entrustweb(call: Call) -> Content:
    """Redirect to the page where a user signs in WeChat's browser."""
    return Content(status=302, headers={"Location": _page(asked(call))})


@operation("GET", "v2/papay/h5entrustweb")
@operation("GET", "v2/papay/partner/h5entrustweb")
def h5entrustweb(call: Call) -> dict[str, Any]:
    """Return the URL where a user signs from another browser."""
    return {"redirect_url": _page(asked(call))}


@operation("POST", "v2/papay/preentrustweb")
@operation("POST", "v2/papay/partner/preentrustweb")
def preentrustweb(call: Call) -> dict[str, Any]:
    """Return the id with which an app opens WeChat for the user to sign."""
    contract = asked(call)
    return {
        **_parties(call),
        "pre_entrustweb_id": contract["pre_entrustweb_id"],
    }


def _parties(call: Call) -> dict[str, str]:
    return {name: call.data[name] for name in PARTIES if call.data.get(name)}


def _existing(call: Call) -> Contract:
    """Return a signed contract by either of its numbers."""
    hold_text(call)
    checks.v2_required(call, "contract_id", "plan_id", "contract_code")
    number = checks.v2_text(call, "contract_id")
    plan, code = (checks.v2_text(call, name) for name in ("plan_id", "contract_code"))
    if not number and not (plan and code):
        raise Rejection(200, "PARAM_ERROR", "缺少参数 contract_id 或 plan_id、contract_code")
    contract = (
        contracts.find_by_id(call.state, number) if number else contracts.find(call.state, code)
    )
    if (
        contract is None
        or contract["state"] == contracts.UNSIGNED
        or contract["sub_mchid"] != checks.v2_text(call, "sub_mch_id")
        or (not number and str(contract["plan_id"]) != plan)
    ):
        raise _absent(number or code)
    return contract


def _absent(about: str) -> Rejection:
    return Rejection(200, "CONTRACT_NOT_EXIST", f"签约协议不存在: {about}")


@operation("POST", "v2/papay/querycontract")
@operation("POST", "v2/papay/partner/querycontract")
def querycontract(call: Call) -> dict[str, Any]:
    """Return a contract by either of its numbers."""
    contract = _existing(call)
    return {**_parties(call), **_shown(call.state, contract)}


def _shown(state: State, contract: Contract) -> dict[str, Any]:
    view = {
        "contract_id": contract["contract_id"],
        "plan_id": contract["plan_id"],
        "contract_code": contract["out_contract_code"],
        "contract_display_account": contract["display"],
        "contract_state": STATES[contract["state"]],
        "contract_signed_time": _time(state, contract["signed"]),
        "contract_expired_time": _time(state, contract["expires"]),
        "openid": contract["openid"],
    }
    if contract["state"] == contracts.TERMINATED:
        view |= {
            "contract_terminated_time": _time(state, contract["terminated"]),
            "contract_termination_mode": MODES[contract["mode"]],
            "contract_termination_remark": contract["remark"],
        }
    return view


def _time(state: State, moment: float) -> str:
    return state.clock.rfc3339(moment)[:19].replace("T", " ")


@operation("POST", "v2/papay/deletecontract")
@operation("POST", "v2/papay/partner/deletecontract")
def deletecontract(call: Call) -> dict[str, Any]:
    """Terminate a contract."""
    contract = _existing(call)
    if contract["state"] != contracts.SIGNED:
        raise _absent(contract["contract_id"])
    remark = checks.v2_text(call, "contract_termination_remark")
    ended = contracts.terminate(call.state, contract, contracts.BY_API, remark)
    return {
        **_parties(call),
        "contract_id": ended["contract_id"],
        "plan_id": ended["plan_id"],
        "contract_code": ended["out_contract_code"],
    }


@operation("POST", "v2/pay/pappayapply")
@operation("POST", "v2/pay/partner/pappayapply")
def pappayapply(call: Call) -> dict[str, Any]:
    """Deduct an amount by a contract; the result is sent as a notification."""
    hold_text(call)
    checks.v2_required(call)
    data, state = call.data, call.state
    number = checks.number(data["out_trade_no"], "/out_trade_no", longest=32)
    contract = contracts.find_by_id(state, data["contract_id"])
    sub = checks.v2_text(call, "sub_mch_id")
    if contract is None or contract["sub_mchid"] != sub or contract["state"] != contracts.SIGNED:
        raise _absent(data["contract_id"])
    about = {
        "protocol": deductions.V2,
        "parties": _parties(call),
        "total": checks.v2_fen(call, "total_fee"),
        "currency": checks.chinese(data.get("fee_type"), "/fee_type"),
        "description": data["body"],
        "attach": data.get("attach"),
        "notify_url": checks.callback(data["notify_url"], "/notify_url"),
        "sign_type": data.get("sign_type") or "MD5",
    }
    content = {name: value for name, value in data.items() if name not in payments_v2.SIGNING}
    deductions.apply(state, contract, number, content, about)
    return _parties(call)


@operation("POST", "v2/pay/paporderquery")
@operation("POST", "v2/pay/partner/paporderquery")
def paporderquery(call: Call) -> dict[str, Any]:
    """Return a deduction by either of its numbers."""
    return payments_v2.shown(call.state, payments_v2.existing(call))


@contracts.on_change(V2)
def tell(state: State, contract: Contract, ended: bool) -> None:
    """Send the change of a contract: `ADD` or `DELETE`."""
    moment = contract["terminated"] if ended else contract["signed"]
    order = {
        "parties": {
            "appid": contract["appid"],
            "mch_id": state.mchid,
            **{
                theirs: contract[name]
                for name, theirs in (("sub_appid", "sub_appid"), ("sub_mchid", "sub_mch_id"))
                if contract[name]
            },
        }
    }
    fields = {
        "return_code": "SUCCESS",
        "result_code": "SUCCESS",
        **parties.in_v2(order),
        **_shown(state, contract),
        "change_type": "DELETE" if ended else "ADD",
        "operate_time": _time(state, moment),
        "request_serial": contract["request_serial"],
    }
    state.outbox.post_v2(contract["notify_url"], "pap-contract-state-changed", fields)
