"""A response ends: its size, its parts and its time are bounded, whatever a server sends."""

from __future__ import annotations

import contextlib
import gzip
import random
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import pytest

from tests.support import APIV3_KEY, MCHID, PUBLIC_KEY_ID, write
from tests.wire.responses import chunk, head, http
from tests.wire.server import Do
from wechatpay_chain import Response, TransportError, TransportTimeout, WeChatPayError
from wechatpay_chain.keys import certificates
from wechatpay_chain.testing.mock import MockTransport
from wechatpay_chain.transport import limits

pytestmark = pytest.mark.usefixtures("nothing_left_open")

PATH = "v3/certificates"
CHUNKED = {"Transfer-Encoding": "chunked"}
MIB = 1024 * 1024
QUICK = (5, 0.15)


def endless(piece, most=256 * MIB):
    """A step that sends a piece again and again, until the client hangs up."""

    def send(connection):
        for _ in range(most // len(piece)):
            connection.sendall(piece)

    return send


def dripping(piece, pause=0.02):
    """A step that sends a piece every moment, until the client hangs up; it gives up after 20 s."""
    tick = threading.Event()

    def send(connection):
        for _ in range(int(20 / pause)):
            connection.sendall(piece)
            tick.wait(pause)

    return send


@pytest.mark.parametrize("limit", [1000, 100_000, 3 * MIB])
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("form", ["length", "chunks", "until the end"])
def test_a_body_of_the_limit(call, server, signed, raises, limit, more, form):
    body = b"x" * (limit + more)
    headers = signed.headers(body)
    server.respond(
        *{
            "length": [http(200, body, headers)],
            "chunks": [
                head(200, {**headers, **CHUNKED}) + chunk(body[:700]),
                chunk(body[700:]) + chunk(b""),
            ],
            "until the end": [head(200, {**headers, "Connection": "close"}) + body, Do.CLOSE],
        }[form]
    )
    if more > 0:
        with raises(TransportError, f"max_response_size={limit} bytes", "sink="):
            call("get", PATH, max_response_size=limit)
    else:
        assert call("get", PATH, max_response_size=limit).content == body


ENDLESS = {
    "chunks": [head(200, CHUNKED), endless(chunk(b"x" * 65536))],
    "small chunks": [head(200, CHUNKED), endless(chunk(b"x") * 10_000)],
    "until the end": [head(200, {"Connection": "close"}), endless(b"x" * 65536)],
    "a length that is huge": [head(200, {"Content-Length": "9" * 12}), endless(b"x" * 65536)],
    "a chunk that is huge": [head(200, CHUNKED) + b"fffffffffff\r\n", endless(b"x" * 65536)],
    "a refusal": [head(500, CHUNKED), endless(chunk(b"x" * 65536))],
    "header fields": [b"HTTP/1.1 200 OK\r\n", endless(b"X-Y: " + b"z" * 1000 + b"\r\n")],
    "a header field": [b"HTTP/1.1 200 OK\r\nX: ", endless(b"z" * 65536)],
    "a status line": [b"HTTP/1.1 200 ", endless(b"z" * 65536)],
    "informational responses": [endless(head(103, {"Link": "x" * 1000}))],
    "an informational response": [b"HTTP/1.1 100 C\r\n", endless(b"X-Y: " + b"z" * 99 + b"\r\n")],
    "trailers": [head(200, CHUNKED) + chunk(b"{}") + b"0\r\n", endless(b"X-Y: z\r\n" * 1000)],
    "a trailer": [head(200, CHUNKED) + chunk(b"{}") + b"0\r\nX: ", endless(b"z" * 65536)],
    "a chunk extension": [head(200, CHUNKED) + b"2;a=", endless(b"z" * 65536)],
    "chunk extensions": [head(200, CHUNKED), endless(b"1;" + b"z" * 9000 + b"\r\nx\r\n")],
    "a trailer that is too long": [
        head(200, CHUNKED) + chunk(b"{}") + b"0\r\n",
        endless(b"X: " + b"y" * 9000 + b"\r\n"),
    ],
    "nothing but line breaks": [endless(b"\r\n" * 10_000)],
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_endless_response(call, server, signed, script):
    server.in_turn(script, [signed.json({"n": 2})])
    with pytest.raises(TransportError, match="query before you send it again"):
        call("get", PATH, max_response_size=MIB)
    assert call("get", PATH).json() == {"n": 2}


FRAMING = ["trailers", "a trailer", "a chunk extension", "chunk extensions"]


@pytest.mark.parametrize("name", [*FRAMING, "header fields", "informational responses"])
def test_what_is_no_body_is_bounded_for_a_sink_too(call, server, tmp_path, name):
    server.respond(*ENDLESS[name])
    with pytest.raises(TransportError):
        call("get", PATH, sink=tmp_path / "x", timeout=(5, 2))
    assert list(tmp_path.iterdir()) == []


def test_a_sink_has_no_limit(call, keys, server, signed, tmp_path):
    body = random.Random(1).randbytes(3 * MIB)
    server.respond(signed(body))
    client = keys.client(base_uri=server.url, max_response_size=1000)
    call("get", PATH, client=client, sink=tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == body


@pytest.mark.parametrize("form", [{}, CHUNKED])
def test_a_sink_of_a_call_that_has_a_limit(call, server, signed, raises, tmp_path, form):
    body = b"x" * 5000
    packed = chunk(body) + chunk(b"") if form else body
    fields = form or {"Content-Length": "5000"}
    server.respond(head(200, {**signed.headers(body), **fields}) + packed)
    with raises(TransportError, "max_response_size=4999 bytes"):
        call("get", PATH, sink=tmp_path / "x", max_response_size=4999)
    assert list(tmp_path.iterdir()) == []
    call("get", PATH, sink=tmp_path / "x", max_response_size=5000)


def test_a_client_has_a_limit_of_its_own(call, keys, server, signed, raises):
    server.respond(signed(b"x" * 2000))
    client = keys.client(base_uri=server.url, max_response_size=1999)
    with raises(TransportError, "max_response_size=1999"):
        call("get", PATH, client=client)
    assert len(call("get", PATH, client=client, max_response_size=2000).content) == 2000


def test_a_length_beyond_all_numbers(call, server, raises):
    for length in ("9" * 20, "9" * 400, str(2**63), str(2**64 - 1)):
        server.respond(head(200, {"Content-Length": length}) + b"{}", Do.STALL)
        with raises(TransportError, "query before you send it again"):
            call("get", PATH)


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "zlib"]
)
@pytest.mark.parametrize("asked", [False, True])
def test_a_bomb(call, server, raises, coding, pack, asked):
    """Whether its coding was asked for or not, it is not unpacked beyond the limit."""
    packed = pack(b"\0" * (16 * MIB))
    server.respond(http(200, packed, {"Content-Encoding": coding}))
    said = "max_response_size" if asked else "Accept-Encoding"
    with raises(TransportError, said):
        call(
            "get",
            PATH,
            headers={"Accept-Encoding": coding} if asked else {},
            max_response_size=MIB,
        )


DRIPS = {
    "the status line": [b"HTTP/1.1 200 ", dripping(b"x")],
    "a header": [b"HTTP/1.1 200 OK\r\nX: ", dripping(b"x")],
    "behind an informational response": [head(100) + b"HTTP/1.1 200 ", dripping(b"x")],
    "an informational response": [b"HTTP/1.1 100 ", dripping(b"x")],
    "a body": [head(200, {"Content-Length": "100000"}), dripping(b"x")],
    "chunks": [head(200, CHUNKED), dripping(chunk(b"x"))],
    "inside a chunk": [head(200, CHUNKED) + b"ffff\r\n", dripping(b"x")],
    "a chunk extension": [head(200, CHUNKED) + b"2;", dripping(b"x")],
    "trailers": [head(200, CHUNKED) + chunk(b"{}") + b"0\r\n", dripping(b"X: y\r\n")],
    "a body until the end": [head(200, {"Connection": "close"}), dripping(b"x")],
    "a refusal": [head(404, {"Content-Length": "100000"}), dripping(b"x")],
}


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS.keys())
def test_a_response_that_drips(call, server, signed, raises, tmp_path, script, sink):
    server.in_turn(script, [signed.json({"n": 2})])
    options = {"sink": tmp_path / "x"} if sink else {}
    with raises(TransportTimeout, "timeout=(5, 0.15)"):
        call("get", PATH, timeout=QUICK, **options)
    assert call("get", PATH).json() == {"n": 2}


