"""What is sent again, and what never: the table of `middleware.retry`, over a socket."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import MCHID, PUBLIC_KEY_ID
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    RateLimited,
    Retry,
    ServerError,
    SignatureError,
    TransportError,
    TransportTimeout,
    WeChatPay,
)
from wechatpay_chain.middleware import retry as layer

from .responses import dumps, http, v2
from .server import Do

AT_ONCE = Retry(attempts=3, initial=0)
READ = ("get", "v3/certificates", {})
NUMBERED = (
    "post",
    "v3/refund/domestic/refunds",
    {"json": {"out_trade_no": "1", "out_refund_no": "R1", "amount": {"refund": 1, "total": 1}}},
)
UNNUMBERED = ("post", "v3/marketing/favor/callbacks", {"json": {"notify_url": "https://x.cn/"}})
ORDERED = ("post", "v2/pay/orderquery", {"xml": {"mch_id": MCHID, "out_trade_no": "1"}})
SYSTEM_ERROR = dumps({"code": "SYSTEM_ERROR", "message": "系统错误"})
LIMITED = dumps({"code": "FREQUENCY_LIMITED", "message": "频率超限"})

UNKNOWN: dict[str, Any] = {
    "a reset": [Do.RESET],
    "nothing": [Do.CLOSE],
    "a part of a body": [http(200, b"{", length=10), Do.CLOSE],
    "a 500": [http(500, SYSTEM_ERROR)],
    "a 502 of a proxy": [http(502, b"<html>Bad Gateway</html>")],
}


@pytest.fixture
def client(keys, server):
    return keys.client(base_uri=server.url, timeout=(5, 5), retry=AT_ONCE)


@pytest.mark.parametrize("script", UNKNOWN.values(), ids=UNKNOWN.keys())
@pytest.mark.parametrize("what", [READ, NUMBERED], ids=["read", "numbered"])
def test_an_unknown_outcome_is_repeated(call, client, server, signed, what, script):
    verb, path, options = what
    server.in_turn(script, script, [signed.json({"n": 3})])
    assert call(verb, path, client=client, **options).json() == {"n": 3}
    first, *others = server.requests
    assert [each.body for each in others] == [first.body] * 2
    nonces = {each.headers["authorization"] for each in server.requests}
    assert len(nonces) == 3, "an attempt was not signed anew"


@pytest.mark.parametrize("script", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_outcome_of_what_has_no_number_is_not(call, client, server, script):
    verb, path, options = UNNUMBERED
    server.in_turn(script)
    with pytest.raises((TransportError, ServerError)) as caught:
        call(verb, path, client=client, **options)
    assert len(server.requests) == 1
    assert not caught.value.retryable
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("missing", ["out_refund_no", "out_trade_no"])
def test_a_refund_without_its_own_number_is_not_repeated(call, client, server, missing):
    members = {**NUMBERED[2]["json"], missing: ""}
    server.each(lambda _: [http(500, SYSTEM_ERROR)])
    with pytest.raises(ServerError):
        call("post", NUMBERED[1], client=client, json=members)
    assert len(server.requests) == (1 if missing == "out_refund_no" else 3)


def test_too_many_requests_are_repeated_whatever_they_are(call, client, server, signed):
    for verb, path, options in (READ, NUMBERED, UNNUMBERED):
        server.requests.clear()
        limited = signed(LIMITED, 429)
        server.in_turn([limited], [limited], [signed.json({})])
        assert call(verb, path, client=client, **options).json() == {}
        assert len(server.requests) == 3


def test_a_429_that_nobody_signed_repeats_nothing_without_a_number(call, client, server):
    server.each(lambda _: [http(429, LIMITED)])
    verb, path, options = UNNUMBERED
    with pytest.raises(RateLimited) as caught:
        call(verb, path, client=client, **options)
    assert (len(server.requests), caught.value.retryable) == (1, False)
    verb, path, options = NUMBERED
    with pytest.raises(RateLimited) as caught:
        call(verb, path, client=client, **options)
    assert (len(server.requests), caught.value.retryable) == (4, True)


@pytest.mark.parametrize("code", ["SYSTEMERROR", "BIZERR_NEED_RETRY", "FREQUENCY_LIMITED"])
def test_apiv2_says_it_inside_of_a_200(call, client, server, code):
    failed = v2({"return_code": "SUCCESS", "result_code": "FAIL", "err_code": code})
    good = v2({"return_code": "SUCCESS", "result_code": "SUCCESS", "mch_id": MCHID})
    server.in_turn([http(200, failed)], [http(200, failed)], [http(200, good)])
    verb, path, options = ORDERED
    assert call(verb, path, client=client, **options).xml()["result_code"] == "SUCCESS"
    assert len(server.requests) == 3
    sent = [each.body for each in server.requests]
    assert len(set(sent)) == 3, "APIv2's nonce_str was sent twice"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_rejection_is_never_repeated(call, client, server, signed, status):
    server.respond(signed(dumps({"code": "PARAM_ERROR", "message": "x"}), status))
    with pytest.raises(APIError) as caught:
        call("get", READ[1], client=client)
    assert (len(server.requests), caught.value.retryable) == (1, False)


def test_a_response_that_cannot_be_trusted_is_never_repeated(call, client, server):
    server.respond(http(200, b"{}"))
    with pytest.raises(SignatureError) as caught:
        call("get", READ[1], client=client)
    assert (len(server.requests), caught.value.retryable) == (1, False)


def test_the_last_error_tells_of_all_attempts(call, client, server, signed):
    server.in_turn([http(502, b"")], [Do.RESET], [signed(SYSTEM_ERROR, 500)])
    with pytest.raises(ServerError) as caught:
        call("get", READ[1], client=client)
    error = caught.value
    told = [(each.error, each.status_code, each.code) for each in error.attempts]
    assert told == [
        ("ServerError", 502, ""),
        ("TransportError", 0, ""),
        ("ServerError", 500, "SYSTEM_ERROR"),
    ]
    assert {each.origin for each in error.attempts} == {server.url.rstrip("/")}
    assert error.retryable


def test_retries_are_turned_off_by_client_and_call(call, client, keys, server):
    server.each(lambda _: [http(500, b"")])
    with pytest.raises(ServerError) as caught:
        call("get", READ[1], client=client, retry=None)
    assert len(caught.value.attempts) == len(server.requests) == 1
    once = keys.client(base_uri=server.url, retry=None)
    with pytest.raises(ServerError):
        call("get", READ[1], client=once, retry=Retry(attempts=2, initial=0))
    assert len(server.requests) == 3


def test_a_client_retries_unless_it_is_told_otherwise(call, keys, server, signed, monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda low, high: 0)
    server.in_turn([http(500, b"")], [http(503, b"")], [signed.json({"n": 3})])
    arguments = {"mchid": MCHID, "serial": "1", "private_key": keys.merchant}

    certs = {PUBLIC_KEY_ID: keys.platform.public_key()}
    plain = WeChatPay(**arguments, certs=certs, base_uri=server.url)
    assert call("get", READ[1], client=plain).json() == {"n": 3}


def test_a_wait_is_as_long_as_the_server_asks(call, client, server, signed, slept):
    server.in_turn([signed(LIMITED, 429, {"Retry-After": "7"})], [signed.json({})])
    call("get", READ[1], client=client)
    assert slept == [7.0]


@pytest.mark.parametrize("value", ["3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_without_end_ends_the_call(call, client, server, signed, slept, value):
    server.respond(signed(LIMITED, 429, {"Retry-After": value}))
    with pytest.raises(RateLimited):
        call("get", READ[1], client=client)
    assert slept == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "", "Sat, 99 Foo 2026", "Mon, 01 Jan 2024"])
def test_a_wait_that_is_none(call, client, server, signed, value):
    server.in_turn([signed(LIMITED, 429, {"Retry-After": value})], [signed.json({})])
    assert call("get", READ[1], client=client).json() == {}


@pytest.fixture
def slept(monkeypatch):
    """The seconds that calls would have waited."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waits


