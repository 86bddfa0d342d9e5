"""The first generation of the complaints API, still supported: identifies complaints by orders.

Source: https://developers.weixin.qq.com/community/pay/doc/000a0606d345a064a4eb5c5455ec08
(differences from the second generation)
"""

from __future__ import annotations

from typing import Any

from ....crypto import rsa
from ...call import Call
from .. import checks
from ..registry import operation
from . import records
from .records import Complaint
from .requests import days, images, page, urls
from .v3 import own

__all__ = ["complaints", "feedback"]

BASE = "v3/merchant-service"
ONE = f"{BASE}/complaints/{{transaction_id}}"
SAME = (
    *("USER_CREATE_COMPLAINT", "USER_CONTINUE_COMPLAINT", "USER_REVOKE_COMPLAINT"),
    *("USER_RESPONSE", "MERCHANT_RESPONSE"),
)
TYPES = {
    **{each: each for each in SAME},
    "PLATFORM_RESPONSE": "RESPONSE_BY_PLATFORM",
    "MERCHANT_CONFIRM_COMPLETE": "MERCHANT_LAUNCH_CONFIRM_PROCESS",
    "COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE": "SELLER_REFUND_SYSTEM_MESSAGE",
}
"""The types of a history's entries in this API; other entries are omitted."""


def _state(call: Call, complaint: Complaint) -> str:
    if complaint.get("withdrawn"):
        return "PAYER_CANCELED"
    refunded = records.is_refunded(call.state, complaint)
    return "MERCHANT_REFUNDED" if refunded else "PAYER_COMPLAINTED"


def _shown(call: Call, complaint: Complaint) -> dict[str, Any]:
    state, names = call.state, ("out_trade_no", "amount", "complaint_detail", "transaction_id")
    mchid = complaint["complainted_mchid"]
    return {
        **{name: complaint[name] for name in names},
        "complaint_time": state.clock.rfc3339(complaint["complaint_time"]),
        "payer_phone": rsa.encrypt(complaint["phone"], state.identity.merchant_certificate),
        **({"sub_mchid": mchid} if mchid != state.mchid else {}),
    }


@operation("GET", f"{BASE}/complaints")
def complaints(call: Call) -> dict[str, Any]:
    """Return the complaints of several days, newest first."""
    limit, offset = call.page(default=5, most=50)
    first, last = days(call)
    state = call.state
    mchid = call.query.get("sub_mchid") or state.mchid
    found = [
        each
        for each in state.store.all(records.KIND, newest_first=True)
        if first <= state.clock.date(each["complaint_time"]) <= last
        and mchid == each["complainted_mchid"]
    ]
    shown = [
        _shown(call, each) | {"complaint_state": _state(call, each)}
        for each in found[offset : offset + limit]
    ]
    return page(shown, len(found), limit, offset)


@operation("GET", ONE)
def complaint(call: Call) -> dict[str, Any]:
    """Return the last complaint about an order."""
    found = records.of_transaction(call.state, call.params["transaction_id"])
    handled = found["complaint_state"]
    states = {"complaint_state": handled, "complaint_handle_state": handled}
    return _shown(call, found) | states


@operation("GET", f"{ONE}/negotiation-historys")
def history(call: Call) -> dict[str, Any]:
    """Return the history of the last complaint about an order, newest first."""
    found = records.of_transaction(call.state, call.params["transaction_id"])
    entries = [_entry(call, each) for each in found["history"] if each["operate_type"] in TYPES]
    return {"complaint_negotiation_history": entries[::-1]}


def _entry(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "operate_user": entry["operator"],
        "operate_time": entry["operate_time"],
        "operate_type": TYPES[entry["operate_type"]],
        "operate_details": entry["operate_details"],
    }
    if "image_list" in entry:
        shown["image_list"] = urls(call, entry["image_list"])
    return shown


@operation("POST", f"{BASE}/feedbacks")
def feedback(call: Call) -> None:
    """Respond to the customer, and complete the complaint if `launch_confirm_process` is true."""
    checks.accepted(call)
    found = own(call, records.of_transaction(call.state, call.text("transaction_id", 64)))
    text = call.text("feedback_content", 200)
    records.respond(call.state, found, text, **images(call, "feedback_images"))
    if call.data.get("launch_confirm_process") is True:
        records.finish(call.state, found)
