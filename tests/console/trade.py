"""Records in a gateway of several merchants, for tests of the console."""

from __future__ import annotations

from typing import Any, NamedTuple

from wechatpay_chain import Sensitive, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.merchant import Merchant

from .support import NOTIFY, order

__all__ = ["Partner", "partner_of", "refunded_order", "sold", "transfer"]


class Partner(NamedTuple):
    """A service provider with two sub-merchants."""

    merchant: Merchant
    subs: tuple[str, str]


def partner_of(gateway: Gateway) -> Partner:
    """Add a service provider with two sub-merchants."""
    merchant = gateway.add_merchant("partner", name="茶馆")
    first, second = (gateway.add_sub_merchant(merchant, name=name) for name in ("一号店", "二号店"))
    return Partner(merchant, (first.mchid, second.mchid))


def sold(partner: Partner, sub_mchid: str, number: str, total: int = 1800) -> None:
    """Create a paid order of a sub-merchant."""
    merchant = partner.merchant
    with merchant.client(tls=False) as wxpay:
        wxpay.v3.pay.partner.transactions.native.post(
            json={
                "sp_appid": merchant.appid,
                "sp_mchid": merchant.mchid,
                "sub_mchid": sub_mchid,
                "description": "乌龙茶",
                "out_trade_no": number,
                "notify_url": NOTIFY,
                "amount": {"total": total},
            }
        )
    merchant.pay(number)


def refunded_order(gateway: Gateway, wxpay: WeChatPay, refund: str = "R-0001") -> str:
    """Create a paid order with a pending refund and a complaint, and return its number."""
    number = str(order(gateway, wxpay)["number"])
    gateway.pay(number)
    wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": number,
            "out_refund_no": refund,
            "reason": "<b>不想要了",
            "amount": {"refund": 45, "total": 12345, "currency": "CNY"},
        }
    )
    gateway.complaints.complain(number, "味道不对")
    return number


def transfer(gateway: Gateway, wxpay: WeChatPay, number: str = "T0001") -> dict[str, Any]:
    """Create a transfer that waits for its user, with an encrypted name."""
    found: dict[str, Any] = wxpay.v3.fundApp.mchTransfer.transferBills.post(
        json={
            "appid": gateway.identity.appid,
            "out_bill_no": number,
            "transfer_scene_id": "1000",
            "openid": "o" * 28,
            "transfer_amount": 200_000,
            "user_name": Sensitive("张三丰"),
            "transfer_remark": "新会员开通有礼",
            "transfer_scene_report_infos": [
                {"info_type": "活动名称", "info_content": "新会员有礼"},
                {"info_type": "奖励说明", "info_content": "注册会员抽奖一等奖"},
            ],
        }
    ).json()
    return found