def test_no_attempt_begins_after_the_deadline(call, client, server, signed, slept):
    server.respond(signed(LIMITED, 429, {"Retry-After": "20"}))
    with pytest.raises(RateLimited):
        call("get", READ[1], client=client, deadline=10)
    assert (slept, len(server.requests)) == ([], 1)


def test_a_server_that_drips_does_not_outlive_the_deadline(call, client, server, raises):
    def drip(sock: socket.socket) -> None:
        for _ in range(100):
            sock.sendall(b"x")
            time.sleep(0.05)

    server.respond(b"HTTP/1.1 200 OK\r\nX: ", drip)
    with raises(TransportTimeout, "deadline"):
        call("get", READ[1], client=client, deadline=0.5, timeout=(5, 5), retry=None)


def test_a_query_that_can_be_read_once_is_sent_each_time(call, client, server, signed):
    server.in_turn([Do.CLOSE], [signed.json({})])
    call("get", READ[1], client=client, query=iter([("a", "1")]))
    assert {each.target for each in server.requests} == {"/v3/certificates?a=1"}


def test_a_download_begins_anew(call, client, server, signed, name):
    body = b"x" * 100_000
    server.in_turn([http(200, body[:10], length=len(body)), Do.CLOSE], [http(200, body)])
    call("get", "v3/billdownload/file", client=client, sink=name)
    assert name.read_bytes() == body


