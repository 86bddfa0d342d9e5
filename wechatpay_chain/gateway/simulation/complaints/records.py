"""Lifecycle of a complaint: actions of the customer, the merchant and WeChat Pay's staff.

A complaint is pending until the first response, and then processing. It is processed when the
merchant completes it or rejects a refund, or when the approved refund has arrived.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012533431 (states),
https://pay.weixin.qq.com/doc/v3/merchant/4012533439 (entries of the history),
https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/update-refund-progress.html
(the refund is a separate request; the complaint is processed after its arrival)
"""

from __future__ import annotations

import secrets
from typing import Any

from ....messages import canonical
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from ..payments import records as payments
from ..refunds import records as refunds
from ..tokens import random_token
from . import settings

__all__ = [
    "KIND",
    "MERCHANT",
    "PENDING",
    "PROCESSED",
    "PROCESSING",
    "Complaint",
    "asks_for_money",
    "create",
    "decide",
    "existing",
    "finish",
    "find",
    "is_refunded",
    "of_transaction",
    "respond",
    "stub_complaint",
    "tell",
    "write",
]

KIND = "complaint"
PENDING, PROCESSING, PROCESSED = "PENDING", "PROCESSING", "PROCESSED"
CUSTOMER, MERCHANT, PLATFORM, SYSTEM = "投诉人", "商户", "平台", "系统"

Complaint = dict[str, Any]


def create(
    state: State,
    order: payments.Order,
    text: str,
    *,
    phone: str = "13800000000",
    problem: str = "OTHERS",
    complaint_id: str = "",
    **more: Any,
) -> Complaint:
    """Create a complaint about an order.

    Args:
        state: the state of the merchant.
        order: the order of the complaint.
        text: the text of the complaint.
        phone: the phone number of the customer.
        problem: the `problem_type`.
        complaint_id: the id; empty generates one.
        more: further members of the complaint.
    """
    parties, out_trade_no = order["parties"], order["out_trade_no"]
    before = state.store.get("complaints-of-order", out_trade_no) or {"count": 0}
    mchids = (parties.get(name) for name in ("sub_mchid", "sub_mch_id", "mchid", "mch_id"))
    number = complaint_id or f"2000000{state.clock.compact()}{secrets.randbelow(10**7):07}"
    numbers = [*before.get("numbers", ()), number]
    known = {"count": before["count"] + 1, "numbers": numbers}
    state.store.put("complaints-of-order", out_trade_no, known)
    complaint = {
        "complaint_id": number,
        "complaint_time": state.clock.now(),
        "complaint_detail": text,
        "complaint_state": PENDING,
        "complainted_mchid": next(filter(None, mchids), state.identity.mchid),
        "phone": state.secret(phone),
        "openid": order.get("openid", ""),
        "out_trade_no": out_trade_no,
        "transaction_id": order["transaction_id"],
        "amount": order["total"],
        "problem_type": problem,
        "user_complaint_times": before["count"] + 1,
        "incoming_user_response": True,
        "decided": "",
        "history": [],
        **more,
    }
    images = complaint.get("images", [])
    write(state, complaint, CUSTOMER, "USER_CREATE_COMPLAINT", text, user_images=images)
    return complaint


def stub_complaint(state: State, complaint_id: str = "") -> Complaint:
    """Return the complaint for a notification: an existing one, or a new one.

    A new one is about the last paid order, or about an unknown order if there is none.

    Args:
        state: the state of the gateway.
        complaint_id: the id of the complaint; empty generates one.
    """
    known = find(state, complaint_id)
    if known is not None:
        return known
    paid = (each for each in state.store.all("order", newest_first=True) if each["transaction_id"])
    number = secrets.randbelow(10**10)
    unknown = {
        "out_trade_no": f"unknown{number:010}",
        "transaction_id": f"4200000000{state.clock.compact()[:8]}{number:010}",
        "total": 100,
        "parties": {},
        "openid": f"o{random_token(20)}",
    }
    return create(state, next(paid, unknown), "商品与描述不符", complaint_id=complaint_id)


def find(state: State, number: str) -> Complaint | None:
    """Return a complaint in its current state, including refunds; None if there is none."""
    complaint = state.store.get(KIND, number)
    return None if complaint is None else _with_refunds(state, complaint)


def existing(state: State, number: str) -> Complaint:
    """Return a complaint in its current state.

    Raises:
        Rejection: there is no such complaint.
    """
    complaint = find(state, number)
    if complaint is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"投诉单不存在: {number}")
    return complaint


def of_transaction(state: State, transaction_id: str) -> Complaint:
    """Return the last complaint about an order, by WeChat Pay's number of the order.

    Raises:
        Rejection: there is no complaint.
    """
    order = payments.find(state, transaction_id=transaction_id)
    number = order["out_trade_no"] if order is not None else ""
    known = state.store.get("complaints-of-order", number) or {}
    if not known.get("numbers"):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"投诉单不存在: {transaction_id}")
    return existing(state, known["numbers"][-1])


def write(
    state: State,
    complaint: Complaint,
    who: str,
    what: str,
    text: str,
    *,
    at: float | None = None,
    user_images: list[str] | None = None,
    **more: Any,
) -> str:
    """Add an entry to the history, store the complaint, and return the entry's number.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        who: the `operator`.
        what: the `operate_type`.
        text: the `operate_details`.
        at: the time; None means now.
        user_images: the `media_id` of the customer's images.
        more: further members of the entry.
    """
    number = f"3{state.clock.compact()}{canonical.nonce(8)}"
    entry = {
        "log_id": number,
        "operator": who,
        "operate_time": state.clock.rfc3339(at),
        "operate_type": what,
        "operate_details": text,
        **({"user_images": user_images} if user_images else {}),
        **more,
    }
    complaint["history"].append(entry)
    state.store.put(KIND, complaint["complaint_id"], complaint)
    return number


