"""Faults on demand: each raises the same exception in the client as the real fault."""

from __future__ import annotations

import pytest

from tests.gateway.support import new_number, order, paid
from wechatpay_chain import (
    APIError,
    ClientError,
    Media,
    RateLimited,
    ServerError,
    SignatureError,
    TransportError,
    TransportTimeout,
)
from wechatpay_chain.gateway.server.faults import Faults
from wechatpay_chain.testing.fault_names import NAMES, OF_NOTIFICATIONS

NATIVE, UNIFIED = "v3/pay/transactions/native", "v2/pay/unifiedorder"
USER = "v3/offlinefacemch/organizations/o/users/out-user-id/u"


@pytest.fixture(autouse=True)
def no_faults(gateway):
    yield
    gateway.faults.clear()


@pytest.fixture(params=[False, True], ids=["plain", "TLS"])
def wxpay(request, gateway):
    with gateway.client(tls=request.param, retry=None) as wxpay:
        yield wxpay


def buy(gateway, wxpay, protocol="v3", **options):
    if protocol == "v3":
        made = order(gateway)
        wxpay[NATIVE].post(json=made, **options)
    else:
        made = unified(gateway)
        wxpay[UNIFIED].post(xml=made, **options)
    return made["out_trade_no"]


def unified(gateway):
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "QQ公仔",
        "out_trade_no": new_number("U"),
        "total_fee": 100,
        "notify_url": "https://shop.example/notify",
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
    }


def spoiled(gateway, wxpay, kind, protocol, name, **options):
    """Return the result of a call with a fault; the next call succeeds."""
    gateway.faults.add("*", name, times=1, **options)
    with pytest.raises(kind) as caught:
        buy(gateway, wxpay, protocol)
    assert gateway.faults.all() == []
    assert buy(gateway, wxpay, protocol)
    assert any(entry["fault"] == name for entry in gateway.state.log.all(5))
    return caught.value


SIGNED_WRONG = {
    "bad_signature": "mismatch",
    "missing_headers": "missing",
    "wrong_body": "mismatch",
    "expired": "expired",
    "unknown_serial": "unknown_serial",
    "probe": "probe",
}
NO_BILL = {"statement_creating": "STATEMENT_CREATING", "no_statement": "NO_STATEMENT_EXIST"}
HOSTILE = {"system_error", "rate_limit", "maintenance", "refuse", "clock_skew"}
"""Those of test_hostile.py."""
ONLY_V3 = ("expired", "unknown_serial", "probe")


def test_every_fault_has_a_test():
    known = {"status", "frequency_limit", "delay", "reset", "truncate", *SIGNED_WRONG, *NO_BILL}
    assert known | HOSTILE | set(OF_NOTIFICATIONS) == set(NAMES)


@pytest.mark.parametrize("protocol", ["v3", "v2"])
@pytest.mark.parametrize("name", [name for name in SIGNED_WRONG if name not in ONLY_V3])
def test_an_answer_that_cannot_be_trusted(gateway, wxpay, name, protocol):
    error = spoiled(gateway, wxpay, SignatureError, protocol, name)
    assert error.reason == SIGNED_WRONG[name]


@pytest.mark.parametrize("name", ONLY_V3)
def test_an_answer_of_another_time_or_by_another_key(gateway, wxpay, name):
    assert spoiled(gateway, wxpay, SignatureError, "v3", name).reason == SIGNED_WRONG[name]


@pytest.mark.parametrize("name", ONLY_V3)
def test_apiv2_has_no_time_and_no_key_to_be_wrong(gateway, wxpay, name):
    gateway.faults.add("*", name)
    assert buy(gateway, wxpay, "v2")


@pytest.mark.parametrize("name", [*SIGNED_WRONG, "reset", "truncate"])
def test_what_was_spoiled_was_carried_out_all_the_same(gateway, wxpay, name):
    gateway.faults.add(NATIVE, name, times=1)
    made = order(gateway)
    with pytest.raises((SignatureError, TransportError)):
        wxpay[NATIVE].post(json=made)
    assert gateway.state.store.get("order", made["out_trade_no"])["state"] == "NOTPAY"
    assert wxpay[NATIVE].post(json=made).json()["code_url"]


