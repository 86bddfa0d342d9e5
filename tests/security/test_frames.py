"""No local variable of any frame of ours shows a secret, whatever raises."""

from __future__ import annotations

import base64
import contextlib
import json
import traceback
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

import wechatpay_chain
from tests.support import MCHID, MERCHANT_SERIAL, PUBLIC_KEY_ID, pem
from tests.wire.responses import http
from tests.wire.server import Do
from wechatpay_chain import Retry, Sensitive, TransportError, WeChatPay
from wechatpay_chain.crypto import aes, digest, rsa
from wechatpay_chain.crypto import keys as key_files
from wechatpay_chain.crypto.certificate import merchant as load_merchant
from wechatpay_chain.flow import Send
from wechatpay_chain.invoke.parameters import Invoke
from wechatpay_chain.keys import certificates
from wechatpay_chain.testing.mock import MockTransport
from wechatpay_chain.transport import HTTPTransport

PACKAGE = str(Path(wechatpay_chain.__file__).parent)

APIV3_KEY = "s3cretA3cretA3cretA3cretA3cretA3"
SECRET = "s3cretB3cretB3cretB3cretB3cretB3"
PASSWORD = "s3cretPassword"
PASSPHRASE = "s3cretPassphrase"
NAME = "s3cretName"
WRONG = "s3cretWrongKey"
PROXY = f"http://user:{PASSWORD}@127.0.0.1:1"
BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()


def seen(value: Any, depth: int = 4) -> list[str]:
    """What a tool records of a value: its repr, and within containers that of what they hold."""
    try:
        found = [repr(value)]
    except AttributeError:
        return []  # an object that its `__init__` has not filled yet; tools show nothing either
    if hasattr(type(value), "__sentry_repr__"):
        return [value.__sentry_repr__()]
    if depth and isinstance(value, Mapping):
        found += [
            text for pair in list(value.items()) for each in pair for text in seen(each, depth - 1)
        ]
    elif (
        depth
        and isinstance(value, Sequence | Set)
        and not isinstance(value, str | bytes | memoryview)
    ):
        found += [text for each in value for text in seen(each, depth - 1)]
    return found


def frames(error: BaseException) -> list[tuple[str, dict[str, Any]]]:
    """The frames of ours, of an error and of all that it hides."""
    found, pending, known = [], [error], set()
    while pending:
        one = pending.pop()
        if id(one) in known:
            continue
        known.add(id(one))
        pending += [each for each in (one.__cause__, one.__context__) if each is not None]
        link: TracebackType | None = one.__traceback__
        while link is not None:
            code = link.tb_frame.f_code
            if code.co_filename.startswith(PACKAGE):
                place = f"{Path(code.co_filename).name}:{link.tb_lineno} {code.co_qualname}"
                found.append((place, dict(link.tb_frame.f_locals)))
            link = link.tb_next
    return found


def assert_hidden(error: BaseException, *secrets: str) -> None:
    told = "".join(traceback.format_exception(error))
    for secret in secrets:
        assert secret not in told
    for place, local in frames(error):
        for name, value in local.items():
            for text in seen(value):
                for secret in secrets:
                    assert secret not in text, f"{name} in {place}"


@pytest.fixture(scope="module")
def key_text(keys):
    return pem(keys.merchant).decode()


@pytest.fixture(scope="module")
def secrets(keys, key_text):
    lines = key_text.split("\n")[1:-2]
    der = base64.b64decode("".join(lines))
    return [
        APIV3_KEY,
        SECRET,
        PASSWORD,
        PASSPHRASE,
        NAME,
        WRONG,
        BASIC,
        *lines,
        repr(der[100:140])[2:-1],
        digest.md5(SECRET),
    ]


@pytest.fixture(scope="module")
def good(keys, key_text):
    """Arguments of a client, the secrets among them as text."""
    return {
        "mchid": MCHID,
        "serial": MERCHANT_SERIAL,
        "private_key": key_text,
        "certs": {PUBLIC_KEY_ID: pem(keys.platform.public_key()).decode()},
        "apiv3_key": APIV3_KEY,
        "secret": SECRET,
        "merchant": {"cert": pem(keys.merchant_certificate).decode(), "key": key_text},
        "proxy": PROXY,
        "retry": Retry(initial=0),  # attempts, and no wait between them
    }


