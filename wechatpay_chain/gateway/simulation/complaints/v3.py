"""Operations for complaints.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012533431 (the list),
https://pay.weixin.qq.com/doc/v3/merchant/4012533439 (the history),
https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/update-refund-progress.html
"""

from __future__ import annotations

from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..registry import operation
from . import records
from .records import Complaint
from .requests import days, images, page, urls

__all__ = ["complaint", "own"]

BASE = "v3/merchant-service/complaints-v2"
ONE = f"{BASE}/{{complaint_id}}"


def own(call: Call, found: Complaint) -> Complaint:
    """Return a complaint if the merchant in the request is its merchant.

    Raises:
        Rejection: `NO_AUTH`: the request contains another merchant.
    """
    if call.text("complainted_mchid", 64) != found["complainted_mchid"]:
        raise Rejection(403, "NO_AUTH", "您暂无权限操作该投诉单")
    return found


def _own(call: Call) -> Complaint:
    checks.accepted(call)
    return own(call, records.existing(call.state, call.params["complaint_id"]))


def _shown(call: Call, complaint: Complaint) -> dict[str, Any]:
    state = call.state
    numbers = ("transaction_id", "out_trade_no", "amount")
    optional: dict[str, Any] = {}
    if records.asks_for_money(complaint):
        optional["apply_refund_amount"] = complaint["amount"]
    if complaint.get("images"):
        optional["complaint_media_list"] = [_media(call, complaint["images"])]
    return {
        "complaint_id": complaint["complaint_id"],
        "complaint_time": state.clock.rfc3339(complaint["complaint_time"]),
        "complaint_detail": complaint["complaint_detail"],
        "complaint_state": complaint["complaint_state"],
        "complainted_mchid": complaint["complainted_mchid"],
        "payer_phone": rsa.encrypt(complaint["phone"], state.identity.merchant_certificate),
        "complaint_order_info": [{name: complaint[name] for name in numbers}],
        "complaint_full_refunded": records.is_refunded(state, complaint),
        "incoming_user_response": complaint["incoming_user_response"],
        "problem_description": complaint["complaint_detail"],
        "user_complaint_times": complaint["user_complaint_times"],
        "problem_type": complaint["problem_type"],
        **optional,
        "in_platform_service": complaint.get("in_platform_service", False),
        "need_immediate_service": complaint.get("immediate", False),
    }


def _media(call: Call, given: list[str]) -> dict[str, Any]:
    return {"media_type": "USER_COMPLAINT_IMAGE", "media_url": urls(call, given)}


@operation("GET", BASE)
def complaints(call: Call) -> dict[str, Any]:
    """Return the complaints of several days, newest first."""
    limit, offset = call.page(default=10, most=50)
    first, last = days(call)
    mchid, state = call.query.get("complainted_mchid", ""), call.state
    found = [
        each
        for each in state.store.all(records.KIND, newest_first=True)
        if first <= state.clock.date(each["complaint_time"]) <= last
        and mchid in ("", each["complainted_mchid"])
    ]
    part = [each["complaint_id"] for each in found[offset : offset + limit]]
    shown = [_shown(call, records.existing(state, number)) for number in part]
    return page(shown, len(found), limit, offset)


@operation("GET", ONE)
def complaint(call: Call) -> dict[str, Any]:
    """Return a complaint."""
    found = records.existing(call.state, call.params["complaint_id"])
    return {**_shown(call, found), "payer_openid": found["openid"]}


@operation("GET", f"{ONE}/negotiation-historys")
def history(call: Call) -> dict[str, Any]:
    """Return the history of a complaint, newest first."""
    limit, offset = call.page(default=100, most=300)
    found = records.existing(call.state, call.params["complaint_id"])["history"][::-1]
    shown = [_entry(call, each) for each in found[offset : offset + limit]]
    return page(shown, len(found), limit, offset)


def _entry(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of the history, with the URLs of its images."""
    shown = {name: each for name, each in entry.items() if name != "user_images"}
    if "image_list" in entry:
        shown["image_list"] = urls(call, entry["image_list"])
    if "user_images" in entry:
        shown["complaint_media_list"] = _media(call, entry["user_images"])
    return shown


@operation("POST", f"{ONE}/response")
def respond(call: Call) -> None:
    """Respond to the customer; the complaint changes to processing."""
    found, text = _own(call), call.text("response_content", 200)
    records.respond(call.state, found, text, **images(call, "response_images"))


@operation("POST", f"{ONE}/response-immediate-service")
def respond_at_once(call: Call) -> dict[str, Any]:
    """Respond to the customer with a structured message; `idempotent_id` prevents duplicates."""
    found, once = _own(call), call.text("idempotent_id", 64)
    message = call.data.get("message")
    if not isinstance(message, dict):
        raise Rejection.parameter("message", message, "must be an object")
    key = f"{found['complaint_id']}/{once}"
    known = call.state.store.get("complaint-message", key)
    if known is not None:
        return known
    number = records.respond(call.state, found, "", normal_message=message)
    call.state.store.put("complaint-message", key, {"log_id": number})
    return {"log_id": number}


@operation("POST", f"{ONE}/complete")
def complete(call: Call) -> None:
    """Complete a complaint."""
    records.finish(call.state, _own(call))


@operation("POST", f"{ONE}/update-refund-progress")
def decide(call: Call) -> None:
    """Approve or reject a refund; the refund is a separate request."""
    checks.accepted(call)
    found = records.existing(call.state, call.params["complaint_id"])
    action = call.text("action")
    if action not in ("APPROVE", "REJECT"):
        raise Rejection.parameter("action", action, "must be APPROVE or REJECT")
    text = call.text("reject_reason", 200, required=action == "REJECT")
    given = images(call, "reject_media_list") if action == "REJECT" else {}
    records.decide(call.state, found, action, text, **given)
