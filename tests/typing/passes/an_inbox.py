"""What a shop writes to handle notifications: a checker knows what each event type carries."""

from typing import TYPE_CHECKING, Any, assert_type

from wechatpay_chain import WeChatPay
from wechatpay_chain.durable import Inbox, Notice

if TYPE_CHECKING:
    from wechatpay_chain.typed.notifications import (
        ComplaintCreate,
        TransactionSuccess,
        TransactionSuccessDirect,
        V2TransactionSuccess,
    )

inbox = Inbox(object(), WeChatPay(mchid="1900000109"))


@inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")
def paid(notice: "Notice[TransactionSuccessDirect]", session: Any) -> None:
    assert_type(notice.resource["amount"]["total"], int)


@inbox.on("COMPLAINT.CREATE")
async def complained(notice: "Notice[ComplaintCreate]", session: Any) -> None:
    assert_type(notice.resource["complaint_id"], str)


@inbox.on("v2/transaction-success")
def paid_v2(notice: "Notice[V2TransactionSuccess]", session: Any) -> None:
    assert_type(notice.resource["total_fee"], str)


@inbox.on("BRAND.NEW", unlisted=True)
def anything(notice: Notice[Any], session: Any) -> int:
    return len(notice.resource)


def of_any_form(notice: "Notice[TransactionSuccess]", session: Any) -> None:
    assert_type(notice.event_type, str)


inbox.on("TRANSACTION.SUCCESS")(of_any_form)