BAD = {
    "mchid": [None, 5, "x y", []],
    "serial": ["", 5, "nonsense!", PUBLIC_KEY_ID],
    "private_key": [WRONG, 5, b"-----BEGIN " + WRONG.encode(), [WRONG], "private.pkcs8://" + WRONG],
    "certs": [{PUBLIC_KEY_ID: WRONG}, {5: WRONG}, [WRONG], WRONG, {MERCHANT_SERIAL: WRONG}],
    "apiv3_key": [WRONG, 5, [WRONG], WRONG.encode(), {"a": WRONG}],
    "secret": [WRONG, 5, [WRONG], WRONG.encode(), {"a": WRONG}, WRONG + "\ud800"],
    "merchant": [
        {"cert": WRONG, "key": WRONG},
        {"key": WRONG},
        {"p12": WRONG.encode(), "passphrase": PASSPHRASE},
        {"p12": b"0\x82\x01", "passphrase": PASSPHRASE},
        {"p12": "no-such.p12", "passphrase": PASSPHRASE},
        {"p12": "x.p12", "passphrase": 5},
        {"secrets": WRONG},
        WRONG,
        [WRONG],
    ],
    "base_uri": ["ftp://x", 5, ""],
    "timeout": [0, "x", (1, 2, 3)],
    "proxy": [
        f"socks://user:{PASSWORD}@x",
        f"http://user:{PASSWORD}@h:99999",
        {"https": PROXY},
        [PROXY],
        f"http://user:{PASSWORD}\ud800@x:1",
    ],
    "verify": ["no-such-file", 5],
    "sensitive": ["on", 5],
    "answer_with": ["nothing", 5],
    "no_such_argument": [WRONG],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(
    ("name", "value"), CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)]
)
def test_a_client_with_a_bad_argument(good, secrets, name, value):
    with pytest.raises((wechatpay_chain.WeChatPayError, TypeError)) as caught:
        WeChatPay(**{**good, name: value})
    if name == "no_such_argument":  # the caller's own frame raises
        return
    assert any("WeChatPay.__init__" in place for place, _ in frames(caught.value))
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize("missing", ["private_key", "serial", "certs"])
def test_a_client_with_too_little(good, secrets, missing):
    given = {**good, "merchant": None, missing: None}
    with contextlib.suppress(wechatpay_chain.ConfigurationError), WeChatPay(**given):
        return
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay(**given)
    assert_hidden(caught.value, *secrets)


def environment(good, **more):
    return {
        "WECHATPAY_MCHID": MCHID,
        "WECHATPAY_SERIAL": MERCHANT_SERIAL,
        "WECHATPAY_PRIVATE_KEY": good["private_key"],
        "WECHATPAY_APIV3_KEY": APIV3_KEY,
        "WECHATPAY_SECRET": SECRET,
        "WECHATPAY_PROXY": PROXY,
        "WECHATPAY_MERCHANT_CERT": good["merchant"]["cert"],
        "WECHATPAY_MERCHANT_KEY": good["merchant"]["key"],
        **more,
    }


@pytest.mark.parametrize(
    "more",
    [
        {"WECHATPAY_MCHID": ""},
        {"WECHATPAY_SECRETT": SECRET},
        {"WECHATPAY_PRIVAT_KEY": WRONG},
        {"WECHATPAY_TIMEOUT": "x"},
        {"WECHATPAY_CERTS": WRONG},
        {"WECHATPAY_CERTS": f"A={WRONG}"},
        {"WECHATPAY_PUBLIC_KEY": WRONG},
        {"WECHATPAY_APIV3_KEY": WRONG},
        {"WECHATPAY_SECRET": WRONG},
        {"WECHATPAY_SECRET": [WRONG]},
        {"WECHATPAY_PRIVATE_KEY": WRONG},
        {"WECHATPAY_MERCHANT_KEY": WRONG},
        {"WECHATPAY_PROXY": f"http://user:{PASSWORD}@h:x"},
        {"WECHATPAY_MERCHANT_P12": WRONG, "WECHATPAY_MERCHANT_PASSPHRASE": PASSPHRASE},
    ],
)
@pytest.mark.parametrize("how", ["mapping", "process"])
def test_an_environment_that_is_wrong(good, secrets, monkeypatch, more, how):
    given = environment(good, **more)
    if how == "process":
        if not all(isinstance(value, str) for value in given.values()):
            pytest.skip("an environment holds text")
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_env(given if how == "mapping" else None, base_uri="https://x.example")
    assert_hidden(caught.value, *secrets)


