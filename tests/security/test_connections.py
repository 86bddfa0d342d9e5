"""No response answers another request than its own, whatever else comes on a connection."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import pytest

from tests.wire.responses import chunk, head, http
from tests.wire.server import Do
from tests.wire.transports import only_default
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    ResponseError,
    Send,
    TransportError,
    TransportTimeout,
    WeChatPayError,
)
from wechatpay_chain.transport import limits
from wechatpay_chain.transport.aiohttp_connection import Wire

pytestmark = pytest.mark.usefixtures("nothing_left_open")

PATH = "v3/pay/transactions/native"
INFORMATIONAL = [100, 102, 103, 110, 199]


def early(status, headers=()):
    return head(status, headers)


@pytest.fixture
def stray(signed):
    """A response that WeChat Pay signed, and that nobody asked for."""
    return signed.json({"n": "stray"})


def other(call, server, signed):
    """The next call gets its own response, or an error; never the stray one."""
    server.each(lambda received: [signed.json({"n": "own"})])
    return call("get", PATH).json() == {"n": "own"}


@pytest.mark.parametrize("status", INFORMATIONAL)
@pytest.mark.parametrize("count", [1, limits.INFORMATIONAL])
def test_informational_responses_are_passed_over(call, server, signed, status, count):
    server.respond(early(status, {"Link": "</x>; rel=preload"}) * count + signed.json({"n": 1}))
    for _ in range(2):
        response = call("post", PATH, json={})
        assert response.status_code == 200
        assert response.json() == {"n": 1}
    assert server.connections == 1


@pytest.mark.parametrize("status", INFORMATIONAL)
def test_informational_responses_that_come_one_by_one(call, server, signed, status):
    server.respond(early(status), early(103), b"HTTP/1.1 ", b"199 x\r\n\r\n", signed.json({"n": 1}))
    assert call("post", PATH, json={}).json() == {"n": 1}


@pytest.mark.parametrize("status", INFORMATIONAL)
def test_too_many_informational_responses(call, server, signed, stray, raises, status):
    server.respond(early(status) * (limits.INFORMATIONAL + 1), stray, stray)
    with raises(TransportError, "informational", "query before you send it again"):
        call("post", PATH, json={})
    assert other(call, server, signed)


@pytest.mark.parametrize("status", [102, 103, 199])
def test_an_informational_response_with_a_body(call, server, signed, status, stray):
    """It has none: whatever follows is the beginning of a response, or no HTTP."""
    server.respond(early(status, {"Content-Length": "2"}) + b"{}", stray)
    with pytest.raises(WeChatPayError):
        call("post", PATH, json={})
    assert other(call, server, signed)


@pytest.mark.parametrize("behind", [True, False])
@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket", "Connection": "Upgrade"}])
def test_a_protocol_is_not_switched(call, server, signed, stray, raises, behind, headers):
    server.respond(early(101, headers), *([stray] if behind else []))
    with raises(TransportError, "HTTP 101", "query before you send it again"):
        call("post", PATH, json={})
    assert other(call, server, signed)
    assert server.connections == 2


def bodiless(signed, status, headers=()):
    return head(status, {**signed.headers(b""), **dict(headers)})


DECLARED = [{}, {"Content-Length": "0"}, {"Content-Length": "20"}, {"Transfer-Encoding": "chunked"}]


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("headers", DECLARED, ids=str)
def test_what_follows_a_response_without_a_body(call, server, signed, stray, status, headers):
    server.respond(bodiless(signed, status, headers) + stray)
    assert call("post", PATH, json={}).content == b""
    assert other(call, server, signed)
    assert server.connections == 2


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("headers", DECLARED, ids=str)
def test_a_response_without_a_body_that_may_yet_get_one(
    call, server, signed, stray, status, headers
):
    """What it announces comes only once the next request is there."""
    server.in_turn([bodiless(signed, status, headers)], [stray, signed.json({"n": "own"})])
    call("post", PATH, json={})
    server.in_turn([signed.json({"n": "own"})])
    assert call("get", PATH).json() == {"n": "own"}
    assert server.connections == 2


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_costs_the_connection(call, server, signed, status):
    """A body that comes late would answer the next request, however long that is waited for."""
    server.respond(bodiless(signed, status))
    for _ in range(2):
        assert call("post", PATH, json={}).status_code == status
    assert server.connections == 2


@pytest.mark.parametrize(
    "late",
    [
        lambda body: (
            head(200, {"Content-Length": str(len(body)), "Transfer-Encoding": "chunked"})
            + chunk(body)
            + chunk(b"")
        ),
        lambda body: head(200, [("Content-Length", str(len(body)))] * 2) + body,
    ],
    ids=["length and chunks", "two lengths"],
)
def test_a_response_whose_end_is_uncertain(call, server, signed, late):
    body = b'{"n":1}'
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed.headers(body).items())
    raw = late(body).replace(b"Said so\r\n", b"Said so\r\n" + fields.encode(), 1)
    server.each(lambda received: [raw])
    for _ in range(2):
        with contextlib.suppress(TransportError):  # to refuse it is as good
            assert call("get", PATH).json() == {"n": 1}
    assert server.connections == 2


CHUNKED = {"Transfer-Encoding": "chunked"}
AMBIGUOUS = {
    "a length with a sign": lambda body: head(200, {"Content-Length": f"+{len(body)}"}) + body,
    "a length below zero": lambda body: head(200, {"Content-Length": "-7"}) + body,
    "a length with an underscore": lambda body: head(200, {"Content-Length": "0_7"}) + body,
    "a length that is a list": lambda body: head(200, {"Content-Length": "7, 7"}) + body,
    "a length that is none": lambda body: head(200, {"Content-Length": "seven"}) + body,
    "a size with a sign": lambda body: head(200, CHUNKED) + b"+7\r\n" + body + b"\r\n0\r\n\r\n",
    "a size below zero": lambda body: head(200, CHUNKED) + b"-7\r\n" + body + b"\r\n0\r\n\r\n",
    "a size with 0x": lambda body: head(200, CHUNKED) + b"0x7\r\n" + body + b"\r\n0\r\n\r\n",
    "a size with an underscore": lambda body: (
        head(200, CHUNKED) + b"0_7\r\n" + body + b"\r\n0\r\n\r\n"
    ),
    "no size": lambda body: head(200, CHUNKED) + b"\r\n" + body + b"\r\n0\r\n\r\n",
    "a chunk longer than its size": lambda body: (
        head(200, CHUNKED) + b"7\r\n" + body + b"xx0\r\n\r\n"
    ),
    "a carriage return behind a size": lambda body: (
        head(200, CHUNKED) + b"7\r9\n" + body + b"\r\n0\r\n\r\n"
    ),
    "a carriage return in a chunk extension": lambda body: (
        head(200, CHUNKED) + b"7;a\r9\r\n" + body + b"\r\n0\r\n\r\n"
    ),
    "a trailer that is none": lambda body: (
        head(200, CHUNKED) + chunk(body) + b"0\r\nno colon\r\n\r\n"
    ),
    "two transfer codings": lambda body: (
        head(200, {"Transfer-Encoding": "gzip, chunked"}) + chunk(body) + chunk(b"")
    ),
    "an unknown transfer coding": lambda body: (
        head(200, {"Transfer-Encoding": "xchunked"}) + chunk(body) + chunk(b"")
    ),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_framing_that_others_read_differently_is_refused(call, server, signed, kind):
    body = b'{"n":1}'
    fields = "".join(f"{name}: {value}\r\n" for name, value in signed.headers(body).items())
    raw = AMBIGUOUS[kind](body).replace(b"Said so\r\n", b"Said so\r\n" + fields.encode(), 1)
    server.each(lambda _: [raw, Do.CLOSE])
    with pytest.raises(TransportError):
        call("get", PATH)
    assert server.connections == 1


FAILED = {
    "not signed": lambda signed: http(200, b"{}"),
    "badly signed": lambda signed: http(200, b"[]", signed.headers(b"{}")),
    "too old": lambda signed: signed(b"{}", skew=-10_000),
    "an unsigned refusal": lambda signed: http(404, b'{"code":"NOT_FOUND"}'),
    "an unsigned 401": lambda signed: http(401, b"{}"),
    "an unsigned 500": lambda signed: http(500, b"<html>"),
    "a redirect": lambda signed: http(302, b"", {"Location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize("failed", FAILED.values(), ids=FAILED.keys())
def test_a_response_that_is_not_verified_costs_the_connection(call, server, signed, failed):
    """Its kin may come late: then nobody listens."""
    server.in_turn([failed(signed)], [signed.json({"n": 2})])
    with pytest.raises(WeChatPayError):
        call("get", PATH)
    assert call("get", PATH).json() == {"n": 2}
    assert [received.connection for received in server.requests] == [1, 2]


@pytest.mark.parametrize("failed", FAILED.values(), ids=FAILED.keys())
def test_a_failed_check_and_a_stray_response(call, server, signed, stray, failed):
    server.in_turn([failed(signed) + stray], [signed.json({"n": 2})])
    with pytest.raises(WeChatPayError):
        call("get", PATH)
    assert call("get", PATH).json() == {"n": 2}


def test_a_refusal_that_is_verified_keeps_the_connection(call, server, signed):
    server.in_turn([signed.json({"code": "X"}, 404)], [signed.json({"n": 2})])
    with pytest.raises(APIError):
        call("get", PATH)
    call("get", PATH)
    assert server.connections == 1


def test_an_error_behind_the_signature_costs_the_connection(call, server, signed, wxpay):
    """A layer of the user's that does not like what was signed."""

    def picky(request, handle):
        response = yield from handle(request)
        raise ResponseError("of another order", response)

    server.each(lambda received: [signed.json({"n": 1})])
    stack = wxpay.stacks["v3"].before("status", "picky", picky)
    with pytest.raises(ResponseError):
        call("get", PATH, stack=stack)
    call("get", PATH)
    assert server.connections == 2


