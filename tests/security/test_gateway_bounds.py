"""What a stranger may cost the gateway: bytes, parts, depth, time, connections, log lines."""

from __future__ import annotations

import gzip
import json
import logging
import resource
import select
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.security.attacker import dial, parsed, request, rest
from wechatpay_chain import APIError, WeChatPay
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import IncomingRequest, Response
from wechatpay_chain.gateway.messages.multipart import PARTS
from wechatpay_chain.gateway.messages.nesting import TooDeep, check_json, check_xml
from wechatpay_chain.gateway.server import listener
from wechatpay_chain.gateway.server.limits import Limits, connections
from wechatpay_chain.gateway.server.log import Log
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.messages import canonical

UPLOAD = "/v3/merchant/media/upload"
FORM = ("Content-Type", "multipart/form-data; boundary=X")
META = b'--X\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{}\r\n'


@pytest.fixture(scope="module")
def gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


def limited(identity: Identity, **limits: Any) -> Gateway:
    gateway = Gateway(identity=identity)
    gateway.limits = replace(Limits(), **limits)
    return gateway


# --- bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "coding", ["gzip", "GZIP", "deflate", "br", "zstd", "x-gzip", "compress", "identity, gzip", "x"]
)
@pytest.mark.parametrize("path", ["/v3/certificates", "/pay/unifiedorder", "/_gateway/faults"])
def test_no_body_is_decoded(gateway: Gateway, path: str, coding: str) -> None:
    body = gzip.compress(b'{"match": "*", "fault": "reset"}')
    answer = request(gateway, path, [("Content-Encoding", coding)], method="POST", body=body)
    assert answer.status == 415
    assert gateway.faults.all() == []


def test_a_coding_is_seen_wherever_it_is_named(gateway: Gateway) -> None:
    fields = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]
    assert request(gateway, UPLOAD, fields, method="POST", body=b"x").status == 415
    fields = [("Content-Encoding", "identity")]
    assert request(gateway, UPLOAD, fields, method="POST", body=b"x").status == 401


def test_what_would_be_large_is_never_made(gateway: Gateway) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    squeezed = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(squeezed.compress(bytes(1 << 20)) for _ in range(600)) + squeezed.flush()
    for _ in range(6):
        fields = [("Content-Encoding", "gzip")]
        assert request(gateway, UPLOAD, fields, method="POST", body=body).status == 415
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


@pytest.mark.parametrize(
    ("path", "fields", "most"),
    [
        ("/v3/pay/transactions/native", [], Limits().json),
        ("/pay/unifiedorder", [("Content-Type", "text/xml")], 64 * 1024),
        ("/v2/pay/unifiedorder", [], 64 * 1024),
        (UPLOAD, [FORM], Limits().body),
        ("/secapi/mch/uploadmedia", [FORM], Limits().body),
        ("/_gateway/faults", [], Limits().control),
    ],
)
def test_a_body_has_a_size(
    gateway: Gateway, path: str, fields: list[tuple[str, str]], most: int
) -> None:
    assert request(gateway, path, fields, method="POST", body=b" " * most).status != 413
    answer = request(gateway, path, fields, method="POST", body=b" " * (most + 1))
    assert answer.status == 413


