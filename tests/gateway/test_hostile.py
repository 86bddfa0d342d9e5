"""Simulated problems of WeChat Pay, and the reactions of this library's client."""

from __future__ import annotations

import json
import queue
import time
from email.utils import parsedate_to_datetime

import pytest

from tests.gateway.support import control, order, paid
from tests.servers import NotificationServer
from wechatpay_chain import (
    APIError,
    ClientError,
    RateLimited,
    Retry,
    ServerError,
    SignatureError,
    TransportError,
)
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.notifications.key_ramp import SHARES, current_share
from wechatpay_chain.gateway.server.faults import Faults
from wechatpay_chain.gateway.simulation.bases import host_of
from wechatpay_chain.testing.fault_names import OF_NOTIFICATIONS

NATIVE, UNIFIED = "v3/pay/transactions/native", "v2/pay/unifiedorder"
CERTIFICATES = "v3/certificates"
EVENT = "TRANSACTION.SUCCESS"
AT_ONCE = Retry(attempts=3, initial=0)


@pytest.fixture(autouse=True)
def no_faults(gateway):
    yield
    gateway.faults.clear()
    gateway.keys.stop_ramp()


@pytest.fixture
def written(gateway):
    """Yield notifications after each attempt or delay."""
    written: queue.Queue = queue.Queue()

    def listener(kind, what):
        if kind == "notification":
            written.put(what)

    gateway.state.log.listeners.add(listener)
    yield written
    gateway.state.log.listeners.remove(listener)


def next_of(written, number):
    """Return the notification of an order; those of other tests can be pending."""
    while (notice := written.get(timeout=10))["resource"]["out_trade_no"] != number:
        pass
    return notice


def bought(gateway, wxpay, url):
    made = order(gateway, notify_url=url)
    wxpay[NATIVE].post(json=made)
    return gateway.pay(made["out_trade_no"])["out_trade_no"]


def unified(gateway):
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "QQ公仔",
        "out_trade_no": order(gateway)["out_trade_no"],
        "total_fee": 100,
        "notify_url": "https://shop.example/notify",
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
    }


# A share of requests


def struck(share: float, seed: int, count: int = 1000) -> list[bool]:
    faults = Faults()
    faults.add("*", "reset", share=share, seed=seed)
    return [faults.take("v3/certificates") is not None for _ in range(count)]


def test_a_share_is_what_the_seed_decides():
    once = struck(0.1, 7)
    assert once == struck(0.1, 7) != struck(0.1, 8)
    assert 60 < sum(once) < 140
    assert (sum(struck(0, 7)), sum(struck(1, 7))) == (0, 1000)
    more = struck(0.3, 7)
    assert all(more[index] for index, each in enumerate(once) if each)


def test_times_count_what_is_spoiled_and_a_copy_goes_on():
    faults = Faults()
    faults.add("*", "reset", times=3, share=0.5)
    first = [faults.take("v3/x") is not None for _ in range(4)]
    others = Faults()
    others.replace(faults.copy())
    rest = [faults.take("v3/x") is not None for _ in range(100)]
    assert [others.take("v3/x") is not None for _ in range(100)] == rest
    assert sum(first) + sum(rest) == 3
    assert faults.all() == []


def test_where_a_share_passes_the_next_fault_has_its_turn():
    faults = Faults()
    faults.add("*", "reset", share=0)
    faults.add("*", "truncate")
    assert faults.take("v3/x").fault == "truncate"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"share": 1.5}, "share 1.5: expected a number from 0 to 1"),
        ({"share": True}, "share True: expected a number from 0 to 1"),
        ({"seed": "x"}, "seed 'x': expected a whole number"),
        ({"host": ""}, "host '': expected a pattern"),
        ({"fault": "rate_limit", "requests": -1}, "requests -1: expected a number from 0"),
        ({"fault": "maintenance", "status": 99}, "status 99: expected a number from 200 to 599"),
        (
            {"fault": "clock_skew", "seconds": 10**7},
            "seconds 10000000: expected a number from -864000",
        ),
        ({"fault": "rate_limit", "seconds": -1}, "seconds -1: expected a number from 0 to 3600"),
        ({"fault": "reset", "seconds": 1}, "it takes share, seed, host"),
    ],
)
def test_options_that_cannot_be(given, words):
    with pytest.raises(ValueError, match=words):
        Faults().add(**{"match": "*", "fault": "reset", **given})


