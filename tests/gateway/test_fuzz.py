"""Any input gets a response or a closed connection, and never an internal error."""

from __future__ import annotations

import http.client
import json
import logging
import math
import random
import socket
import ssl
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.support import ASKING
from wechatpay_chain import Sensitive, catalogue
from wechatpay_chain.catalogue import Operation, example
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.bases import PREFIXES
from wechatpay_chain.gateway.simulation.registry import simulated
from wechatpay_chain.gateway.store.identity import pem
from wechatpay_chain.messages import canonical, xml

QUICK = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100
)


@pytest.fixture(autouse=True)
def nothing_is_logged(gateway, wxpay, caplog):
    """Check that there is no traceback and no warning, and that the gateway still responds."""
    caplog.set_level(logging.INFO)
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno > 10] == []
    assert wxpay.v3.certificates.get().verified


# --- bytes at the socket -----------------------------------------------------------------------


def talk(
    gateway: Gateway, data: bytes, *, answered: bool = False, base_uri: str | None = None
) -> bytes:
    """Return the response to some bytes; without one, the client closes its side."""
    at = urlsplit(base_uri or gateway.base_uri)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        received = b""
        try:
            connection.sendall(data)
            if not answered:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except ConnectionError:
            pass
    return received


def assert_sane(received: bytes) -> None:
    assert b"Traceback" not in received
    if received:
        status = received.split(b" ", 2)[1]
        assert status.startswith((b"1", b"2", b"3", b"4")), received


def post(body: bytes, kind: bytes = b"application/json", extra: bytes = b"") -> bytes:
    return (
        b"POST /v3/merchant/media/upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: "
        + kind
        + b"\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n"
        + extra
        + b"\r\n"
        + body
    )


FORM = b"multipart/form-data; boundary=X"
META = b'Content-Disposition: form-data; name="meta"'
FILE = b'Content-Disposition: form-data; name="file"; filename="a.png"'


def part(head: bytes, body: bytes = b"x") -> bytes:
    return b"--X\r\n" + head + b"\r\n\r\n" + body + b"\r\n--X--\r\n"


def get(target: bytes, extra: bytes = b"") -> bytes:
    common = b"Host: a\r\nUser-Agent: a\r\nAccept: */*\r\nConnection: close\r\n"
    return b"GET " + target + b" HTTP/1.1\r\n" + common + extra + b"\r\n"


