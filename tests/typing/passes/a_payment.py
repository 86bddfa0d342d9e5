"""What a shop writes, from the first call to the refund: nothing to complain about."""

from typing import Any, assert_type

from wechatpay_chain import Media, Sensitive, WeChatPay

wxpay = WeChatPay(mchid="1900000109")

order = wxpay.v3.pay.transactions.native.post(
    json={
        "appid": "wxd678efh567hg6787",
        "mchid": "1900000109",
        "description": "QQ公仔",
        "out_trade_no": "native-0001",
        "notify_url": "https://shop.example.com/notify",
        "amount": {"total": 100, "currency": "CNY"},
    },
)
assert_type(order.json()["code_url"], str)
assert_type(order.status_code, int)

paid = wxpay.v3.pay.transactions.id._transaction_id_.get(
    transaction_id="4200000000202611200000000000", query={"mchid": "1900000109"}
)
state = paid.json()["trade_state"].lower() if paid.verified else "?"

wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
    out_trade_no="native-0001", json={"mchid": "1900000109"}, timeout=(5, 30)
)


async def refund(number: str) -> str:
    response = await wxpay.v3.refund.domestic.refunds.post_async(
        json={
            "out_trade_no": number,
            "out_refund_no": f"{number}-1",
            "amount": {"refund": 1, "total": 100, "currency": "CNY"},
        },
        headers={"Idempotency-Key": number},
    )
    return response.json()["status"]


# What is encrypted may be `Sensitive`, or encrypted already.
wxpay.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_.patch(
    organization_id="O1",
    out_user_id=42,
    json={"user_name": Sensitive("张三"), "user_type": "STUDENT", "phone": "…"},
)

# A file, a path that ends with a slash, keywords of Python, verbs that are segments.
wxpay.v3.merchant.media.upload.post(media="picture.jpg").json()["media_id"].upper()
wxpay.v3.merchant.media.upload.post(media=Media(b"JFIF", name="picture.jpg"))
application: dict[str, Any] = {}
wxpay.v3.applyment4sub.applyment._empty_.post(json=application)
wxpay.v3.ecommerce.subsidies.return_.post(json=application)
wxpay.v3.profitsharing.receivers.delete.post(json=application)
wxpay.v2.secapi.mch._addinstitutionsub_.post(
    addinstitutionsub="addInstitutionsub", xml=application, security=True
)

# APIv2: everything travels as text, so a number may be written as one; the answer has only text.
authinfo = wxpay.v2.face.get_wxpayface_authinfo.post(
    xml={
        "store_id": "1",
        "store_name": "门店",
        "device_id": "1",
        "rawdata": "…",
        "appid": "wxd678efh567hg6787",
        "mch_id": "1900000109",
        "now": 1795152575,
        "version": "1",
        "sign_type": "HMAC-SHA256",
    },
    base_uri="https://payapp.weixin.qq.com/",
).xml()
assert_type(authinfo["authinfo"], str)

# Where one of several numbers is enough, any of them is.
wxpay.v2.pay.orderquery.post(
    xml={"appid": "wxd678efh567hg6787", "mch_id": "1900000109", "out_trade_no": "native-0001"}
)
