"""Authorizations of sub-merchants, which allow service providers to transfer their money.

A service provider invites the sub-merchant, which accepts or declines, and can withdraw its
authorization. A platform applies with the agreements that its sub-merchant has signed, and is
authorized after a few seconds. The gateway requires no authorization from a sub-merchant without an
application.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4015469102,
https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-transfer/authorization/create-authorization.html
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation

__all__ = ["AUTHORIZED", "KIND", "accept", "apply", "assert_authorized", "decline", "withdraw"]

PARTNER = "v3/fund-app/mch-transfer/partner/sub-mch-authorizations"
PLATFORM = "v3/ecommerce/mch-transfer/authorizations"
INVITED, PASSED, REJECTED = "INVITED", "PASSED", "REJECTED"
AUTHORIZED, UNAUTHORIZED, CANCELED = "AUTHORIZED", "UNAUTHORIZED", "CANCELED"
KIND = "transfer-sub-authorization"
SETTLING = 5
"""Seconds of the processing of a platform's application."""

Authorization = dict[str, Any]


def _find(state: State, sub_mchid: str) -> Authorization | None:
    found = state.store.get(KIND, sub_mchid)
    due = found["settles"] if found is not None else None
    if found is not None and due is not None and due <= state.clock.now():
        _pass(state, found, due)
    return found


def _pass(state: State, found: Authorization, moment: float) -> None:
    found |= {"apply_state": PASSED, "state": AUTHORIZED, "updated": moment, "authorized": moment}
    state.store.put(KIND, found["sub_mchid"], found | {"settles": None})


def _apply(call: Call, number: str, settles: float | None) -> Authorization:
    state, sub_mchid = call.state, call.data["sub_mchid"]
    known = _find(state, sub_mchid)
    if known is not None and known["state"] != CANCELED and known["apply_state"] != REJECTED:
        if known["out_apply_no"] != number:
            raise Rejection(400, "INVALID_REQUEST", f"子商户已有授权或授权申请: {sub_mchid}")
        return known
    now = state.clock.now()
    made = {
        "sub_mchid": sub_mchid,
        "out_apply_no": number,
        "apply_state": INVITED,
        "state": UNAUTHORIZED,
        "created": now,
        "updated": now,
        "settles": settles,
        "authorized": None,
        "cancelled": None,
    }
    state.store.put(KIND, sub_mchid, made)
    return made


@operation("POST", PARTNER)
def apply(call: Call) -> dict[str, Any]:
    """Invite a sub-merchant; a repetition returns the same application."""
    checks.accepted(call)
    number = call.data["out_apply_no"]
    number = checks.number(number, "/out_apply_no", longest=32, signs=checks.LETTERS)
    return _application(call.state, _apply(call, number, None))


@operation("GET", f"{PARTNER}/{{sub_mchid}}")
def query(call: Call) -> dict[str, Any]:
    """Return whether a sub-merchant has authorized its service provider."""
    state, sub_mchid = call.state, call.params["sub_mchid"]
    found = _find(state, sub_mchid)
    if found is None:
        return {"sub_mchid": sub_mchid, "state": UNAUTHORIZED}
    times = {
        "authorization_time": found["authorized"],
        "cancel_authorization_time": found["cancelled"],
    }
    shown = {name: state.clock.rfc3339(each) for name, each in times.items() if each is not None}
    known = {"sub_mchid": sub_mchid, "state": found["state"]}
    return known | {"apply_order": _application(state, found)} | shown


def _application(state: State, found: Authorization) -> dict[str, Any]:
    return {
        "sub_mchid": found["sub_mchid"],
        "out_apply_no": found["out_apply_no"],
        "state": found["apply_state"],
        "accept_time": state.clock.rfc3339(found["created"]),
        "update_time": state.clock.rfc3339(found["updated"]),
    }


@operation("POST", PLATFORM)
def apply_for_platform(call: Call) -> dict[str, Any]:
    """Apply with the agreements that a platform's sub-merchant has signed."""
    checks.accepted(call)
    found = _apply(call, "", call.state.clock.now() + SETTLING)
    accepted = {"accept_time": call.state.clock.rfc3339(found["created"])}
    return _of_platform(call.state, call.data["sub_mchid"], found) | accepted


@operation("GET", f"{PLATFORM}/{{sub_mchid}}")
def query_for_platform(call: Call) -> dict[str, Any]:
    """Return whether a platform's sub-merchant is authorized."""
    sub_mchid = call.params["sub_mchid"]
    return _of_platform(call.state, sub_mchid, _find(call.state, sub_mchid))


def _of_platform(state: State, sub_mchid: str, found: Authorization | None) -> dict[str, Any]:
    if found is None or found["state"] != AUTHORIZED:
        waits = found is not None and found["apply_state"] == INVITED
        shown = "AUTHORIZE_PROCESSING" if waits else UNAUTHORIZED
        return {"sub_mchid": sub_mchid, "authorization_state": shown}
    time = state.clock.rfc3339(found["authorized"])
    return {"sub_mchid": sub_mchid, "authorization_state": AUTHORIZED, "authorize_time": time}


def assert_authorized(state: State, sub_mchid: str) -> None:
    """Reject a transfer for a sub-merchant that has not accepted its invitation.

    Raises:
        Rejection: `NO_AUTH`.
    """
    found = _find(state, sub_mchid) if sub_mchid else None
    if found is not None and found["state"] != AUTHORIZED:
        raise Rejection(403, "NO_AUTH", f"子商户未授权服务商发起商家转账: {sub_mchid}")


def _invitation(state: State, sub_mchid: str) -> Authorization:
    found = _find(state, sub_mchid)
    if found is None or found["apply_state"] != INVITED:
        raise Rejection(400, "INVALID_REQUEST", f"子商户没有待处理的授权申请: {sub_mchid}")
    return found


def accept(state: State, sub_mchid: str) -> Authorization:
    """Accept the invitation on behalf of a sub-merchant.

    Raises:
        Rejection: there is no pending invitation.
    """
    found = _invitation(state, sub_mchid)
    _pass(state, found, state.clock.now())
    return found


def decline(state: State, sub_mchid: str) -> Authorization:
    """Decline the invitation on behalf of a sub-merchant.

    Raises:
        Rejection: there is no pending invitation.
    """
    found = _invitation(state, sub_mchid) | {"apply_state": REJECTED, "updated": state.clock.now()}
    state.store.put(KIND, sub_mchid, found | {"settles": None})
    return found


def withdraw(state: State, sub_mchid: str) -> Authorization:
    """Withdraw the authorization on behalf of a sub-merchant.

    Raises:
        Rejection: there is no authorization.
    """
    found = _find(state, sub_mchid)
    if found is None or found["state"] != AUTHORIZED:
        raise Rejection(400, "INVALID_REQUEST", f"子商户未授权服务商发起商家转账: {sub_mchid}")
    found |= {"state": CANCELED, "cancelled": state.clock.now()}
    state.store.put(KIND, sub_mchid, found)
    return found
