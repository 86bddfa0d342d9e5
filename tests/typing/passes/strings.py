"""Paths as strings: those of the products that most shops use are known."""

from typing import assert_type

from wechatpay_chain import Chain, WeChatPay


def call(wxpay: WeChatPay, path: str, order: str) -> None:
    native = wxpay["v3/pay/transactions/native"].post(
        json={
            "appid": "wxd678efh567hg6787",
            "mchid": "1900000109",
            "description": "Image形象店",
            "out_trade_no": order,
            "notify_url": "https://shop.example/notify",
            "amount": {"total": 100},
        }
    )
    assert_type(native.json()["code_url"], str)
    found = wxpay.chain("v3/pay/transactions/out-trade-no/{out_trade_no}").get(
        out_trade_no=order, query={"mchid": "1900000109"}
    )
    assert_type(found.json()["trade_state"], str)
    assert_type(wxpay["v2/pay/unifiedorder"].post({"xml": {}}).xml()["return_code"], str)
    assert_type(wxpay[path], Chain)
    assert_type(wxpay["v3/pay/transactions/out-trade-no/N1?mchid=1900000109"], Chain)
