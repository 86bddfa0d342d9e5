"""Functions that a guide defines and does not call: what they do at a gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs.support import ROOT, blocks
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

NUMBER = "order-0001"


def names(page: str, containing: str, **given: Any) -> dict[str, Any]:
    """What the block of a page defines that contains a text."""
    (code,) = [b.code for b in blocks(ROOT / "docs" / page) if containing in b.code]
    defined = {"__name__": "page", **given}
    exec(compile(code, page, "exec"), defined)
    return defined


@pytest.fixture
def wxpay(wechatpay_gateway: Gateway) -> Any:
    settings = {"fill": True, "notify_url": "https://shop.example/notify"}
    with wechatpay_gateway.client(**settings) as client:
        body = {"out_trade_no": NUMBER, "description": "QQ 公仔", "amount": {"total": 1990}}
        client.v3.pay.transactions.native.post(json=body)
        yield client


def test_an_order_is_closed_once(wechatpay_gateway: Gateway, wxpay: WeChatPay) -> None:
    close = names("closing-orders.md", "def close(")["close"]
    assert [close(wxpay, NUMBER), close(wxpay, NUMBER)] == ["CLOSED", "CLOSED"]
    wechatpay_gateway.sent_once("POST", f"v3/pay/transactions/out-trade-no/{NUMBER}/close")


def test_a_paid_order_is_not_closed(wechatpay_gateway: Gateway, wxpay: WeChatPay) -> None:
    wechatpay_gateway.pay(NUMBER)
    assert names("closing-orders.md", "def close(")["close"](wxpay, NUMBER) == "SUCCESS"


def test_a_payment_may_be_faster_than_the_close(
    wechatpay_gateway: Gateway, wxpay: WeChatPay
) -> None:
    def pays(request: Any, handle: Any) -> Any:
        response = yield from handle(request)
        if wechatpay_gateway.orders()[0]["state"] == "NOTPAY":
            wechatpay_gateway.pay(NUMBER)
        return response

    wxpay.stacks["v3"] = wxpay.stacks["v3"].before("verifier", "pays", pays)
    assert names("closing-orders.md", "def close(")["close"](wxpay, NUMBER) == "SUCCESS"
    wechatpay_gateway.sent_once("POST", f"v3/pay/transactions/out-trade-no/{NUMBER}/close")


def test_the_functions_of_a_deployment(
    wechatpay_gateway: Gateway, wxpay: WeChatPay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    functions = names("deployment.md", "def on_timer(", wxpay=wxpay)
    headers, body = wechatpay_gateway.signed_notification("TRANSACTION.SUCCESS")
    event = {"headers": dict(headers), "body": body.decode(), "isBase64Encoded": False}
    assert functions["on_notification"](event, None)["statusCode"] == 204
    assert functions["on_notification"]({**event, "body": "{}"}, None)["statusCode"] == 401
    assert functions["on_timer"]({}, None) == {"done": 1}
    assert functions["on_timer"]({}, None) == {"done": 0}
    functions["engine"].dispose()
