"""Permissions of insurers (sub-merchants) to pay insurance claims for a platform.

Source: https://pay.weixin.qq.com/docs/partner/apis/plat-compensation/plat-compensation/open-insurance-compensation.html
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation

__all__ = ["check", "open_"]

BASE = "v3/platsolution/ecommerce/insurance-compensation-contracts"


@operation("POST", BASE)
def open_(call: Call) -> dict[str, Any]:
    """Allow an insurer to pay claims; a repetition has no effect."""
    checks.accepted(call)
    data, state = call.data, call.state
    number = checks.number(data["out_apply_no"], "/out_apply_no", longest=32, signs=checks.LETTERS)
    if not data["agreement_list"]:
        raise Rejection.parameter("/agreement_list", [], "must not be empty")
    if state.store.get("insurer", data["sub_mchid"]) is None:
        insurer = {"sub_mchid": data["sub_mchid"], "out_apply_no": number}
        state.store.put("insurer", data["sub_mchid"], insurer | {"opened": state.clock.now()})
    return _shown(state, data["sub_mchid"])


@operation("POST", f"{BASE}/sub-mchid/{{sub_mchid}}/check-opened")
def check(call: Call) -> dict[str, Any]:
    """Return whether an insurer is allowed to pay claims."""
    return _shown(call.state, call.params["sub_mchid"])


def _shown(state: State, sub_mchid: str) -> dict[str, Any]:
    insurer = state.store.get("insurer", sub_mchid)
    view = {"sub_mchid": sub_mchid, "opened": insurer is not None}
    return (
        view if insurer is None else view | {"success_time": state.clock.rfc3339(insurer["opened"])}
    )
