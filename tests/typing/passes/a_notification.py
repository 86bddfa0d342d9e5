"""What a shop writes to read a notification: the form that its product has."""

from typing import TYPE_CHECKING, assert_type, cast

from wechatpay_chain import WeChatPay

if TYPE_CHECKING:
    from wechatpay_chain.typed.notifications import (
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
