"""The guide for users of the PHP SDK: each row of its tables holds, each call sends the same."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

import wechatpay_chain
from tests.docs import php
from tests.docs.support import blocks, generator, write_keys
from tests.support import (
    APIV3_KEY,
    MCHID,
    MERCHANT_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    Keys,
)
from wechatpay_chain import Request, Response, canonical, transport, xml
from wechatpay_chain.crypto import aes, digest, rsa
from wechatpay_chain.crypto.certificate import certificate, certificate_serial
from wechatpay_chain.crypto.keys import private_key, public_key
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing.mock import MockTransport

REFUNDS = "/v3/refund/domestic/refunds"
UNLIKE = {"sign", "nonce_str", "sign_type"}
"""What both clients add to an APIv2 request."""


tables = generator("php")
PAGES = pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: str(page.parent.name))
ROWS = [
    pytest.param(row, id=f"{name}-{number}")
    for name, rows in tables.rows().items()
    for number, row in enumerate(rows, 1)
]


def respond(request: Request) -> Any:
    """WeChat Pay: OK, but for what is named otherwise."""
    if not request.path.startswith("/v3/") and "/v3/" not in request.path:
        given = xml.loads(request.content) if request.content else {}
        fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", "mch_id": MCHID}
        if given.get("out_trade_no") == "no-such":
            fields |= {"result_code": "FAIL", "err_code": "ORDERNOTEXIST", "err_code_des": "none"}
        key = "wrong" * 6 + "12" if given.get("out_trade_no") == "wrong-sign" else SECRET
        kind = given.get("sign_type") or "MD5"
        sign = digest.sign(kind, canonical.fields(fields), key)
        return 200, xml.dumps({**fields, "sign": sign})
    status = re.search(r"/status/(\d+)$", request.path)
    if status or "no-such" in request.path:
        return int(status[1]) if status else 404, {"code": "NOT_FOUND", "message": "none"}
    if request.method == "POST" and request.path in ("/v3/pay/transactions/native", REFUNDS):
        return {"code_url": "weixin://wxpay/bizpayurl?pr=NwY5Mz9", "status": "PROCESSING"}
    return Response(200, {"Request-ID": "08F5-0"}, b'{"code":"OK"}')


def der(key: Any, form: str) -> str:
    """A key in base64 of DER."""
    encoding = serialization.Encoding.DER
    if form in ("PKCS8", "TraditionalOpenSSL"):
        private = getattr(serialization.PrivateFormat, form)
        raw = key.private_bytes(encoding, private, serialization.NoEncryption())
    else:
        raw = key.public_bytes(encoding, getattr(serialization.PublicFormat, form))
    return base64.b64encode(raw).decode()


NAMES: tuple[Any, ...] = (
    *(asyncio, hashlib, io, json, pytest, Path),
    *(aes, canonical, digest, rsa, xml),
    *(certificate, certificate_serial, der, private_key, public_key),
    *(Gateway, MockTransport),
)
"""What the rows use, by their own names."""


@pytest.fixture
def desk(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> dict[str, Any]:
    """A reader's folder, and the names that the rows use."""
    monkeypatch.chdir(tmp_path)
    write_keys(tmp_path, keys)
    platform = MockTransport(respond, sign={PUBLIC_KEY_ID: keys.platform})
    own = {"cert": "apiclient_cert.pem", "key": "apiclient_key.pem"}
    seen: list[str] = []

    def middleware(request: Any, handle: Any) -> Any:
        seen.append(request.path)
        return (yield from handle(request))

    return {
        **{each.__name__.rpartition(".")[2]: each for each in NAMES},
        **{name: getattr(wechatpay_chain, name) for name in wechatpay_chain.__all__},
        "MCHID": MCHID,
        "SERIAL": MERCHANT_SERIAL,
        "SECRET": SECRET,
        "APIV3_KEY": APIV3_KEY,
        "KEY": "apiclient_key.pem",
        "CERTS": {PUBLIC_KEY_ID: "pub_key.pem"},
        "caplog": caplog,
        "keys": keys,
        "middleware": middleware,
        "seen": seen,
        "transport": platform,
        "wxpay": keys.client(transport=platform, merchant=own),
    }


@PAGES
def test_the_tables_are_those_of_the_rows(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == tables.completed(text, chinese=tables.PAGES[page]), "run make format"
    assert re.findall(r"<!-- table: (\w+) -->", text) == list(tables.rows())


@pytest.mark.parametrize("row", ROWS)
def test_a_row_holds(row: dict[str, Any], desk: dict[str, Any]) -> None:
    assert "calls" in row or "check" in row
    for theirs, mine in row.get("calls", ()):
        eval(mine, desk)
        assert_same(php.sent(theirs), desk["transport"].requests[-1])
    exec(compile(row.get("check", ""), row["php"], "exec"), desk)


@PAGES
def test_the_examples_send_the_same(
    page: Path, desk: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "HTTPTransport", lambda **_: desk["transport"])
    before = re.findall(r"^```php\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    after = [block.code for block in blocks(page)][: len(before)]
    for theirs, mine in zip(before, after, strict=True):
        exec(compile(mine, str(page), "exec"), desk)
        assert_same(php.sent(call_of(theirs)), desk["transport"].requests[-1])


def call_of(code: str) -> str:
    """The first call in a PHP example."""
    begin = re.search(r"\$wxpay->v3", code)
    assert begin is not None
    rest = code[begin.start() :]
    return rest[: rest.index("]])") + 3]


def assert_same(theirs: php.Sent, mine: Request) -> None:
    assert mine.method == theirs.method
    assert mine.url == theirs.url
    assert {name: mine.headers[name] for name in theirs.headers} == theirs.headers
    if isinstance(theirs.body, str):
        assert mine.content == theirs.body.encode()
    elif theirs.body is not None and "/v3/" in theirs.url:
        assert json.loads(mine.content) == theirs.body
    elif theirs.body is not None:
        fields = {
            name: text for name, text in xml.loads(mine.content).items() if name not in UNLIKE
        }
        assert fields == theirs.body


def test_the_generator_changes_nothing() -> None:
    before = {page: page.read_bytes() for page in tables.PAGES}
    tables.main()
    assert {page: page.read_bytes() for page in tables.PAGES} == before


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("$wxpay->v3->pay->_id_->get(['id' => 'a/b'])", "GET v3/pay/a%2Fb"),
        ("$wxpay->chain('{+path}')->post(['path' => 'v3/A'])", "POST v3/A"),
        ("$wxpay['v3/A']->getAsync()", "GET v3/-a"),
        ("$wxpay->v2->pay->orderquery->post(['xml' => ['a' => '1']])", "POST pay/orderquery"),
    ],
)
def test_the_rules_of_the_php_sdk(call: str, line: str) -> None:
    found = php.sent(call)
    assert f"{found.method} {found.url.removeprefix(php.BASE)}" == line


def test_arrays() -> None:
    text = "['a' => ['b' => 1.5, 'c' => true], 'd' => ['x', null], 'e' => [],]"
    assert php.array(textwrap.dedent(text)) == {
        "a": {"b": 1.5, "c": True},
        "d": ["x", None],
        "e": {},
    }
