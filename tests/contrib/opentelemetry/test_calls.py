"""A span for a call, one below it for each attempt, and their durations."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import (
    is_http_instrumentation_enabled,
    suppress_http_instrumentation,
)
from opentelemetry.trace import SpanKind, StatusCode

from tests.gateway.support import order, paid
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    Headers,
    Request,
    Retry,
    Send,
    SignatureError,
    TransportError,
)
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages.authority import Origin

QUERY = "v3/pay/transactions/out-trade-no/{out_trade_no}"
SENDS, CALLS = "http.client.request.duration", "wechatpay.client.call.duration"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


def port(gateway: Gateway) -> int:
    return Origin(gateway.base_uri.rstrip("/")).port


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Make a call in one of the two worlds."""

    async def awaited(wxpay: Any, verb: str, path: str, **options: Any) -> Any:
        try:
            return await getattr(wxpay.chain(path), f"{verb}_async")(**options)
        finally:
            await wxpay.aclose()

    def make(wxpay: Any, verb: str, path: str, **options: Any) -> Any:
        if request.param == "async":
            return asyncio.run(awaited(wxpay, verb, path, **options))
        return getattr(wxpay.chain(path), verb)(**options)

    return make


def test_a_call_in_brackets(gateway, wxpay, telemetry, call):
    number = paid(gateway, wxpay)["out_trade_no"]
    telemetry.clear()
    path = f"v3/pay/transactions/out-trade-no/{number}"
    response = call(wxpay, "get", path, query={"mchid": wxpay.mchid})
    (one,) = telemetry.calls()
    (attempt,) = telemetry.attempts(one)
    assert (one.name, one.kind) == (f"GET {QUERY}", SpanKind.CLIENT)
    assert (attempt.name, attempt.kind) == (f"GET {QUERY}", SpanKind.CLIENT)
    assert (one.status.status_code, attempt.status.status_code) == (StatusCode.UNSET,) * 2
    common = {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": port(gateway),
        "url.template": QUERY,
        "url.full": f"{gateway.base_uri}v3/pay/transactions/out-trade-no/REDACTED",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "wechatpay.request_id": response.request_id,
    }
    assert dict(attempt.attributes) == common
    assert dict(one.attributes) == {**common, "wechatpay.mchid": wxpay.mchid}
    assert one.start_time <= attempt.start_time < attempt.end_time <= one.end_time


def test_durations(gateway, wxpay, telemetry):
    wxpay.v3.certificates.get()
    wxpay.v3.certificates.get()
    ((attributes, point),) = telemetry.durations(SENDS)
    assert attributes == {
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "server.port": port(gateway),
        "url.template": "v3/certificates",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
    }
    assert (point.count, point.explicit_bounds) == (2, BUCKETS)
    ((attributes, whole),) = telemetry.durations(CALLS)
    assert attributes == {"http.request.method": "GET", "url.template": "v3/certificates"}
    assert whole.sum >= point.sum


def test_attempts_are_counted(gateway, wxpay, telemetry, call):
    body = {"code": "SYSTEM_ERROR", "message": "busy"}
    gateway.faults.add("v3/pay/*", "status", times=1, status=500, body=body)
    gateway.faults.add("v3/pay/*", "reset", times=1)
    call(wxpay, "post", "v3/pay/transactions/native", json=order(gateway))
    (one,) = telemetry.calls()
    attempts = telemetry.attempts(one)
    told = [
        tuple(
            each.attributes.get(name)
            for name in ("http.request.resend_count", "error.type", "wechatpay.code")
        )
        for each in attempts
    ]
    assert told == [
        (None, "500", "SYSTEM_ERROR"),
        (1, "wechatpay_chain.errors.TransportError", None),
        (2, None, None),
    ]
    assert [each.status.status_code.name for each in (*attempts, one)] == [
        "ERROR",
        "ERROR",
        "UNSET",
        "UNSET",
    ]
    assert {attributes.get("error.type") for attributes, _ in telemetry.durations(SENDS)} == {
        "500",
        "wechatpay_chain.errors.TransportError",
        None,
    }
    assert [attributes.get("error.type") for attributes, _ in telemetry.durations(CALLS)] == [None]