def test_a_flow_without_a_check_keeps_no_connection(world, wxpay, server, signed):
    world.keep(wxpay)
    made = []

    def flow():
        response = yield Send(made[0])
        return response

    def spy(request, handle):
        made.append(request)
        return (yield from handle(request))

    server.each(lambda received: [signed.json({"n": 1})])
    world.call(wxpay, "get", PATH, stack=wxpay.stacks["v3"].after("signer", "spy", spy))
    for _ in range(2):
        world.run(wxpay.run_async(flow())) if world.is_async else wxpay.run(flow())
    assert [received.connection for received in server.requests] == [1, 1, 2]


def test_a_layer_that_sends_twice(call, server, signed, wxpay):
    """The first response's connection is given up before the second request is sent."""

    def again(request, handle):
        yield from handle(request)
        return (yield from handle(request))

    server.in_turn([http(200, b"{}")], [signed.json({"n": 2})], [signed.json({"n": 3})])
    stack = wxpay.stacks["v3"].after("verifier", "again", again)
    assert call("get", PATH, stack=stack).json() == {"n": 2}
    assert call("get", PATH).json() == {"n": 3}
    assert [received.connection for received in server.requests] == [1, 2, 2]


def test_a_response_that_is_verified_elsewhere_keeps_its_connection(call, server, signed, wxpay):
    """It is verified only after further effects."""
    from wechatpay_chain import Call

    def elsewhere(request, handle):
        response = yield from handle(request)
        yield Call(len, ())
        response.verified = True
        return response

    server.each(lambda received: [http(200, b"{}")])
    stack = wxpay.stacks["v3"].replace("verifier", elsewhere)
    for _ in range(2):
        call("get", PATH, stack=stack)
    assert server.connections == 1