# System error, rate limit, maintenance, clock


def test_a_system_error_although_it_was_carried_out(gateway, wxpay):
    gateway.faults.add(NATIVE, "system_error", times=1)
    made = order(gateway)
    with pytest.raises(ServerError) as caught:
        wxpay[NATIVE].post(json=made)
    assert (caught.value.code, caught.value.verified) == ("SYSTEM_ERROR", True)
    assert gateway.orders()[-1]["out_trade_no"] == made["out_trade_no"]


def test_the_client_repeats_what_its_number_makes_safe(gateway):
    gateway.faults.add(NATIVE, "system_error", times=2)
    before = len(gateway.orders())
    with gateway.client(retry=AT_ONCE) as wxpay:
        assert wxpay[NATIVE].post(json=order(gateway)).json()["code_url"]
    assert len(gateway.orders()) == before + 1
    assert gateway.faults.all() == []


def test_a_system_error_in_apiv2(gateway, wxpay):
    gateway.faults.add(UNIFIED, "system_error", times=1)
    made = unified(gateway)
    with pytest.raises(APIError) as caught:
        wxpay[UNIFIED].post(xml=made)
    assert (caught.value.code, caught.value.verified) == ("SYSTEMERROR", True)
    assert gateway.orders()[-1]["out_trade_no"] == made["out_trade_no"]


def test_a_rate_limit_is_of_each_merchant_and_operation(gateway, wxpay):
    other = gateway.add_merchant()
    gateway.faults.add("v3/*", "rate_limit", requests=2, seconds=10)
    query = {"query": {"mchid": gateway.identity.mchid}}
    number = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    for each in ("unknown-1", "unknown-2"):  # other numbers of the same operation
        with pytest.raises(ClientError) as caught:
            number.get(out_trade_no=each, **query)
        assert caught.value.code == "ORDER_NOT_EXIST"
    with pytest.raises(RateLimited) as limited:
        number.get(out_trade_no="unknown-3", **query)
    assert (limited.value.code, limited.value.verified) == ("FREQUENCY_LIMITED", True)
    assert wxpay[CERTIFICATES].get().verified
    with other.client() as client:
        assert client[CERTIFICATES].get().verified
    gateway.advance(seconds=10)
    with pytest.raises(ClientError, match="ORDER_NOT_EXIST"):
        number.get(out_trade_no="unknown-3", **query)


def test_a_rate_limit_in_apiv2(gateway, wxpay):
    gateway.faults.add("v2/*", "rate_limit", requests=1, seconds=60)
    wxpay[UNIFIED].post(xml=unified(gateway))
    with pytest.raises(APIError) as caught:
        wxpay[UNIFIED].post(xml=unified(gateway))
    assert (caught.value.code, caught.value.status_code) == ("FREQUENCY_LIMITED", 200)


def test_the_client_waits_for_a_rate_limit(gateway):
    gateway.faults.add(CERTIFICATES, "rate_limit", times=2, requests=0)
    with gateway.client(retry=AT_ONCE) as wxpay:
        assert wxpay[CERTIFICATES].get().verified


@pytest.mark.parametrize("status", [502, 503])
def test_maintenance_of_one_host(gateway, wxpay, status):
    gateway.faults.add("*", "maintenance", host="apihk.mch.weixin.qq.com", status=status)
    made = order(gateway)
    assert wxpay[NATIVE].post(json=made).verified
    with pytest.raises(ServerError) as caught:
        wxpay["v3/global/statements"].get(
            query={"date": "20261126", "mchid": gateway.identity.mchid},
            base_uri=gateway.base_uris["https://apihk.mch.weixin.qq.com/"],
        )
    error = caught.value
    assert (error.status_code, error.verified) == (status, False)
    assert f"<h1>{status}" in error.response.text


