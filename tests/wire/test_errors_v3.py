"""APIv3's errors: the class that the status calls for, and all that WeChat Pay said."""

from __future__ import annotations

import pytest

from wechatpay_chain import APIError, ClientError, RateLimited, ServerError, SignatureError

from .responses import dumps, http
from .server import Server

PATH = "v3/pay/transactions/native"
CLASSES = {
    400: ClientError,
    401: ClientError,
    403: ClientError,
    404: ClientError,
    429: RateLimited,
    500: ServerError,
    502: ServerError,
}
ADVICE = {
    401: "serial and private_key",
    429: "wait",
    500: "query",
    502: "query before",
}
CODES = {
    400: "PARAM_ERROR",
    401: "SIGN_ERROR",
    403: "NO_AUTH",
    404: "ORDER_NOT_EXIST",
    429: "FREQUENCY_LIMITED",
    500: "SYSTEM_ERROR",
    502: "SOMETHING_NEW",
}
DETAIL = {"field": "/amount/total", "value": "0", "issue": "低于最小值", "location": "body"}
BODY = dumps({"code": "PARAM_ERROR", "message": "参数错误", "detail": DETAIL})

statuses = pytest.mark.parametrize("status", CLASSES)


@statuses
def test_a_signed_error(call, server, signed, raises, status):
    code = CODES[status]
    body = dumps({"code": code, "message": "参数错误", "detail": DETAIL})
    server.respond(signed(body, status, {"Request-ID": "08F7A1"}))
    with raises(CLASSES[status], f"HTTP {status}", f"{code} 参数错误", "08F7A1") as caught:
        call("post", PATH, json={}, retry=None)
    error = caught.value
    assert isinstance(error, APIError)
    assert (error.status_code, error.code, error.message) == (status, code, "参数错误")
    assert (error.detail, error.request_id, error.verified) == (DETAIL, "08F7A1", True)
    assert error.response.content == body
    assert error.request.path == f"/{PATH}"
    assert "/amount/total" in str(error)
    assert ADVICE.get(status, "") in str(error)


@statuses
@pytest.mark.parametrize("trouble", ["none", "another body", "expired", "unknown key", "nonsense"])
def test_an_error_that_nobody_vouches_for(call, server, signed, raises, status, trouble):
    headers = {
        "none": {},
        "another body": signed.headers(b"{}"),
        "expired": signed.headers(BODY, -1000),
        "unknown key": signed.headers(BODY, serial="ANOTHER"),
        "nonsense": {**signed.headers(BODY), "Wechatpay-Signature": "号"},
    }[trouble]
    server.respond(http(status, BODY, headers))
    with raises(CLASSES[status], f"HTTP {status}", "PARAM_ERROR", "not signed") as caught:
        call("post", PATH, json={})
    assert (caught.value.code, caught.value.verified) == ("PARAM_ERROR", False)


def test_an_error_whose_nonce_is_not_even_text(call, server, signed, raises):
    headers = {**signed.headers(BODY), "Wechatpay-Nonce": b"\xff\xfe"}
    server.respond(http(403, BODY, headers.items()))
    with raises(ClientError, "PARAM_ERROR") as caught:
        call("post", PATH, json={})
    assert caught.value.verified is False


BODIES = {
    "nothing": b"",
    "a page": "<html><h1>502 网关错误</h1></html>".encode(),
    "half a document": b'{"code": "PARAM_ER',
    "a list": b'["PARAM_ERROR"]',
    "text": b'"PARAM_ERROR"',
    "null": b"null",
    "not UTF-8": b"\xff\xfe\x00{",
    "deeper than any parser": b"[" * 100_000,
    "a number beyond measure": b'{"code": ' + b"9" * 10_000 + b"}",
    "members of other types": dumps({"code": None, "message": {"a": [1]}, "detail": 7}),
}


@statuses
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_an_error_without_a_usable_body(call, server, raises, status, body):
    server.respond(http(status, body))
    with raises(CLASSES[status], f"HTTP {status}", ADVICE.get(status, "")) as caught:
        call("post", PATH, json={})
    assert (caught.value.status_code, caught.value.code) == (status, "")
    assert isinstance(caught.value.message, str)
    assert (caught.value.request_id, caught.value.verified) == ("", False)
    assert caught.value.response.content == body


def test_a_message_that_cannot_be_printed(call, server, raises):
    server.respond(http(400, b'{"code": "X", "message": "\\ud800"}', [("Request-ID", b"\xff")]))
    with raises(ClientError, "HTTP 400") as caught:
        call("post", PATH, json={})
    str(caught.value).encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(call, server, signed, raises, status):
    """A signature is good for one target, and nobody signed this answer."""
    with Server() as elsewhere:
        elsewhere.respond(signed.json({}))
        server.respond(http(status, b"", {"Location": f"{elsewhere.url}v3/x"}))
        with raises(SignatureError, f"HTTP {status}") as caught:
            call("get", PATH)
        assert elsewhere.connections == 0
    assert caught.value.reason == "missing"
    assert len(server.requests) == 1


def test_a_signed_redirect_is_handed_over(call, server, signed):
    server.respond(signed(b"", 302, {"Location": f"{server.url}v3/x"}))
    response = call("get", PATH)
    assert (response.status_code, response.verified) == (302, True)
    assert response.headers["Location"] == f"{server.url}v3/x"
    assert len(server.requests) == 1


def test_an_error_at_a_path_whose_answers_are_unsigned(call, server, raises):
    server.respond(http(404, dumps({"code": "RESOURCE_NOT_EXISTS", "message": "资源不存在"})))
    with raises(ClientError, "RESOURCE_NOT_EXISTS") as caught:
        call("get", "v3/billdownload/file?token=x")
    assert caught.value.verified is False
