"""Bodies that are no literals: made before the call, step by step, or from what calls share."""

from collections.abc import Mapping
from typing import Any, TypedDict, assert_type

from wechatpay_chain import WeChatPay
from wechatpay_chain.typed.v3.pay import PayTransactionsOutTradeNoOutTradeNoClosePostJSON as Close
from wechatpay_chain.typed.v3.refund import RefundDomesticRefundsPostJSONAmount as Amount

wxpay = WeChatPay(mchid="1900000109")
close = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close
order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
refunds = wxpay.v3.refund.domestic.refunds


class Shop(TypedDict):
    """What the shop's bodies share, in a class of its own."""

    appid: str
    mchid: str
    notify_url: str


def texts(texts: dict[str, str], fixed: Mapping[str, str]) -> None:
    body = {"mchid": "1900000109"}
    close.post(out_trade_no="1", json=body)
    close.post(out_trade_no="1", json=texts)
    close.post(out_trade_no="1", json=fixed)
    close.post(out_trade_no="1", json=texts | {"mchid": "1900000109"})
    close.post(out_trade_no="1", json=dict(texts, mchid="1900000109"))
    found = order.get(out_trade_no="1", query=body)
    assert_type(found.json()["trade_state"], str)
    wxpay.v2.pay.orderquery.post(xml=texts)


def step_by_step(amount: Amount, reason: str | None) -> None:
    refund = {"out_refund_no": "1", "amount": {"refund": 1, "total": 1, "currency": "CNY"}}
    if reason is not None:
        refund["reason"] = reason
    assert_type(refunds.post(json=refund).json()["status"], str)
    typed = {"out_refund_no": "1", "amount": amount}
    typed["reason"] = "…"
    refunds.post(json=typed)
    objects: dict[str, object] = {"out_refund_no": "1"}
    objects["amount"] = amount
    refunds.post(json=objects)


def shared(anything: dict[str, Any], texts: dict[str, str], common: Close, amount: Amount) -> None:
    close.post(out_trade_no="1", json={**common})
    close.post(out_trade_no="1", json={**anything, "mchid": "1900000109"})
    refunds.post(json={**anything, "amount": {"refund": 1, "total": 1, "currency": "CNY"}})
    refunds.post(json={**anything, "amount": amount})
    refunds.post(json=texts | {"amount": amount})
    body = {**texts, "amount": amount}
    refunds.post(json=body)


def shared_by_a_shop(shop: Shop, texts: dict[str, str]) -> None:
    native = wxpay.v3.pay.transactions.native
    native.post(json=shop | {"description": "…", "out_trade_no": "1", "amount": {"total": 1}})
    native.post(json=texts | {"description": "…", "out_trade_no": "1", "amount": {"total": 1}})
    body = {**shop, "description": "…", "out_trade_no": "1", "amount": {"total": 1}}
    native.post(json=body)


def filled() -> None:
    body = {"description": "…", "out_trade_no": "1", "amount": {"total": 1}}
    assert_type(wxpay.v3.pay.transactions.native.post(json=body, fill=True).ok, bool)
    close.post(out_trade_no="1", json={}, fill=True)
    order.get(out_trade_no="1", query={}, fill=True)


async def with_await(texts: dict[str, str]) -> str:
    answered = await close.post_async(out_trade_no="1", json=texts)
    refund = {"out_refund_no": "1", "amount": {"refund": 1, "total": 1, "currency": "CNY"}}
    return (await refunds.post_async(json=refund)).json()["status"] + answered.text
