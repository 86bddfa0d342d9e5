"""Calls whose outcome is compared: once against the gateway, and once from a cassette."""

from __future__ import annotations

from typing import Any

from wechatpay_chain import APIError, Response, WeChatPay
from wechatpay_chain.messages import xml

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
PHONE, PERSON = "13912345678", "欧阳测测"
SHOP = "https://shop.example.org/wechatpay"


def order(wxpay: WeChatPay, number: str, **changes: Any) -> dict[str, Any]:
    return {
        "appid": wxpay.appid,
        "mchid": wxpay.mchid,
        "description": f"{PERSON} 的订单",
        "out_trade_no": number,
        "notify_url": SHOP,
        "attach": PHONE,
        "amount": {"total": 100, "currency": "CNY"},
        "payer": {"openid": OPENID},
        **changes,
    }


def order_v2(wxpay: WeChatPay, number: str, **changes: Any) -> dict[str, Any]:
    return {
        "appid": wxpay.appid,
        "mch_id": wxpay.mchid,
        "body": f"{PERSON} <&>",
        "out_trade_no": number,
        "total_fee": 100,
        "spbill_create_ip": "203.0.113.77",
        "notify_url": SHOP,
        "trade_type": "JSAPI",
        "openid": OPENID,
        **changes,
    }


def shape(value: Any) -> Any:
    """What a body has, without its values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def seen(outcome: Response | APIError) -> Any:
    """What a caller sees of a call, apart from values that are replaced."""
    if isinstance(outcome, APIError):
        return (
            type(outcome),
            outcome.code,
            outcome.message,
            outcome.status_code,
            outcome.verified,
            outcome.response.error_number,
            len(outcome.attempts),
        )
    told = (outcome.status_code, outcome.verified, outcome.unsigned, outcome.streamed)
    kind = outcome.headers.get("Content-Type", "")
    if not outcome.content:
        return (*told, kind, None)
    if outcome.content.startswith(b"{"):
        return (*told, kind, shape(outcome.json()))
    if outcome.content.startswith(b"<"):
        return (*told, kind, shape(xml.loads(outcome.content)))
    return (*told, kind, "file")
