"""Complaints of customers, about orders that they paid.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012533431 (the list),
https://pay.weixin.qq.com/doc/v3/merchant/4012533439 (what was said),
https://pay.weixin.qq.com/docs/merchant/apis/consumer-complaint/complaints/update-refund-progress.html
"""

from __future__ import annotations

import datetime
import re
import secrets
from typing import Any

from ....crypto import rsa
from ....messages import canonical
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from ..address import reached_at
from ..payments import records as payments
from ..registry import operation
from ..tokens import random_token

__all__ = ["complain", "say", "stub_complaint"]

BASE = "v3/merchant-service/complaints-v2"
ONE = f"{BASE}/{{complaint_id}}"
NOTIFICATIONS = "v3/merchant-service/complaint-notifications"
SETTING = "complaint-notifications"
PENDING, PROCESSING, PROCESSED = "PENDING", "PROCESSING", "PROCESSED"
CUSTOMER, MERCHANT = "投诉人", "商户"
LONGEST = datetime.timedelta(days=30)
IMAGES = 4
Complaint = dict[str, Any]


def complain(
    state: State,
    out_trade_no: str,
    text: str,
    *,
    phone: str = "13800000000",
    problem: str = "OTHERS",
) -> Complaint:
    """Complain about a paid order, as its customer does; the merchant is told.

    Args:
        state: of the gateway.
        out_trade_no: the merchant's number of the order.
        text: what the customer writes.
        phone: of the customer; the merchant gets it encrypted.
        problem: `REFUND` asks for the money back; else `SERVICE_NOT_WORK` or `OTHERS`.

    Raises:
        Rejection: there is no such order, or it is not paid, or something is no text.
    """
    for name, value in (("text", text), ("phone", phone), ("problem", problem)):
        if not isinstance(value, str) or len(value) > (32 if name == "phone" else 2000):
            raise Rejection.parameter(name, "***", "must be a text, and not too long")
    order = payments.find(state, out_trade_no)
    if order is None or not order["transaction_id"]:
        raise Rejection(400, "INVALID_REQUEST", f"订单不存在或未支付，不能投诉: {out_trade_no}")
    complaint = _made(state, order, text, phone=phone, problem=problem)
    _tell(state, complaint, "CREATE_COMPLAINT", "COMPLAINT.CREATE", "产生新投诉")
    return complaint


def _made(
    state: State,
    order: payments.Order,
    text: str,
    *,
    phone: str = "13800000000",
    problem: str = "OTHERS",
    complaint_id: str = "",
) -> Complaint:
    parties, out_trade_no = order["parties"], order["out_trade_no"]
    before = state.store.get("complaints-of-order", out_trade_no) or {"count": 0}
    state.store.put("complaints-of-order", out_trade_no, {"count": before["count"] + 1})
    mchids = (parties.get(name) for name in ("sub_mchid", "sub_mch_id", "mchid", "mch_id"))
    number = complaint_id or f"2000000{state.clock.compact()}{secrets.randbelow(10**7):07}"
    complaint = {
        "complaint_id": number,
        "complaint_time": state.clock.now(),
        "complaint_detail": text,
        "complaint_state": PENDING,
        "complainted_mchid": next(filter(None, mchids), state.identity.mchid),
        "phone": phone,
        "openid": order.get("openid", ""),
        "out_trade_no": out_trade_no,
        "transaction_id": order["transaction_id"],
        "amount": order["total"],
        "problem_type": problem,
        "user_complaint_times": before["count"] + 1,
        "incoming_user_response": True,
        "decided": "",
        "history": [],
    }
    _add(state, complaint, CUSTOMER, "USER_CREATE_COMPLAINT", text)
    return complaint


def stub_complaint(state: State, complaint_id: str = "") -> Complaint:
    """The complaint that a notification is about: that of the id, or a new one.

    It is about the order that was paid last, or, if no order is paid, about an unknown order.

    Args:
        state: of the gateway.
        complaint_id: an id that the complaint is to have; empty makes one.
    """
    known = state.store.get("complaint", complaint_id)
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
    return _made(state, next(paid, unknown), "商品与描述不符", complaint_id=complaint_id)


def say(state: State, complaint_id: str, text: str) -> Complaint:
    """Write something more, as the customer who complained does; the merchant is told.

    Raises:
        Rejection: there is no such complaint.
    """
    complaint = _existing(state, complaint_id)
    complaint["incoming_user_response"] = True
    _add(state, complaint, CUSTOMER, "USER_RESPONSE", text)
    _tell(state, complaint, "USER_RESPONSE")
    return complaint


def _add(state: State, complaint: Complaint, who: str, what: str, text: str, **more: Any) -> str:
    """Write down what was said or done, and keep the complaint as it is now; its number."""
    number = f"3{state.clock.compact()}{canonical.nonce(8)}"
    entry = {
        "log_id": number,
        "operator": who,
        "operate_time": state.clock.rfc3339(),
        "operate_type": what,
        "operate_details": text,
        **more,
    }
    complaint["history"].append(entry)
    state.store.put("complaint", complaint["complaint_id"], complaint)
    return number


