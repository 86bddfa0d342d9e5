"""The client: what it is built from, what it refuses before sending, what it never shows."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import traceback

import pytest

from tests.support import (
    APIV3_KEY,
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    new_key,
    pem,
    write,
)
from wechatpay_chain import (
    ConfigurationError,
    Headers,
    Media,
    Request,
    Response,
    Send,
    Sensitive,
    SignatureError,
    WeChatPay,
)
from wechatpay_chain.crypto import rsa
from wechatpay_chain.testing.mock import MockTransport


@pytest.fixture
def line(keys):
    """A transport that answers `{"ok": true}`, signed."""
    return MockTransport(lambda request: {"ok": True}, sign={PUBLIC_KEY_ID: keys.platform})


@pytest.fixture
def wxpay(keys, line):
    return keys.client(transport=line)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mchid": 1900000109}, "mchid is of type int"),
        ({"serial": None}, "serial is missing"),
        ({"private_key": None}, "private_key is missing"),
        ({"private_key": "nowhere.pem"}, "private_key: cannot read the file 'nowhere.pem'"),
        ({"certs": ["pub_key.pem"]}, "certs is of type list"),
        ({"certs": {7: "pub_key.pem"}}, "id 7 must be a str"),
        ({"certs": {"PUB_KEY_ID_1": "nowhere.pem"}}, "certs.'PUB_KEY_ID_1'.: cannot read"),
        ({"certs": {MERCHANT_SERIAL.lower(): b""}}, "merchant's own serial"),
        ({"apiv3_key": "short"}, "apiv3_key has 5 bytes"),
        ({"merchant": 7}, "merchant must be"),
        ({"base_uri": "api.mch.weixin.qq.com"}, "base_uri"),
        ({"timeout": 0}, "timeout 0: expected seconds above 0"),
        ({"timeout": (1, 2, 3)}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"timeout": (True, 1)}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"proxy": "socks5://127.0.0.1:1080"}, "proxy must be an http:// URL"),
        ({"verify": "nowhere.pem"}, "verify: cannot read 'nowhere.pem'"),
    ],
)
def test_a_wrong_argument_is_named(keys, arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        keys.client(**{"certs": {}, **arguments})


@pytest.mark.parametrize(
    ("arguments", "call", "words"),
    [
        ({"private_key": None, "serial": None}, "v3", "private_key and serial are missing"),
        ({"certs": None, "apiv3_key": None}, "v3", "certs is missing"),
        ({"mchid": ""}, "v3", "mchid is empty"),
        ({"secret": None}, "v2", "secret is missing"),
        ({}, "mtls", "merchant is missing"),
    ],
)
@pytest.mark.parametrize("world", ["sync", "async"])
def test_what_is_missing_for_the_call_at_hand_is_named(keys, line, arguments, call, words, world):
    wxpay = keys.client(transport=line, **arguments)
    path, options = {
        "v3": ("v3/certificates", {}),
        "v2": ("v2/pay/orderquery", {"xml": {"mch_id": MCHID}}),
        "mtls": ("v2/secapi/pay/refund", {"xml": {"mch_id": MCHID}, "security": True}),
    }[call]
    sync, pending = wxpay[path].post, wxpay[path].post_async
    make = sync if world == "sync" else lambda **given: asyncio.run(pending(**given))
    with pytest.raises(ConfigurationError, match=words):
        make(**options)
    assert line.requests == []


def test_v2_alone_needs_no_key_and_v3_alone_no_secret(keys, line):
    response = Response(200, {}, b"return_code,bill")
    v2 = WeChatPay(mchid=MCHID, secret=SECRET, transport=MockTransport(lambda _: response))
    assert v2.v2.pay.downloadbill.post(xml={"mch_id": MCHID}).text == "return_code,bill"
    v3 = keys.client(transport=line, secret=None, apiv3_key=None)
    assert v3.v3.certificates.get().verified


def test_a_merchant_certificate_brings_serial_and_key(keys, line):
    merchant = {"cert": keys.merchant_certificate, "key": keys.merchant}
    wxpay = keys.client(transport=line, merchant=merchant, serial=None, private_key=None)
    wxpay.v3.certificates.get()
    assert f'serial_no="{MERCHANT_SERIAL}"' in line.requests[0].headers["Authorization"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"jsn": {}}, "'jsn' is neither an option nor a variable"),
        ({"json": "text"}, "json= is of type str"),
        ({"json": {"a": object()}}, "json= contains a value of type object"),
        ({"json": {"a": float("nan")}}, "json= cannot be written"),
        ({"json": {"a": "\ud800"}}, "surrogate"),
        ({"json": {("a",): 1}}, "json= cannot be written"),
        ({"json": {}, "body": b""}, "json= and body= cannot be combined"),
        ({"json": {}, "media": b"", "body": ""}, "json= and media= and body= cannot be combined"),
        ({"xml": {}}, "xml= is only for APIv2"),
        ({"xml": "<xml/>"}, "xml= is of type str"),
        ({"body": {"a": 1}}, "body= is of type dict"),
        ({"meta": {}}, "meta= requires media=, which is missing"),
        ({"media": Media(b"x", "a.jpg"), "meta": 7}, "meta= is of type int"),
        ({"media": "nowhere.jpg"}, "cannot read nowhere.jpg"),
        ({"media": 7}, "media is of type int"),
        ({"media": b"x"}, "Media needs name=: the content has no file name"),
        ({"headers": ["a"]}, "headers= is of type list"),
        ({"headers": {"a b": "c"}}, "'a b' is not a valid header name"),
        ({"headers": {"X": "a\r\nB: c"}}, "printable ASCII"),
        ({"headers": {"X": "中"}}, "printable ASCII"),
        ({"headers": {"X": None}}, "printable ASCII"),
        ({"headers": {"Content-Length": "7"}}, "which the client sets itself"),
        ({"headers": {"authorization": "x"}}, "headers= contains Authorization, which the"),
        ({"security": "yes"}, "security= must be True or False"),
        ({"unsigned": 1}, "unsigned= must be True or False"),
        ({"timeout": -1}, "timeout -1"),
        ({"base_uri": "nonsense"}, "base_uri 'nonsense'"),
        ({"sink": 7}, "sink is of type int"),
        ({"sink": "/nowhere/at/all"}, "folder must exist"),
        ({"stack": "v3"}, "expected a Stack, not str"),
        ({"query": 7}, "query is of type int"),
        ({"json": {"name": Sensitive("x" * 215)}}, "215 bytes is too long"),
        ({"json": {"n": Sensitive("x")}, "headers": {"Wechatpay-Serial": "X"}}, "is not in certs"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_before_anything_is_sent(wxpay, line, options, words):
    with pytest.raises(ConfigurationError, match=words):
        wxpay.v3.x.post(**options)
    assert line.requests == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"json": {}}, "json= is only for APIv3"),
        ({"xml": {}}, "the fields must contain one of mch_id, mchid, combine_mch_id"),
        ({}, "one of mch_id"),
        ({"xml": {"mch_id": "1"}}, "mch_id is '1', but this client signs for '1900000109'"),
        ({"xml": {"combine_mch_id": "1"}}, "combine_mch_id is '1'"),
        ({"xml": {"mch_id": MCHID, "detail": {"a": 1}}}, "detail is of type dict.*json.dumps"),
        ({"xml": {"mch_id": MCHID, "a b": 1}}, "is not a valid XML element name"),
        ({"xml": {"mch_id": MCHID, "sign_type": "SM3"}}, "sign_type 'SM3'"),
        (
            {"xml": {"mch_id": MCHID}, "body": b""},
            "body= cannot be combined with xml= or media=: a",
        ),
        ({"xml": {"mch_id": MCHID}, "meta": {}}, "meta= is only for APIv3 uploads; for APIv2 pass"),
    ],
)
def test_a_wrong_v2_option_is_refused_before_anything_is_sent(wxpay, line, options, words):
    with pytest.raises(ConfigurationError, match=words):
        wxpay.v2.x.post(**options)
    assert line.requests == []


def test_an_empty_chain_is_refused(wxpay):
    for path in ("", "/", "v2/"):
        with pytest.raises(ConfigurationError, match="empty"):
            wxpay[path].get()


@pytest.mark.parametrize("place", ["query", "json"])
def test_a_variable_inside_another_option_is_pointed_at(wxpay, line, place):
    path = "v3/bank-transfer/batches/out-batch-no/{out_batch_no}"
    words = f"'out_batch_no' is missing.*'out_batch_no' is inside {place}=.*as a keyword argument"
    with pytest.raises(ConfigurationError, match=words):
        wxpay[path].get(**{place: {"out_batch_no": "plfk2020042013", "limit": 20}})
    assert line.requests == []


def test_sensitive_fields_are_encrypted_with_one_key_and_it_is_named(keys, wxpay, line):
    wxpay.v3.x.post(json={"name": Sensitive("张三"), "list": [{"phone": Sensitive("138")}]})
    request = line.requests[0]
    sent = json.loads(request.content)
    assert request.headers["Wechatpay-Serial"] == PUBLIC_KEY_ID
    assert rsa.decrypt(sent["name"], keys.platform) == "张三"
    assert rsa.decrypt(sent["list"][0]["phone"], keys.platform) == "138"


def test_sensitive_in_a_query_and_in_meta(keys, wxpay, line):
    wxpay.v3.x.get(query={"name": Sensitive("张三"), "n": 1})
    wxpay.v3.x.post(media=Media(b"x", "a.jpg"), meta={"name": Sensitive("李四")})
    assert line.requests[0].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID
    assert "%2F" in line.requests[0].target or "name=" in line.requests[0].target
    assert rsa.decrypt(json.loads(line.requests[1].signed)["name"], keys.platform) == "李四"


def test_sensitive_uses_the_key_that_is_asked_for(keys, line):
    other = new_key()
    certs = {PUBLIC_KEY_ID: keys.platform.public_key(), "5A": other.public_key()}
    wxpay = keys.client(transport=line, certs=certs)
    wxpay.v3.x.post(json={"n": Sensitive("x")}, headers={"Wechatpay-Serial": "5a"})
    assert rsa.decrypt(json.loads(line.requests[0].content)["n"], other) == "x"


def test_a_public_key_is_preferred_to_a_certificate(keys, line):
    certs = {PLATFORM_SERIAL: keys.platform_certificate, PUBLIC_KEY_ID: keys.platform.public_key()}
    wxpay = keys.client(transport=line, certs=certs)
    wxpay.v3.x.post(json={"n": Sensitive("x")})
    assert line.requests[0].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_decrypt_opens_what_the_platform_sent(keys, wxpay):
    sealed = rsa.encrypt("张三", keys.merchant.public_key())
    assert wxpay.decrypt(sealed) == "张三"
    with pytest.raises(ConfigurationError, match="private_key and serial are missing"):
        keys.client(private_key=None, serial=None).decrypt(sealed)


def test_a_stack_changes_for_a_client_or_for_one_call(wxpay, line):
    seen = []

    def note(request, handle):
        seen.append(request.method)
        return (yield from handle(request))

    assert wxpay.stacks["v3"].names == (
        "retry",
        "gate",
        "correlation",
        "status",
        "verifier",
        "encoder",
        "signer",
    )
    assert wxpay.stacks["v2"].names == (
        "retry",
        "gate",
        "correlation",
        "result",
        "verifier",
        "encoder",
    )
    wxpay.v3.x.get(stack=wxpay.stacks["v3"].before("status", "note", note))
    wxpay.v3.x.get()
    assert seen == ["GET"]
    wxpay.stacks["v3"] = wxpay.stacks["v3"].before("status", "note", note)
    wxpay.v3.x.post()
    assert seen == ["GET", "POST"]


def test_one_option_for_one_call(wxpay, line):
    wxpay.v3.x.get(timeout=7, base_uri="https://apihk.mch.weixin.qq.com/hk/")
    wxpay.v3.x.get(timeout=(1, None), headers={"Accept": "text/plain", "Idempotency-Key": 7})
    first, second = line.requests
    assert (first.timeout, second.timeout) == ((7, 7), (1, None))
    assert first.url == "https://apihk.mch.weixin.qq.com/hk/v3/x"
    assert second.headers["accept"] == "text/plain"
    assert second.headers.get_all("Accept") == ["text/plain"]
    assert second.headers["Idempotency-Key"] == "7"


def test_a_body_goes_out_as_it_is(wxpay, line):
    wxpay.v3.x.post(body='{"a": 1}')
    wxpay.v3.x.post(body=b"\x00")
    wxpay.v2.x.post(body=b"<xml/>", query={"a": 1}, unsigned=True)
    assert [request.content for request in line.requests] == [b'{"a": 1}', b"\x00", b"<xml/>"]
    assert line.requests[2].target == "/x?a=1"


def test_mappings_of_other_kinds_are_json_too(wxpay, line):
    from types import MappingProxyType

    wxpay.v3.x.post(json=MappingProxyType({"a": MappingProxyType({"b": (1, True, None)})}))
    assert line.requests[0].content == b'{"a":{"b":[1,true,null]}}'


def test_json_is_compact_utf8(wxpay, line):
    wxpay.v3.x.post(json={"description": "中文 & <b>", "amount": {"total": 1}})
    assert line.requests[0].content == (
        '{"description":"中文 & <b>","amount":{"total":1}}'.encode()
    )


PLAINTEXT = "张三的秘密"


def secrets_of(keys):
    return [
        APIV3_KEY,
        SECRET,
        pem(keys.merchant).decode().splitlines()[3],
        hex(keys.merchant.private_numbers().d)[2:40],
        PLAINTEXT,
    ]


def test_nothing_secret_shows(keys, caplog):
    def response(request):
        return Response(200, {}, b"unsigned")

    wxpay = keys.client(
        transport=MockTransport(response),
        merchant={"cert": keys.merchant_certificate, "key": keys.merchant},
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(SignatureError) as caught:
        wxpay.v3.x.post(json={"name": Sensitive(PLAINTEXT)})
    error = caught.value
    authorization = error.request.headers["Authorization"]
    shown = "\n".join(
        [
            repr(wxpay),
            repr(wxpay.credential),
            repr(wxpay.stacks),
            repr(error.request),
            repr(error.request.headers),
            repr(error.request.certificate),
            repr(error.request.options),
            repr(Sensitive(PLAINTEXT)),
            f"{Sensitive(PLAINTEXT)} {Sensitive(PLAINTEXT):>20}",
            repr(error),
            caplog.text,
            "".join(traceback.format_exception(error)),
        ]
    )
    assert shown.count("/v3/x") >= 3
    for secret in [*secrets_of(keys), authorization, authorization.split('signature="')[1][:40]]:
        assert secret not in shown


def test_importing_opens_nothing_and_loads_neither_http_library():
    code = (
        "import sys, wechatpay_chain; "
        "print([m for m in ('aiohttp', 'urllib3', 'yarl', 'urllib.request') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_from_env(keys, tmp_path):
    key = write(tmp_path / "apiclient_key.pem", keys.merchant)
    pub = write(tmp_path / "pub_key.pem", keys.platform.public_key())
    cert = write(tmp_path / "apiclient_cert.pem", keys.merchant_certificate)
    environ = {
        "WECHATPAY_MCHID": MCHID,
        "WECHATPAY_SERIAL": MERCHANT_SERIAL,
        "WECHATPAY_PRIVATE_KEY": str(key),
        "WECHATPAY_PUBLIC_KEY_ID": PUBLIC_KEY_ID,
        "WECHATPAY_PUBLIC_KEY": str(pub),
        "WECHATPAY_CERTS": f"5A={pub}, 5B={pub}",
        "WECHATPAY_APIV3_KEY": APIV3_KEY,
        "WECHATPAY_SECRET": SECRET,
        "WECHATPAY_MERCHANT_CERT": str(cert),
        "WECHATPAY_MERCHANT_KEY": str(key),
        "WECHATPAY_BASE_URI": "http://127.0.0.1:8790/",
        "WECHATPAY_TIMEOUT": "3,9",
        "WECHATPAY_PROXY": "",
        "OTHER": "x",
    }
    line = MockTransport(lambda _: {"ok": True}, sign={"5B": keys.platform})
    wxpay = WeChatPay.from_env(environ, transport=line)
    assert wxpay.v3.x.get().verified
    assert line.requests[0].timeout == (3, 9)
    assert line.requests[0].url == "http://127.0.0.1:8790/v3/x"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "WECHATPAY_MCHID is not set"),
        (
            {"WECHATPAY_MCHID": "1", "WECHATPAY_PRIVATKEY": "x"},
            "unknown variable WECHATPAY_PRIVATKEY",
        ),
        ({"WECHATPAY_MCHID": "1", "WECHATPAY_CERTS": "pub_key.pem"}, "ID=path"),
        (
            {"WECHATPAY_MCHID": "1", "WECHATPAY_PUBLIC_KEY": "x"},
            "set WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID together",
        ),
        ({"WECHATPAY_MCHID": "1", "WECHATPAY_TIMEOUT": "soon"}, "WECHATPAY_TIMEOUT 'soon'"),
        ({"WECHATPAY_MCHID": "1", "WECHATPAY_MERCHANT_CERT": "x"}, "merchant has no 'key'"),
        ({"WECHATPAY_MCHID": "1", "WECHATPAY_MERCHANT_P12": "nowhere.p12"}, "nowhere.p12"),
    ],
)
def test_from_env_names_the_variable(environ, words):
    with pytest.raises(ConfigurationError, match=words):
        WeChatPay.from_env(environ)


def test_a_client_is_no_container(wxpay):
    with pytest.raises(TypeError):
        iter(wxpay)
    assert not hasattr(wxpay, "_repr_html_")


@pytest.mark.parametrize("base_uri", ["http://127.0.0.1:1/", "http://127.0.0.1:1/gw/"])
def test_an_operation_is_known_without_the_path_of_base_uri(keys, base_uri):
    wxpay = keys.client(transport=MockTransport(lambda _: (200, b"bill")), base_uri=base_uri)
    assert wxpay["v3/billdownload/file?token=1"].get().text == "bill"
    assert wxpay.v2.pay.downloadbill.post(xml={"mch_id": MCHID}).text == "bill"
    with pytest.raises(SignatureError):
        wxpay["v3/x"].get()


def test_what_looks_like_a_setting_is_refused(wxpay):
    with pytest.raises(AttributeError):
        wxpay.timeout = 3
    for name, stack in (("V3", wxpay.stacks["v3"]), ("v3", None)):
        with pytest.raises(ConfigurationError, match="expected a Stack, such as 'v3' or 'v2'"):
            wxpay.stacks[name] = stack


def test_the_log_shows_no_token(keys, caplog):
    wxpay = keys.client(transport=MockTransport(lambda _: (200, b"bill")))
    with caplog.at_level(logging.DEBUG, logger="wechatpay_chain"):
        wxpay["v3/billdownload/file?a=1&token=secret&b=2"].get()
    assert "GET /v3/billdownload/file?a=1&token=***&b=2 200 - " in caplog.text


def test_a_flow_of_ones_own_uses_the_clients_transport(wxpay, line):
    request = Request("GET", "http://127.0.0.1:1", "/x", Headers(), b"")

    def ask():
        return (yield Send(request))

    assert wxpay.run(ask()).json() == {"ok": True}
    assert asyncio.run(wxpay.run_async(ask())).json() == {"ok": True}
    assert line.requests == [request, request]
