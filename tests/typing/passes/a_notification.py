"""What a shop writes to read a notification: the form that its product has."""

from typing import TYPE_CHECKING, assert_type, cast

from wechatpay_chain import Merchants, Notification, WeChatPay

if TYPE_CHECKING:
    from wechatpay_chain.typed.notifications import (
        AnyNotification,
        RefundSuccess,
        TransactionSuccess,
        TransactionSuccessDirect,
    )

wxpay = WeChatPay(mchid="1900000109")
notice = wxpay.notify({}, b"")

order = cast("TransactionSuccessDirect", notice.resource)
assert_type(order["amount"]["total"], int)
assert_type(order["out_trade_no"], str)

every = cast("TransactionSuccess | RefundSuccess", notice.resource)
number = every.get("transaction_id")

# The event type says what the resource is.
if notice.event_type == "TRANSACTION.SUCCESS":
    assert_type(notice.resource, "TransactionSuccess")
    if "out_trade_no" in notice.resource:
        assert_type(notice.resource["out_trade_no"], str)
elif notice.event_type == "REFUND.SUCCESS":
    assert_type(notice.resource, "RefundSuccess")
    assert_type(notice.resource["refund_status"], str)


def handle(notice: "AnyNotification") -> str:
    match notice.event_type:
        case "TRANSACTION.SUCCESS":
            assert "transaction_id" in notice.resource
            return notice.resource["transaction_id"]
        case "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED":
            return notice.resource["out_refund_no"]
        case _:
            return ""


def any_type(notice: Notification) -> str:
    resource: object = notice.resource["of"]["any"]["form"]
    return f"{notice.event_type} {resource}"


async def others(merchants: Merchants) -> None:
    notice = await merchants.notify_async({}, b"")
    if str(notice.event_type) == "OF.NEXT.YEAR":
        any_type(notice)
    if notice.event_type == "COMPLAINT.CREATE":
        assert_type(notice.resource["complaint_id"], str)
