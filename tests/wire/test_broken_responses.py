"""An answer that is no complete HTTP answer is a `TransportError`, and spoils no later call."""

from __future__ import annotations

import threading

import pytest

from wechatpay_chain import TransportError

from .responses import chunk, dumps, head, http
from .server import Do, Server

PATH = "v3/pay/transactions/native"
HALF = b'{"code_url": "weixin://'
CHUNKED = {"Transfer-Encoding": "chunked"}

EARLY = {
    "length": [http(200, HALF, length=100), Do.CLOSE],
    "in a chunk": [head(200, CHUNKED) + b"64\r\n" + HALF, Do.CLOSE],
    "between chunks": [head(200, CHUNKED) + chunk(HALF), Do.CLOSE],
}
NOTHING = {
    "closed": [Do.CLOSE],
    "reset": [Do.RESET],
    "closed in the status line": [b"HTTP/1.1 2", Do.CLOSE],
    "reset in the headers": [b"HTTP/1.1 200 OK\r\nContent-Type: appl", Do.RESET],
    "reset in the body": [http(200, HALF, length=100), Do.RESET],
}
GARBAGE = {
    "another protocol": [b"SSH-2.0-OpenSSH_9.6\r\n", Do.CLOSE],
    "TLS": [b"\x15\x03\x03\x00\x02\x02\x28", Do.CLOSE],
    "a page without headers": [b"<html><body>hello</body></html>\r\n\r\n", Do.CLOSE],
    "a status that is no number": [b"HTTP/1.1 OK 200\r\n\r\n", Do.CLOSE],
    "lengths that differ": [
        head(200, [("Content-Length", "2"), ("Content-Length", "20")]) + b"{}",
        Do.CLOSE,
    ],
    "a chunk of no size": [head(200, CHUNKED) + b"zz\r\n{}\r\n", Do.CLOSE],
    "an endless header": [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", Do.CLOSE],
    "binary": [bytes(range(256)) * 4, Do.CLOSE],
}


def scripts(table):
    return pytest.mark.parametrize("script", table.values(), ids=table.keys())


@scripts(EARLY)
def test_an_answer_that_ends_early(call, server, raises, script):
    server.respond(*script)
    with raises(TransportError, "the response ended early", "query before you send it again"):
        call("post", PATH, json={})


@scripts({**NOTHING, **GARBAGE})
def test_no_answer_or_something_other_than_http(call, server, raises, script):
    server.respond(*script)
    with raises(TransportError, f"POST {server.url}{PATH}", "query before you send it again"):
        call("post", PATH, json={})


def test_headers_that_end_early(call, server, raises):
    server.respond(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-", Do.CLOSE)
    with raises(TransportError, "the connection broke", "query before you send it again"):
        call("post", PATH, json={})


@scripts({name: GARBAGE[name] for name in ("another protocol", "binary")})
def test_what_caused_an_error_shows_no_authorization_either(call, server, script):
    """Error trackers write down the whole chain of causes."""
    server.respond(*script)
    with pytest.raises(TransportError) as caught:
        call("post", PATH, json={})
    assert server.requests[0].headers["authorization"] not in repr(caught.value.__cause__)


@scripts({**EARLY, **NOTHING, **GARBAGE})
def test_the_next_call_is_none_the_worse(call, server, signed, script):
    server.in_turn(script, [signed.json({"code_url": "weixin://"})])
    with pytest.raises(TransportError):
        call("post", PATH, json={})
    assert call("post", PATH, json={}).json() == {"code_url": "weixin://"}


@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
@scripts(EARLY)
def test_an_order_that_was_answered_by_half_is_not_sent_again(call, server, signed, verb, script):
    """Not even on a connection that was good before."""
    server.in_turn([signed.json({"n": 1})], script, [signed.json({"n": 3})])
    call(verb, PATH, json={})
    with pytest.raises(TransportError):
        call(verb, PATH, json={})
    assert len(server.requests) == 2


def assert_sent_once(call, server, signed, verb, end):
    server.in_turn([signed.json({"n": 1})], [end], [signed.json({"n": 3})])
    call(verb, PATH, json={})
    with pytest.raises(TransportError):
        call(verb, PATH, json={})
    assert len(server.requests) == 2


ends = pytest.mark.parametrize("end", [Do.CLOSE, Do.RESET])


@ends
@pytest.mark.parametrize("verb", ["post", "patch"])
def test_an_order_that_was_not_answered_is_not_sent_again(call, server, signed, verb, end):
    assert_sent_once(call, server, signed, verb, end)


@ends
@pytest.mark.parametrize("verb", ["put", "delete"])
def test_nor_where_http_calls_it_idempotent(call, server, signed, verb, end):
    """The server may have acted on the first one, and the caller is to know."""
    assert_sent_once(call, server, signed, verb, end)


def test_bytes_after_an_answer_do_not_answer_the_next_call(call, server, signed):
    good, stray = signed.json({"n": 1}), signed.json({"n": "stray"})
    server.in_turn([good + stray], [signed.json({"n": 2})])
    assert call("get", PATH).json() == {"n": 1}
    assert call("get", PATH).json() == {"n": 2}


def test_bytes_that_come_unasked_do_not_answer_the_next_call(call, server, signed, keys):
    asked, come = threading.Event(), threading.Event()
    stray = signed.json({"n": "stray"})
    server.in_turn(
        [signed.json({"n": 1}), asked, stray, lambda _: come.set()], [signed.json({"n": 2})]
    )
    with Server() as elsewhere:
        elsewhere.respond(signed.json({"n": "elsewhere"}))
        assert call("get", PATH).json() == {"n": 1}
        asked.set()
        come.wait(5)
        call("get", PATH, base_uri=elsewhere.url)  # an event loop sees what came only while it runs
    assert call("get", PATH).json() == {"n": 2}


@pytest.mark.parametrize("early", [b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["100"])
def test_an_interim_answer_is_not_the_answer(call, server, signed, early):
    server.respond(early + signed.json({"n": 1}))
    assert call("post", PATH, json={}).json() == {"n": 1}


def test_a_body_in_chunks(call, server, signed):
    body = dumps({"name": "收款" * 50})
    pieces = b"".join(chunk(body[at : at + 7]) for at in range(0, len(body), 7))
    server.respond(head(200, {**signed.headers(body), **CHUNKED}) + pieces + chunk(b""))
    assert call("get", PATH).content == body


def test_a_body_that_lasts_until_the_connection_ends(call, server, signed):
    body = dumps({"n": 1})
    server.respond(head(200, {**signed.headers(body), "Connection": "close"}) + body, Do.CLOSE)
    assert call("get", PATH).content == body