SILENCES = {
    "100": [head(100), Do.STALL],
    "102": [head(102), Do.STALL],
    "103 twice": [head(103), head(103), Do.STALL],
    "199": [head(199), Do.STALL],
    "half an informational response": [b"HTTP/1.1 100 Con", Do.STALL],
    "before trailers": [head(200, CHUNKED) + chunk(b"{}") + b"0\r\n", Do.STALL],
    "in trailers": [head(200, CHUNKED) + chunk(b"{}") + b"0\r\nX: y\r\n", Do.STALL],
    "in a chunk's size": [head(200, CHUNKED) + b"f", Do.STALL],
    "in a chunk's extension": [head(200, CHUNKED) + b"f;x", Do.STALL],
    "at a chunk's end": [head(200, CHUNKED) + b"2\r\n{}", Do.STALL],
}


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize("script", SILENCES.values(), ids=SILENCES.keys())
def test_a_server_that_falls_silent(call, server, signed, raises, tmp_path, script, sink):
    server.in_turn(script, [signed.json({"n": 2})])
    options = {"sink": tmp_path / "x"} if sink else {}
    with raises(TransportTimeout, "timeout=(5, 0.15)"):
        call("get", PATH, timeout=QUICK, **options)
    assert call("get", PATH).json() == {"n": 2}