def tell(
    state: State,
    complaint: Complaint,
    action: str,
    *,
    event: str = "COMPLAINT.STATE_CHANGE",
    summary: str = "投诉状态变化",
    outbox: Outbox | None = None,
) -> str:
    """Send a notification if there is a URL, and return its id.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        action: the `action_type`.
        event: the event type.
        summary: the summary of the notification.
        outbox: the outbox; None means the current one.
    """
    url = settings.address(state)
    if not url:
        return ""
    told = {"complaint_id": complaint["complaint_id"], "action_type": action}
    to = outbox or state.outbox
    return to.post(url, event, told, summary=summary, original_type="complaint")


# --- refunds -------------------------------------------------------------------------------------


@refunds.follows
def _tell_refund(state: State, outbox: Outbox, refund: refunds.Refund) -> str:
    """Send the notification for a new or successful refund of an order with a complaint."""
    known = state.store.get("complaints-of-order", refund["out_trade_no"]) or {}
    complaint = state.store.get(KIND, (known.get("numbers") or [""])[-1])
    if complaint is None:
        return ""
    if refund["state"] == refunds.SUCCESS:
        return tell(state, complaint, "REFUND_SUCCESS", outbox=outbox)
    whole = is_refunded(state, complaint)
    return tell(state, complaint, "SELLER_REFUND", outbox=outbox) if whole else ""


def is_refunded(state: State, complaint: Complaint) -> bool:
    """Return whether the merchant has refunded the whole order."""
    order = payments.find(state, complaint["out_trade_no"])
    return order is not None and bool(order["refunded"] >= order["total"])


def _with_refunds(state: State, complaint: Complaint) -> Complaint:
    """Add refunds to the history; the arrival of an approved refund ends the complaint."""
    order = payments.find(state, complaint["out_trade_no"])
    made = refunds.of_order(state, order) if order is not None else []
    seen, arrived = complaint.setdefault("refunds", {}), 0
    for each in made:
        number = each["out_refund_no"]
        if each["created"] < complaint["complaint_time"] or each["state"] == refunds.CLOSED:
            continue
        if number not in seen:
            seen[number] = refunds.PROCESSING
            kind = "FULL" if each["amount"] == complaint["amount"] else "PARTIAL"
            what = f"COMPLAINT_{kind}_REFUNDED_SYSTEM_MESSAGE"
            write(state, complaint, SYSTEM, what, "商户已发起退款", at=each["created"])
        if each["state"] == refunds.SUCCESS:
            arrived += each["amount"]
            if seen[number] != refunds.SUCCESS:
                seen[number] = refunds.SUCCESS
                what = "COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE"
                write(state, complaint, SYSTEM, what, "退款已到账", at=each["succeeded"])
    ends = complaint["decided"] == "APPROVE" and arrived >= complaint["amount"]
    if ends and complaint["complaint_state"] != PROCESSED:
        complaint["complaint_state"] = PROCESSED
        state.store.put(KIND, complaint["complaint_id"], complaint)
    return complaint


def asks_for_money(complaint: Complaint) -> bool:
    """Return whether the customer requests a refund."""
    return bool(complaint["problem_type"] == "REFUND")


# --- actions of the merchant ---------------------------------------------------------------------


def respond(state: State, complaint: Complaint, text: str, **more: Any) -> str:
    """Respond to the customer, start the processing, and return the entry's number."""
    complaint["incoming_user_response"] = False
    if complaint["complaint_state"] == PENDING:
        complaint["complaint_state"] = PROCESSING
    number = write(state, complaint, MERCHANT, "MERCHANT_RESPONSE", text, **more)
    tell(state, complaint, "MERCHANT_RESPONSE")
    return number


def finish(
    state: State,
    complaint: Complaint,
    what: str = "MERCHANT_CONFIRM_COMPLETE",
    text: str = "已处理完成",
    action: str = "MERCHANT_CONFIRM_COMPLETE",
    **more: Any,
) -> None:
    """Complete a complaint.

    Raises:
        Rejection: the complaint is already processed.
    """
    if complaint["complaint_state"] == PROCESSED:
        raise Rejection(400, "INVALID_REQUEST", "投诉单已处理完成")
    complaint |= {"complaint_state": PROCESSED, "incoming_user_response": False}
    write(state, complaint, MERCHANT, what, text, **more)
    tell(state, complaint, action)


def decide(state: State, complaint: Complaint, action: str, reason: str, **more: Any) -> None:
    """Approve or reject a refund that the customer requests; the refund is a separate request.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        action: `APPROVE` or `REJECT`.
        reason: the reason of a rejection.
        more: further members of the entry in the history.

    Raises:
        Rejection: the customer does not request a refund, or it is already decided.
    """
    if not asks_for_money(complaint):
        raise Rejection(400, "INVALID_REQUEST", "该投诉单不是申请退款单")
    if complaint["decided"] or is_refunded(state, complaint):
        raise Rejection(400, "INVALID_REQUEST", "当前单据状态不支持操作，请检查是否重复调用")
    complaint["decided"] = action
    if action == "REJECT":
        told = "MERCHANT_REJECT_REFUND"
        finish(state, complaint, "MERCHANT_REFUSE_RERUND", reason, told, **more)
        return
    complaint["complaint_state"] = PROCESSING
    write(state, complaint, MERCHANT, "MERCHANT_APPROVE_REFUND", "")
    tell(state, complaint, "MERCHANT_APPROVE_REFUND")