NO_HTTP = [
    b"\0" * 1000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    get(b"/" + b"a" * 10_000),
    get(b"/", b"X: " + b"a" * 20_000 + b"\r\n"),
    get(b"/", b"X: a\r\n" * 5000),
    get(b"/", b"X\r\n"),
    get(b"/", b": x\r\n"),
    get(b"/", b"X: a\0b\r\n"),
    get(b"/\xff\xfe"),
    get(b"http://[/"),
    get(b"http://a:b/c"),
    post(b"{}", extra=b"Content-Length: 5\r\n"),
    post(b"{}", extra=b"Transfer-Encoding: chunked\r\n"),
    post(b"{}").replace(b"Length: 2", b"Length: -1"),
    post(b"{}").replace(b"Length: 2", b"Length: 1" + b"0" * 30),
    post(b'{"a": 1}').replace(b"Length: 8", b"Length: 3"),
]
ODD_REQUESTS = [
    get(b"*").replace(b"GET", b"OPTIONS"),
    get(b"a:1").replace(b"GET", b"CONNECT"),
    get(b"http://a/v3/certificates"),
    get(b"//v3/certificates"),
    get(b"/v3//certificates"),
    get(b"/v3/../etc/passwd"),
    get(b"/v3/%2e%2e/etc"),
    get(b"/%zz%00%ff"),
    get(b"/?" + b"&" * 5000),
    get(b"/v3/pay/transactions/id/%ff%00?mchid=%ff%00"),
    get(b"/v3/certificates#x"),
    get(b"/v3/" + b"/" * 5000),
    get(b"/v3/certificates", b"Authorization: " + b"a=" * 4000 + b"\r\n"),
    get(b"/v3/certificates", b"Authorization: \xff\xfe\r\n"),
    get(b"/v3/certificates", b"Wechatpay-Serial: \xff\xfe\r\n"),
    get(b"/v3/certificates", b"Upgrade: h2c\r\nConnection: Upgrade\r\n"),
    get(b"/v3/certificates", b"Expect: \xff\r\n"),
    get(b"/v3/certificates", b"Expect: 100-continue\r\n"),
    get(b"/_gateway/", b'Cookie: \xff=\xff; a="\r\nAccept-Language: \xff;q=x\r\nRange: a\r\n'),
    post(b"garbage", extra=b"Content-Encoding: gzip\r\n"),
    post(b"garbage", extra=b"Content-Encoding: deflate\r\n"),
    post(b"garbage", extra=b"Content-Encoding: nothing\r\n"),
    post(b"{}", b"a/b; charset=nothing"),
    post(b"{}", b"\xff\xff"),
    post(b"{}", b"application/json;;;=;"),
    post(b"\xff\xfe", b"text/xml"),
    post(b"", FORM),
    post(b"garbage", FORM),
    post(b"--X", FORM),
    post(b"--X--", FORM),
    post(part(b""), FORM),
    post(part(b"garbage"), FORM),
    post(part(META), b"multipart/form-data"),
    post(part(META), b"multipart/form-data; boundary="),
    post(part(META), b'multipart/form-data; boundary="' + b"X" * 100 + b'"'),
    post(part(META + b"\r\nContent-Type: text/plain; charset=nothing"), FORM),
    post(part(META + b"\r\nContent-Type: text/plain; charset=rot13"), FORM),
    post(part(META + b"\r\nContent-Type: text/plain; charset=utf-8", b"\xff"), FORM),
    post(part(META + b"\r\nContent-Transfer-Encoding: nothing"), FORM),
    post(part(META + b"\r\nContent-Transfer-Encoding: base64", b"%%%"), FORM),
    post(part(FILE + b"\r\nContent-Encoding: gzip", b"garbage"), FORM),
    post(part(FILE + b"\r\nContent-Length: x"), FORM),
    post(part(b"Content-Disposition: form-data"), FORM),
    post(part(b"Content-Disposition: attachment; filename*=x"), FORM),
    post(part(b'Content-Disposition: form-data; name="\xff"'), FORM),
    post(b"--X\r\n" + META + b"\r\n\r\nunfinished", FORM),
    post(part(META + b"\r\nContent-Type: multipart/mixed; boundary=Y", b"--Y\r\n\r\n--Y--"), FORM),
    post(part(META) * 1000, FORM),
    post(b"--X\r\n" + b"A: b\r\n" * 5000 + b"\r\nx\r\n--X--\r\n", FORM),
    post(b"--X\r\n" + b"A" * 70_000 + b"\r\n\r\nx\r\n--X--\r\n", FORM),
]
HALF_REQUESTS = [
    b"",
    b"\r\n\r\n",
    b"GET",
    b"GET /v3/certificates HTTP/1.1\r\nHost: a",
    post(b'{"a": 1}')[:-5],
    post(part(FILE, b"x" * 1000), FORM)[:-500],
    b"POST /v3/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    b"POST /v3/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nhello",
    b"GET /v3/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    get(b"/v3/certificates").replace(b"close", b"keep-alive") * 20,
]


@pytest.mark.parametrize("data", NO_HTTP, ids=lambda data: repr(data[:40]))
def test_what_is_no_http_is_cut_off(gateway, data):
    received = talk(gateway, data, answered=True)
    assert received.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))
    assert_sane(received)


@pytest.mark.parametrize("data", ODD_REQUESTS, ids=lambda data: repr(data[:40]))
def test_an_odd_request_is_rejected(gateway, data):
    received = talk(gateway, data, answered=True)
    assert received.startswith(b"HTTP/1.")
    assert_sane(received)


@pytest.mark.parametrize("data", HALF_REQUESTS, ids=lambda data: repr(data[:40]))
def test_half_a_request_is_forgotten(gateway, data):
    assert_sane(talk(gateway, data))