def test_arguments_beside_an_environment(good, secrets):
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_env({}, **good)
    assert_hidden(caught.value, *secrets)
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_env(environment(good), secret=WRONG, proxy=PROXY)
    assert_hidden(caught.value, *secrets)
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_env([SECRET])
    assert_hidden(caught.value, *secrets)


@pytest.fixture
def description(tmp_path, keys, good):
    """What a gateway writes, apart from the members that a test takes away."""
    key, public = tmp_path / "key.pem", tmp_path / "pub.pem"
    key.write_text(good["private_key"])
    public.write_text(good["certs"][PUBLIC_KEY_ID])
    return {
        "base_uri": "http://127.0.0.1:1/",
        "tls_base_uri": "https://127.0.0.1:1/",
        "ca": "no-such-ca",
        "mchid": MCHID,
        "serial": MERCHANT_SERIAL,
        "private_key": str(key),
        "certificate": str(public),
        "apiv3_key": APIV3_KEY,
        "secret": SECRET,
        "platform": {
            "public_key_id": PUBLIC_KEY_ID,
            "public_key": str(public),
            "serial": "1" * 40,
            "certificate": str(public),
        },
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_uri", None),
        ("secret", 5),
        ("secret", WRONG),
        ("apiv3_key", WRONG),
        ("platform", None),
        ("platform", []),
        ("private_key", "no-such-file"),
        ("certificate", "no-such-file"),
    ],
)
@pytest.mark.parametrize("tls", [True, False])
def test_a_connection_file_that_is_wrong(tmp_path, description, secrets, name, value, tls):
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({**description, name: value}))
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_gateway(path, tls=tls, proxy=PROXY)
    assert_hidden(caught.value, *secrets)
    path.write_text(json.dumps(description)[:-1])
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        WeChatPay.from_gateway(path, secret=SECRET)
    assert_hidden(caught.value, *secrets)


@pytest.fixture
def client(good, server):
    given = {**good, "proxy": None, "base_uri": server.url, "timeout": 5}
    return WeChatPay(**given)


def broken(request):
    raise RuntimeError("a transport that fails")


def stops(request, handle):
    raise RuntimeError("a layer that fails")
    yield Send(request)


V3 = {"json": {"name": Sensitive(NAME)}}
V2 = {"xml": {"mch_id": MCHID, "a": "b"}}
CALLS = {
    "v3": ("post", "v3/x", V3),
    "v2": ("post", "v2/x", V2),
    "v2 GET": ("get", "v2/x", {"query": {"mch_id": MCHID}}),
    "v3 GET": ("get", "v3/x", {}),
    "v2 upload": ("post", "v2/x", {"media": b"x", **V2}),
}
CALLS["v2 upload"] = ("post", "v2/x", {"media": wechatpay_chain.Media(b"x", "a.png"), **V2})
ANSWERS = {
    "refused": lambda s: [s.json({"code": "NO_AUTH"}, 403)],
    "unsigned": lambda _: [http(200, b"{}")],
    "forged": lambda s: [http(200, b"{}", s.headers(b"x"))],
    "v2 forged": lambda _: [
        http(200, b"<xml><return_code>SUCCESS</return_code><sign>" + b"A" * 32 + b"</sign></xml>")
    ],
    "garbage": lambda _: [b"SSH-2.0\r\n\r\n"],
    "nothing": lambda _: [],
    "cut off": lambda s: [http(200, b"{}", s.headers(b"{}"), length=9)],
}


