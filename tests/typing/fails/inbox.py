"""Handlers that expect what their event does not carry."""

from typing import TYPE_CHECKING, Any

from wechatpay_chain import WeChatPay
from wechatpay_chain.durable import Inbox, Notice

if TYPE_CHECKING:
    from wechatpay_chain.typed.notifications import RefundSuccess, TransactionSuccessDirect

inbox = Inbox(object(), WeChatPay(mchid="1900000109"))


def refunded(notice: "Notice[RefundSuccess]", session: Any) -> None:
    notice.resource["transaction"]  # E


def paid(notice: "Notice[TransactionSuccessDirect]", session: Any) -> None:
    notice.resource["amount"]["totl"]  # E


inbox.on("COMPLAINT.CREATE")(refunded)  # E
inbox.on("v2/transaction-success")(paid)  # E
inbox.on("TRANSACTION.SUCCESS", keys="out_trade_no")(paid)  # E