@pytest.mark.parametrize("name", [*SIGNED_WRONG, "reset", "truncate"])
def test_an_answer_without_a_body_is_spoiled_as_well(gateway, wxpay, name):
    gateway.faults.add("*", name, times=1)
    with pytest.raises((SignatureError, TransportError)):
        wxpay[USER].patch(json={"status": "NORMAL"})
    assert wxpay[USER].patch(json={"status": "NORMAL"}).status_code == 204


@pytest.mark.parametrize("protocol", ["v3", "v2"])
@pytest.mark.parametrize("name", ["reset", "truncate"])
def test_a_connection_that_breaks(gateway, wxpay, name, protocol):
    error = spoiled(gateway, wxpay, TransportError, protocol, name)
    assert not isinstance(error, TransportTimeout)


async def test_a_connection_that_breaks_in_async_code(gateway):
    async with gateway.client(retry=None) as wxpay:
        for name in ("reset", "truncate"):
            gateway.faults.add("*", name, times=1)
            with pytest.raises(TransportError):
                await wxpay[NATIVE].post_async(json=order(gateway))
        assert (await wxpay[NATIVE].post_async(json=order(gateway))).verified


@pytest.mark.parametrize("protocol", ["v3", "v2"])
def test_an_answer_that_takes_too_long(gateway, wxpay, protocol):
    gateway.faults.add("*", "delay", times=1, seconds=1)
    with pytest.raises(TransportTimeout):
        buy(gateway, wxpay, protocol, timeout=0.2)
    gateway.faults.add("*", "delay", seconds=0.01)
    assert buy(gateway, wxpay, protocol, timeout=60)


@pytest.mark.parametrize("protocol", ["v3", "v2"])
def test_too_many_requests(gateway, wxpay, protocol):
    error = spoiled(
        gateway, wxpay, RateLimited if protocol == "v3" else APIError, protocol, "frequency_limit"
    )
    assert (error.code, error.verified) == ("FREQUENCY_LIMITED", True)
    assert error.status_code == (429 if protocol == "v3" else 200)


@pytest.mark.parametrize("name", NO_BILL)
def test_no_bill_of_a_day(gateway, wxpay, name):
    paid(gateway, wxpay)
    gateway.faults.add("v3/bill/*", name, times=1)
    ask = wxpay.v3.bill.tradebill.get
    query = {"bill_date": gateway.state.clock.date()}
    with pytest.raises(ClientError) as caught:
        ask(query=query)
    error = caught.value
    assert (error.status_code, error.code, error.verified) == (400, NO_BILL[name], True)
    assert ask(query=query).verified


@pytest.mark.parametrize("protocol", ["v3", "v2"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, ClientError), (429, RateLimited), (500, ServerError), (503, ServerError)],
)
def test_a_status(gateway, wxpay, protocol, status, kind):
    error = spoiled(gateway, wxpay, kind, protocol, "status", status=status)
    assert (error.status_code, error.verified) == (status, False)


def test_a_status_with_a_body_of_its_own(gateway, wxpay):
    body = {"code": "SYSTEM_ERROR", "message": "换一台机器"}
    error = spoiled(gateway, wxpay, ServerError, "v3", "status", status=502, body=body)
    assert (error.code, error.message) == ("SYSTEM_ERROR", "换一台机器")
    html = spoiled(gateway, wxpay, ServerError, "v3", "status", status=502, body="<html>")
    assert html.response.text == "<html>"
    assert html.response.headers["Content-Type"].startswith("text/plain")
    xml = "<xml><return_code>FAIL</return_code><return_msg>忙</return_msg></xml>"
    busy = spoiled(gateway, wxpay, APIError, "v2", "status", status=200, body=xml)
    assert busy.message == "忙"
    lie = spoiled(gateway, wxpay, SignatureError, "v3", "status", status=200, body={"a": 1})
    assert lie.reason == "missing"
    assert spoiled(gateway, wxpay, SignatureError, "v3", "status", status=204)


def test_what_a_status_kept_away_was_not_carried_out(gateway, wxpay):
    for name in ("status", "frequency_limit"):
        gateway.faults.add(NATIVE, name, times=1)
        made = order(gateway)
        with pytest.raises(APIError):
            wxpay[NATIVE].post(json=made)
        assert gateway.state.store.get("order", made["out_trade_no"]) is None


