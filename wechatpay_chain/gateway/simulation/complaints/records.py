"""Complaints: the actions of the customer, the merchant and WeChat Pay's staff.

It waits for the merchant, is processed from the first response on, and is processed to its end when
the merchant says so, rejects a refund, or the refund that it approved has arrived.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012533431 (states),
https://pay.weixin.qq.com/doc/v3/merchant/4012533439 (what is written down),
https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/update-refund-progress.html
(the refund itself is another request; the complaint is processed once it has arrived)
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
    """Return a new complaint about an order.

    Args:
        state: the state of the merchant.
        order: the order that it is about.
        text: the text of the customer.
        phone: the phone of the customer.
        problem: its `problem_type`.
        complaint_id: its id; empty makes one.
        more: members of the complaint.
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
    """Return the complaint that a notification is about: that of the id, or a new one.

    It is about the order that was paid last, or, if no order is paid, about an unknown order.

    Args:
        state: the state of the gateway.
        complaint_id: an id that the complaint is to have; empty makes one.
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
    """Return a complaint in its current state, with its refunds, or None."""
    complaint = state.store.get(KIND, number)
    return None if complaint is None else _with_refunds(state, complaint)


def existing(state: State, number: str) -> Complaint:
    """Return a complaint as it is now.

    Raises:
        Rejection: it does not exist.
    """
    complaint = find(state, number)
    if complaint is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"投诉单不存在: {number}")
    return complaint


def of_transaction(state: State, transaction_id: str) -> Complaint:
    """Return the last complaint about an order, by WeChat Pay's number of the order.

    Raises:
        Rejection: it does not exist.
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
    """Add an entry to the history, store the complaint, and return the number of the entry.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        who: said or did it.
        what: its `operate_type`.
        text: its `operate_details`.
        at: the time; by default now.
        user_images: the `media_id` of the customer's images.
        more: members of the entry.
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
    """Post a notification, if there is an address for them; its id.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        action: its `action_type`.
        event: its type.
        summary: the summary.
        outbox: the outbox that it goes to, if not now.
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
    """Notify that the refund of an order with a complaint has started, or has arrived."""
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
    """Write down the refunds since the complaint; one that was approved ends it as it arrives."""
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
    """Return whether the customer asks for a refund."""
    return bool(complaint["problem_type"] == "REFUND")


# --- what the merchant does ----------------------------------------------------------------------


def respond(state: State, complaint: Complaint, text: str, **more: Any) -> str:
    """Respond to the customer; the complaint is processed from then on. The entry's number."""
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
    """Mark a complaint as processed, once.

    Raises:
        Rejection: it is processed already.
    """
    if complaint["complaint_state"] == PROCESSED:
        raise Rejection(400, "INVALID_REQUEST", "投诉单已处理完成")
    complaint |= {"complaint_state": PROCESSED, "incoming_user_response": False}
    write(state, complaint, MERCHANT, what, text, **more)
    tell(state, complaint, action)


def decide(state: State, complaint: Complaint, action: str, reason: str, **more: Any) -> None:
    """Approve a refund that the customer asks for, or reject it; the refund is another request.

    Args:
        state: the state of the merchant.
        complaint: the complaint.
        action: `APPROVE` or `REJECT`.
        reason: why it is rejected.
        more: members of the entry in the history.

    Raises:
        Rejection: the customer does not ask for a refund, or that is decided already.
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