@pytest.mark.parametrize("name", ["maintenance", "refuse"])
def test_a_host_that_is_down_carries_nothing_out(gateway, wxpay, name):
    gateway.faults.add("*", name, host="127.0.0.1", times=1)
    before = len(gateway.orders())
    with pytest.raises((ServerError, TransportError)):
        wxpay[NATIVE].post(json=order(gateway))
    assert len(gateway.orders()) == before
    gateway.faults.add("*", name, host="127.0.0.1")
    elsewhere = gateway.base_uri.replace("127.0.0.1", "localhost")
    assert wxpay[CERTIFICATES].get(base_uri=elsewhere).verified


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        ("/v3/certificates", "127.0.0.1:8790", "127.0.0.1"),
        ("/v3/certificates", "[::1]:8790", "::1"),
        ("/v3/certificates", "Localhost", "localhost"),
        ("/apihk/v3/certificates", "127.0.0.1:1", "apihk.mch.weixin.qq.com"),
        ("/v3/certificates", "apihk.mch.weixin.qq.com", "apihk.mch.weixin.qq.com"),
        ("/hk/v3/statements", "127.0.0.1:1", "api.mch.weixin.qq.com"),
        ("/v3/certificates", "", ""),
    ],
)
def test_the_host_that_is_called(path, host, expected):
    assert host_of(path, host) == expected


def test_clocks_that_differ(gateway, wxpay):
    gateway.faults.add(CERTIFICATES, "clock_skew", times=1, seconds=200)
    response = wxpay[CERTIFICATES].get()  # within five minutes, so the signature is valid
    stamp = int(response.headers["Wechatpay-Timestamp"])
    assert response.verified
    assert 150 < stamp - time.time() < 250
    assert abs(parsedate_to_datetime(response.headers["Date"]).timestamp() - stamp) < 5
    for seconds in (400, -400):
        gateway.faults.add(CERTIFICATES, "clock_skew", times=1, seconds=seconds)
        with pytest.raises(ClientError) as caught:
            wxpay[CERTIFICATES].get()
        assert (caught.value.status_code, caught.value.code) == (401, "SIGN_ERROR")
        assert "timestamp" in caught.value.message
    assert wxpay[CERTIFICATES].get().verified


# Notifications


def test_late(gateway, wxpay, receiver, written):
    gateway.faults.add(EVENT, "notification_late", times=1, seconds=120)
    number = bought(gateway, wxpay, receiver.url)
    assert next_of(written, number)["attempts"] == []
    gateway.advance(seconds=119)
    bought(gateway, wxpay, receiver.url)
    assert receiver.next().resource["out_trade_no"] != number
    gateway.advance(seconds=2)
    assert receiver.next().resource["out_trade_no"] == number


def test_out_of_order(gateway, wxpay, receiver, written):
    gateway.faults.add(EVENT, "notification_out_of_order", times=1)
    first = bought(gateway, wxpay, receiver.url)
    assert next_of(written, first)["attempts"] == []
    second = bought(gateway, wxpay, receiver.url)
    assert [receiver.next().resource["out_trade_no"] for _ in range(2)] == [second, first]


def test_one_that_nothing_follows_comes_after_a_while(gateway, wxpay, receiver, written):
    gateway.faults.add(EVENT, "notification_out_of_order", times=1)
    number = bought(gateway, wxpay, receiver.url)
    assert next_of(written, number)["attempts"] == []
    gateway.advance(minutes=2)
    assert receiver.next().resource["out_trade_no"] == number