def test_where_and_how_often(gateway, wxpay):
    gateway.faults.add("v3/pay/*", "status", times=2)
    gateway.faults.add("/v2/*", "status")
    for _ in range(2):
        with pytest.raises(ServerError):
            buy(gateway, wxpay)
    assert buy(gateway, wxpay)
    assert wxpay.v3.certificates.get().verified
    for _ in range(3):
        with pytest.raises(APIError):
            buy(gateway, wxpay, "v2")
    assert [fault.as_json() for fault in gateway.faults.all()] == [
        {"match": "v2/*", "fault": "status", "times": None}
    ]
    gateway.faults.clear()
    assert buy(gateway, wxpay, "v2")


def test_the_first_that_fits_is_the_one(gateway, wxpay):
    gateway.faults.add("*", "status", times=1, status=503)
    gateway.faults.add(NATIVE, "status", times=1, status=504)
    for status in (503, 504):
        with pytest.raises(ServerError) as caught:
            buy(gateway, wxpay)
        assert caught.value.status_code == status


def test_paths_of_other_base_uris(gateway, wxpay):
    gateway.faults.add("v3/statements", "status", times=1)
    base_uri = wxpay.v3.certificates.get().request.url.replace("v3/certificates", "hk/")
    with pytest.raises(ServerError):
        wxpay.v3.statements.get(base_uri=base_uri)


def test_a_statement_and_a_file_are_spoiled_as_well(gateway, wxpay):
    base_uri = wxpay.v3.certificates.get().request.url.replace("v3/certificates", "apihk/")
    path = wxpay["v3/global/statements"]
    paid(gateway, wxpay)
    day = gateway.state.clock.date().replace("-", "")
    options = {
        "query": {"date": day, "mchid": gateway.identity.mchid},
        "base_uri": base_uri,
    }
    assert path.get(**options).verified
    for name, reason in SIGNED_WRONG.items():
        gateway.faults.add("*", name, times=1)
        with pytest.raises(SignatureError) as caught:
            path.get(**options)
        assert caught.value.reason == reason
    gateway.faults.add("*", "truncate", times=1)
    with pytest.raises(TransportError):
        path.get(**options)


def test_an_upload_is_spoiled_as_well(gateway, wxpay):
    path = wxpay.v3.merchant.media.upload
    for name in ("bad_signature", "reset", "truncate", "status"):
        gateway.faults.add("v3/merchant/*", name, times=1)
        with pytest.raises((SignatureError, TransportError, ServerError)):
            path.post(media=Media(b"x" * 100_000, "a.png"))
    assert path.post(media=Media(b"x", "a.png")).verified


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fault": "explosion"}, "there is no fault 'explosion'; expected one of status, delay"),
        ({"fault": 1}, "there is no fault 1"),
        ({"fault": ["status"]}, "there is no fault"),
        ({"match": ""}, "a pattern such as"),
        ({"match": "/"}, "a pattern such as"),
        ({"match": None}, "a pattern such as"),
        ({"match": "a\nb"}, "a pattern such as"),
        ({"match": "\ud800"}, "a pattern such as"),
        ({"times": 0}, "a number above 0"),
        ({"times": -1}, "a number above 0"),
        ({"times": 1.5}, "a number above 0"),
        ({"times": True}, "a number above 0"),
        ({"times": "3"}, "a number above 0"),
        ({"status": 99}, "a number from 200 to 599"),
        ({"status": 600}, "a number from 200 to 599"),
        ({"status": "500"}, "a number from 200 to 599"),
        ({"status": True}, "a number from 200 to 599"),
        ({"body": float("nan")}, "expected text or a JSON value"),
        ({"body": object()}, "expected text or a JSON value"),
        ({"body": "\ud800"}, "expected text or a JSON value"),
        ({"seconds": 1}, "status has no option 'seconds'; it takes status, body"),
        ({"fault": "delay", "seconds": -1}, "a number from 0 to 3600"),
        ({"fault": "delay", "seconds": float("nan")}, "a number from 0 to 3600"),
        ({"fault": "delay", "seconds": "1"}, "a number from 0 to 3600"),
        ({"fault": "delay", "seconds": True}, "a number from 0 to 3600"),
        ({"fault": "delay", "status": 500}, "delay has no option 'status'; it takes seconds"),
        (
            {"fault": "reset", "status": 500},
            "reset has no option 'status'; it takes share, seed, host",
        ),
    ],
)
def test_a_fault_that_cannot_be(given, words):
    faults = Faults()
    with pytest.raises(ValueError, match=words):
        faults.add(**{"match": "*", "fault": "status", **given})
    assert faults.all() == []