def test_a_cancelled_call_is_not_repeated(client, server):
    arrived = threading.Event()

    async def cancelled() -> None:
        task = asyncio.create_task(client.chain(READ[1]).get_async())
        await asyncio.to_thread(arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.aclose()

    server.respond(lambda _: arrived.set(), Do.STALL)
    asyncio.run(cancelled())
    assert len(server.requests) == 1


NONSENSE = [0, -1, 2.5, True, "3", 101, None]


@pytest.mark.parametrize("value", NONSENSE)
def test_attempts_of_nonsense(value):
    with pytest.raises(ConfigurationError, match="attempts="):
        Retry(attempts=value)


@pytest.mark.parametrize("name", ["initial", "max", "exp_base"])
@pytest.mark.parametrize("value", [-1, "1", None, float("nan"), float("inf"), True])
def test_waits_of_nonsense(name, value):
    with pytest.raises(ConfigurationError, match=f"{name}="):
        Retry(**{name: value})


@pytest.mark.parametrize("value", [3, True, "yes", {}, Retry])
def test_a_retry_that_is_none(keys, value):
    with pytest.raises(ConfigurationError, match="retry="):
        keys.client(retry=value)
    with pytest.raises(ConfigurationError, match="retry="):
        keys.client().v3.certificates.get(retry=value)


@pytest.mark.parametrize("value", [0, -1, "60", True, float("inf"), float("nan"), (1, 2)])
def test_a_deadline_that_is_none(keys, value):
    with pytest.raises(ConfigurationError, match="deadline="):
        keys.client(deadline=value)
    with pytest.raises(ConfigurationError, match="deadline="):
        keys.client().v3.certificates.get(deadline=value)


@given(st.integers(1, 200), st.floats(0, 10), st.floats(0, 60), st.floats(1, 10))
def test_a_wait_is_within_its_bounds(failed, initial, longest, base):
    policy = Retry(initial=initial, max=longest, exp_base=base)
    assert 0 <= policy.wait(failed) <= longest


def test_the_layer_is_the_outermost(keys):
    wxpay = keys.client()
    assert [stack.names[0] for stack in wxpay.stacks.values()] == ["retry", "retry"]
    assert layer.READS == ("GET", "HEAD")
