"""Sign what you send: the bytes that arrive are the bytes that the signature covers."""

from __future__ import annotations

import base64
import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.support import MCHID, MERCHANT_SERIAL, SECRET
from wechatpay_chain import ConfigurationError
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import canonical, xml

from .responses import http, v2

AUTHORIZATION = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="(?P<mchid>\d+)",nonce_str="(?P<nonce>\w{32})",'
    r'signature="(?P<signature>[\w+/]{342}==)",timestamp="(?P<stamp>\d{10})",serial_no="(?P<serial>\w+)"'
)


def assert_covered(keys, received, body=None):
    """The Authorization is the merchant's, over the request line and body as they came."""
    parts = AUTHORIZATION.fullmatch(received.headers["authorization"])
    assert (parts["mchid"], parts["serial"]) == (MCHID, MERCHANT_SERIAL)
    message = f"{received.method}\n{received.target}\n{parts['stamp']}\n{parts['nonce']}\n".encode()
    keys.merchant.public_key().verify(
        base64.b64decode(parts["signature"]),
        message + (received.body if body is None else body) + b"\n",
        padding.PKCS1v15(),
        hashes.SHA256(),
    )


VARIABLES = {
    "中文": "%E4%B8%AD%E6%96%87",
    "a b": "a%20b",
    "a+b": "a%2Bb",
    "100%": "100%25",
    "%e4": "%25e4",
    "it's": "it%27s",
    "a~b": "a~b",
    "a/b": "a%2Fb",
    "a*b": "a%2Ab",
    "[x]": "%5Bx%5D",
    "a|b": "a%7Cb",
    'a"b': "a%22b",
    "a?b#c": "a%3Fb%23c",
    "a&b=c": "a%26b%3Dc",
    "a;b,c:d@e!f$g(h)": "a%3Bb%2Cc%3Ad%40e%21f%24g%28h%29",
    "<x>\\^`{y}": "%3Cx%3E%5C%5E%60%7By%7D",
    "..x": "..x",
    "😀": "%F0%9F%98%80",
    "a\nb": "a%0Ab",
}


@pytest.mark.parametrize(("value", "sent"), VARIABLES.items())
def test_a_path_variable(call, server, signed, keys, value, sent):
    server.respond(signed())
    call("get", "v3/refunds/id/{refund_id}", refund_id=value)
    (received,) = server.requests
    assert received.target == f"/v3/refunds/id/{sent}"
    assert_covered(keys, received)


@pytest.mark.parametrize(("value", "sent"), VARIABLES.items())
def test_a_query_value(call, server, signed, keys, value, sent):
    server.respond(signed())
    call("get", "v3/refunds", query={"名": value})
    (received,) = server.requests
    assert received.target == f"/v3/refunds?%E5%90%8D={sent}"
    assert_covered(keys, received)


VERBATIM = {
    "v3/x/中文": "/v3/x/%E4%B8%AD%E6%96%87",
    "v3/x/%e4%b8%ad": "/v3/x/%E4%B8%AD",
    "v3/x/a b": "/v3/x/a%20b",
    "v3/x/a+b": "/v3/x/a+b",
    "v3/x/a%2Fb": "/v3/x/a%2Fb",
    "v3/x/a%20b%": "/v3/x/a%20b%25",
    "v3/x/a'b~c*d": "/v3/x/a'b~c*d",
    "v3/x/a(b)!$&;,=:@": "/v3/x/a(b)!$&;,=:@",
    'v3/x/[a]|"b"': "/v3/x/%5Ba%5D%7C%22b%22",
    "v3/x/a<b>\\^`": "/v3/x/a%3Cb%3E%5C%5E%60",
    "v3/x//y/": "/v3/x//y/",
    "//v3/x": "//v3/x",
    "v3/x/y?": "/v3/x/y",
    "v3/x/y?a=1&b=&c": "/v3/x/y?a=1&b=&c",
    "v3/x/y?a=b+c%20d e": "/v3/x/y?a=b+c%20d%20e",
    "v3/x/y?a=%e4%b8%ad文": "/v3/x/y?a=%E4%B8%AD%E6%96%87",
    "v3/x/y?a='b'&c=~*/?:@": "/v3/x/y?a='b'&c=~*/?:@",
    'v3/x/y?a=[b]|"c"': "/v3/x/y?a=%5Bb%5D%7C%22c%22",
    "v3/x/y?a=1#z": "/v3/x/y?a=1",
    "v3/billdownload/file?token=a%2Fb%3D%3D": "/v3/billdownload/file?token=a%2Fb%3D%3D",
    "/v3/x?u=http://h/?a=1": "/v3/x?u=http://h/?a=1",
}


@pytest.mark.parametrize(("path", "sent"), VERBATIM.items())
def test_a_verbatim_path(call, server, signed, keys, path, sent):
    server.respond(signed())
    call("get", path)
    (received,) = server.requests
    assert received.target == sent
    assert_covered(keys, received)


