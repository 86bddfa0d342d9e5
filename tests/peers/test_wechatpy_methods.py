"""Every method of wechatpy's payment client is called, in whole lives of what it makes."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.gateway.support import new_code
from tests.peers.conftest import imported
from wechatpay_chain.gateway import Gateway

USER = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
PARTS = (
    "coupon",
    "jsapi",
    "micropay",
    "order",
    "redpack",
    "refund",
    "tools",
    "transfer",
    "withhold",
)
"""The attributes of the client, each with methods for a product."""
ELSEWHERE = {"WeChatTransfer.get_rsa_public_key", "WeChatTransfer.transfer_bankcard"}
"""The methods that call a host which no argument changes; the gateway has its operations."""


class Counted:
    """A part of the client that notes which of its methods were called."""

    def __init__(self, part: Any, called: set[str]) -> None:
        self._part, self._called = part, called

    def __getattr__(self, name: str) -> Any:
        self._called.add(f"{type(self._part).__name__}.{name}")
        return getattr(self._part, name)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the client leaves sockets open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_method(gateway: Gateway, request: Any) -> None:
    wechatpy = imported("wechatpy.pay")
    failure = imported("wechatpy.exceptions").WeChatPayException
    told, called = gateway.describe(), set[str]()
    client = wechatpy.WeChatPay(
        told["appid"],
        told["secret"],
        told["mchid"],
        mch_cert=told["certificate"],
        mch_key=told["private_key"],
    )
    client.API_BASE_URL = told["tls_base_uri"]  # it has no argument for it
    client._http.verify, client._http.trust_env = told["ca"], False
    request.addfinalizer(client._http.close)
    shop = {name: Counted(getattr(client, name), called) for name in PARTS}

    def code(call: Any) -> str:
        with pytest.raises(failure) as caught:
            call()
        assert caught.value.errcode not in (None, "SIGNERROR"), caught.value
        return str(caught.value.errcode)

    # orders and refunds
    url = "http://127.0.0.1:1/notify"
    made = shop["order"].create("APP", "QQ公仔", 100, url, "1.2.3.4", out_trade_no="P1")
    assert shop["order"].get_appapi_params(made["prepay_id"])["prepayid"] == made["prepay_id"]
    jsapi = shop["order"].create("JSAPI", "QQ公仔", 100, url, "1.2.3.4", USER, out_trade_no="P2")
    params = shop["jsapi"].get_jsapi_params(jsapi["prepay_id"])
    assert params["package"] == f"prepay_id={jsapi['prepay_id']}"
    assert shop["jsapi"].get_jsapi_signature(jsapi["prepay_id"], "1", "x")
    gateway.pay("P1")
    assert shop["order"].query(out_trade_no="P1")["trade_state"] == "SUCCESS"
    shop["refund"].apply(100, 40, "R1", out_trade_no="P1")
    assert shop["refund"].query(out_refund_no="R1")["refund_count"] == "1"
    assert shop["order"].close("P2")["result_code"] == "SUCCESS"

    # payment codes
    paid = shop["micropay"].create("QQ公仔", 1, new_code(), "1.2.3.4", "P3")
    assert shop["micropay"].query(out_trade_no="P3")["transaction_id"] == paid["transaction_id"]
    assert shop["order"].reverse(out_trade_no="P3")["recall"] == "N"

    # red packets and payouts
    about = ("shop", "act", "wish", "remark")
    shop["redpack"].send(USER, 100, *about, client_ip="1.2.3.4", out_trade_no="H1")
    assert shop["redpack"].query("H1")["status"] in ("SENT", "SENDING")
    shop["redpack"].send_group(USER, 300, *about, 3, client_ip="1.2.3.4", out_trade_no="H2")
    gateway.red_packets.receive("H1")
    assert shop["redpack"].query("H1")["status"] == "RECEIVED"
    shop["transfer"].transfer(USER, 100, "报销", "1.2.3.4", out_trade_no="T1")
    assert shop["transfer"].query("T1")["status"] == "SUCCESS"
    assert code(lambda: shop["transfer"].query_bankcard("T2"))

    # contracts and deductions
    signing = shop["withhold"].apply_signing("123", "C1", "张三", url)
    assert signing["base_url"].endswith("papay/entrustweb")
    assert code(lambda: shop["withhold"].query_signing(plan_id="123", contract_code="C1"))
    assert code(lambda: shop["withhold"].apply_deduct("x", 100, "1", url, clientip="1.2.3.4"))
    assert code(lambda: shop["withhold"].query_order(out_trade_no="D1"))
    assert code(
        lambda: shop["withhold"].apply_cancel_signing(
            contract_id="1", contract_termination_remark="x"
        )
    )

    # coupons and tools
    for call in (
        lambda: shop["coupon"].send(USER, "1"),
        lambda: shop["coupon"].query_stock("1"),
    ):
        assert code(call) == "COUPON_STOCK_ID_NOT_VALID"
    with pytest.raises(failure):  # its path is not one of WeChat Pay's any more
        shop["coupon"].query_coupon("1", USER)
    assert shop["tools"].auto_code_to_openid(new_code())["openid"]
    assert shop["tools"].short_url("weixin://wxpay/bizpayurl?pr=1")["short_url"]
    day = gateway.state.clock.date()
    assert shop["tools"].download_bill(day.replace("-", ""))
    assert shop["tools"].download_fundflow(day.replace("-", ""))

    every = {
        f"{type(part._part).__name__}.{name}"
        for part in shop.values()
        for name, _ in inspect.getmembers(type(part._part), inspect.isfunction)
        if not name.startswith("_")
    }
    assert every - called == ELSEWHERE