def test_an_attempt_at_the_other_host(gateway, telemetry, call):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with gateway.client(
        base_uri=f"http://127.0.0.1:{closed}/",
        backup_base_uri=gateway.base_uri,
        retry=Retry(attempts=2, initial=0),
    ) as wxpay:
        call(wxpay, "get", "v3/certificates")
    (one,) = telemetry.calls()
    first, second = telemetry.attempts(one)
    assert [each.attributes["server.port"] for each in (first, second)] == [closed, port(gateway)]
    assert first.attributes["error.type"] == "wechatpay_chain.errors.TransportError"
    assert second.attributes["http.request.resend_count"] == 1
    assert one.status.status_code is StatusCode.UNSET


def test_what_wechat_pay_said(gateway, wxpay, telemetry, call):
    with pytest.raises(APIError) as caught:
        call(
            wxpay,
            "get",
            "v3/pay/transactions/out-trade-no/no-such-1234",
            query={"mchid": wxpay.mchid},
        )
    (one,) = telemetry.calls()
    (attempt,) = telemetry.attempts(one)
    for span, kind in ((one, "wechatpay_chain.errors.ClientError"), (attempt, "404")):
        assert span.status.status_code is StatusCode.ERROR
        assert span.status.description is None
        assert span.events == ()
        found = {name: span.attributes[name] for name in span.attributes if "." in name}
        assert (
            found.items()
            >= {
                "error.type": kind,
                "http.response.status_code": 404,
                "wechatpay.code": "ORDER_NOT_EXIST",
                "wechatpay.number": caught.value.number,
                "wechatpay.request_id": caught.value.request_id,
            }.items()
        )
    ((attributes, _),) = telemetry.durations(CALLS)
    assert attributes["wechatpay.code"] == "ORDER_NOT_EXIST"


def test_apiv2(gateway, wxpay, telemetry, call):
    fields = {"appid": gateway.identity.appid, "mch_id": wxpay.mchid, "out_trade_no": "no-such-1"}
    with pytest.raises(APIError):
        call(wxpay, "post", "v2/pay/orderquery", xml=fields)
    (one,) = telemetry.calls()
    (attempt,) = telemetry.attempts(one)
    assert one.name == attempt.name == "POST v2/pay/orderquery"
    assert one.attributes["url.full"] == f"{gateway.base_uri}pay/orderquery"
    assert one.attributes["http.response.status_code"] == 200
    assert one.attributes["error.type"] == "wechatpay_chain.errors.APIError"
    assert attempt.attributes["wechatpay.code"] == one.attributes["wechatpay.code"]
    assert one.attributes["wechatpay.code"] == "ORDERNOTEXIST"
    assert "error.type" not in attempt.attributes  # HTTP 200: the request itself went well


def test_a_response_that_cannot_be_trusted(gateway, wxpay, telemetry, call):
    gateway.faults.add("v3/certificates", "bad_signature", times=1)
    with pytest.raises(SignatureError):
        call(wxpay, "get", "v3/certificates")
    (one,) = telemetry.calls()
    (attempt,) = telemetry.attempts(one)
    assert one.attributes["error.type"] == "wechatpay_chain.errors.SignatureError"
    assert one.attributes["wechatpay.reason"] == "mismatch"
    assert one.status.status_code is StatusCode.ERROR
    assert attempt.status.status_code is StatusCode.UNSET


def test_a_call_that_was_never_sent(gateway, wxpay, telemetry, call):
    with pytest.raises(ConfigurationError):
        call(wxpay, "post", "v3/pay/transactions/native", json={"price": object()})
    (one,) = telemetry.calls()
    assert telemetry.attempts(one) == []
    assert one.attributes["error.type"] == "wechatpay_chain.errors.ConfigurationError"
    assert "http.response.status_code" not in one.attributes


