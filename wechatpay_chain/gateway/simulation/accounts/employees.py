"""Employees of a sub-merchant who can recharge its accounts by a QR code.

Source: https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-recharge/recharge/apply.html
(recharge by a QR code)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation

__all__ = ["add", "delete", "listed"]

BASE = "v3/platsolution/ecommerce/recharge-employees"
EFFECTIVE, DELETED = "EFFECTIVE", "DELETED"

Employee = dict[str, Any]


@operation("POST", BASE)
def add(call: Call) -> dict[str, Any]:
    """Add an employee; a repetition has no effect."""
    checks.accepted(call)
    sub_mchid = call.data["sub_mchid"]
    openid = checks.text(call.data["sp_openid"], "/sp_openid", 64)
    employee = call.state.store.get("recharge-employee", f"{sub_mchid}/{openid}")
    if employee is None or employee["state"] == DELETED:
        employee = {"sub_mchid": sub_mchid, "sp_openid": openid, "created": call.state.clock.now()}
        _save(call.state, employee, EFFECTIVE)
    return _shown(call.state, employee)


def _save(state: State, employee: Employee, outcome: str) -> None:
    employee |= {"state": outcome, "updated": state.clock.now()}
    key = f"{employee['sub_mchid']}/{employee['sp_openid']}"
    state.store.put("recharge-employee", key, employee)


def _shown(state: State, employee: Employee) -> dict[str, Any]:
    return {
        **{name: employee[name] for name in ("sub_mchid", "sp_openid", "state")},
        "create_time": state.clock.rfc3339(employee["created"]),
        "update_time": state.clock.rfc3339(employee["updated"]),
    }


@operation("GET", f"{BASE}/sub-mchid/{{sub_mchid}}")
def listed(call: Call) -> dict[str, Any]:
    """Return the employees of a sub-merchant."""
    whose = call.params["sub_mchid"]
    return {
        "employees": [
            _shown(call.state, each)
            for each in call.state.store.all("recharge-employee")
            if (each["sub_mchid"], each["state"]) == (whose, EFFECTIVE)
        ]
    }


@operation("POST", f"{BASE}/sub-mchid/{{sub_mchid}}/sp-openid/{{sp_openid}}/delete")
def delete(call: Call) -> dict[str, Any]:
    """Delete an employee; a repetition has no effect."""
    key = f"{call.params['sub_mchid']}/{call.params['sp_openid']}"
    employee = call.state.store.get("recharge-employee", key)
    if employee is None:
        message = f"员工不存在: {call.params['sp_openid']}"
        raise Rejection(404, "RESOURCE_NOT_EXISTS", message)
    if employee["state"] != DELETED:
        _save(call.state, employee, DELETED)
    return _shown(call.state, employee)