def _tell(
    state: State,
    complaint: Complaint,
    action: str,
    event: str = "COMPLAINT.STATE_CHANGE",
    summary: str = "投诉状态变化",
) -> None:
    setting = state.store.get("setting", SETTING)
    if setting is not None:
        told = {"complaint_id": complaint["complaint_id"], "action_type": action}
        state.outbox.post(setting["url"], event, told, summary=summary, original_type="complaint")


def _existing(state: State, number: str) -> Complaint:
    complaint = state.store.get("complaint", number)
    if complaint is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"投诉单不存在: {number}")
    return complaint


def _own(call: Call) -> Complaint:
    """The complaint of a path; the merchant that it is about must be named right."""
    complaint = _existing(call.state, call.params["complaint_id"])
    if call.text("complainted_mchid", 64) != complaint["complainted_mchid"]:
        raise Rejection(403, "NO_AUTH", "您暂无权限操作该投诉单")
    return complaint


def _is_refunded(state: State, complaint: Complaint) -> bool:
    order = payments.find(state, complaint["out_trade_no"])
    return order is not None and order["refunded"] >= order["total"]


def _shown(state: State, complaint: Complaint) -> dict[str, Any]:
    refunded = _is_refunded(state, complaint)
    done = refunded and complaint["decided"] == "APPROVE"  # the money is back, as was promised
    return {
        "complaint_id": complaint["complaint_id"],
        "complaint_time": state.clock.rfc3339(complaint["complaint_time"]),
        "complaint_detail": complaint["complaint_detail"],
        "complaint_state": PROCESSED if done else complaint["complaint_state"],
        "complainted_mchid": complaint["complainted_mchid"],
        "payer_phone": rsa.encrypt(complaint["phone"], state.identity.merchant_certificate),
        "complaint_order_info": [
            {name: complaint[name] for name in ("transaction_id", "out_trade_no", "amount")}
        ],
        "complaint_full_refunded": refunded,
        "incoming_user_response": complaint["incoming_user_response"],
        "problem_description": complaint["complaint_detail"],
        "user_complaint_times": complaint["user_complaint_times"],
        "problem_type": complaint["problem_type"],
        **({"apply_refund_amount": complaint["amount"]} if _asks_for_money(complaint) else {}),
        "in_platform_service": False,
        "need_immediate_service": False,
    }


def _asks_for_money(complaint: Complaint) -> bool:
    return bool(complaint["problem_type"] == "REFUND")


@operation("GET", BASE)
def complaints(call: Call) -> dict[str, Any]:
    """The complaints of some days, newest first."""
    limit, offset = call.page(default=10, most=50)
    first, last = (_day(call, name) for name in ("begin_date", "end_date"))
    if not datetime.timedelta(0) <= last - first <= LONGEST:
        issue = f"must be 0 to {LONGEST.days} days after begin_date"
        raise Rejection.parameter("end_date", str(last), issue, "query")
    mchid, state = call.query.get("complainted_mchid", ""), call.state
    found = [
        each
        for each in state.store.all("complaint", newest_first=True)
        if str(first) <= state.clock.date(each["complaint_time"]) <= str(last)
        and mchid in ("", each["complainted_mchid"])
    ]
    shown = [_shown(state, each) for each in found[offset : offset + limit]]
    return _page(shown, len(found), limit, offset)


def _page(data: list[Any], total: int, limit: int, offset: int) -> dict[str, Any]:
    """A part of a list; how long the whole is, is told with its first part only."""
    counted = {"total_count": total} if offset == 0 else {}
    return {"data": data, "limit": limit, "offset": offset, **counted}


def _day(call: Call, name: str) -> datetime.date:
    value = call.query.get(name, "")
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return datetime.date.fromisoformat(value)
    except ValueError:
        pass
    raise Rejection.parameter(name, value, "must be a day such as 2026-11-20", "query")


@operation("GET", ONE)
def complaint(call: Call) -> dict[str, Any]:
    """One complaint."""
    found = _existing(call.state, call.params["complaint_id"])
    return {**_shown(call.state, found), "payer_openid": found["openid"]}


@operation("GET", f"{ONE}/negotiation-historys")
def history(call: Call) -> dict[str, Any]:
    """What was said and done, newest first."""
    limit, offset = call.page(default=100, most=300)
    found = _existing(call.state, call.params["complaint_id"])["history"][::-1]
    shown = [_entry(call, each) for each in found[offset : offset + limit]]
    return _page(shown, len(found), limit, offset)


@operation("POST", f"{ONE}/response")
def respond(call: Call) -> None:
    """Respond to the customer; the complaint is being processed from then on."""
    found, text = _own(call), call.text("response_content", 200)
    images = _images(call, "response_images")
    found["incoming_user_response"] = False
    if found["complaint_state"] == PENDING:
        found["complaint_state"] = PROCESSING
    _add(call.state, found, MERCHANT, "MERCHANT_RESPONSE", text, **images)
    _tell(call.state, found, "MERCHANT_RESPONSE")