def test_a_path_that_nobody_knows(wxpay, telemetry, call):
    with pytest.raises(APIError):
        call(wxpay, "get", "v3/brand-new/orders/N20260101")
    assert [span.name for span in telemetry.spans()] == ["GET", "GET"]
    assert all("url.template" not in span.attributes for span in telemetry.spans())
    assert {span.attributes["url.full"].rpartition("/")[2] for span in telemetry.spans()} == {
        "REDACTED"
    }


def test_a_file(gateway, wxpay, telemetry, call, tmp_path):
    paid(gateway, wxpay)
    day = gateway.state.clock.date()
    gateway.advance(hours=24)
    bill = wxpay.v3.bill.tradebill.get(query={"bill_date": day}).json()
    telemetry.clear()
    call(wxpay, "get", bill["download_url"], sink=tmp_path / "bill.csv")
    assert [span.name for span in telemetry.spans()] == ["GET v3/billdownload/file"] * 2
    assert "token" in bill["download_url"]
    assert "token" not in telemetry.exported()


def test_certificates_that_a_call_fetches(telemetry, call):
    with (
        Gateway(signs_with="certificate", time_scale=0.001) as platform,
        platform.client(tls=False, certs=None) as wxpay,
    ):
        call(wxpay, "post", "v3/pay/transactions/native", json=order(platform))
    (one,) = telemetry.calls()
    assert [each.name for each in telemetry.attempts(one)] == [
        "GET v3/certificates",
        "POST v3/pay/transactions/native",
    ]
    assert all("http.request.resend_count" not in each.attributes for each in telemetry.spans())


def test_spans_are_current_where_they_belong(gateway, wxpay, telemetry, call):
    seen: dict[str, Any] = {}

    def layer(request: Request, handle: Any) -> Any:
        seen["layer"] = trace.get_current_span()
        response = yield from handle(request)
        seen["after"] = trace.get_current_span()
        return response

    with telemetry.tracer.start_as_current_span("checkout") as checkout:
        call(wxpay, "get", "v3/certificates", stack=wxpay.stacks["v3"].before("gate", "l", layer))
        assert trace.get_current_span() is checkout
    (one,) = telemetry.calls()
    assert one.parent == checkout.get_span_context()
    assert seen["layer"].get_span_context() == seen["after"].get_span_context() == one.context


def test_the_http_librarys_own_instrumentation_is_off_meanwhile(gateway, wxpay, telemetry):
    seen: list[Any] = []
    real = wxpay._transport

    class Looks:
        def send(self, request: Request) -> Any:
            seen.append((is_http_instrumentation_enabled(), trace.get_current_span()))
            return real.send(request)

    with gateway.client(tls=False, transport=Looks()) as looking:
        looking.v3.certificates.get()
    ((enabled, current),) = seen
    (attempt,) = telemetry.attempts(telemetry.calls()[0])
    assert not enabled  # it would record the URL with the ids in it
    assert current.get_span_context() == attempt.context
    assert is_http_instrumentation_enabled()


def test_whoever_suppresses_instrumentation_gets_none(wxpay, telemetry):
    with suppress_http_instrumentation():
        wxpay.v3.certificates.get()
    assert telemetry.spans() == ()


def test_a_request_of_a_layers_own(gateway, wxpay, telemetry):
    def flow() -> Any:
        return (yield Send(Request("PURGE", "http://[::1]:1", "/cache/1", Headers(), b"")))

    with pytest.raises(TransportError):
        wxpay.run(flow())
    (span,) = telemetry.spans()
    assert span.name == "HTTP"
    assert (
        span.attributes.items()
        >= {
            "http.request.method": "_OTHER",
            "server.address": "::1",
            "server.port": 1,
            "url.full": "http://[::1]:1/REDACTED",
        }.items()
    )
