"""Clients that we did not write, against the gateway: each verifies it with its own code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.servers import NotificationServer
from wechatpay_chain.gateway import Gateway

from .conftest import imported


def test_wechatpayv3(
    gateway: Gateway, receiver: NotificationServer, pay: Any, tmp_path: Path
) -> None:
    wechatpayv3 = imported("wechatpayv3")
    told = gateway.describe()
    url = receiver.url
    public_key = {
        "public_key": Path(told["platform"]["public_key"]).read_text(),
        "public_key_id": told["platform"]["public_key_id"],
    }
    (tmp_path / "certs").mkdir()
    shutil.copy(told["platform"]["certificate"], tmp_path / "certs" / "platform.pem")
    certificate = {"cert_dir": str(tmp_path / "certs")}
    shop = wechatpayv3.WeChatPay(
        wechatpay_type=wechatpayv3.WeChatPayType.NATIVE,
        mchid=told["mchid"],
        private_key=Path(told["private_key"]).read_text(),
        cert_serial_no=told["serial"],
        appid=told["appid"],
        apiv3_key=told["apiv3_key"],
        notify_url=url,
        **(public_key if gateway.identity.signs_with == "public_key" else certificate),
    )
    shop._core._gate_way = told["base_uri"].rstrip("/")  # it has no argument for that
    name = "python"

    def succeed(answer: tuple[int, Any]) -> Any:
        code, message = answer
        assert code in (200, 204), message
        return json.loads(message) if message else None

    def order(number: str) -> Any:
        return succeed(
            shop.pay(
                description="Image形象店-QQ公仔",
                out_trade_no=number,
                amount={"total": 100},
                pay_type=wechatpayv3.WeChatPayType.NATIVE,
            )
        )

    assert order(f"{name}-1")["code_url"]
    assert succeed(shop.query(out_trade_no=f"{name}-1"))["trade_state"] == "NOTPAY"
    pay(f"{name}-1")
    headers, body = receiver.take()
    notice = shop.callback(headers, body.decode())
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["out_trade_no"] == f"{name}-1"
    assert notice["resource"]["amount"]["payer_total"] == 100
    assert succeed(shop.query(out_trade_no=f"{name}-1"))["trade_state"] == "SUCCESS"
    refund = succeed(
        shop.refund(
            out_trade_no=f"{name}-1",
            out_refund_no=f"{name}-r",
            amount={"refund": 40, "total": 100, "currency": "CNY"},
        )
    )
    assert refund["amount"]["refund"] == 40
    assert succeed(shop.query_refund(f"{name}-r"))["refund_id"] == refund["refund_id"]
    order(f"{name}-2")
    assert succeed(shop.close(f"{name}-2")) is None
    assert succeed(shop.query(out_trade_no=f"{name}-2"))["trade_state"] == "CLOSED"


def test_wechatpay_axios_plugin(run_node: Any) -> None:
    seen = run_node("wechatpay-axios-plugin", "axios.cjs")
    assert seen["ordered"]["code_url"]
    assert (seen["before"], seen["after"], seen["at_last"]) == ("NOTPAY", "SUCCESS", "CLOSED")
    assert seen["notified"]["out_trade_no"] == "Axios-0001"
    assert seen["notified"]["amount"]["payer_total"] == 100
    assert seen["refund"]["refund_id"] == seen["refunded"]["refund_id"]
    assert seen["refund"]["amount"]["refund"] == 40
    assert seen["closed"] == 204
    assert seen["unified"]["code_url"]
    assert seen["queried"]["trade_state"] == "NOTPAY"
    assert seen["bill"] == 200
    assert (seen["created"], seen["changed"]) == (
        "https://shop.example/complaints",
        "https://shop.example/other",
    )
    assert seen["deleted"] == 204


def test_wechatpay_node_v3(gateway: Gateway, run_node: Any) -> None:
    seen = run_node("wechatpay-node-v3", "node_v3.cjs")
    told = gateway.describe()
    assert int(seen["serial"], 16) == int(told["serial"], 16)
    assert seen["certificates"] == [told["platform"]["serial"]]
    signed = 4 if gateway.identity.signs_with == "certificate" else 3  # it knows no public key
    assert seen["genuine"] == [True] * signed
    assert seen["ordered"]["data"]["code_url"]
    assert seen["jsapi"]["data"]["package"].startswith("prepay_id=")
    before, after = seen["before"], seen["after"]
    assert (before["trade_state"], before["trade_state_desc"]) == ("NOTPAY", "订单未支付")
    assert (before["amount"]["total"], before["promotion_detail"]) == (100, [])
    assert after["trade_state"] == "SUCCESS"
    assert after == seen["notified"]
    assert after["amount"]["payer_total"] == 100
    assert seen["refunded"]["refund_id"] == seen["refund"]["refund_id"]
    assert seen["closed"] == 204
    statuses = {name: seen[name]["status"] for name in ("unknown", "wrong", "refused")}
    assert statuses == {"unknown": 404, "wrong": 400, "refused": 401}
    assert seen["unknown"]["data"]["code"] == "ORDER_NOT_EXIST"
    assert seen["wrong"]["data"]["code"] == "PARAM_ERROR"
    assert seen["wrong"]["data"]["detail"]["field"] == "/description"
    assert seen["refused"]["data"]["code"] == "SIGN_ERROR"
    assert seen["transferred"]["data"]["out_batch_no"] == "Node0001"
    assert seen["shared"]["data"]["account"] == "86693852"


def test_tenpay(gateway: Gateway, run_node: Any, monkeypatch: Any, tmp_path: Path) -> None:
    identity = gateway.identity
    bundle = pkcs12.serialize_key_and_certificates(
        None,
        identity.merchant_key,
        identity.merchant_certificate,
        None,
        BestAvailableEncryption(identity.mchid.encode()),
    )
    (tmp_path / "apiclient_cert.p12").write_bytes(bundle)
    monkeypatch.setenv("PFX", str(tmp_path / "apiclient_cert.p12"))
    seen = run_node("tenpay", "tenpay.cjs")  # it checks appid, mch_id and sign of most answers
    assert seen["ordered"]["code_url"]
    assert len(seen["hashed"]["sign"]) == 64
    assert seen["params"]["package"].startswith("prepay_id=")
    assert (seen["before"]["trade_state"], seen["before"]["total_fee"]) == ("NOTPAY", "100")
    assert seen["after"]["trade_state"] == "SUCCESS"
    assert seen["notified"]["transaction_id"] == seen["after"]["transaction_id"]
    assert seen["refunded"]["refund_id"] == seen["refund"]["refund_id_0"]
    assert seen["closed"]["result_code"] == "SUCCESS"
    assert seen["micropay"]["trade_type"] == "MICROPAY"
    assert seen["reversed"]["recall"] == "N"
    assert seen["transferred"]["partner_trade_no"] == "tenpay0001"
    assert seen["transfer"]["partner_trade_no"] == "tenpay0001"
    assert seen["redpack"]["total_amount"] == "100"
    assert seen["unknown"] == "ORDERNOTEXIST"
    assert seen["twice"] == "OUT_TRADE_NO_USED"
    assert seen["bill"] == "invalid bill_date"
    assert seen["stranger"].startswith("签名错误")


def test_wechatpy(gateway: Gateway, receiver: NotificationServer, pay: Any, request: Any) -> None:
    wechatpy = imported("wechatpy.pay")
    failure = imported("wechatpy.exceptions").WeChatPayException
    told = gateway.describe()
    url = receiver.url

    def made(secret: str, *, certified: bool = True) -> Any:
        files = {"mch_cert": told["certificate"], "mch_key": told["private_key"]}
        shop = wechatpy.WeChatPay(
            told["appid"], secret, told["mchid"], **(files if certified else {})
        )
        shop.API_BASE_URL = told["tls_base_uri"]  # it has no argument for it
        shop._http.verify, shop._http.trust_env = told["ca"], False
        request.addfinalizer(shop._http.close)
        return shop

    shop = made(told["secret"])

    def order(number: str, **more: Any) -> Any:
        made_order = shop.order.create(
            "NATIVE", "QQ公仔", 100, url, client_ip="1.2.3.4", out_trade_no=number, **more
        )
        assert shop.check_signature(made_order)
        return made_order

    assert order("wechatpy-1")["code_url"]
    before = shop.order.query(out_trade_no="wechatpy-1")
    assert (before["trade_state"], before["total_fee"]) == ("NOTPAY", "100")
    assert shop.check_signature({name: value or "" for name, value in before.items()})
    pay("wechatpy-1")
    notice = shop.parse_payment_result(receiver.take()[1])
    assert (notice["out_trade_no"], notice["cash_fee"]) == ("wechatpy-1", 100)
    after = shop.order.query(out_trade_no="wechatpy-1")
    assert (after["trade_state"], after["transaction_id"]) == ("SUCCESS", notice["transaction_id"])

    refund = shop.refund.apply(100, 40, "wechatpy-r", out_trade_no="wechatpy-1", notify_url=url)
    assert shop.refund.query(out_refund_no="wechatpy-r")["refund_id_0"] == refund["refund_id"]
    with pytest.raises(failure) as refused:
        made(told["secret"], certified=False).refund.apply(
            100, 40, "wechatpy-r2", out_trade_no="wechatpy-1"
        )
    assert refused.value.response.status_code == 400
    gateway.advance(minutes=5)
    told_of = shop.parse_refund_notify_result(receiver.take()[1])
    assert (told_of["refund_status"], told_of["refund_fee"]) == ("SUCCESS", 40)

    order("wechatpy-2")
    assert shop.order.close("wechatpy-2")["result_code"] == "SUCCESS"
    assert shop.order.query(out_trade_no="wechatpy-2")["trade_state"] == "CLOSED"
    paid = shop.micropay.create("QQ公仔", 1, "134567890123456789", "1.2.3.4", "wechatpy-3")
    assert paid["transaction_id"]
    assert shop.order.reverse(out_trade_no="wechatpy-3")["recall"] == "N"
    transfer = shop.transfer.transfer(
        "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", 100, "报销", "1.2.3.4", "FORCE_CHECK", "张三", "wechatpy4"
    )
    assert transfer["partner_trade_no"] == "wechatpy4"
    for call, code in (
        (lambda: shop.order.query(out_trade_no="wechatpy-9"), "ORDERNOTEXIST"),
        (
            lambda: shop.refund.apply(100, 90, "wechatpy-r3", out_trade_no="wechatpy-1"),
            "INVALID_REQUEST",
        ),
    ):
        with pytest.raises(failure) as error:
            call()
        assert error.value.errcode == code
    with pytest.raises(failure, match="签名错误"):
        made("0" * 32).order.query(out_trade_no="wechatpy-1")
