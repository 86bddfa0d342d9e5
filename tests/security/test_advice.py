"""Errors speak of what happened, and what decorates an error never takes its place."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.support import MCHID
from tests.test_notifications import notification
from tests.wire.responses import dumps, http, v2
from wechatpay_chain import APIError, ClientError, ConfigurationError, SignatureError, catalogue
from wechatpay_chain.middleware.advice import page_title
from wechatpay_chain.middleware.v3 import field_encryption
from wechatpay_chain.testing.mock import MockTransport

NO_CERTIFICATE = (
    b"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n"
    b"<body><center><h1>400 Bad Request</h1></center><hr></body></html>"
)
REFUND = "v2/secapi/pay/refund"


def test_a_page_is_quoted_and_the_certificate_asked_for(call, server, raises):
    server.respond(http(400, NO_CERTIFICATE))
    with raises(
        ClientError, '"400 No required SSL certificate was sent"', "security=True", "merchant="
    ) as caught:
        call("post", REFUND, xml={"mch_id": MCHID})
    assert (caught.value.code, caught.value.message) == ("", "")


@pytest.mark.parametrize("body", [b"", b"<html><body>400</body></html>"])
@pytest.mark.parametrize("status", [400, 403])
def test_it_is_asked_for_by_what_the_catalogue_knows_too(call, server, status, body):
    server.respond(http(status, body))
    with pytest.raises(ClientError, match="security=True"):
        call("post", REFUND, xml={"mch_id": MCHID})


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, dumps({"code": "PARAM_ERROR", "message": "no"})), (404, b""), (500, b"")],
)
def test_it_is_not_asked_for_where_that_is_not_what_happened(call, server, status, body):
    server.respond(http(status, body))
    with pytest.raises(APIError) as caught:
        call("post", REFUND, xml={"mch_id": MCHID})
    assert "security=True" not in str(caught.value)


def test_nor_for_an_operation_that_needs_none(call, server):
    server.respond(http(400, b""))
    with pytest.raises(ClientError) as caught:
        call("post", "v2/pay/orderquery", xml={"mch_id": MCHID})
    assert "security=True" not in str(caught.value)


CODES = {
    "NO_AUTH": "permission",
    "RULE_LIMIT": "limit",
    "ACCOUNT_ERROR": "account",
    "NOT_ENOUGH": "too little money",
    "USER_ACCOUNT_ABNORMAL": "user's account",
    "REQUEST_BLOCKED": "limit",
}


@pytest.mark.parametrize("code", CODES)
def test_a_403_is_explained_by_its_code(call, server, code):
    server.respond(http(403, dumps({"code": code, "message": "x"})))
    with pytest.raises(ClientError) as caught:
        call("get", "v3/pay/transactions/id/1")
    assert CODES[code] in str(caught.value)
    assert ("permission" in str(caught.value)) == (code == "NO_AUTH")


def test_a_403_with_a_code_that_is_not_known_is_left_to_its_message(call, server):
    server.respond(http(403, dumps({"code": "SOMETHING_NEW", "message": "为什么"})))
    with pytest.raises(ClientError, match="SOMETHING_NEW 为什么") as caught:
        call("get", "v3/pay/transactions/id/1")
    assert "permission" not in str(caught.value)


def test_a_403_without_any_says_that_nobody_knows(call, server):
    server.respond(http(403, b"<html><title>403 Forbidden</title></html>"))
    with pytest.raises(ClientError, match='"403 Forbidden"') as caught:
        call("get", "v3/pay/transactions/id/1")
    assert "the merchant may not have the permission for" in str(caught.value)


@pytest.mark.parametrize("code", ["NOTENOUGH", "SIGNERROR", "NOAUTH"])
def test_apiv2_has_its_own_spelling(call, server, code):
    fields = {"return_code": "SUCCESS", "result_code": "FAIL", "err_code": code}
    server.respond(http(200, v2(fields)))
    with pytest.raises(APIError, match="check|top it up|permission"):
        call("post", "v2/pay/orderquery", xml={"mch_id": MCHID})


def test_a_login_page_is_quoted_where_a_sign_is_missing(call, server):
    server.respond(http(200, b"<html><title>Welcome to\r\n the \x1b[31mhotel</title></html>"))
    with pytest.raises(SignatureError, match="Welcome to the ") as caught:
        call("post", "v2/pay/orderquery", xml={"mch_id": MCHID})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (b"<TITLE lang=en> a \n b </TITLE>", "a b"),
        (b"<title>" + b"x" * 499 + b"</title>", "x" * 199 + "…"),
        (b"<title></title>", ""),
        (b"<title>" * 100_000, ""),
        (b"x" * 20_000 + b"<title>late</title>", ""),
        ("<title>\u202e登录</title>".encode(), r"\u202e登录"),
        (b"", ""),
    ],
)
def test_titles(content, title):
    assert page_title(content) == title


@pytest.mark.parametrize(
    "error", [OSError(24, "Too many open files"), KeyError("x"), MemoryError()]
)
@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_catalogue_that_cannot_be_read_leaves_the_error_as_it_is(
    call, server, raises, monkeypatch, error, status
):
    def fail(*_):
        raise error

    monkeypatch.setattr(catalogue, "find", fail)
    server.respond(http(status, b""))
    with raises(ClientError, f"HTTP {status}") as caught:
        call("post", "v3/pay/transaction/native", json={})
    assert "did you mean" not in str(caught.value)
    assert caught.value.__cause__ is None


PROGRAM = """
import os, resource
from wechatpay_chain import ClientError, WeChatPay
from wechatpay_chain.crypto import keys
from wechatpay_chain.testing.mock import MockTransport
from cryptography.hazmat.primitives.asymmetric import rsa

def exhausted(request):
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1,) * 2)
    return 404, {"code": "NOT_FOUND"}

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
wxpay = WeChatPay(mchid="1900000109", serial="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
                  private_key=key, transport=MockTransport(exhausted))
try:
    wxpay["v3/pay/transaction/native"].post(json={}, unsigned=True)
except ClientError as error:
    assert "did you mean" not in str(error), error
    os.write(1, b"told")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_process_that_has_no_descriptors_left_still_tells_the_404():
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == (b"told", 0), ran.stderr.decode()


@pytest.mark.parametrize("broken", ["find", "webhook"])
def test_what_cannot_be_done_without_the_catalogue_says_so(keys, monkeypatch, broken):
    def fail(*_):
        raise OSError(24, "Too many open files")

    wxpay = keys.client(sensitive="auto", transport=MockTransport(lambda _: {}))
    body = notification()
    monkeypatch.setattr(catalogue, broken, fail)
    field_encryption._find.cache_clear()
    calls = {
        "find": lambda: wxpay.v3.certificates.get(unsigned=True),
        "webhook": lambda: wxpay.notify(keys.signed_headers(body), body),
    }
    with pytest.raises(ConfigurationError, match="Too many open files"):
        calls[broken]()


def test_a_fraction_goes_on_where_the_catalogue_cannot_be_read(keys, monkeypatch):
    transport = MockTransport(lambda _: {})
    wxpay = keys.client(transport=transport)
    monkeypatch.setitem(sys.modules, "wechatpay_chain.catalogue", None)
    monkeypatch.delattr("wechatpay_chain.catalogue", raising=False)
    wxpay["v3/pay/transactions/native"].post(json={"amount": {"total": 1.5}}, unsigned=True)
    assert len(transport.requests) == 1
