"""What a caller sees of a call is the same from the gateway, over sockets, and from a cassette."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import Keys
from tests.testing_kit.cassettes.calls import (
    OPENID,
    PERSON,
    PHONE,
    order,
    order_v2,
    seen,
)
from wechatpay_chain import APIError, Response, Sensitive, WeChatPay
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import xml
from wechatpay_chain.testing import MockTransport, cassette

Call = Callable[[WeChatPay], Any]

ORDER = "order-0001"
REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def empty(gateway: Gateway) -> Iterator[None]:
    """Each test begins with a gateway that has nothing in it."""
    before = gateway.snapshot()
    yield
    gateway.restore(before)


@pytest.fixture(params=["yaml", "json"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "yaml":
        pytest.importorskip("yaml")
    return tmp_path / "cassettes" / f"calls.{request.param}"


def outcome(call: Callable[[], Response]) -> Response | APIError:
    try:
        return call()
    except APIError as error:
        return error


def many(wxpay: WeChatPay) -> list[Response | APIError]:
    """Calls of many kinds; each is made by name, so that all of them are made twice."""
    pay, refunds = wxpay.v3.pay.transactions, wxpay.v3.refund.domestic.refunds
    mchid = {"mchid": wxpay.mchid}
    calls: list[Callable[[], Response]] = [
        lambda: pay.jsapi.post(json=order(wxpay, ORDER)),
        lambda: pay.outTradeNo._out_trade_no_.get(out_trade_no=ORDER, query=mchid),
        lambda: pay.outTradeNo._out_trade_no_.get(out_trade_no="none-such", query=mchid),
        lambda: pay.outTradeNo._out_trade_no_.close.post(out_trade_no=ORDER, json=mchid),
        lambda: refunds.post(
            json={
                "out_trade_no": ORDER,
                "out_refund_no": "refund-0001",
                "reason": PERSON,
                "amount": {"refund": 1, "total": 100, "currency": "CNY"},
            }
        ),
        lambda: wxpay.v3.certificates.get(),
        lambda: wxpay.v2.pay.unifiedorder.post(xml=order_v2(wxpay, "v2-order-0001")),
        lambda: wxpay.v2.pay.unifiedorder.post(
            xml=order_v2(wxpay, "v2-order-0002", sign_type="HMAC-SHA256")
        ),
        lambda: wxpay.v2.pay.orderquery.post(
            xml={"appid": wxpay.appid, "mch_id": wxpay.mchid, "out_trade_no": "v2-order-0001"}
        ),
        lambda: wxpay.v2.pay.orderquery.post(
            xml={"appid": wxpay.appid, "mch_id": wxpay.mchid, "out_trade_no": "v2-none-such"}
        ),
    ]
    return [outcome(call) for call in calls]


def test_a_caller_sees_the_same(gateway: Gateway, path: Path) -> None:
    with cassette(path) as tape:
        assert tape.records
        recorded = many(tape.client(gateway.client))
    with cassette(path, "none") as tape:
        assert not tape.records
        played = many(tape.client())
        tape.assert_all_played()
    assert list(map(seen, played)) == list(map(seen, recorded))
    assert any(isinstance(each, APIError) for each in recorded)
    assert sum(isinstance(each, Response) and each.verified for each in recorded) >= 6
    text = path.read_text("utf-8")
    secrets = (gateway.identity.apiv3_key, gateway.identity.secret, "127.0.0.1", "BEGIN")
    for private in (OPENID, PHONE, PERSON, "shop.example.org", "203.0.113.77", *secrets):
        assert private not in text


def test_async_calls(gateway: Gateway, path: Path) -> None:
    async def calls(wxpay: WeChatPay) -> list[Any]:
        async with wxpay:
            placed = await wxpay.v3.pay.transactions.jsapi.post_async(json=order(wxpay, ORDER))
            certificates = await wxpay.v3.certificates.get_async()
            with pytest.raises(APIError) as raised:
                await wxpay[REFUNDS].post_async(json={})
            return [seen(each) for each in (placed, certificates, raised.value)]

    with cassette(path) as tape:
        recorded = asyncio.run(calls(tape.client(gateway.client)))
    with cassette(path, "none") as tape:
        assert asyncio.run(calls(tape.client())) == recorded
        tape.assert_all_played()
        assert tape.play_count == 3


def test_sync_and_async_share_a_cassette(gateway: Gateway, path: Path) -> None:
    with cassette(path) as tape:
        tape.client(gateway.client).v3.certificates.get()
    with cassette(path, "none") as tape:
        response = asyncio.run(tape.client().v3.certificates.get_async())
        assert response.verified


def test_a_client_fetches_certificates(gateway: Gateway, path: Path) -> None:
    """One that was given none fetches them first; whether it does is its own affair."""
    with cassette(path) as tape:
        wxpay = tape.client(gateway.client, certs={})
        assert wxpay.v3.pay.transactions.jsapi.post(json=order(wxpay, ORDER)).verified
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        assert wxpay.v3.pay.transactions.jsapi.post(json=order(wxpay, ORDER)).verified
        tape.assert_all_played()
    with gateway.client(certs={}) as own, cassette(path, "none") as tape:
        tape.attach(own)
        assert own.v3.pay.transactions.jsapi.post(json=order(own, ORDER)).verified
        tape.assert_all_played()
    assert own.platform_keys.serials == ()


def test_certificates_are_listed_one_by_one(gateway: Gateway, path: Path) -> None:
    gateway.rotate_keys()

    def listed(wxpay: WeChatPay) -> list[str]:
        data = wxpay.v3.certificates.get().json()["data"]
        return [each["serial_no"] for each in data]

    with cassette(path) as tape:
        recorded = listed(tape.client(gateway.client))
    with cassette(path, "none") as tape:
        played = listed(tape.client())
    assert len(recorded) == len(set(played)) == 2
    assert not set(recorded) & set(played)


@pytest.mark.parametrize("sensitive", [None, "auto"])
def test_ciphertexts_open_with_the_clients_key(keys: Keys, path: Path, sensitive: Any) -> None:
    """What came encrypted for the merchant does so again, with a plaintext of the same kind."""
    complaint = "v3/merchant-service/complaints-v2/200000020221120"
    sealed = rsa.encrypt(PHONE, keys.merchant.public_key())
    transport = MockTransport(lambda _: {"complaint_id": "1", "payer_phone": sealed})

    def phone(wxpay: WeChatPay) -> str:
        told: str = wxpay[complaint].get(sensitive=sensitive).json()["payer_phone"]
        return told if sensitive else wxpay.decrypt(told)

    with cassette(path) as tape:
        assert phone(tape.client(transport.client, private_key=keys.merchant)) == PHONE
    text = path.read_text("utf-8")
    assert sealed not in text
    assert PHONE not in text
    with cassette(path, "none") as tape:
        assert phone(tape.client()) == "13800138000"
    with cassette(path, "none") as tape:
        own = transport.client(private_key=keys.merchant)
        tape.attach(own)
        assert phone(own) == "13800138000"


def test_apiv2s_body_is_xml_again(gateway: Gateway, path: Path) -> None:
    with cassette(path) as tape:
        wxpay = tape.client(gateway.client)
        recorded = wxpay.v2.pay.unifiedorder.post(xml=order_v2(wxpay, "v2-order-0001")).xml()
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        played = wxpay.v2.pay.unifiedorder.post(xml=order_v2(wxpay, "v2-order-0001"))
    assert played.xml().keys() == recorded.keys()
    assert len(xml.loads(played.content)["sign"]) == len(recorded["sign"])


def test_sensitive_members_are_replaced_in_requests(gateway: Gateway, path: Path) -> None:
    receiver = {
        "appid": gateway.identity.appid,
        "type": "PERSONAL_OPENID",
        "account": OPENID,
        "relation_type": "STAFF",
    }
    with cassette(path) as tape:
        wxpay = tape.client(gateway.client)
        added = wxpay.v3.profitsharing.receivers.add.post(
            json={**receiver, "name": Sensitive(PERSON)}
        )
        sent = tape.sent_once("POST").json
    text = path.read_text("utf-8")
    for private in (OPENID, PERSON, sent["name"][:40], added.json()["account"]):
        assert private not in text
    with cassette(path, "none") as tape:
        again = tape.client().v3.profitsharing.receivers.add.post(
            json={**receiver, "name": Sensitive(PERSON)}
        )
    assert again.json()["account"].startswith("oRecorded")
    assert seen(again) == seen(added)