@pytest.mark.parametrize("response", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize("made", CALLS.values(), ids=CALLS.keys())
def test_a_call_that_fails(call, client, server, signed, secrets, made, response):
    server.respond(*response(signed), Do.CLOSE)
    verb, path, options = made
    with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
        call(verb, path, client, **options)
    sent = server.requests[0].headers.get("authorization")
    assert_hidden(caught.value, *secrets, *filter(None, [sent]))


@pytest.mark.parametrize("layer", ["gate", "verifier", "encoder"])
@pytest.mark.parametrize("made", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_layer_that_fails(call, client, secrets, made, layer, where):
    verb, path, options = made
    stack = getattr(client.stacks[path[:2]], where)(layer, "mine", stops)
    with pytest.raises(RuntimeError) as caught:
        call(verb, path, client, stack=stack, **options)
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize("made", CALLS.values(), ids=CALLS.keys())
def test_a_transport_that_fails(call, good, secrets, made):
    verb, path, options = made
    client = WeChatPay(**{**good, "proxy": None}, transport=MockTransport(broken))
    with pytest.raises(RuntimeError) as caught:
        call(verb, path, client, **options)
    (request,) = client._transport.requests
    assert_hidden(caught.value, *secrets, *request.headers.get_all("Authorization"))


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("v3/x", {"json": {"name": Sensitive(NAME * 100)}}),
        ("v3/x", {"json": {"name": Sensitive(NAME), "b": object()}}),
        ("v3/x", {"query": {"name": Sensitive(NAME), "b": object()}}),
        ("v3/x", {"json": [Sensitive(NAME)], "headers": {"Wechatpay-Serial": "unknown"}}),
        ("v3/x", {"meta": {"a": Sensitive(NAME)}, "media": "no-such-file"}),
        ("v2/x", {"xml": {"mch_id": "1900000200"}}),
        ("v2/x", {"xml": {"mch_id": MCHID, "sign_type": "SHA1"}}),
        ("v2/x", {"xml": {"mch_id": MCHID, "a": object()}}),
    ],
)
def test_a_request_that_cannot_be_made(call, client, server, secrets, path, options):
    with pytest.raises(wechatpay_chain.ConfigurationError) as caught:
        call("post", path, client, **options)
    assert_hidden(caught.value, *secrets)
    assert server.requests == []


@pytest.mark.parametrize("made", CALLS.values(), ids=CALLS.keys())
def test_a_proxy_that_is_not_there(call, good, secrets, made):
    verb, path, options = made
    client = WeChatPay(**{**good, "base_uri": "http://127.0.0.1:1/"})
    with pytest.raises(TransportError) as caught:
        call(verb, path, client, **options)
    assert_hidden(caught.value, *secrets)


def test_a_proxy_that_refuses(call, good, server, secrets):
    proxy = server.url.replace("//", f"//user:{PASSWORD}@")
    client = WeChatPay(**{**good, "proxy": proxy, "base_uri": "https://x.example/"})
    server.respond(http(407, b"", {"Proxy-Authenticate": "Basic"}), Do.CLOSE)
    with pytest.raises(TransportError) as caught:
        call("get", "v3/x", client)
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (5, b"{}"),
        (None, b"{}"),
        ("signed", b"{}"),
        ("signed", b"[]"),
        ("signed", b"["),
        (
            "signed",
            json.dumps(
                {
                    "resource": {
                        "algorithm": "AEAD_AES_256_GCM",
                        "ciphertext": "AAAA",
                        "nonce": "123456789012",
                    }
                }
            ).encode(),
        ),
        ("signed", 5),
    ],
)
def test_a_notification_that_is_wrong(client, keys, secrets, headers, body):
    given = (
        keys.signed_headers(body if isinstance(body, bytes) else b"")
        if headers == "signed"
        else headers
    )
    with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
        client.notify(given, body)
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"<xml><a>1</a></xml>",
        b"<xml><a>1</a><sign>1</sign></xml>",
        b"<xml><req_info>AAAA</req_info></xml>",
        b"<xml><req_info>" + base64.b64encode(b"x" * 32) + b"</req_info></xml>",
        5,
    ],
)
def test_a_notification_of_apiv2_that_is_wrong(client, secrets, body):
    with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
        client.notify_v2(body)
    assert_hidden(caught.value, *secrets)


def fetch(world, client, key):
    if world.is_async:
        return world.run(certificates.download_async(client, key))
    return certificates.download(client, key)


def test_certificates_that_do_not_open(world, client, server, secrets):
    entry = {
        "serial_no": "1",
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "associated_data": "certificate",
            "nonce": "123456789012",
            "ciphertext": "AAAA",
        },
    }
    server.respond(http(200, json.dumps({"data": [entry]}).encode()), Do.CLOSE)
    world.keep(client)
    for given in (APIV3_KEY, WRONG, [WRONG], WRONG.encode()):
        with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
            fetch(world, client, given)
        assert_hidden(caught.value, *secrets)
    with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
        certificates.open_certificates(wechatpay_chain.Response(200, content=b"[]"), APIV3_KEY)
    assert_hidden(caught.value, *secrets)
    with pytest.raises(wechatpay_chain.WeChatPayError) as caught:
        certificates.self_verifier(WRONG, client.platform)
    assert_hidden(caught.value, *secrets)


