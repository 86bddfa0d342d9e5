"""What wechatpayv3 is used for, to its end: each kind of payment, combined orders, sharing, score.

`test_peers` has a native order and its refund, `test_wechatpayv3` calls every method once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.peers.conftest import imported
from wechatpay_chain.gateway import Gateway

URL = "https://shop.example/notify"
PAYER = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}


class Shop:
    """A shop that wechatpayv3 serves.

    Args:
        gateway: that it calls.
        merchant: of the gateway; None is its first one.
        options: of the client.
    """

    def __init__(self, gateway: Gateway, merchant: str | None = None, **options: Any) -> None:
        peer = imported("wechatpayv3")
        told = gateway.describe()
        own = told if merchant is None else told["merchants"][merchant]
        self.types = peer.WeChatPayType
        self.mchid, self.appid = own["mchid"], own["appid"]
        self.client = peer.WeChatPay(
            wechatpay_type=peer.WeChatPayType.JSAPI,
            mchid=own["mchid"],
            private_key=Path(own["private_key"]).read_text(),
            cert_serial_no=own["serial"],
            appid=own["appid"],
            apiv3_key=own["apiv3_key"],
            notify_url=URL,
            public_key=Path(told["platform"]["public_key"]).read_text(),
            public_key_id=told["platform"]["public_key_id"],
            **options,
        )
        self.client._core._gate_way = told["base_uri"].rstrip("/")

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            code, message = method(*arguments, **options)
            assert code in (200, 204), message
            return json.loads(message) if message else None

        return call


@pytest.fixture
def gateway(tmp_path: Path) -> Any:
    with Gateway(data=tmp_path / "gateway") as gateway:
        yield gateway
        for merchant in gateway.merchants.values():
            merchant.state.ledger.check()


def test_every_kind_of_payment(gateway: Gateway) -> None:
    shop = Shop(gateway)
    scene = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
    for kind, more, given in (
        (shop.types.JSAPI, {"payer": PAYER}, "prepay_id"),
        (shop.types.MINIPROG, {"payer": PAYER}, "prepay_id"),
        (shop.types.APP, {}, "prepay_id"),
        (shop.types.H5, {"scene_info": scene}, "h5_url"),
        (shop.types.NATIVE, {}, "code_url"),
    ):
        number = f"kind-{kind.name}"
        made = shop.pay("tea", number, {"total": 100}, pay_type=kind, **more)
        assert made.keys() == {given}
        gateway.pay(number)
        paid = shop.query(out_trade_no=number)
        assert (paid["trade_state"], paid["amount"]["payer_total"]) == ("SUCCESS", 100)
        assert shop.query(transaction_id=paid["transaction_id"])["out_trade_no"] == number


def test_combined_orders(gateway: Gateway) -> None:
    shop = Shop(gateway)
    orders = [
        {
            "mchid": shop.mchid,
            "attach": "tea",
            "amount": {"total_amount": total, "currency": "CNY"},
            "out_trade_no": f"part-000{total}",
            "description": "tea",
        }
        for total in (10, 20)
    ]
    made = shop.combine_pay("whole-0001", orders, pay_type=shop.types.NATIVE)
    assert made["code_url"]
    gateway.pay("whole-0001")
    parts = shop.combine_query("whole-0001")["sub_orders"]
    assert [(each["trade_state"], each["amount"]["total_amount"]) for each in parts] == [
        ("SUCCESS", 10),
        ("SUCCESS", 20),
    ]
    other = [{**each, "out_trade_no": f"{each['out_trade_no']}-2"} for each in orders]
    shop.combine_pay("whole-0002", other, pay_type=shop.types.NATIVE)
    names = ("mchid", "out_trade_no")
    shop.combine_close("whole-0002", [{name: each[name] for name in names} for each in other])
    closed = shop.combine_query("whole-0002")["sub_orders"]
    assert {each["trade_state"] for each in closed} == {"CLOSED"}


def test_profit_sharing(gateway: Gateway) -> None:
    shop = Shop(gateway)
    shop.pay(
        "tea",
        "share-0001",
        {"total": 1000},
        pay_type=shop.types.NATIVE,
        settle_info={"profit_sharing": True},
    )
    gateway.pay("share-0001")
    number = shop.query(out_trade_no="share-0001")["transaction_id"]
    shop.profitsharing_add_receiver("PERSONAL_OPENID", PAYER["openid"], "STAFF")
    receiver = {"type": "PERSONAL_OPENID", "account": PAYER["openid"], "amount": 30}
    shared = shop.profitsharing_order(
        number, "sharing-1", [{**receiver, "description": "to staff"}], unfreeze_unsplit=False
    )
    assert shared["receivers"][0]["amount"] == 30
    asked = shop.profitsharing_order_query(number, "sharing-1")
    assert asked["order_id"] == shared["order_id"]
    assert shop.profitsharing_amount_query(number)["unsplit_amount"] == 970
    shop.profitsharing_unfreeze(number, "sharing-2", "the rest is ours")
    assert shop.profitsharing_amount_query(number)["unsplit_amount"] == 0


def test_pay_score(gateway: Gateway) -> None:
    shop = Shop(gateway)
    service = "500001"
    shop.payscore_create(
        "score-0001",
        service,
        "power bank",
        {"start_time": "OnAccept", "end_time": "20351231235959"},
        {"name": "DEPOSIT", "amount": 10000},
    )
    gateway.payscore.confirm("score-0001")
    assert shop.payscore_query(service, out_order_no="score-0001")["state"] == "DOING"
    shop.payscore_complete(
        "score-0001", service, [{"name": "rent", "amount": 200}], total_amount=200
    )
    assert shop.payscore_query(service, out_order_no="score-0001")["total_amount"] == 200


def test_a_service_provider(gateway: Gateway) -> None:
    partner = gateway.add_merchant("partner")
    sub = gateway.add_sub_merchant(partner).mchid
    shop = Shop(gateway, partner.mchid, partner_mode=True)
    made = shop.pay(
        "tea", "partner-0001", {"total": 100}, sub_mchid=sub, pay_type=shop.types.NATIVE
    )
    assert made["code_url"]
    partner.pay("partner-0001")
    paid = shop.query(out_trade_no="partner-0001", sub_mchid=sub)
    assert (paid["sub_mchid"], paid["trade_state"]) == (sub, "SUCCESS")
    amount = {"refund": 40, "total": 100, "currency": "CNY"}
    refund = shop.refund("partner-r1", amount, out_trade_no="partner-0001", sub_mchid=sub)
    assert shop.query_refund("partner-r1", sub_mchid=sub)["refund_id"] == refund["refund_id"]
    assert partner.balance(sub) == 60