def test_a_slow_client_is_waited_for(gateway):
    """Send a request byte by byte, while others are served."""
    at = urlsplit(gateway.base_uri)
    with socket.create_connection((at.hostname, at.port), timeout=10) as slow:
        for byte in get(b"/v3/certificates"):
            slow.sendall(bytes([byte]))
        assert slow.recv(65536).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("data", [get(b"/v3/certificates"), b"\0" * 100, b"", NO_HTTP[1]])
def test_what_is_no_tls(gateway, data):
    received = talk(gateway, data, base_uri=gateway.tls_base_uri)
    assert b"HTTP/1" not in received
    with gateway.client(tls=True) as wxpay:
        assert wxpay.v3.certificates.get().verified


@QUICK
@given(st.binary(max_size=2000))
def test_random_bytes(gateway, data):
    assert_sane(talk(gateway, data))


@QUICK
@given(st.data())
def test_a_request_with_some_bytes_changed(gateway, data):
    whole = bytearray(data.draw(st.sampled_from([*ODD_REQUESTS, *HALF_REQUESTS[3:]])))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert_sane(talk(gateway, bytes(whole)))


# --- signed requests of every operation --------------------------------------------------------

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**18,
    10**400,
    -(10**30),
    math.pi,
    "",
    " ",
    "0",
    "-1",
    "9" * 400,
    "1e999",
    "\0",
    "a\0b\r\nc",
    "\u202e\U0001f409",
    "\ufffe\uffff",
    "'; DROP TABLE record; --",
    "<xml>]]>&amp;</xml>",
    "../../etc/passwd",
    "{}" * 100,
    "x" * 70_000,
    "2026-02-30T25:61:61+99:99",
    "0001-01-01T00:00:00+08:00",
    "9999-12-31T23:59:59-12:00",
    "20260230256161",
    [],
    [None],
    [[]],
    [{}],
    [1, "a", None, {}],
    ["x"] * 200,
    {},
    {"": ""},
    {"a": {"b": {"c": [{}]}}},
    {"$": "$", "__class__": "x"},
]
TEXTS = [value for value in ODD if isinstance(value, str) and len(value) < 5000]


