"""An answer passes only if WeChat Pay signed it: each of the four headers, in every bad state."""

from __future__ import annotations

import pytest

from tests.support import PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import SignatureError

from .responses import dumps, http

PATH = "v3/certificates"
BODY = dumps({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz", "描述": "收款"})
FIELDS = ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature"]


def test_a_signed_answer_is_verified(call, server, signed):
    server.respond(signed(BODY))
    response = call("get", PATH)
    assert response.verified is True
    assert response.content == BODY


def test_an_empty_answer_is_verified_too(call, server, signed):
    server.respond(http(204, headers=signed.headers(b"")))
    response = call("post", PATH, json={})
    assert (response.status_code, response.content, response.verified) == (204, b"", True)


def test_the_names_of_headers_have_no_case(call, server, signed):
    headers = {name.upper(): value for name, value in signed.headers(BODY).items()}
    server.respond(http(200, BODY, headers))
    assert call("get", PATH).verified is True


@pytest.mark.parametrize("field", FIELDS)
def test_blanks_around_a_value_do_not_matter(call, server, signed, field):
    """RFC 9110, section 5.5."""
    headers = signed.headers(BODY)
    server.respond(http(200, BODY, {**headers, field: f" \t{headers[field]} \t "}))
    assert call("get", PATH).verified is True


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("state", ["left out", "", "   "])
def test_a_header_that_is_missing_or_empty(call, server, signed, raises, field, state):
    headers = {**signed.headers(BODY), field: state}
    if state == "left out":
        del headers[field]
    server.respond(http(200, BODY, headers))
    with raises(SignatureError, f"no {field}", "HTTP 200", "unsigned=True") as caught:
        call("get", PATH)
    assert caught.value.reason == "missing"
    assert caught.value.response.content == BODY
    assert caught.value.response.verified is False


@pytest.mark.parametrize("field", FIELDS)
def test_a_header_that_stands_twice(call, server, signed, raises, field):
    headers = signed.headers(BODY)
    server.respond(http(200, BODY, [*headers.items(), (field, headers[field])]))
    with raises(SignatureError, field, "2 times") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


def test_none_of_the_headers(call, server, raises):
    server.respond(http(200, b"<html>log in to the wireless network</html>"))
    with raises(SignatureError, "Wechatpay-Timestamp", "a login page") as caught:
        call("get", PATH)
    assert caught.value.reason == "missing"


# A second may pass between signing and checking, so the future needs one more to be too far off.
@pytest.mark.parametrize("skew", [-301, 302])
def test_a_timestamp_too_far_off(call, server, signed, raises, skew):
    server.respond(signed(BODY, skew=skew))
    with raises(SignatureError, "Wechatpay-Timestamp", "300", "clock") as caught:
        call("get", PATH)
    assert caught.value.reason == "expired"


@pytest.mark.parametrize("skew", [-290, 290])
def test_a_timestamp_near_enough(call, server, signed, skew):
    server.respond(signed(BODY, skew=skew))
    assert call("get", PATH).verified is True


@pytest.mark.parametrize(
    "stamp",
    [
        *("now", "1e9", "-1700000000", "+1700000000", "1_700_000_000", "0x6553f100", "1.7e9"),
        *("１７００００００００", "9" * 400, "17 00000000", "1700000000, 1700000000", "\xff"),
    ],
)
def test_a_timestamp_that_is_no_number(call, server, signed, raises, stamp):
    server.respond(http(200, BODY, {**signed.headers(BODY), "Wechatpay-Timestamp": stamp}))
    with raises(SignatureError, "Wechatpay-Timestamp", "not a number") as caught:
        call("get", PATH)
    assert caught.value.reason == "expired"


@pytest.mark.parametrize("serial", ["PUB_KEY_ID_0", "7F" * 20, "号", f"{PUBLIC_KEY_ID}, x", "\xff"])
def test_a_serial_that_certs_does_not_have(call, server, signed, raises, serial):
    server.respond(http(200, BODY, {**signed.headers(BODY), "Wechatpay-Serial": serial}))
    with raises(SignatureError, "it was signed with key", PUBLIC_KEY_ID, "certs") as caught:
        call("get", PATH)
    assert caught.value.reason == "unknown_serial"


@pytest.mark.parametrize(
    "signature",
    ["not base64!", "AAAA", "====", "c2hvcnQ=\tx", "号", b"\xff\xfe", "A" * 344, "A" * 6000],
)
def test_a_signature_that_is_none(call, server, signed, raises, signature):
    fields = [*signed.headers(BODY).items()][:-1]
    server.respond(http(200, BODY, [*fields, ("Wechatpay-Signature", signature)]))
    with raises(SignatureError, "Wechatpay-Signature does not match", "certs") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("nonce", ["another", "号"])
def test_a_nonce_that_was_not_signed(call, server, signed, raises, nonce):
    server.respond(http(200, BODY, {**signed.headers(BODY), "Wechatpay-Nonce": nonce}))
    with raises(SignatureError, "Wechatpay-Signature does not match") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("nonce", [b"\xff", b"\xed\xa0\x80"])
def test_a_nonce_that_is_not_even_text(call, server, signed, raises, nonce):
    fields = {**signed.headers(BODY), "Wechatpay-Nonce": nonce}
    server.respond(http(200, BODY, fields.items()))
    with raises(SignatureError, "Wechatpay-Signature does not match") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("came", [b"", BODY + b" ", BODY.replace(b"p4lp", b"p4lq")])
def test_a_signature_over_another_body(call, server, signed, raises, came):
    server.respond(http(200, came, signed.headers(BODY)))
    with raises(SignatureError, "does not match", "changed in transit") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


def test_a_signature_by_another_key(call, server, keys, raises):
    impostor = Keys(merchant=keys.merchant, platform=new_key())
    server.respond(http(200, BODY, impostor.signed_headers(BODY)))
    with raises(SignatureError, "does not match", "changed in transit") as caught:
        call("get", PATH)
    assert caught.value.reason == "mismatch"


def test_what_was_signed_for_the_merchant_does_not_pass_for_the_platform(
    call, server, signed, raises
):
    """The other three headers are good, and the signature is the request's own."""

    def mirrored(received):
        _, _, rest = received.headers["authorization"].partition('signature="')
        return [
            http(200, BODY, {**signed.headers(BODY), "Wechatpay-Signature": rest.split('"')[0]})
        ]

    server.each(mirrored)
    with raises(SignatureError, "does not match"):
        call("get", PATH)


def test_unsigned_true_takes_the_answer_and_says_that_it_is_not_verified(call, server):
    server.respond(http(200, BODY))
    response = call("get", PATH, unsigned=True)
    assert response.content == BODY
    assert response.verified is False
