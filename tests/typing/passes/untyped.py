"""What the catalogue does not check: strings, mappings of any values, unknown operations."""

from collections.abc import Mapping
from typing import Any, assert_type

from wechatpay_chain import Chain, Response, WeChatPay
from wechatpay_chain.typed.v3.pay import PayTransactionsOutTradeNoOutTradeNoClosePostJSON


def call(wxpay: WeChatPay, body: dict[str, Any], fields: Mapping[str, Any]) -> None:
    # What says that it holds anything is taken as it is, and the answer is known all the same.
    assert_type(wxpay.v3.pay.transactions.native.post(json=body).json()["code_url"], str)
    wxpay.v3.pay.transactions.native.post(json=fields)
    wxpay.v3.pay.transactions.id._transaction_id_.get(transaction_id="1", query=fields)
    wxpay.v2.pay.unifiedorder.post(xml=body).xml()["prepay_id"].upper()

    # What has a type of the catalogue is spread in a literal.
    common: PayTransactionsOutTradeNoOutTradeNoClosePostJSON = {"mchid": "1900000109"}
    close = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close
    close.post(out_trade_no="1", json={**common})

    # So is one mapping of options, whatever is in it.
    options = {"json": {"appid": "wx"}, "timeout": 3}
    assert_type(wxpay.v3.pay.transactions.native.post(options).json()["code_url"], str)
    wxpay.v3.pay.transactions.native.post({"json": body}, timeout=3)

    # Strings that the catalogue does not have, and strings after attributes, are not checked.
    assert_type(wxpay["v3/of/next/year"].get(), Response)
    assert_type(wxpay.chain("v3/of/{year}").get(year=2027), Response)
    assert_type(wxpay.v3["of"].next._year_, Chain)
    wxpay.v3["of"].next._year_.post(year="2027", json={"any": 1}).json()["thing"]
    wxpay.v3.pay["transactions"].native.delete()
    wxpay.v3.chain("pay/transactions/native").post(json={})


async def call_async(wxpay: WeChatPay, body: dict[str, Any]) -> None:
    response = await wxpay.v3.pay.transactions.native.post_async(json=body)
    assert_type(response.json()["code_url"], str)
    assert_type(await wxpay["v3/of/next/year"].get_async(), Response)