PROXIES = {
    "silence": [Do.STALL],
    "100": [head(100), Do.STALL],
    "half a header": [b"HTTP/1.1 200 OK\r\nX: y\r\n", Do.STALL],
    "a dripping header": [b"HTTP/1.1 200 OK\r\n", dripping(b"X: y\r\n")],
    "endless header fields": [b"HTTP/1.1 200 OK\r\n", endless(b"X: " + b"y" * 99 + b"\r\n")],
    "an endless header field": [b"HTTP/1.1 200 OK\r\nX: ", endless(b"y" * 65536)],
    "endless responses": [endless(head(103))],
}


@pytest.mark.parametrize("script", PROXIES.values(), ids=PROXIES.keys())
def test_a_proxy_in_its_handshake(call, keys, server, raises, script):
    server.respond(*script)
    client = keys.client(base_uri="https://gateway.invalid/", proxy=server.url, timeout=(0.3, 0.3))
    with pytest.raises(TransportError, match="POST https://gateway.invalid/"):
        call("post", PATH, client=client, json={})


def test_an_informational_response_while_a_body_is_sent(call, server, signed):
    """The time for the response begins once the request is sent."""
    server.greeting = [head(100)]
    server.respond(signed.json({"n": 1}))
    assert call("post", PATH, body=b"x" * 3_000_000, timeout=(5, 5)).json() == {"n": 1}


def test_a_slow_sink_is_no_slow_server(call, server, signed):
    """Each block has time of its own, so a large file may take longer than one response may."""
    body = b"x" * (3 * limits.BLOCK)
    pause = threading.Event()

    def slowly(connection):
        for at in range(0, len(body), limits.BLOCK // 4):
            connection.sendall(body[at : at + limits.BLOCK // 4])
            pause.wait(0.08)

    server.respond(head(200, {**signed.headers(body), "Content-Length": str(len(body))}), slowly)

    class Nowhere:
        def write(self, data):
            return len(data)

        def flush(self):
            pass

        def seekable(self):
            return False

    assert call("get", PATH, sink=Nowhere(), timeout=QUICK).verified


def test_the_factor_is_small():
    assert 2 <= limits.SLOWEST <= 10


@pytest.mark.parametrize("world_name", ["sync", "async"])
def test_memory_stays_bounded(keys, server, tmp_path, world_name):
    """In a process of its own, whose peak is measured: 32 MiB are allowed, 1 GiB is sent."""
    write(tmp_path / "apiclient_key.pem", keys.merchant)
    write(tmp_path / "pub_key.pem", keys.platform.public_key())
    scripts = [
        [head(200, CHUNKED), endless(chunk(b"x" * 65536), 1024 * MIB)],
        [head(200, CHUNKED) + b"40000000\r\n", endless(b"x" * 65536, 1024 * MIB)],
        [http(200, gzip.compress(b"\0" * (256 * MIB), 1), {"Content-Encoding": "gzip"})],
    ]
    server.in_turn(*scripts, *scripts)
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "tests.security.peak"),
            *(world_name, server.url, str(tmp_path), PUBLIC_KEY_ID, str(2 * len(scripts))),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) < 200, "MiB"


JSON = b'{"code":"X","data":[' + b"[]," * (2 * MIB) + b"1]}"
XML = b"<xml><a>" + b"\n" * (8 * MIB) + b"</a></xml>"
V2 = {"mch_id": MCHID, "out_trade_no": "1"}
MAX_UNVERIFIED_JSON = {
    "an error of APIv3": (500, JSON, lambda wxpay: wxpay["v3/x"].get()),
    "an error of APIv2": (500, XML, lambda wxpay: wxpay["v2/pay/orderquery"].post(xml=V2)),
    "an answer of APIv2": (200, XML, lambda wxpay: wxpay["v2/pay/orderquery"].post(xml=V2)),
    "certificates": (200, JSON, lambda wxpay: certificates.download(wxpay, APIV3_KEY)),
    "an unsigned answer": (
        200,
        JSON,
        lambda wxpay: wxpay["v3/x"].post(json={"out_trade_no": "1"}, unsigned=True),
    ),
}


@pytest.mark.parametrize("kind", MAX_UNVERIFIED_JSON)
def test_what_nobody_vouches_for_is_not_parsed_into_memory(keys, kind):
    """Parsed, a body of small members takes 25 times its size and more."""
    status, body, call = MAX_UNVERIFIED_JSON[kind]
    wxpay = keys.client(transport=MockTransport(lambda _: Response(status, {}, body)))
    tracemalloc.start()
    try:
        with contextlib.suppress(WeChatPayError):
            call(wxpay)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 * MIB
