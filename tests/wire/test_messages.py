"""A request of one's own is sent as it is, or not at all."""

from __future__ import annotations

import pytest

from wechatpay_chain import ConfigurationError, Request
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.transport import HTTPTransport

from .responses import chunk, head, http
from .server import Do


@pytest.fixture
def send(server):
    """Sends a request that no layer has seen."""
    transport = HTTPTransport()

    def send(method="GET", target="/x", headers=(), content=b""):
        origin = server.url.rstrip("/")
        return transport.send(Request(method, origin, target, Headers(headers), content))

    yield send
    transport.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\r\n"])
def test_a_body_has_a_length(send, server, method, content):
    server.respond(http(200, b"{}"))
    assert send(method, content=content).content == b"{}"
    (received,) = server.requests
    assert received.body == content
    length = received.headers.get("content-length")
    assert length == (None if method == "GET" and not content else str(len(content)))


def test_the_response_to_head_has_no_body(send, server):
    server.respond(head(200, {"Content-Length": "100"}))
    response = send("HEAD")
    assert (response.content, response.headers["Content-Length"]) == (b"", "100")


def test_fields_arrive_in_order_and_twice(send, server):
    server.respond(http(200, b"{}"))
    send(headers=[("B", "1"), ("a", "2"), ("B", "\t3 é")])
    (received,) = server.requests
    assert received.head.decode("latin-1").split("\r\n")[1:] == [
        f"Host: 127.0.0.1:{server.port}",
        "B: 1",
        "a: 2",
        "B: \t3 é",
    ]


@pytest.mark.parametrize("name", ["Host", "host", "HOST"])
def test_another_host_in_the_header(send, server, name):
    server.respond(http(200, b"{}"))
    send(headers={name: "api.mch.weixin.qq.com", "A": "1"})
    (received,) = server.requests
    assert received.headers["host"] == "api.mch.weixin.qq.com"
    assert received.head.lower().count(b"host:") == 1


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"A": "1\r\nB: 2"}},
        {"headers": {"A": "1\nB: 2"}},
        {"headers": {"A": "1\rB: 2"}},
        {"headers": {"A": "1\r\n"}},
        {"headers": {"A": "1\0"}},
        {"headers": {"A": "中文"}},
        {"headers": {"A B": "1"}},
        {"headers": {"A:": "1"}},
        {"headers": {"": "1"}},
        {"headers": {" A": "1"}},
        {"headers": {"A\r\nB": "1"}},
        {"headers": {"Content-Length": "5"}},
        {"headers": {"A": "1", "transfer-encoding": "chunked"}},
        {"method": "GET /y HTTP/1.1\r\nA: 1\r\n\r\nGET"},
        {"method": ""},
        {"target": "/x y"},
        {"target": "/x HTTP/1.1\r\nA: 1"},
        {"target": "/中文"},
        {"target": ""},
    ],
    ids=repr,
)
def test_what_would_be_another_request(send, server, given):
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        send(**given)
    assert server.requests == []
    assert server.connections == 0


EARLY = http(413, b'{"code":"INVALID_REQUEST"}', {"Connection": "close"})


def test_a_response_that_comes_before_the_whole_request(send, server):
    """The server takes no more of it; its response is read all the same (RFC 9112, section 9.5)."""
    server.greeting = [EARLY, Do.CLOSE]
    response = send("POST", content=b"x" * 16_000_000)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("version", "fields", "is_kept"),
    [
        ("1.1", {}, True),
        ("1.1", {"Connection": "keep-alive"}, True),
        ("1.1", {"Connection": "Close"}, False),
        ("1.1", [("Connection", "x"), ("connection", "keep-alive ,\tclose")], False),
        ("1.1", {"Connection": "closed"}, True),
        ("1.0", {}, False),
        ("1.0", {"Connection": "Keep-Alive"}, True),
        ("1.0", {"Connection": "close"}, False),
        ("1.0", {"Connection": "keep-alive", "Transfer-Encoding": "chunked"}, False),
    ],
)
def test_whether_the_server_keeps_the_connection(send, server, version, fields, is_kept):
    pairs = fields.items() if isinstance(fields, dict) else fields
    is_chunked = "Transfer-Encoding" in dict(pairs)
    begin = head(200, [*([] if is_chunked else [("Content-Length", "2")]), *pairs])
    body = chunk(b"{}") + chunk(b"") if is_chunked else b"{}"
    server.respond(begin.replace(b"HTTP/1.1", f"HTTP/{version}".encode()) + body)
    for _ in range(2):
        send().release(keep=True)
    assert server.connections == (1 if is_kept else 2)