@pytest.mark.parametrize("end", [Do.CLOSE, Do.STALL])
def test_a_late_response_is_nobodys(call, server, signed, stray, end):
    """It comes after its call has given up."""
    gone = threading.Event()
    server.each(
        lambda received: (
            [gone, stray, end] if len(server.requests) == 1 else [signed.json({"n": 2})]
        )
    )
    with pytest.raises(TransportTimeout):
        call("get", PATH, timeout=0.2)
    gone.set()
    assert call("get", PATH).json() == {"n": 2}
    assert server.connections == 2


def test_a_stray_response_inside_the_same_tls_record(world, keys, secure, signed, stray, bundle):
    """Bytes that TLS has decrypted, and nobody has read, are left over as well."""
    client = keys.client(base_uri=secure.url, verify=bundle)
    own = signed.json({"n": 1, "filling": "x" * 8000})
    secure.in_turn([own + stray], [signed.json({"n": 2})])
    assert world.call(client, "get", PATH).json()["n"] == 1
    assert world.call(client, "get", PATH).json() == {"n": 2}


@pytest.mark.parametrize("size", [2, 100, 20_000])
def test_a_stray_response_behind_a_body_in_one_tls_record(
    world, keys, secure, signed, stray, bundle, size
):
    """The head came before, so that a reader may ask for no more than the body has."""
    client = keys.client(base_uri=secure.url, verify=bundle)
    own = signed.json({"n": 1, "filling": "x" * size})
    begin = own.index(b"\r\n\r\n") + 4
    come = threading.Event()
    secure.in_turn(
        [own[:begin], own[begin:] + stray, lambda _: come.set()], [signed.json({"n": 2})]
    )
    assert world.call(client, "get", PATH).json()["n"] == 1
    assert come.wait(5)
    assert world.call(client, "get", PATH).json() == {"n": 2}
    assert secure.connections == 2


