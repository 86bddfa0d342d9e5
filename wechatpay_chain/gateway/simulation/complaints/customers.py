"""Actions of customers and of WeChat Pay's staff in complaints, which only controls can start.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012533439 (`operate_type`),
https://pay.weixin.qq.com/docs/merchant/changelog/consumer-complaint.html (support by WeChat Pay)
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from ...messages.exchange import File, Rejection
from ...state import State
from .. import checks
from ..media import v3 as media
from ..payments import records as payments
from . import records
from .records import CUSTOMER, PLATFORM, PROCESSED, Complaint

__all__ = [
    "cancel_help",
    "complain",
    "complain_again",
    "escalate",
    "finish_help",
    "platform_says",
    "say",
    "withdraw",
]

IMAGES = 4
LONGEST = 2000


def _images(state: State, images: Iterable[str]) -> list[str]:
    """Store the customer's images, and return their `media_id`."""
    if not isinstance(images, list | tuple) or len(images) > IMAGES:
        raise Rejection.parameter("/images", "***", f"must be an array of at most {IMAGES}")
    found = []
    for index, each in enumerate(images):
        try:
            content = base64.b64decode(each, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise Rejection.parameter(f"/images/{index}", "***", "must be base64") from None
        found.append(media.keep(state, File("picture.jpg", content), content))
    return found


def complain(
    state: State,
    out_trade_no: str,
    text: str,
    *,
    phone: str = "13800000000",
    problem: str = "OTHERS",
    images: Iterable[str] = (),
    immediate: bool = False,
) -> Complaint:
    """Complain about a paid order on behalf of its customer; the merchant is notified.

    Args:
        state: the state of the merchant.
        out_trade_no: the order number.
        text: the text of the complaint.
        phone: the phone number of the customer; encrypted for the merchant.
        problem: `REFUND` for a refund request, otherwise `SERVICE_NOT_WORK` or `OTHERS`.
        images: the images of the customer, each encoded as base64.
        immediate: whether the customer needs immediate service.

    Raises:
        Rejection: the order does not exist or is not paid, or a text is invalid.
    """
    checks.text(text, "/text", LONGEST)
    checks.text(phone, "/phone", 32)
    checks.text(problem, "/problem", 32)
    order = payments.find(state, out_trade_no)
    if order is None or not order["transaction_id"]:
        raise Rejection(400, "INVALID_REQUEST", f"订单不存在或未支付，不能投诉: {out_trade_no}")
    complaint = records.create(
        state,
        order,
        text,
        phone=phone,
        problem=problem,
        images=_images(state, images),
        immediate=bool(immediate),
    )
    event, summary = "COMPLAINT.CREATE", "产生新投诉"
    records.tell(state, complaint, "CREATE_COMPLAINT", event=event, summary=summary)
    return complaint


def say(state: State, number: str, text: str, images: Iterable[str] = ()) -> Complaint:
    """Add a message of the customer to a complaint; the merchant is notified.

    Args:
        state: the state of the merchant.
        number: `complaint_id`.
        text: the text of the message.
        images: the images of the customer, each encoded as base64.

    Raises:
        Rejection: there is no such complaint.
    """
    complaint = records.existing(state, number)
    complaint["incoming_user_response"] = True
    kept = _images(state, images)
    _customer(state, complaint, "USER_RESPONSE", text, user_images=kept)
    records.tell(state, complaint, "USER_RESPONSE")
    return complaint


def _customer(
    state: State, complaint: Complaint, what: str, text: str, user_images: list[str] | None = None
) -> None:
    checks.text(text, "/text", LONGEST)
    records.write(state, complaint, CUSTOMER, what, text, user_images=user_images)


def complain_again(state: State, number: str, text: str) -> Complaint:
    """Reopen a processed complaint on behalf of the customer; it is pending again.

    Raises:
        Rejection: there is no such complaint, or it is not processed.
    """
    complaint = records.existing(state, number)
    if complaint["complaint_state"] != PROCESSED:
        raise Rejection(400, "INVALID_REQUEST", f"投诉单未处理完成: {number}")
    again = {"complaint_state": records.PENDING, "incoming_user_response": True, "decided": ""}
    complaint |= {**again, "user_complaint_times": complaint["user_complaint_times"] + 1}
    _customer(state, complaint, "USER_CONTINUE_COMPLAINT", text)
    records.tell(state, complaint, "CONTINUE_COMPLAINT")
    return complaint


def withdraw(state: State, number: str) -> Complaint:
    """Withdraw a complaint on behalf of the customer; it becomes processed.

    Raises:
        Rejection: there is no such complaint, or it is already processed.
    """
    complaint = records.existing(state, number)
    if complaint["complaint_state"] == PROCESSED:
        raise Rejection(400, "INVALID_REQUEST", f"投诉单已处理完成: {number}")
    ended = {"complaint_state": PROCESSED, "incoming_user_response": False, "withdrawn": True}
    complaint |= ended
    _customer(state, complaint, "USER_REVOKE_COMPLAINT", "用户撤销投诉")
    return complaint


def escalate(state: State, number: str, reason: str = "商户未解决问题") -> Complaint:
    """Request support by WeChat Pay on behalf of the customer; the merchant is notified.

    Args:
        state: the state of the merchant.
        number: `complaint_id`.
        reason: the reason of the request.

    Raises:
        Rejection: there is no such complaint, or it is already supported.
    """
    complaint = _helped(state, number, helped=False)
    complaint["in_platform_service"] = True
    what = "USER_APPLY_PLATFORM_SERVICE"
    records.write(
        state,
        complaint,
        CUSTOMER,
        what,
        "用户申请平台协助",
        user_appy_platform_service_reason=checks.text(reason, "/reason", LONGEST),
    )
    records.tell(state, complaint, what)
    return complaint


def _helped(state: State, number: str, *, helped: bool) -> Complaint:
    complaint = records.existing(state, number)
    if complaint.get("in_platform_service", False) != helped:
        message = f"投诉单{'不' if helped else '已'}在平台协助中: {number}"
        raise Rejection(400, "INVALID_REQUEST", message)
    return complaint


def cancel_help(state: State, number: str) -> Complaint:
    """Cancel the request for support on behalf of the customer; the merchant is notified.

    Raises:
        Rejection: there is no such complaint, or it is not supported.
    """
    complaint = _helped(state, number, helped=True) | {"in_platform_service": False}
    _customer(state, complaint, "USER_CANCEL_PLATFORM_SERVICE", "用户取消平台协助")
    records.tell(state, complaint, "USER_CANCEL_PLATFORM_SERVICE")
    return complaint


def finish_help(state: State, number: str) -> Complaint:
    """End the support by WeChat Pay; the merchant is notified.

    Raises:
        Rejection: there is no such complaint, or it is not supported.
    """
    complaint = _helped(state, number, helped=True) | {"in_platform_service": False}
    what = "PLATFORM_SERVICE_FINISHED"
    records.write(state, complaint, PLATFORM, what, "客服结束平台协助")
    records.tell(state, complaint, what)
    return complaint


def platform_says(state: State, number: str, text: str) -> Complaint:
    """Add a message of WeChat Pay's staff to a complaint; the merchant is notified.

    Raises:
        Rejection: there is no such complaint.
    """
    complaint = records.existing(state, number)
    checks.text(text, "/text", LONGEST)
    records.write(state, complaint, PLATFORM, "PLATFORM_RESPONSE", text)
    records.tell(state, complaint, "RESPONSE_BY_PLATFORM")
    return complaint
