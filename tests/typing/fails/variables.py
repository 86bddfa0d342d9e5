"""Literals are held against their members whatever is in them, and variables against their kind."""

from typing import TypedDict

from wechatpay_chain import WeChatPay
from wechatpay_chain.typed.v3.pay import PayTransactionsOutTradeNoOutTradeNoClosePostJSON as Close
from wechatpay_chain.typed.v3.refund import RefundDomesticRefundsPostJSONAmount as Amount

wxpay = WeChatPay(mchid="1900000109")
close = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close
order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
refunds = wxpay.v3.refund.domestic.refunds


class Shop(TypedDict):
    appid: str
    mchid: str
    notify_url: str


def literals(texts: dict[str, str], numbers: dict[str, int], amount: Amount, common: Close) -> None:
    close.post(out_trade_no="1", json={"mch_id": texts["mchid"]})  # E
    close.post(out_trade_no="1", json={**common, "mch_id": "1900000109"})  # E
    refunds.post(json={"out_refund": "1", "amount": amount})  # E
    refunds.post(json={"out_refund_no": "1", "amount": numbers})  # E
    order.get(out_trade_no="1", query={"mch_id": "1900000109"})  # E
    order.get(out_trade_no="1", query={"mchid": texts["mchid"], "sub_mchid": ""})  # E
    wxpay.v2.pay.orderquery.post(xml={"appid": texts["appid"]})  # E


def variables(numbers: dict[str, int], keys: dict[int, str], objects: dict[str, object]) -> None:
    close.post(out_trade_no="1", json=numbers)  # E
    close.post(out_trade_no="1", json=keys)  # E
    close.post(out_trade_no="1", json=objects)  # E
    close.post(out_trade_no="1", json={**numbers, "mchid": "1900000109"})  # E
    refunds.post(json=keys)  # E
    order.get(out_trade_no="1", query=numbers)  # E
    refunds.post(json=["1"])  # E


def spread(texts: dict[str, str], amount: Amount) -> None:
    close.post(out_trade_no="1", json={**texts})  # E: mypy
    refunds.post(json={**texts, "amount": amount})  # E: mypy
    order.get(out_trade_no="1", query={**texts})  # E: mypy


def spread_of_a_shop(shop: Shop) -> None:
    native = wxpay.v3.pay.transactions.native
    native.post(json={**shop, "out_trade_no": "1", "amount": {"total": 1}})  # E: mypy