@pytest.mark.parametrize(
    "path",
    [
        "v3/x/../y",
        "v3/x/.",
        "../v3/x",
        "v3/x/..?a=1",
        "v3/x/%2e%2e/y",
        "v3/x/.%2E/y",
        "v3/x/%2e./y",
        "v3/x/%2E",
        "v3/x%2f..%2fy",
        "v3/x/..%5Cy",
        "v3/x\\..\\y",
        "v3/x/..;/y",
        "v3/x/..;a=1/y",
        "v3/x/%2e%2E%3B/y",
    ],
)
def test_a_path_that_leads_elsewhere_is_not_sent(call, server, raises, path):
    """A server or a proxy on the way would take the dots out, and the signature would not fit."""
    with raises(ConfigurationError, "dot segment"):
        call("get", path)
    assert server.requests == []


def test_an_absolute_url(call, server, signed, keys):
    """As a bill's `download_url` comes."""
    server.respond(signed())
    call("get", f"{server.url}v3/billdownload/file?token=x%2By&tartype=gzip")
    (received,) = server.requests
    assert received.target == "/v3/billdownload/file?token=x%2By&tartype=gzip"
    assert_covered(keys, received)


@pytest.mark.parametrize("base", ["hk", "hk/", "a b/中/"])
def test_a_base_uri_with_a_path_of_its_own(call, server, signed, keys, base):
    server.respond(signed())
    call("get", "v3/statements", base_uri=server.url + base, query={"date": "2026"})
    (received,) = server.requests
    assert received.target.endswith("/v3/statements?date=2026")
    assert_covered(keys, received)


BODIES = {
    "post json": ("post", {"json": {"描述": "收款 <&> \u2028 'x' \"y\" /", "n": 1}}),
    "put json": ("put", {"json": [1, 2]}),
    "patch body": ("patch", {"body": "{ \"as\": 'it is' }\r\n"}),
    "post bytes": ("post", {"body": bytes(range(256))}),
    "post nothing": ("post", {}),
    "delete": ("delete", {}),
    "delete json": ("delete", {"json": {"reason": "x"}}),
    "get with body": ("get", {"body": b"{}"}),
    "post with query": ("post", {"json": {}, "query": {"a b": ["1", 2, True, None]}}),
    "post a large body": ("post", {"body": b"\x00\r\n\xff" * 700_000}),
}


@pytest.mark.parametrize(("verb", "options"), BODIES.values(), ids=BODIES.keys())
def test_a_body(call, server, signed, keys, verb, options):
    server.respond(signed())
    call(verb, "v3/x", **options)
    (received,) = server.requests
    assert received.method == verb.upper()
    assert_covered(keys, received)
    assert received.body == options.get("body", received.body) or isinstance(options["body"], str)
    assert "transfer-encoding" not in received.headers


def test_an_upload_is_signed_by_its_meta(call, server, signed, keys, tmp_path):
    picture = tmp_path / '营业 执照".png'
    picture.write_bytes(bytes(range(256)) * 10)
    server.respond(signed())
    call("post", "v3/merchant/media/upload", media=picture)
    (received,) = server.requests
    meta = received.body.split(b"\r\n\r\n", 1)[1].split(b"\r\n--", 1)[0]
    assert meta.startswith(b'{"filename":')
    assert_covered(keys, received, meta)
    assert picture.read_bytes() in received.body


def test_the_headers_are_the_same_in_both_worlds(keys, server, signed):
    """But for the order and the two that sign."""
    import asyncio

    server.respond(signed())
    client = keys.client(base_uri=server.url)
    client.v3.x.post(json={"a": 1}, headers={"X-Own": "1", "Accept-Language": "zh-CN"})
    client.close()
    asyncio.run(
        client.v3.x.post_async(json={"a": 1}, headers={"X-Own": "1", "Accept-Language": "zh-CN"})
    )
    sync, awaited = (
        {name: value for name, value in received.headers.items() if name != "authorization"}
        for received in server.requests
    )
    assert sync == awaited


V2_VALUES = ["中文 😀", "a b+c%20", "]]>", "<&>'\"", "a\x00\x08b", "a\r\nb", " a ", "%e4", "~*/[]|"]


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
@pytest.mark.parametrize("value", V2_VALUES)
def test_the_sign_of_apiv2_covers_the_fields_as_they_are_read(call, server, kind, value):
    server.respond(http(200, v2({"return_code": "SUCCESS"}, kind)))
    call("post", "v2/pay/x", xml={"mch_id": MCHID, "attach": value, "sign_type": kind})
    (received,) = server.requests
    fields = xml.loads(received.body)
    sign = fields.pop("sign")
    assert sign == digest.sign(kind, canonical.fields(fields), SECRET)


@pytest.mark.parametrize("value", V2_VALUES)
def test_the_sign_of_an_apiv2_query(call, server, value):
    from urllib.parse import parse_qsl, urlsplit

    server.respond(http(200, v2({"return_code": "SUCCESS"})))
    call("get", "v2/papay/x", query={"mch_id": MCHID, "attach": value})
    (received,) = server.requests
    fields = dict(parse_qsl(urlsplit(received.target).query, strict_parsing=True))
    sign = fields.pop("sign")
    assert sign == digest.sign("MD5", canonical.fields(fields), SECRET)
    assert received.body == b""
