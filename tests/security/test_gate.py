"""No answer leaves a stack that is neither verified nor known to be unsigned."""

from __future__ import annotations

import base64

import pytest

from tests.support import MCHID, PLATFORM_SERIAL
from tests.wire.responses import http, v2
from tests.wire.server import Do
from wechatpay_chain import ResponseError, SignatureError
from wechatpay_chain.messages import canonical
from wechatpay_chain.messages.unsigned import unsigned_v2

PATH = "v3/pay/transactions/id/1"
V2 = "v2/pay/orderquery"
V2_FIELDS = {"xml": {"mch_id": MCHID}}
GOOD = {"return_code": "SUCCESS", "result_code": "SUCCESS"}
PLACES = {
    PATH: ("v3", "get", {}, http(200, b"{}")),
    V2: ("v2", "post", V2_FIELDS, http(200, v2(GOOD, None))),
}
places = pytest.mark.parametrize("path", PLACES)


@places
def test_a_stack_without_a_verifier_lets_nothing_out(call, server, wxpay, raises, path):
    version, verb, options, response = PLACES[path]
    server.respond(response)
    with raises(
        SignatureError, "no layer of the stack verified the response to", "verifier"
    ) as caught:
        call(verb, path, stack=wxpay.stacks[version].without("verifier"), **options)
    assert caught.value.reason == "missing"
    assert caught.value.response.status_code == 200


@places
def test_a_verifier_that_forgets_to_check_lets_nothing_out(call, server, wxpay, path):
    def forgetful(request, handle):
        return (yield from handle(request))

    version, verb, options, response = PLACES[path]
    server.respond(response)
    with pytest.raises(SignatureError, match="no layer of the stack verified the response to"):
        call(verb, path, stack=wxpay.stacks[version].replace("verifier", forgetful), **options)


@places
def test_what_one_says_to_be_unsigned_comes_out_and_is_not_verified(call, server, path):
    _, verb, options, response = PLACES[path]
    server.respond(response)
    response = call(verb, path, unsigned=True, **options)
    assert (response.verified, response.unsigned) == (False, True)


@places
def test_without_the_gate_the_rest_of_the_stack_decides(call, server, wxpay, path):
    version, verb, options, response = PLACES[path]
    server.respond(response)
    bare = wxpay.stacks[version].without("gate").without("verifier")
    response = call(verb, path, stack=bare, **options)
    assert (response.verified, response.unsigned) == (False, False)


@pytest.mark.parametrize(
    ("path", "layer"), [(PATH, "status"), (V2, "result")], ids=["status", "result"]
)
def test_an_unsigned_error_does_not_pass_for_an_answer(call, server, wxpay, path, layer):
    version, verb, options, _ = PLACES[path]
    server.respond(http(404, b"<xml><return_code>FAIL</return_code></xml>"))
    with pytest.raises(SignatureError) as caught:
        call(verb, path, stack=wxpay.stacks[version].without(layer), **options)
    assert caught.value.response.status_code == 404


def test_a_failure_that_no_layer_raises_does_not_pass_either(call, server, wxpay):
    server.respond(http(200, v2({"return_code": "FAIL"}, None)))
    with pytest.raises(SignatureError):
        call("post", V2, stack=wxpay.stacks["v2"].without("result"), **V2_FIELDS)


LISTED = [path for path, kind in unsigned_v2.items() if kind == "text/xml"]


@pytest.mark.parametrize("path", LISTED)
@pytest.mark.parametrize("sign", ["0" * 32, "0" * 64, "", "x"])
def test_a_sign_is_checked_where_none_is_needed(call, server, path, sign):
    server.respond(http(200, v2({**GOOD, "sign": sign}, None)))
    with pytest.raises(SignatureError):
        call("post", f"v2{path}", **V2_FIELDS)


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_and_vouches_for_the_answer_where_it_is_right(call, server, kind):
    server.respond(http(200, v2(GOOD, kind)))
    response = call("post", f"v2{LISTED[0]}", **V2_FIELDS)
    assert (response.verified, response.unsigned) == (True, False)