def mutated(value: Any, chance: random.Random) -> Any:
    """Return a value with one random change."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        if chance.random() < 0.15:
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: mutated(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        return [mutated(value[0], chance), *value[1:]]
    return chance.choice(ODD)


class Line:
    """A connection that signs any request, and verifies the responses."""

    def __init__(self, gateway: Gateway) -> None:
        self._identity = gateway.identity
        at = urlsplit(gateway.tls_base_uri)
        context = ssl.create_default_context(cadata=pem(self._identity.authority).decode())
        with tempfile.NamedTemporaryFile() as file:
            file.write(pem(self._identity.merchant_certificate) + pem(self._identity.merchant_key))
            file.flush()
            context.load_cert_chain(file.name)
        self._connection = http.client.HTTPSConnection(
            str(at.hostname), at.port, timeout=20, context=context
        )

    def v3(self, method: str, target: str, body: bytes) -> int:
        """Return the status of the response to an APIv3 request."""
        identity, stamp, nonce = self._identity, canonical.timestamp(), canonical.nonce()
        message = canonical.request(method, target, stamp, nonce, body)
        signature = rsa.sign(message, identity.merchant_key)
        headers = {
            **ASKING,
            "Authorization": canonical.authorization(
                identity.mchid, nonce, signature, stamp, identity.serial
            ),
            "Wechatpay-Serial": identity.public_key_id,
            "Content-Type": "application/json",
        }
        status, header, content = self._ask(method, target, body, headers)
        if "Wechatpay-Statement-Sha1" in header:
            content = f'{{"sha1":"{header["Wechatpay-Statement-Sha1"]}"}}'.encode()
        if "Wechatpay-Signature" in header:
            stamp, nonce = header["Wechatpay-Timestamp"], header["Wechatpay-Nonce"]
            message = canonical.response(stamp, nonce, content)
            key = identity.platform_key.public_key()
            assert rsa.verify(message, header["Wechatpay-Signature"], key)
        else:
            assert status < 400 or (status, content) == (404, b"")
        return status

    def v2(self, method: str, target: str, fields: dict[str, str]) -> int:
        """Return the status of the response to an APIv2 request."""
        kind = "HMAC-SHA256" if fields.get("sign_type") == "HMAC-SHA256" else "MD5"
        fields = {name: xml.clean(value) for name, value in fields.items()}
        fields["sign"] = digest.sign(kind, canonical.fields(fields), self._identity.secret)
        if method == "GET":
            status, _, content = self._ask(method, f"{target}?{urlencode(fields)}", b"", {})
        else:
            body = xml.dumps(fields).encode()
            status, _, content = self._ask(method, target, body, {"Content-Type": "text/xml"})
        told = xml.loads(content) if content.startswith(b"<") else {}
        if "sign" in told:
            kind = "HMAC-SHA256" if len(told["sign"]) == 64 else "MD5"
            expected = digest.sign(kind, canonical.fields(told), self._identity.secret)
            assert told["sign"] == expected
        assert told.get("err_code") != "SYSTEMERROR"
        return status

    def _ask(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Any:
        self._connection.request(method, target, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def line(gateway: Gateway) -> Iterator[Line]:
    line = Line(gateway)
    yield line
    line.close()


def example_of(operation: Operation, gateway: Gateway) -> Any:
    """An example that names this gateway's merchant, and encrypts for it: so it gets further."""
    call = example.call(operation)
    key = gateway.identity.platform_key.public_key()

    def sealed(value: Any) -> Any:
        if isinstance(value, Sensitive):
            return rsa.encrypt(value._value, key)
        if isinstance(value, dict):
            return {name: sealed(each) for name, each in value.items()}
        if isinstance(value, list):
            return [sealed(each) for each in value]
        return gateway.identity.mchid if value == example.MCHID else value

    return call.variables, sealed(call.options)


def send(line: Line, gateway: Gateway, operation: Operation, chance: random.Random) -> int:
    """A request of an operation that is signed as it must be, and otherwise odd; its status."""
    variables, options = example_of(operation, gateway)
    path, prefix = operation.path, PREFIXES.get(operation.base_uri, "")
    for name, value in variables.items():
        value = chance.choice(TEXTS) if chance.random() < 0.3 else value
        path = path.replace(f"{{{name}}}", quote(value.replace(".", "x") or "x", safe=""))
    query = dict(options.get("query", {}))
    if query and chance.random() < 0.5:
        query[chance.choice(list(query))] = chance.choice(TEXTS)
    if operation.protocol == "v2":
        fields = {**query, **options.get("xml", {})}
        fields = {name: canonical.text(value, name) or "" for name, value in fields.items()}
        name = chance.choice([*(each for each in fields if each not in MERCHANTS), "x"])
        if name in fields and chance.random() < 0.2:
            del fields[name]
        elif name != "sign_type":
            fields[name] = chance.choice(TEXTS)
        return line.v2(operation.method, f"/{prefix}{path.removeprefix('v2/')}", fields)
    body = b""
    if "json" in options:
        members = mutated(options["json"], chance)
        body = json.dumps(members, ensure_ascii=chance.random() < 0.5).encode()
    target = f"/{prefix}{path}{'?' if query else ''}{urlencode(query)}"
    return line.v3(operation.method, target, body)


MERCHANTS = ("mch_id", "mchid", "combine_mch_id")


@pytest.mark.parametrize("seed", range(2))
def test_an_odd_request_of_every_operation(gateway, line, seed):
    chance, statuses = random.Random(seed), set()
    for operation in catalogue.operations():
        status = send(line, gateway, operation, chance)
        assert status < 500, operation
        statuses.add(status)
    assert {200, 204, 400} <= statuses


SIMULATED = [
    operation
    for operation in catalogue.operations()
    if (operation.method, operation.path) in simulated()
]


