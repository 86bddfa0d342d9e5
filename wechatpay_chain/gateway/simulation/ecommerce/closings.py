"""Closing of a sub-merchant (二级商户注销) by an application of the platform, with a review.

A closed sub-merchant can use no product. Its balance stays in place.

Sources: https://pay.weixin.qq.com/docs/partner/apis/ecommerce-cancel/cancel-applications/create-cancel-application.html,
https://pay.weixin.qq.com/doc/v3/partner/4012476223 (query)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from .cancellations import is_closed

__all__ = ["REVIEWING", "approve", "reject"]

BASE = "v3/ecommerce/account"
REVIEWING, REJECTED, CLOSED = "REVIEWING", "REJECTED", "CANCEL_SUCCESS"
MATERIALS = ("SP_CANCEL_ACCOUNT_APPLICATION", "SUB_CANCEL_ACCOUNT_APPLICATION")
Closing = dict[str, Any]


@operation("POST", f"{BASE}/cancel-applications")
def submit(call: Call) -> dict[str, Any]:
    """Apply to close a sub-merchant."""
    content, state, sub = checks.accepted(call), call.state, call.data["sub_mchid"]
    number = checks.number(
        call.data["out_apply_no"], "/out_apply_no", longest=32, signs=checks.LETTERS
    )
    known = state.store.get("closing", number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "INVALID_REQUEST", f"商户注销申请单号已存在: {number}")
        return _shown(state, known)
    _check_materials(call)
    if is_closed(state, sub):
        raise Rejection(400, "INVALID_REQUEST", f"商户号已注销: {sub}")
    now = state.clock.now()
    closing = {
        "out_apply_no": number,
        "sub_mchid": sub,
        "state": REVIEWING,
        "content": content,
        "created": now,
        "updated": now,
        "reject_reason": "",
    }
    _save(state, closing)
    return _shown(state, closing)


def _check_materials(call: Call) -> None:
    """Reject an application without materials, with an unknown type, or with unknown uploads.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if not call.data["application_info"]:
        raise Rejection.parameter("/application_info", [], "is required and empty")
    for index, each in enumerate(call.data["application_info"]):
        here = f"/application_info/{index}"
        checks.one_of(each.get("application_type"), f"{here}/application_type", MATERIALS)
        media = each.get("application_media_id")
        if not media or call.state.store.get("media", f"{media}") is None:
            issue = "is not a media_id of this merchant"
            raise Rejection.parameter(f"{here}/application_media_id", media, issue)


@operation("GET", f"{BASE}/cancel-applications/out-apply-no/{{out_apply_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return an application."""
    return _shown(call.state, _existing(call.state, call.params["out_apply_no"]))


def _shown(state: State, closing: Closing) -> dict[str, Any]:
    view = {
        "out_apply_no": closing["out_apply_no"],
        "sub_mchid": closing["sub_mchid"],
        "cancel_state": closing["state"],
        "update_time": state.clock.rfc3339(closing["updated"]),
    }
    if closing["reject_reason"]:
        view["reject_reason"] = closing["reject_reason"]
    return view


def _existing(state: State, number: str) -> Closing:
    closing = state.store.get("closing", number)
    if closing is None:
        raise Rejection(404, "NOT_FOUND", f"注销申请单不存在: {number}")
    return closing


def _save(state: State, closing: Closing) -> None:
    state.store.put("closing", closing["out_apply_no"], closing)
    state.log.tell("closing", closing)


def _end(state: State, number: str, outcome: str, reason: str = "") -> Closing:
    closing = _existing(state, number)
    if closing["state"] != REVIEWING:
        raise Rejection(400, "INVALID_REQUEST", f"注销申请单状态是 {closing['state']}: {number}")
    closing |= {"state": outcome, "reject_reason": reason, "updated": state.clock.now()}
    _save(state, closing)
    return closing


def approve(state: State, number: str) -> Closing:
    """Approve an application and close the sub-merchant.

    Raises:
        Rejection: the application does not exist, or is no longer in review.
    """
    closing = _end(state, number, CLOSED)
    sub = closing["sub_mchid"]
    state.store.put("closed-sub-merchant", sub, {"sub_mchid": sub, "out_apply_no": number})
    if sub in state.profile.sub_merchants:
        state.change_sub_merchant(sub, {"permissions": []})
    return closing


def reject(state: State, number: str, reason: str) -> Closing:
    """Reject an application; the sub-merchant stays open.

    Raises:
        Rejection: the application does not exist, or is no longer in review.
    """
    return _end(state, number, REJECTED, checks.text(reason, "/reason", 256))
