"""`signed_notification`: what a client verifies as WeChat Pay's, for unit tests of receivers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wechatpay_chain import ConfigurationError, SignatureError, WeChatPay, catalogue
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing import MockTransport, SignedNotification, signed_notification


@pytest.fixture(scope="module")
def wxpay() -> WeChatPay:
    return MockTransport(lambda _: None).client()


def test_a_receiver_is_tested_without_a_server(wxpay: WeChatPay) -> None:
    signed = signed_notification("TRANSACTION.SUCCESS", {"out_trade_no": "native-0001"})
    notice = wxpay.notify(*signed)
    assert notice.event_type == "TRANSACTION.SUCCESS"
    assert notice.resource["out_trade_no"] == "native-0001"
    assert notice.resource["mchid"] == wxpay.mchid
    assert isinstance(signed, SignedNotification)
    assert wxpay.notify(headers=signed.headers, body=signed.body).resource == notice.resource


@pytest.mark.parametrize("protocol", ["v2", "v3"])
def test_every_notification_of_the_catalogue_is_verified(wxpay: WeChatPay, protocol: Any) -> None:
    events = [each.event for each in catalogue.webhooks() if each.protocol == protocol]
    assert len(events) > 5
    for event in events:
        headers, body = signed_notification(event, protocol=protocol)
        notice = wxpay.notify(headers, body) if protocol == "v3" else wxpay.notify_v2(body)
        assert notice.resource, event


def test_every_form_of_a_type_is_made(wxpay: WeChatPay) -> None:
    for webhook in catalogue.webhooks():
        for variant in webhook.variants:
            signed = signed_notification(webhook.event, variant=variant.name)
            assert wxpay.notify(*signed).resource.keys() >= {
                member.name for member in variant.resource if member.required
            }


def test_a_byte_that_changes_is_noticed(wxpay: WeChatPay) -> None:
    headers, body = signed_notification("TRANSACTION.SUCCESS")
    with pytest.raises(SignatureError):
        wxpay.notify(headers, body.replace(b"TRANSACTION", b"TRANSACTIOM"))


def test_a_transport_with_keys_of_its_own_signs_with_them(wxpay: WeChatPay) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    transport = MockTransport(lambda _: {"a": 1}, sign={"PUB_KEY_ID_01": key})
    own = transport.client()
    assert own.v3.certificates.get().verified
    signed = transport.signed_notification("REFUND.SUCCESS", {"refund_status": "SUCCESS"})
    assert own.notify(*signed).resource["refund_status"] == "SUCCESS"
    with pytest.raises(SignatureError):
        wxpay.notify(*signed)


def test_a_gateway_signs_for_its_merchants() -> None:
    with Gateway() as gateway:
        tea = gateway.add_merchant()
        for merchant in (gateway, tea):
            signed = merchant.signed_notification("TRANSACTION.SUCCESS", {"attach": "茶"})
            with merchant.client() as wxpay:
                notice = wxpay.notify(*signed)
                assert (notice.resource["attach"], notice.resource["mchid"]) == ("茶", wxpay.mchid)
        assert gateway.notifications() == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"event": "TRANSACTION.SUCCES"}, "has no notification TRANSACTION.SUCCES; there is"),
        ({"event": "X"}, "has no notification X"),
        ({"protocol": "v4"}, "expected v2 or v3"),
        ({"variant": "nobody"}, "variant 'nobody': "),
        ({"resource": [1]}, "resource= is of type list: expected a mapping"),
        ({"resource": {"a": object()}}, "resource= cannot be written as JSON"),
        ({"resource": {"a": "\ud800"}}, "resource= cannot be written as JSON"),
        ({"resource": {"a": float("nan")}}, "resource= cannot be written as JSON"),
    ],
)
def test_what_cannot_be_made(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        signed_notification(**{"event": "TRANSACTION.SUCCESS", **options})


def test_the_content_is_the_one_that_was_signed() -> None:
    _, body = signed_notification("TRANSACTION.SUCCESS")
    assert json.loads(body)["event_type"] == "TRANSACTION.SUCCESS"


@pytest.mark.parametrize("variant", ["direct", "partner", "global"])
def test_amounts_and_coupons_add_up(wxpay: WeChatPay, variant: str) -> None:
    notice = wxpay.notify(*signed_notification("TRANSACTION.SUCCESS", variant=variant))
    amount, coupons = notice.resource["amount"], notice.resource["promotion_detail"]
    assert amount["payer_total"] + sum(each["amount"] for each in coupons) == amount["total"]