@pytest.mark.parametrize("seed", range(6))
def test_odd_requests_of_what_is_simulated(gateway, line, seed, caplog):
    chance = random.Random(1000 + seed)
    for operation in SIMULATED:
        for _ in range(2):
            assert send(line, gateway, operation, chance) < 500, operation
            assert caplog.text == "", operation  # APIv2 returns 200 for internal errors


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=20,
)


@QUICK
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body(gateway, line, body):
    for path in ("/v3/pay/transactions/native", "/v3/payscore/serviceorder"):
        assert line.v3("POST", path, body) in (200, 400)


@QUICK
@given(st.dictionaries(st.sampled_from(sorted(TEXTS, key=len)[:9]), JSON, max_size=3), st.data())
def test_any_members_of_an_order(gateway, line, extra, data):
    order = {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "QQ公仔",
        "out_trade_no": canonical.nonce(20),
        "notify_url": "https://shop.example/notify",
        "amount": {"total": 100},
        "payer": {"openid": "o"},
        "sub_orders": [],
        **extra,
    }
    name = data.draw(st.sampled_from(sorted(order)))
    body = json.dumps({**order, name: data.draw(JSON)}).encode()
    for path in ("/v3/pay/transactions/jsapi", "/v3/combine-transactions/native"):
        assert line.v3("POST", path, body) in (200, 400, 403)


@QUICK
@given(st.dictionaries(st.sampled_from(["a", "total_fee", "body", "sign_type"]), st.text()))
def test_any_fields_of_apiv2(gateway, line, fields):
    fields = {"mch_id": gateway.identity.mchid, "appid": "x", **fields}
    assert line.v2("POST", "/pay/unifiedorder", fields) == 200


@QUICK
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: f"<xml>{text}</xml>".encode("utf-8", "replace"))
)
def test_any_xml(gateway, body):
    kind = b"text/xml"
    data = post(body, kind).replace(b"/v3/merchant/media/upload", b"/pay/unifiedorder")
    received = talk(gateway, data, answered=True)
    assert received.startswith(b"HTTP/1.1 200")
    assert b"<return_code>FAIL</return_code>" in received


# --- the control API ---------------------------------------------------------------------------

CONTROL = (
    "notifications",
    "faults",
    "clock",
    "transactions/1/pay",
    "transactions/1/fail",
    "refunds/1/succeed",
    "transfers/1/confirm",
    "profitsharing/notify",
    "notifications/1/resend",
)
KNOWN = {
    "event": ["TRANSACTION.SUCCESS", "transaction-success", ""],
    "to": ["http://127.0.0.1:1/", ""],
    "protocol": ["v2", "v3"],
    "match": ["v3/nothing", "[", "*nothing*"],
    "fault": ["status", "delay", "reset"],
    "times": [1, 0],
    "seconds": [0, 1],
    "openid": ["o"],
    "notify_url": ["http://127.0.0.1:1/"],
}


@QUICK
@given(
    path=st.sampled_from(CONTROL),
    body=st.fixed_dictionaries(
        {},
        optional={
            name: st.sampled_from(values) | JSON for name, values in (*KNOWN.items(), ("x", [0]))
        }
        | dict.fromkeys(("resource", "status", "body", "minutes", "hours", "state", "self"), JSON),
    )
    | JSON,
)
def test_the_control_api_takes_any_json(gateway, path, body):
    at = urlsplit(gateway.base_uri)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
    connection.request("POST", f"/_gateway/{path}", json.dumps(body).encode())
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    assert answer.status in (200, 201) or (answer.status < 500 and told["error"])
    gateway.faults.clear()


@QUICK
@given(path=st.text(max_size=30), query=st.text(max_size=30))
def test_the_control_api_takes_any_path(gateway, path, query):
    target = f"/_gateway/{quote(path)}?{quote(query)}".encode()
    assert_sane(talk(gateway, get(target).replace(b"Host: a", b"Host: localhost"), answered=True))


def test_the_log_can_be_read_after_all_that(gateway):
    at = urlsplit(gateway.base_uri)
    for path in ("requests?limit=500", "notifications", "faults", "health"):
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
        connection.request("GET", f"/_gateway/{path}")
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read()) is None) == (200, False)
        connection.close()