def test_a_body_without_a_length_has_a_size(gateway: Gateway) -> None:
    chunks = b"".join(b"4000\r\n" + b"<" * 0x4000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    with dial(gateway) as connection:
        head = "POST /pay/unifiedorder HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + chunks)
        answer = parsed(rest(connection))
    assert answer.status == 413
    assert b"<return_code>FAIL</return_code>" in answer.body


def test_all_bodies_at_once_have_a_size(wechatpay_identity: Identity) -> None:
    with limited(wechatpay_identity, held=300_000) as gateway, ExitStack() as stack:
        half = b"POST /v3/a HTTP/1.1\r\nHost: a\r\nContent-Length: 200001\r\n\r\n" + bytes(200_000)
        first, second = (stack.enter_context(dial(gateway)) for _ in range(2))
        first.sendall(half)
        second.sendall(half)
        # One of the two is rejected; which one depends on whose bytes come first.
        first.setblocking(False)
        second.setblocking(False)
        received = _first_answer(first, second)
        assert parsed(received).status == 503
    with limited(wechatpay_identity, held=300_000) as gateway:
        for _ in range(5):  # what was held is given back
            assert request(gateway, UPLOAD, method="POST", body=bytes(200_000)).status == 401


def _first_answer(*connections: socket.socket) -> bytes:
    ready, _, _ = select.select(connections, [], [], 20)
    return bytes(ready[0].recv(65536))


def form_of(parts: int) -> bytes:
    return b"".join(META.replace(b"meta", f"p{index}".encode()) for index in range(parts))


def test_a_form_has_few_parts(gateway: Gateway) -> None:
    answer = request(gateway, UPLOAD, [FORM], method="POST", body=form_of(PARTS) + b"--X--\r\n")
    assert answer.status == 401
    for body in (form_of(PARTS + 1) + b"--X--\r\n", form_of(300_000)[: Limits().body]):
        answer = request(gateway, UPLOAD, [FORM], method="POST", body=body)
        assert (answer.status, "more than 10 parts" in answer.json()["message"]) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        META * 2 + b"--X--\r\n",
        META,
        b"",
        b"--X--\r\n",
        META.replace(b'; name="meta"', b"") + b"--X--\r\n",
        META.replace(b"\r\n\r\n", b"\r\n" + b"A: b\r\n" * 5000 + b"\r\n") + b"--X--\r\n",
        META.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--X--\r\n",
        META.replace(b"--X\r\n", b"--Xtra\r\n") + b"--X--\r\n",
        META.replace(b"form-data", b"\xff") + b"--X--\r\n",
    ],
)
def test_what_is_no_form_is_no_upload(gateway: Gateway, body: bytes) -> None:
    """Two parts of one name, say: a signature covers one of them."""
    identity, stamp, nonce = gateway.identity, canonical.timestamp(), canonical.nonce()
    message = canonical.request("POST", UPLOAD, stamp, nonce, b"{}")
    signature = rsa.sign(message, identity.merchant_key)
    authorization = canonical.authorization(
        identity.mchid, nonce, signature, stamp, identity.serial
    )
    fields = [FORM, ("Authorization", authorization)]
    answer = request(gateway, UPLOAD, fields, method="POST", body=body)
    assert answer.status == 401
    assert answer.json()["detail"]["field"] == "signature"


@pytest.mark.parametrize("deep", [70, 10_000, 400_000])
def test_json_is_not_nested_without_end(gateway: Gateway, wxpay: WeChatPay, deep: int) -> None:
    body = b'{"event": ' + b"[" * deep + b"]" * deep + b"}"
    assert request(gateway, "/_gateway/faults", method="POST", body=body).status == 400
    with pytest.raises(APIError) as caught:
        wxpay.v3.pay.transactions.native.post(body=body.decode())
    assert (caught.value.status_code, caught.value.code) == (400, "PARAM_ERROR")


@pytest.fixture
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    with gateway.client() as wxpay:
        yield wxpay


@pytest.mark.parametrize("deep", [17, 1000, 9000])
def test_xml_is_not_nested_without_end(gateway: Gateway, deep: int) -> None:
    for body in (b"<a>" * deep + b"x" + b"</a>" * deep, b"<a>" * deep, b"<a b='/>'>" * (deep // 3)):
        answer = request(gateway, "/pay/unifiedorder", method="POST", body=body)
        assert (answer.status, b"XML" in answer.body) == (200, True)


def test_depth_is_seen_in_what_is_nested_alone() -> None:
    check_json(json.dumps({"text": "[" * 100 + '\\"{' * 100, "list": [[]] * 1000}))
    check_xml(f"<xml><a><![CDATA[{'<a>' * 100}]]></a>{'<b/>' * 50}{'<c>1</c>' * 50}</xml>")
    for text in ("[" * 65, '{"a":' * 65, '["\\""' + ",[" * 64, '"' + "[" * 65 + '"' + "[" * 65):
        with pytest.raises(TooDeep, match="deeper than 64"):
            check_json(text)
    for text in ("<a>" * 17, "<!-- > --><a><![CDATA[]]>" * 17, "<a b='/>'>" * 17):
        with pytest.raises(TooDeep, match="deeper than 16"):
            check_xml(text)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (check_json, '"' + '\\"' * 2_000_000 + "[" * 65),
        (check_json, '["' * 2_000_000),
        (check_xml, "<![CDATA[" * 200_000),
        (check_xml, "<!--" * 200_000),
        (check_xml, "<" * 2_000_000),
        (check_xml, "<a" + " " * 2_000_000 + "<" * 20),
    ],
)
def test_depth_is_seen_in_a_time_that_grows_with_the_text_alone(check: Any, text: str) -> None:
    """Where it grew with its square, this would take hours."""
    try:
        check(text)
    except TooDeep:
        assert text.startswith('["')


