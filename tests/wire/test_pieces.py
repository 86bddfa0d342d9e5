"""A response is the same however the network cuts it into pieces."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from wechatpay_chain import Request, Response
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.transport.http1.receiving import receive
from wechatpay_chain.transport.sync.connection import Connection

from .responses import chunk, head, http

BODY = b'{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}'
CHUNKED = {"Transfer-Encoding": "chunked"}
RESPONSES = {
    "a length": http(200, BODY),
    "chunks": head(200, CHUNKED) + chunk(BODY[:20]) + chunk(BODY[20:]) + chunk(b""),
    "extensions and trailers": head(200, CHUNKED)
    + b"%X ;a=b\r\n%s\r\n" % (len(BODY), BODY)
    + b"0\r\nExpires: 0\r\nA: b\r\n\r\n",
    "until the end": head(200, {"Connection": "close"}) + BODY,
    "informational responses": head(100) + head(103, {"Link": "</x>"}) + http(200, BODY),
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: %d\nA: b\n c\n\n%s" % (len(BODY), BODY),
    "gzip": http(200, gzip.compress(BODY, mtime=0), {"Content-Encoding": "gzip"}),
}


class Cut:
    """A socket that receives what it is told, in these pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.rest = b""

    def recv(self, most: int) -> bytes:
        self.rest = self.rest or next(self._pieces, b"")
        data, self.rest = self.rest[:most], self.rest[most:]
        return data

    def gettimeout(self) -> float | None:
        return None

    def settimeout(self, seconds: float | None) -> None:
        assert seconds is None


def received(*pieces: bytes) -> tuple[Response, bool, bool]:
    """The response, whether its connection can be used again, and whether nothing follows it."""
    request = Request("GET", "http://pay.test", "/x", Headers({"Accept-Encoding": "gzip"}))
    sock = Cut(iter(pieces))
    connection = Connection(sock)
    connection.begin(None, None)
    response, is_reusable = connection.run(receive(connection.received, request))
    return response, is_reusable, connection.is_drained() and not sock.rest


@pytest.mark.parametrize("name", RESPONSES)
def test_wherever_it_is_cut_in_two(name):
    data = RESPONSES[name]
    for at in range(1, len(data)):
        response, is_reusable, is_all = received(data[:at], data[at:])
        assert (response.status_code, response.content) == (200, BODY), at
        assert is_reusable == (name != "until the end")
        assert is_all


@pytest.mark.parametrize("name", RESPONSES)
def test_in_single_bytes(name):
    data = RESPONSES[name]
    response, _, _ = received(*(data[at : at + 1] for at in range(len(data))))
    assert response.content == BODY


@pytest.mark.parametrize("name", sorted(RESPONSES.keys() - {"until the end"}))
def test_what_follows_is_noticed_wherever_it_is_cut(name):
    data = RESPONSES[name] + b"HTTP/1.1 200 OK\r\n"
    for at in range(1, len(RESPONSES[name])):
        _, _, is_all = received(data[:at], data[at:])
        assert not is_all, at