@operation("POST", f"{ONE}/response-immediate-service")
def respond_at_once(call: Call) -> dict[str, Any]:
    """Respond to the customer with a message of blocks; a repeated id adds no second response."""
    found, once = _own(call), call.text("idempotent_id", 64)
    message = call.data.get("message")
    if not isinstance(message, dict):
        raise Rejection.parameter("message", message, "must be an object")
    key = f"{found['complaint_id']}/{once}"
    known = call.state.store.get("complaint-message", key)
    if known is not None:
        return known
    found["incoming_user_response"] = False
    if found["complaint_state"] == PENDING:
        found["complaint_state"] = PROCESSING
    number = _add(call.state, found, MERCHANT, "MERCHANT_RESPONSE", "", normal_message=message)
    call.state.store.put("complaint-message", key, {"log_id": number})
    _tell(call.state, found, "MERCHANT_RESPONSE")
    return {"log_id": number}


def _images(call: Call, name: str) -> dict[str, Any]:
    """The pictures that go with a response, by their `media_id`."""
    given = call.data.get(name) or []
    if not isinstance(given, list) or len(given) > IMAGES:
        raise Rejection.parameter(name, given, f"must be an array of at most {IMAGES} media_id")
    for index, each in enumerate(given):
        if not isinstance(each, str) or call.state.store.get("media", each) is None:
            raise Rejection.parameter(f"/{name}/{index}", each, "is not the media_id of an upload")
    return {"image_list": list(given)} if given else {}


def _entry(call: Call, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as the history shows it: with the addresses of its pictures."""
    if "image_list" not in entry:
        return entry
    address = f"{reached_at(call)}v3/merchant-service/images/"
    shown = [each if "://" in each else f"{address}{each}" for each in entry["image_list"]]
    return {**entry, "image_list": shown}


@operation("POST", f"{ONE}/complete")
def complete(call: Call) -> None:
    """Say that a complaint is dealt with; once."""
    found = _own(call)
    _finish(call.state, found, "MERCHANT_CONFIRM_COMPLETE", "已处理完成")
    _tell(call.state, found, "MERCHANT_CONFIRM_COMPLETE")


@operation("POST", f"{ONE}/update-refund-progress")
def decide(call: Call) -> None:
    """Agree to give the money back, or do not; the refund itself is another call."""
    found = _existing(call.state, call.params["complaint_id"])
    action = call.text("action")
    if action not in ("APPROVE", "REJECT"):
        raise Rejection.parameter("action", action, "must be APPROVE or REJECT")
    if not _asks_for_money(found):
        raise Rejection(400, "INVALID_REQUEST", "该投诉单不是申请退款单")
    if found["decided"] or _is_refunded(call.state, found):
        raise Rejection(400, "INVALID_REQUEST", "当前单据状态不支持操作，请检查是否重复调用")
    text = call.text("reject_reason", 200, required=action == "REJECT")
    images = _images(call, "reject_media_list")
    found["decided"] = action
    if action == "REJECT":
        _finish(call.state, found, "MERCHANT_REFUSE_RERUND", text, **images)
        _tell(call.state, found, "MERCHANT_REJECT_REFUND")
        return
    found["complaint_state"] = PROCESSING
    _add(call.state, found, MERCHANT, "MERCHANT_APPROVE_REFUND", "")
    _tell(call.state, found, "MERCHANT_APPROVE_REFUND")


def _finish(state: State, complaint: Complaint, what: str, text: str, **more: Any) -> None:
    if complaint["complaint_state"] == PROCESSED:
        raise Rejection(400, "INVALID_REQUEST", "投诉单已处理完成")
    complaint |= {"complaint_state": PROCESSED, "incoming_user_response": False}
    _add(state, complaint, MERCHANT, what, text, **more)


@operation("POST", NOTIFICATIONS)
def create_notifications(call: Call) -> dict[str, Any]:
    """Say where complaints are to be told; there is one address."""
    if call.state.store.get("setting", SETTING) is not None:
        raise Rejection(400, "RESOURCE_ALREADY_EXISTS", "投诉通知回调地址已存在")
    return _put_notifications(call)


@operation("PUT", NOTIFICATIONS)
def change_notifications(call: Call) -> dict[str, Any]:
    """Say another address."""
    notifications(call)
    return _put_notifications(call)


@operation("GET", NOTIFICATIONS)
def notifications(call: Call) -> dict[str, Any]:
    """The address."""
    setting = call.state.store.get("setting", SETTING)
    if setting is None:
        raise Rejection(400, "RESOURCE_NOT_EXISTS", "投诉通知回调地址不存在")
    return setting


@operation("DELETE", NOTIFICATIONS)
def delete_notifications(call: Call) -> None:
    """Have nothing told any more."""
    notifications(call)
    call.state.store.delete("setting", SETTING)


def _put_notifications(call: Call) -> dict[str, Any]:
    """Keep the address; plain HTTP is fine here, where the receiver is another local program."""
    url = call.text("url")
    if not url.startswith(("http://", "https://")):
        raise Rejection.parameter("url", url, "must be an http or https address")
    setting = {"mchid": call.state.identity.mchid, "url": url}
    call.state.store.put("setting", SETTING, setting)
    return setting
