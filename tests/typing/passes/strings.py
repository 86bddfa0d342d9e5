"""Paths as strings: all of the catalogue are known."""

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

    # Of any product, and what follows a string.
    complaints = wxpay["v3/merchant-service/complaints-v2"]
    found_complaints = complaints.get(query={"begin_date": "2026-01-01", "end_date": "2026-01-02"})
    assert_type(found_complaints.json().get("total_count"), int | None)
    complaint = complaints._complaint_id_.get(complaint_id="1").json()
    assert_type(complaint["complaint_detail"], str)
    assert_type(wxpay["v3/refund/domestic/refunds"]["{out_refund_no}"], Chain)
    assert_type(wxpay["v3/refund/domestic/refunds"].chain("of/next/year"), Chain)


async def call_async(wxpay: WeChatPay) -> None:
    funds = await wxpay.chain("v3/merchant/fund/balance/{account_type}").get_async(
        account_type="BASIC"
    )
    assert_type(funds.json()["available_amount"], int)
