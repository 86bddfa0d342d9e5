"""A consumer span for each notification, whoever it is for."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy
from opentelemetry.trace import SpanKind, StatusCode

from tests.durable.notifications import delivery, delivery_v2, paid
from tests.gateway.support import order, paid_by_v2
from tests.merchants.support import tenant
from tests.servers import NotificationServer
from tests.support import new_key
from tests.test_notifications import notification
from wechatpay_chain import DecryptionError, Merchants, SignatureError, UnknownMerchant
from wechatpay_chain.durable import Inbox, create_tables
from wechatpay_chain.gateway import Gateway

EVENT = "TRANSACTION.SUCCESS"
COMMON = {
    "messaging.system": "wechatpay",
    "messaging.operation.name": "notify",
    "messaging.operation.type": "process",
}


@pytest.fixture
def shop() -> Any:
    with NotificationServer() as running:
        yield running


def delivered(gateway: Gateway, wxpay: Any, shop: NotificationServer) -> Any:
    made = order(gateway, notify_url=shop.url)
    wxpay.v3.pay.transactions.native.post(json=made)
    gateway.pay(made["out_trade_no"])
    return shop.take()


def test_a_payment(gateway, wxpay, shop, telemetry):
    headers, body = delivered(gateway, wxpay, shop)
    telemetry.clear()
    with telemetry.tracer.start_as_current_span("POST /notify") as request:
        wxpay.notify(headers, body)
    span, _ = telemetry.spans()
    assert (span.name, span.kind) == (f"notify {EVENT}", SpanKind.CONSUMER)
    assert span.parent == request.get_span_context()
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes) == {
        **COMMON,
        "wechatpay.mchid": wxpay.mchid,
        "wechatpay.event_type": EVENT,
    }


async def test_on_an_event_loop(gateway, wxpay, shop, telemetry):
    headers, body = delivered(gateway, wxpay, shop)
    telemetry.clear()
    await wxpay.notify_async(headers, body)
    assert [span.name for span in telemetry.spans()] == [f"notify {EVENT}"]


def test_apiv2(gateway, wxpay, shop, telemetry):
    paid_by_v2(gateway, wxpay, notify_url=shop.url)
    _, body = shop.take()
    telemetry.clear()
    wxpay.notify_v2(body)
    (span,) = telemetry.spans()
    assert (span.name, span.kind) == ("notify", SpanKind.CONSUMER)
    assert dict(span.attributes) == {**COMMON, "wechatpay.mchid": wxpay.mchid}


def test_one_that_is_not_wechat_pays(gateway, wxpay, shop, telemetry):
    headers, body = delivered(gateway, wxpay, shop)
    telemetry.clear()
    with pytest.raises(SignatureError):
        wxpay.notify(headers, body + b" ")
    (span,) = telemetry.spans()
    assert span.name == "notify"  # what it says of itself is not to be trusted
    assert span.status.status_code is StatusCode.ERROR
    assert span.events == ()
    assert dict(span.attributes) == {
        **COMMON,
        "wechatpay.mchid": wxpay.mchid,
        "wechatpay.reason": "mismatch",
        "error.type": "wechatpay_chain.errors.SignatureError",
    }


def test_a_certificate_that_it_needs(telemetry, shop):
    with (
        Gateway(signs_with="certificate", time_scale=0.001) as platform,
        platform.client(tls=False, certs=None) as wxpay,
        platform.client(tls=False) as buyer,
    ):
        headers, body = delivered(platform, buyer, shop)
        telemetry.clear()
        wxpay.notify(headers, body)
    fetch, span = telemetry.spans()
    assert (fetch.name, fetch.parent) == ("GET v3/certificates", span.context)
    assert span.name == f"notify {EVENT}"


async def test_one_of_many_merchants(telemetry):
    each = tenant(1, new_key(), new_key())
    merchants = Merchants({each.mchid: each.arguments()})
    body = notification(key=each.apiv3_key)
    merchants.notify(each.signed(body), body)
    await merchants.notify_async(each.signed(body), body, mchid=each.mchid)
    with pytest.raises(UnknownMerchant):
        merchants.notify(each.signed(body), body, mchid="1900000009")
    with pytest.raises(DecryptionError):
        merchants.notify(each.signed(body[::-1]), body[::-1], mchid=each.mchid)
    assert [span.name for span in telemetry.spans()] == [
        f"notify {EVENT}",
        f"notify {EVENT}",
        "notify",
        "notify",
    ]
    assert [span.attributes["wechatpay.mchid"] for span in telemetry.spans()] == [
        each.mchid,
        each.mchid,
        "1900000009",
        each.mchid,
    ]


def test_an_event_type_that_is_none_is_not_shown(keys, telemetry):
    wxpay = keys.client()
    body = notification().replace(b"TRANSACTION.SUCCESS", b"ORDER 4200001234567890")
    wxpay.notify(keys.signed_headers(body), body)
    (span,) = telemetry.spans()
    assert span.name == "notify"
    assert "wechatpay.event_type" not in span.attributes


def test_one_that_an_inbox_keeps_is_traced_when_it_comes(keys, telemetry, tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/shop.db")
    create_tables(engine)
    inbox, seen = Inbox(engine, keys.client()), []
    for event in (EVENT, "v2/transaction-success"):
        inbox.on(event)(lambda notice, session: seen.append(notice.resource["out_trade_no"]))
    inbox.receive(*delivery(keys, paid("N1")))
    inbox.receive({}, delivery_v2("N2"))
    assert [span.name for span in telemetry.spans()] == [f"notify {EVENT}", "notify"]
    inbox.run_once()
    assert sorted(seen) == ["N1", "N2"]
    assert len(telemetry.spans()) == 2
    engine.dispose()