@pytest.mark.parametrize("option", [{}, {"unsigned": True}], ids=["listed", "unsigned=True"])
def test_a_wrong_sign_is_wrong_whatever_was_expected(call, server, option):
    path = V2 if option else f"v2{LISTED[0]}"
    server.respond(http(200, v2({**GOOD, "sign": "0" * 32}, None)))
    with pytest.raises(SignatureError, match="does not match"):
        call("post", path, **V2_FIELDS, **option)


FILE = "v3/billdownload/file?token=x"
files = pytest.mark.parametrize(
    ("path", "option"),
    [(FILE, {}), ("v3/merchant-service/images/x", {}), (PATH, {"unsigned": True})],
    ids=["a bill", "a picture", "unsigned=True"],
)


@files
def test_a_signature_of_a_file_is_checked(call, server, signed, path, option):
    server.respond(http(200, b"changed", signed.headers(b"bill")))
    with pytest.raises(SignatureError, match="does not match"):
        call("get", path, **option)


@files
def test_so_is_that_of_a_file_on_its_way_to_a_sink(call, server, signed, path, option, tmp_path):
    server.respond(http(200, b"changed", signed.headers(b"bill")))
    with pytest.raises(SignatureError, match="does not match"):
        call("get", path, sink=tmp_path / "file", **option)
    assert list(tmp_path.iterdir()) == []


@files
def test_a_signature_that_is_right_vouches_for_it(call, server, signed, path, option):
    server.respond(http(200, b"bill", signed.headers(b"bill")))
    response = call("get", path, **option)
    assert (response.verified, response.unsigned) == (True, False)


@files
def test_a_signature_by_a_key_that_is_not_at_hand_proves_nothing(
    call, server, signed, path, option
):
    server.respond(http(200, b"bill", signed.headers(b"bill", serial=PLATFORM_SERIAL)))
    response = call("get", path, **option)
    assert (response.verified, response.unsigned) == (False, True)


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_is_no_file(call, server, status):
    server.respond(http(status, b"", {"Location": "/x"}))
    with pytest.raises(SignatureError):
        call("get", FILE)


@pytest.mark.parametrize("status", [204, 205, 206])
@pytest.mark.parametrize("path", [FILE, "v2/pay/downloadbill"])
def test_a_part_or_nothing_is_no_file(call, server, status, path):
    """With or without a sink: who asked for a file gets a whole one, or an error."""
    verb, options = ("get", {}) if path == FILE else ("post", V2_FIELDS)
    server.respond(http(status, b"" if status < 206 else b"a,b"), Do.CLOSE)
    with pytest.raises(ResponseError, match=f"HTTP {status}"):
        call(verb, path, **options)


@pytest.mark.parametrize("path", [FILE, "v2/pay/downloadbill"])
def test_a_part_that_was_asked_for_is_a_file(call, server, path):
    verb, options = ("get", {}) if path == FILE else ("post", V2_FIELDS)
    server.respond(http(206, b"a,b"))
    assert call(verb, path, headers={"Range": "bytes=0-2"}, **options).content == b"a,b"


@pytest.mark.parametrize("status", [301, 302])
@pytest.mark.parametrize("path", [p for p, kind in unsigned_v2.items() if kind != "text/html"])
def test_a_redirect_is_no_answer_of_apiv2(call, server, path, status):
    server.respond(http(status, b"", {"Location": "/x"}))
    with pytest.raises(ResponseError, match=f"HTTP {status}"):
        call("post", f"v2{path}", **V2_FIELDS)


