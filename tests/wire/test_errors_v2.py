"""APIv2's errors: by HTTP status, or with status 200 and a code inside."""

from __future__ import annotations

import pytest

from tests.support import MCHID
from wechatpay_chain import APIError, ClientError, RateLimited, ServerError, SignatureError

from .responses import dumps, http, v2
from .server import Server

PATH = "v2/pay/unifiedorder"
XML = {"mch_id": MCHID}
REFUSED = {
    "return_code": "SUCCESS",
    "result_code": "FAIL",
    "err_code": "ORDERPAID",
    "err_code_des": "该订单已支付",
}
FAILED = {"return_code": "FAIL", "return_msg": "签名错误"}
CLASSES = {
    401: ClientError,
    403: ClientError,
    404: ClientError,
    429: RateLimited,
    500: ServerError,
    502: ServerError,
}


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_a_signed_refusal(call, server, raises, kind):
    server.respond(http(200, v2(REFUSED, kind), {"Request-ID": "08F7A1"}))
    with raises(APIError, "ORDERPAID 该订单已支付", "08F7A1") as caught:
        call("post", PATH, xml=XML)
    error = caught.value
    assert (error.code, error.message) == ("ORDERPAID", "该订单已支付")
    assert (error.status_code, error.request_id, error.verified) == (200, "08F7A1", True)
    assert error.response.xml()["err_code"] == "ORDERPAID"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ORDERPAID", b"SYSTEMERROR"),
        (b"<sign>", b"<sign>0"),
        (b"</xml>", b"<coupon_fee>1</coupon_fee></xml>"),
        (b"<result_code>FAIL</result_code>", b""),
    ],
)
def test_a_refusal_that_was_changed_on_the_way(call, server, raises, old, new):
    server.respond(http(200, v2(REFUSED).replace(old, new)))
    with raises(SignatureError, "sign", "secret") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.reason == "mismatch"


def test_a_refusal_without_sign_cannot_be_trusted(call, server, raises):
    server.respond(http(200, v2(REFUSED, None)))
    with raises(SignatureError, "has no sign") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.reason == "missing"


def test_a_failure_carries_no_sign(call, server, raises):
    server.respond(http(200, v2(FAILED, None)))
    with raises(APIError, "签名错误", "not signed") as caught:
        call("post", PATH, xml=XML)
    assert (caught.value.code, caught.value.message) == ("FAIL", "签名错误")
    assert caught.value.verified is False


def test_a_failure_that_carries_one_is_verified(call, server, raises):
    server.respond(http(200, v2(FAILED)))
    with raises(APIError, "签名错误") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.verified is True


def test_a_failure_with_a_wrong_sign_cannot_be_trusted(call, server, raises):
    server.respond(http(200, v2({**FAILED, "sign": "0" * 32}, None)))
    with raises(SignatureError, "does not match"):
        call("post", PATH, xml=XML)


BODIES = {
    "nothing": b"",
    "a page": b"<html><body>502 Bad Gateway<br></body></html>",
    "half a document": b"<xml><return_code>FA",
    "another document": b"<xml><a>1</a></xml>",
    "JSON": b'"text"',
    "a DTD": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:1/x.dtd"><xml><a>1</a></xml>',
    "not UTF-8": b"<xml>\xff</xml>",
}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_an_http_error_without_a_usable_body(call, server, raises, status, body):
    server.respond(http(status, body))
    with raises(CLASSES[status], f"HTTP {status}") as caught:
        call("post", PATH, xml=XML)
    assert (caught.value.status_code, caught.value.code) == (status, "")
    assert caught.value.verified is False


@pytest.mark.parametrize("status", CLASSES)
def test_an_http_error_that_says_why(call, server, raises, status):
    server.respond(http(status, dumps({"code": "NO_AUTH", "message": "无权限"})))
    with raises(CLASSES[status], "NO_AUTH 无权限") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.code == "NO_AUTH"


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("sign", [None, "0" * 32])
def test_an_http_error_that_says_why_in_xml(call, server, raises, status, sign):
    fields = {**REFUSED, "sign": sign} if sign else REFUSED
    server.respond(http(status, v2(fields, None)))
    with raises(CLASSES[status], f"HTTP {status}", "ORDERPAID", "not signed") as caught:
        call("post", PATH, xml=XML)
    assert (caught.value.code, caught.value.verified) == ("ORDERPAID", False)


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_an_http_error_that_is_signed(call, server, raises, kind):
    server.respond(http(403, v2(REFUSED, kind)))
    with raises(ClientError, "ORDERPAID") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.verified is True
    assert "not signed" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed(call, server, raises, status):
    with Server() as elsewhere:
        server.respond(http(status, b"<a href='/'>moved</a>", {"Location": elsewhere.url}))
        with raises(SignatureError, f"HTTP {status}") as caught:
            call("post", PATH, xml=XML)
        assert elsewhere.connections == 0
    assert caught.value.reason == "missing"