@pytest.mark.parametrize("kind", ["(" * 5000, "multipart/form-data;" + '"' * 7000, "a/b;" * 1900])
def test_no_general_parser_takes_a_content_type_apart(
    gateway: Gateway, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The one for mail takes seconds for some, and has no end for others."""

    def reject(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("email.parser.Parser.parsestr", reject)
    answer = request(gateway, UPLOAD, [("Content-Type", kind)], method="POST", body=b"x")
    assert answer.status == 401
    assert caplog.records == []


# --- header fields and time --------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [[("A", "b")] * 100, [("A", "b" * 9000)], [("A" * 9000, "b")]], ids=lambda _: ""
)
def test_a_header_has_a_size(gateway: Gateway, fields: list[tuple[str, str]]) -> None:
    assert request(gateway, "/v3/certificates", fields).status == 400
    assert request(gateway, "/v3/certificates", [("A", "b")] * 50).status == 401


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_header_that_does_not_arrive_is_not_waited_for(
    wechatpay_identity: Identity, sent: bytes
) -> None:
    with limited(wechatpay_identity, head_seconds=0.2) as gateway:
        for tls in (False, True):
            with dial(gateway, tls=tls) as connection:
                connection.sendall(sent)
                assert rest(connection) == b""


def test_a_handshake_that_does_not_come_is_not_waited_for(wechatpay_identity: Identity) -> None:
    with limited(wechatpay_identity, head_seconds=0.2) as gateway:
        at = urlsplit(gateway.tls_base_uri)
        with socket.create_connection((at.hostname, at.port), timeout=20) as connection:
            assert rest(connection) == b""


@pytest.mark.parametrize("path", ["/v3/a", UPLOAD, "/pay/unifiedorder", "/_gateway/faults"])
def test_a_body_that_does_not_arrive_is_not_waited_for(
    wechatpay_identity: Identity, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wechatpay_chain.gateway.gateway.LINGERING", 0.1)
    with limited(wechatpay_identity, body_seconds=0.2) as gateway, dial(gateway) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
        kind = "Content-Type: multipart/form-data; boundary=X\r\n" if path == UPLOAD else ""
        connection.sendall(f"{head}{kind}\r\nhalf".encode())
        assert parsed(rest(connection)).status == 408  # and then it is closed


def test_an_answer_that_nobody_takes_is_given_up(wechatpay_identity: Identity) -> None:
    body = "x" * (32 << 20)  # more than all buffers of a connection hold
    gateway = limited(wechatpay_identity, response_seconds=0.2, connections=1)
    with gateway, dial(gateway) as connection:
        gateway.faults.add("v3/a", "status", status=500, body=body)
        connection.sendall(b"GET /v3/a HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1) == b"H"
        while not served(gateway):  # there is room for one
            pass
        assert len(rest(connection)) < len(body)


def served(gateway: Gateway) -> bool:
    """Whether another connection is taken."""
    with dial(gateway) as another, suppress(ConnectionError):
        another.sendall(b"GET /v3/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return rest(another) != b""
    return False


def test_few_pages_listen_at_once(wechatpay_identity: Identity) -> None:
    with limited(wechatpay_identity, streams=4) as gateway, ExitStack() as stack:
        for _ in range(4):
            page = stack.enter_context(dial(gateway))
            page.sendall(b"GET /_gateway/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert page.recv(65536).startswith(b"HTTP/1.1 200")
        assert request(gateway, "/_gateway/events").status == 503


# --- connections -------------------------------------------------------------------------------


def test_there_are_fewer_connections_than_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for limit, expected in ((256, 85), (64, 21), (8, 4)):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            assert connections() == expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("tls", [False, True])
def test_who_waits_longest_makes_room(
    wechatpay_identity: Identity,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tls: bool,
) -> None:
    monkeypatch.setattr(listener, "MIN_IDLE", 0.05)
    with limited(wechatpay_identity, connections=8) as gateway, ExitStack() as stack:
        at = urlsplit(gateway.tls_base_uri if tls else gateway.base_uri)
        silent = [
            stack.enter_context(socket.create_connection((at.hostname, at.port), timeout=20))
            for _ in range(40)
        ]
        assert [rest(each) for each in silent[:32]] == [b""] * 32
        assert request(gateway, "/v3/certificates").status == 401
        assert rest(silent[32]) == b""
        silent[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[-1].recv(1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "8 connections are open" in caplog.text


def test_a_connection_that_is_served_is_not_closed_for_another(
    wechatpay_identity: Identity,
) -> None:
    with limited(wechatpay_identity, connections=4) as gateway, ExitStack() as stack:
        gateway.faults.add("v3/slow", "delay", seconds=3600)
        for _ in range(4):
            slow = stack.enter_context(dial(gateway))
            slow.sendall(b"GET /v3/slow HTTP/1.1\r\nHost: a\r\n\r\n")
        while served(gateway):  # until all four are, and a fifth is turned away
            pass
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):
            slow.recv(1)


PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from wechatpay_chain.gateway.__main__ import main
from wechatpay_chain.gateway.server import listener
listener.MIN_IDLE = 0.1
sys.exit(main(["--port", "0", "--tls-port", "0", "--json"]))
"""


@pytest.mark.parametrize("name", ["base_uri", "tls_base_uri"])
def test_more_sockets_than_descriptors_leave_it_calm(name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    at, plain = urlsplit(told[name]), urlsplit(told["base_uri"])
    with ExitStack() as stack:
        for _ in range(200):  # the system keeps another 128 waiting, before it drops any
            connection = socket.create_connection((at.hostname, at.port), timeout=20)
            stack.enter_context(connection)
        with socket.create_connection((plain.hostname, plain.port), timeout=20) as connection:
            connection.sendall(b"GET /v3/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert parsed(rest(connection)).status == 404
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert len(errors.splitlines()) <= 2, errors
    assert b"Traceback" not in errors


# --- the request log ---------------------------------------------------------------------------


def test_the_log_is_bounded_in_bytes() -> None:
    log = Log(kept=1000, space=1_000_000)
    answer = Response(200, {"A": "b" * 1000}, b"y" * 200_000)
    for index in range(100):
        arrival = IncomingRequest("POST", f"/{index}", {"A": "b" * 8000}, b"x" * 200_000)
        log.add(arrival, answer)
    kept = log.all()
    assert kept[0]["target"] == "/99"
    assert 1 < len(kept) < 10
    assert sum(len(str(entry)) for entry in kept) < 1_100_000
    for index in range(2000):
        log.add(IncomingRequest("GET", f"/{index}", {}, b""), Response(200, {}, b""))
    assert len(log.all(10_000)) == 1000


def test_one_entry_is_kept_however_large_it_is() -> None:
    log = Log(space=10)
    log.add(IncomingRequest("GET", "/a", {}, b""), Response(200, {}, b""))
    log.add(IncomingRequest("GET", "/b", {}, b""), Response(200, {}, b""))
    assert [entry["target"] for entry in log.all()] == ["/b"]


def test_nothing_of_this_is_logged_as_a_fault(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    request(gateway, UPLOAD, [("Content-Encoding", "gzip")], method="POST", body=b"x")
    request(gateway, "/pay/unifiedorder", method="POST", body=bytes(100_000))
    request(gateway, "http://evil.example/v3/a")
    assert caplog.records == []