@pytest.mark.parametrize("size", [1, 100, 8000, 8192, 20_000, 70_000])
def test_a_stray_response_right_behind(call, server, signed, stray, size):
    own = signed.json({"n": 1, "filling": "x" * size})
    server.in_turn([own + stray], [signed.json({"n": 2})])
    assert call("get", PATH).json()["n"] == 1
    assert call("get", PATH).json() == {"n": 2}


def test_half_a_stray_response_right_behind(call, server, signed, stray):
    """Were its beginning dropped, its rest would spoil the next call."""
    asked = threading.Event()
    server.in_turn([signed.json({"n": 1}) + stray[:40], asked, stray[40:]], [signed.json({"n": 2})])
    assert call("get", PATH).json() == {"n": 1}
    asked.set()
    assert call("get", PATH).json() == {"n": 2}
    assert server.connections == 2


PARTS = [b"H", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r", b"HTTP/1.1 200 OK\r\nA: b", head(200)[:-2]]
BEFORE = {
    "a length": head(200, {"Content-Length": "2"}) + b"{}",
    "chunks": head(200, {"Transfer-Encoding": "chunked"}) + chunk(b"{}") + chunk(b""),
    "nothing": head(200, {"Content-Length": "0"}),
}


@pytest.fixture(params=["HttpResponseParserC", "HttpResponseParserPy"])
def idle(request, monkeypatch):
    """A connection of aiohttp's that received some pieces, of which one is a response."""
    from aiohttp import client_proto, http_parser

    monkeypatch.setattr(client_proto, "HttpResponseParser", getattr(http_parser, request.param))

    async def received(*pieces):
        wire = Wire(loop=asyncio.get_running_loop())
        wire.set_response_params(read_timeout=5)
        wire.start_timeout()
        for piece in pieces:
            wire.data_received(piece)
        await wire.read()
        return not wire.should_close and wire.is_clean

    return lambda *pieces: asyncio.run(received(*pieces))


@pytest.mark.parametrize("before", BEFORE)
@only_default
def test_a_part_of_a_stray_response_is_noticed(idle, before):
    """The event loop may have read it already, so that the socket has nothing to tell."""
    assert idle(BEFORE[before])
    for part in PARTS:
        assert not idle(BEFORE[before] + part)
        assert not idle(BEFORE[before], part)


def test_a_response_that_nobody_settles(world, wxpay, server, signed):
    """A transport that is used by hand gives its connections up with its responses."""
    world.keep(wxpay)
    made = []

    def spy(request, handle):
        made.append(request)
        return (yield from handle(request))

    server.each(lambda received: [signed.json({"n": 1})])
    world.call(wxpay, "get", PATH, stack=wxpay.stacks["v3"].after("signer", "spy", spy))
    transport = wxpay._transport
    for _ in range(2):
        send = world.run(transport.send_async(made[0])) if world.is_async else None
        response = send or transport.send(made[0])
        assert response.json() == {"n": 1}
        del response, send
    assert [received.connection for received in server.requests] == [1, 1, 2]


def test_the_limit_of_informational_responses_is_small():
    assert 1 <= limits.INFORMATIONAL <= 16


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "1024", b"1"])
def test_a_limit_that_is_none(call, keys, value):
    with pytest.raises(ConfigurationError, match="max_response_size"):
        call("get", PATH, max_response_size=value)
    with pytest.raises(ConfigurationError, match="max_response_size"):
        keys.client(max_response_size=value)