def test_never(gateway, wxpay, receiver, written):
    gateway.faults.add(EVENT, "notification_never", times=1)
    number = bought(gateway, wxpay, receiver.url)
    assert next_of(written, number)["state"] == "GIVEN_UP"
    gateway.advance(hours=48)
    query = {"mchid": gateway.identity.mchid}
    found = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
        out_trade_no=number, query=query
    )
    assert found.json()["trade_state"] == "SUCCESS"  # as a sweeper would find out
    bought(gateway, wxpay, receiver.url)
    assert receiver.next().resource["out_trade_no"] != number
    assert receiver.empty


def test_of_a_clock_that_is_off(gateway, wxpay, receiver):
    gateway.faults.add(EVENT, "notification_clock_skew", times=1)
    number = bought(gateway, wxpay, receiver.url)
    headers, body = receiver.take()
    with pytest.raises(SignatureError) as caught:
        wxpay.notify(headers, body)
    assert caught.value.reason == "expired"
    notice = gateway.notifications()[0]
    control(gateway, f"notifications/{notice['id']}/resend")
    assert receiver.next().resource["out_trade_no"] == number


def test_a_share_of_notifications_for_one_host(gateway, wxpay, receiver):
    gateway.faults.add("*", "notification_never", host="*.example")
    gateway.faults.add("*", "notification_never", share=0)
    number = bought(gateway, wxpay, receiver.url)
    assert receiver.next().resource["out_trade_no"] == number


@pytest.mark.parametrize("name", OF_NOTIFICATIONS)
def test_an_address_that_is_none(gateway, name, written):
    gateway.faults.add("*", name)
    with gateway.state.store.transaction():
        gateway.state.outbox.post("http://[", EVENT, {})
    assert written.get(timeout=10)["url"] == "http://["


# The rollout of the public key


def test_the_ramp_grows_as_wechat_pays_does(identity):
    with Gateway(identity=identity, signs_with="certificate", time_scale=0.001) as gateway:
        assert gateway.keys.start_ramp()["share"] == 0.001
        for share in (*SHARES[1:], 1.0):
            gateway.advance(hours=24)
            assert _share(gateway) == share
        assert gateway.keys.stop_ramp() == {"share": None, "signs_with": "certificate"}
        assert gateway.keys.all() == []


def _share(gateway):
    return current_share(gateway.state.store, gateway.state.clock)


def test_notifications_by_both_keys(identity):
    with (
        Gateway(identity=identity, signs_with="certificate", time_scale=0.001) as gateway,
        NotificationServer() as shop,
        gateway.client() as certificates_only,
    ):
        public_key = {identity.public_key_id: identity.platform_key.public_key()}
        both = gateway.client(certs={**gateway.certs, **public_key})
        gateway.keys.set_ramp(0.5, seed=3)
        for number in range(12):
            gateway.trigger(EVENT, shop.url, {"out_trade_no": f"{number}"})
        serials = []
        for _ in range(12):
            headers, body = shop.take()
            serials.append(headers["Wechatpay-Serial"])
            assert both.notify(headers, body).event_type == EVENT
            if serials[-1] == identity.public_key_id:
                with pytest.raises(SignatureError) as caught:
                    certificates_only.notify(headers, body)
                assert caught.value.reason == "unknown_serial"
        assert set(serials) == {identity.public_key_id, identity.platform_serial}
        assert certificates_only[CERTIFICATES].get().verified  # the request selects the key
        both.close()
        with pytest.raises(ValueError, match="share 2"):
            gateway.keys.set_ramp(2.0)


def test_a_ramp_and_a_share_are_in_a_snapshot(gateway, wxpay, tmp_path):
    paid(gateway, wxpay)
    gateway.keys.set_ramp(0.25)
    gateway.faults.add("v3/*", "reset", share=0.5, seed=3, host="*.example")
    path = tmp_path / "hostile.db"
    gateway.snapshot().save(path)
    with Gateway(snapshot=path) as again:
        assert _share(again) == 0.25
        assert json.dumps([each.as_json() for each in again.faults.all()]) == json.dumps(
            [each.as_json() for each in gateway.faults.all()]
        )