FUNCTIONS = {
    "rsa.sign": lambda key: rsa.sign("x", WRONG),
    "rsa.sign, a type": lambda key: rsa.sign(5, key),
    "rsa.decrypt": lambda key: rsa.decrypt("AAAA", key),
    "rsa.decrypt, a scheme": lambda key: rsa.decrypt("AAAA", key, scheme="no"),
    "rsa.encrypt": lambda key: rsa.encrypt(NAME, key),
    "rsa.encrypt, a scheme": lambda key: rsa.encrypt(NAME, key, scheme="no"),
    "rsa.verify": lambda key: rsa.verify("x", "AAAA", key),
    "rsa.verify_digest": lambda key: rsa.verify_digest(b"x", "AAAA", key),
    "keys.private_key": lambda key: key_files.private_key(WRONG),
    "keys.private_key, cut": lambda key: key_files.private_key(key[:-200]),
    "keys.private_key, DER": lambda key: key_files.private_key(key.encode()[30:]),
    "keys.private_key, a type": lambda key: key_files.private_key([key]),
    "keys.public_key": lambda key: key_files.public_key(key),
    "merchant": lambda key: load_merchant({"cert": key, "key": key}, PASSPHRASE),
    "merchant, p12": lambda key: load_merchant(b"0\x82" + b"x" * 99, PASSPHRASE),
    "merchant, PEM": lambda key: load_merchant(key, PASSPHRASE),
    "aes.gcm_decrypt": lambda key: aes.gcm_decrypt("AAAA", APIV3_KEY, "123456789012"),
    "aes.gcm_decrypt, a key": lambda key: aes.gcm_decrypt("AAAA", WRONG, "123456789012"),
    "aes.gcm_encrypt": lambda key: aes.gcm_encrypt(NAME, APIV3_KEY, ""),
    "aes.gcm_encrypt, a key": lambda key: aes.gcm_encrypt(NAME, WRONG, "123456789012"),
    "aes.ecb_decrypt": lambda key: aes.ecb_decrypt("AAAA", SECRET),
    "aes.ecb_encrypt": lambda key: aes.ecb_encrypt(NAME, WRONG),
    "digest.sign": lambda key: digest.sign("SHA1", "a=b", SECRET),
    "digest.sign, text": lambda key: digest.sign("MD5", "\ud800", SECRET),
    "digest.md5": lambda key: digest.md5("\ud800", SECRET),
    "digest.hmac_sha256": lambda key: digest.hmac_sha256("\ud800", SECRET),
    "transport": lambda key: HTTPTransport(proxy=f"http://user:{PASSWORD}@h:x"),
    "transport, verify": lambda key: HTTPTransport(proxy=PROXY, verify="no-such-file"),
    "mock": lambda key: MockTransport(broken, sign={"1": WRONG}),
    "invoke": lambda key: Invoke(MCHID, None, SECRET).jsapi(appid="wx1", prepay_id="1"),
    "invoke, v2": lambda key: Invoke(MCHID, None, SECRET).redpacket(appid="", package="1"),
    "sensitive": lambda key: Sensitive(NAME.encode()),
    "sensitive, a key": lambda key: Sensitive(NAME).encrypt(WRONG),
    "sensitive, long": lambda key: Sensitive(NAME * 99).encrypt(
        key_files.private_key(key).public_key()
    ),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_function_that_raises(key_text, secrets, function):
    with pytest.raises(Exception) as caught:
        function(key_text)
    assert_hidden(caught.value, *secrets)


def test_the_walk_finds_what_is_shown():
    """The test of the test: a frame of the package that holds a secret is found."""
    code = compile(f"def f(a):\n    raise ValueError\nf({SECRET!r})", f"{PACKAGE}/x.py", "exec")
    with pytest.raises(ValueError) as caught:
        exec(code, {})
    with pytest.raises(AssertionError, match="a in x.py"):
        assert_hidden(caught.value, SECRET)
