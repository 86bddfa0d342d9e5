"""A resource that its event does not carry."""

from wechatpay_chain import WeChatPay

notice = WeChatPay(mchid="1900000109").notify({}, b"")

if notice.event_type == "TRANSACTION.SUCCESS":
    notice.resource["out_refund_no"]  # E
    notice.resource["out_trade_no"]  # E
    if "out_trade_no" in notice.resource:
        int.bit_length(notice.resource["out_trade_no"])  # E
if notice.event_type == "REFUND.SUCCESS":
    notice.resource["refund_statuss"]  # E
if notice.event_type == "TRANSACTION.SUCESS":  # E
    pass