PAGES = {
    "a page": b"<html><body>log in<br></body></html>",
    "a page with a type": b"\r\n<!DOCTYPE html><html></html>",
    "half a failure": b"<xml><return_code>FAIL</return_code>",
    "a page far below": b"\r\n" * 50_000 + b"<html><br></html>",
    "a blank page": b" \n",
    "a failure behind a NUL": b"\0<xml><return_code>FAIL</return_code></xml>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize(
    "path", ["pay/downloadbill", "pay/downloadfundflow", "billcommentsp/batchquerycomment"]
)
def test_a_page_is_no_bill(call, server, tmp_path, path, page):
    server.respond(http(200, page))
    for sink in ({}, {"sink": tmp_path / "bill"}):
        with pytest.raises(ResponseError, match="Something other than WeChat Pay"):
            call("post", f"v2/{path}", **V2_FIELDS, **sink)
    assert list(tmp_path.iterdir()) == []


TEXTS = {
    "lines": "100\n`2026-11-20 10:00:05,`1001690740,`5,`赞".encode(),
    "gzip": b"\x1f\x8b\x08\x00<\x00\x00\x00",
    "nothing": b"",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("path", ["pay/downloadbill", "billcommentsp/batchquerycomment"])
def test_a_text_is_one(call, server, path, text):
    server.respond(http(200, text))
    response = call("post", f"v2/{path}", **V2_FIELDS)
    assert (response.content, response.verified, response.unsigned) == (text, False, True)


def test_json_that_nobody_signs_is_read_as_such(call, server):
    server.respond(http(200, b'{"retcode":0,"access_token":"x"}'))
    response = call("get", "v2/appauth/getaccesstoken", query={"mch_id": MCHID})
    assert (response.json()["access_token"], response.unsigned) == ("x", True)


def test_a_redirect_to_a_page_is_what_entrustweb_answers(call, server):
    server.respond(http(302, b"", {"Location": "https://payapp.weixin.qq.com/"}))
    response = call("get", "v2/papay/entrustweb", query={"mch_id": MCHID})
    assert (response.status_code, response.unsigned) == (302, True)


STATED = [
    {"response": {"sign_type": "HMAC-SHA256"}, "kind": "MD5"},
    {"response": {"sign_type": "MD5"}, "kind": "HMAC-SHA256"},
    {"response": {"sign_type": "SM3"}, "kind": "MD5"},
    {"response": {"algorithm": "HMAC-SHA256"}, "kind": "MD5"},
    {"response": {"algorithm": "HMAC-SHA256", "sign_type": "MD5"}, "kind": "MD5"},
]


@pytest.mark.parametrize("case", STATED, ids=str)
@pytest.mark.parametrize("way", ["xml", "query", "body"])
def test_the_algorithm_that_is_stated_is_the_one_that_is_checked(call, server, case, way):
    server.respond(http(200, v2({**GOOD, **case.get("response", {})}, case["kind"])))
    asked = {"mch_id": MCHID}
    options = {"body": v2(asked)} if way == "body" else {way: asked}
    with pytest.raises(SignatureError, match="does not match"):
        call("get" if way == "query" else "post", V2, **options)


@pytest.mark.parametrize(
    ("asked", "response", "kind"),
    [
        ({}, {}, "MD5"),
        ({}, {}, "HMAC-SHA256"),
        ({"sign_type": "HMAC-SHA256"}, {}, "HMAC-SHA256"),
        ({"sign_type": "HMAC-SHA256"}, {"sign_type": "HMAC-SHA256"}, "HMAC-SHA256"),
        ({"sign_type": "MD5"}, {}, "HMAC-SHA256"),
        ({"sign_type": "HMAC-SHA256"}, {}, "MD5"),
        ({"sign_type": "HMAC-SHA256"}, {"sign_type": "MD5"}, "MD5"),
        ({}, {"sign_type": "MD5"}, "MD5"),
        ({}, {"algorithm": "AEAD_AES_256_GCM"}, "MD5"),
    ],
)
def test_what_the_request_states_decides_nothing_about_the_answer(
    call, server, asked, response, kind
):
    server.respond(http(200, v2({**GOOD, **response}, kind)))
    assert call("post", V2, xml={"mch_id": MCHID, **asked}).verified


REFUSED = {
    "appid": "wx1",
    "err_code": "NOTENOUGH",
    "mch_id": MCHID,
    "nonce_str": "n",
    "result_code": "FAIL",
    "return_code": "SUCCESS",
}


def moved(code, into):
    """A genuine failure whose code has been moved to the end of the field ahead of it."""
    fields = {name: value for name, value in REFUSED.items() if name != code}
    fields[into] += f"&{code}={REFUSED[code]}"
    assert canonical.fields(fields) == canonical.fields(REFUSED)
    return v2(fields)


HIDDEN = [("result_code", "nonce_str"), ("return_code", "result_code")]


@pytest.mark.parametrize(("code", "into"), HIDDEN)
def test_no_failure_is_hidden_in_another_field(call, server, wxpay, code, into):
    server.respond(http(200, moved(code, into)))
    with pytest.raises(SignatureError, match="result_code=', which the sign cannot tell apart"):
        call("post", "v2/secapi/pay/refund", xml={"mch_id": MCHID})
    with pytest.raises(SignatureError, match="result_code=', which the sign cannot tell apart"):
        wxpay.notify_v2(moved(code, into))


@pytest.mark.parametrize("attach", ["a=1&b=2", "&", "code=1&result=2", "result_code=1"])
def test_a_value_may_hold_what_looks_like_a_query(call, server, attach):
    server.respond(http(200, v2({**GOOD, "attach": attach})))
    assert call("post", V2, **V2_FIELDS).xml()["attach"] == attach


BORDERS = [
    ("Nonce", "n\tx"),
    ("Nonce", "n\x01x"),
    ("Nonce", "n\x7fx"),
]


@pytest.mark.parametrize(("field", "value"), BORDERS)
def test_a_signed_field_holds_no_control_character(call, server, keys, field, value):
    headers = keys.signed_headers(b"{}", **{field.lower(): value})
    if field == "Nonce":
        stamp = headers["Wechatpay-Timestamp"]
        headers["Wechatpay-Signature"] = keys.signature(f"{stamp}\n{value}\n{{}}\n".encode())
    raw = [(name, each.encode("latin-1")) for name, each in headers.items()]
    server.respond(http(200, b"{}", raw))
    with pytest.raises(SignatureError):
        call("get", PATH)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\x1b", "\x7f", "\ud800"])
@pytest.mark.parametrize("field", ["Timestamp", "Nonce", "Serial", "Signature"])
def test_nothing_is_stripped_from_a_signed_field(keys, wxpay, field, ends):
    headers = keys.signed_headers(b"{}")
    headers[f"Wechatpay-{field}"] += ends
    with pytest.raises(SignatureError):
        wxpay.notify(headers, b"{}")


@pytest.mark.parametrize("value", ["n\nx", "n\r\nx", "\nn", "n\n", "n\0x"])
def test_the_border_to_the_body_cannot_be_moved(keys, value):
    """A front end in C or Lua may hand a line feed on that a client of HTTP would refuse."""
    headers = keys.signed_headers(b"x\n{}")
    stamp = headers["Wechatpay-Timestamp"]
    headers["Wechatpay-Nonce"] = value
    headers["Wechatpay-Signature"] = keys.signature(f"{stamp}\n{value}\n{{}}\n".encode())
    with pytest.raises(SignatureError, match="control character"):
        keys.client().notify(headers, b"{}")


def test_a_probe_is_called_one(call, server, signed, raises):
    signature = "WECHATPAY/SIGNTEST/" + base64.b64encode(b"x" * 256).decode()
    server.respond(http(200, b"{}", signed.headers(b"{}", signature=signature)))
    with raises(
        SignatureError, "to check that you verify signatures", "nothing is broken"
    ) as caught:
        call("get", PATH)
    assert caught.value.reason == "probe"
    assert "changed in transit" not in str(caught.value)
