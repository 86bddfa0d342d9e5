"""What a server sends reaches exception texts, tracebacks, logs and reprs without its controls."""

from __future__ import annotations

import json
import logging
import traceback
import unicodedata

import pytest

from tests.support import MCHID
from tests.wire.responses import http, v2
from tests.wire.server import Do
from wechatpay_chain import APIError, ConfigurationError, Headers, WeChatPayError, errors
from wechatpay_chain.errors import __all__ as names

EVIL = "\x1b]0;owned\x07\r\nINFO forged line\u202e\u2066\x9b31m\u2028\x00\ud800"
IN_XML = "\u202e\u2066\x85\u2028 &#13;&#10;INFO forged line"
IN_HEADER = b"\x1b]0;owned\x07\x9b31m\x7f\xe2\x80\xae INFO forged"

CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def assert_plain(*texts: str) -> None:
    for text in texts:
        found = {each for each in text if unicodedata.category(each) in CONTROLS} - {"\n"}
        assert not found, (found, text)
        assert "\nINFO" not in text


def shown(error: BaseException) -> list[str]:
    """All that a log, a terminal or a tool shows of an error."""
    texts = ["".join(traceback.format_exception(error)), str(error), repr(error)]
    if isinstance(error, errors.ResponseError) and error.response is not None:
        texts += [repr(error.response), repr(error.response.headers), error.response.request_id]
        texts += [repr(error.request), str(error.request), repr(error.request.headers)]
    return texts


def with_header(signed, name, status=200):
    """A signed answer in which one field holds controls."""
    fields = {**signed.headers(b"{}"), name: IN_HEADER}
    return http(status, b"{}", fields.items())


ANSWERS = {
    "code": lambda s: s.json({"code": EVIL, "message": "m"}, 400),
    "message": lambda s: s.json({"code": "A", "message": EVIL}, 400),
    "a message that is no text": lambda s: s.json({"code": [EVIL], "message": {EVIL: EVIL}}, 500),
    "detail": lambda s: s.json({"code": "A", "detail": {EVIL: [EVIL]}}, 403),
    "a very long message": lambda s: s.json({"code": "A", "message": EVIL * 10_000}, 429),
    "no JSON": lambda _: http(502, EVIL.encode("utf-8", "replace")),
    "Request-ID": lambda s: with_header(s, "Request-ID", 404),
    "a serial": lambda s: with_header(s, "Wechatpay-Serial"),
    "a timestamp": lambda s: with_header(s, "Wechatpay-Timestamp"),
    "a status line": lambda _: b"HTTP/1.1 200\x1b[2J\x9b31m \x1b[31m\r\n\r\n",
    "another protocol": lambda _: b"\x1b[2JSSH-2.0 \x9b31m\xe2\x80\xae\r\n\r\n",
    "a header line": lambda _: b"HTTP/1.1 200 OK\r\n\x1b[2J\x9b31m\r\nINFO forged\r\n\r\n",
    "a length": lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: \x1b[2J\x9b31m\r\n\r\n",
    "a coding": lambda _: b"HTTP/1.1 200 OK\r\nContent-Encoding: \x1b[2J\x9b\r\n\r\n",
    "a chunk": lambda _: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1b[2J\x9b31m\r\nx\r\n"
    ),
}


@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS.keys())
def test_apiv3(call, server, signed, caplog, script):
    caplog.set_level(logging.DEBUG, "wechatpay_chain")
    server.respond(script(Escaped(signed)), Do.CLOSE)
    with pytest.raises(WeChatPayError) as caught:
        call("get", "v3/x")
    assert_plain(*shown(caught.value), *(record.getMessage() for record in caplog.records))
    assert len(str(caught.value)) <= 4000


class Escaped:
    """Signs JSON that holds lone surrogates, which only an escape can write."""

    def __init__(self, signed):
        self.headers = signed.headers

    def json(self, value, status):
        body = json.dumps(value).encode()
        return http(status, body, self.headers(body))


V2 = {
    "return_msg": {"return_code": "FAIL", "return_msg": IN_XML},
    "return_code": {"return_code": IN_XML, "return_msg": "m"},
    "err_code": {"return_code": "SUCCESS", "result_code": "FAIL", "err_code": IN_XML},
    "err_code_des": {
        "return_code": "SUCCESS",
        "result_code": "FAIL",
        "err_code": "A",
        "err_code_des": IN_XML,
    },
}


@pytest.mark.parametrize("fields", V2.values(), ids=V2.keys())
@pytest.mark.parametrize("kind", ["MD5", None])
def test_apiv2(call, server, fields, kind):
    server.respond(http(200, v2(fields, kind)), Do.CLOSE)
    with pytest.raises(WeChatPayError) as caught:
        call("post", "v2/x", xml={"mch_id": MCHID})
    assert_plain(*shown(caught.value))


@pytest.mark.parametrize(
    "body", [EVIL.encode("utf-8", "replace"), b"<xml><\x1b>", b"<!DOCTYPE \xc2\x9b>", b"<a>&\x9b;"]
)
def test_what_is_not_xml(call, server, body):
    server.respond(http(200, body), Do.CLOSE)
    with pytest.raises(WeChatPayError) as caught:
        call("post", "v2/x", xml={"mch_id": MCHID})
    assert_plain(*shown(caught.value))


@pytest.mark.parametrize("name", ["Wechatpay-Serial", "Wechatpay-Timestamp", "Wechatpay-Nonce"])
def test_a_notification(wxpay, keys, name):
    headers = {**keys.signed_headers(b"{}"), name: EVIL}
    with pytest.raises(WeChatPayError) as caught:
        wxpay.notify(headers, b"{}")
    assert_plain(*shown(caught.value))
    with pytest.raises(WeChatPayError) as caught:
        wxpay.notify_v2(f"<xml><return_code>{IN_XML}</return_code></xml>")
    assert_plain(*shown(caught.value))


def test_attributes_are_as_they_came(call, server, signed):
    evil = {"code": "A", "message": "\x1b[31m", "detail": {"a": "\x1b"}}
    server.respond(Escaped(signed).json(evil, 400))
    with pytest.raises(APIError) as caught:
        call("get", "v3/x")
    assert caught.value.message == "\x1b[31m"
    assert caught.value.detail == {"a": "\x1b"}


def test_a_request_id_in_a_log_line(call, server, signed, caplog):
    caplog.set_level(logging.DEBUG, "wechatpay_chain")
    server.respond(http(200, b"{}", [*signed.headers(b"{}").items(), ("Request-ID", IN_HEADER)]))
    response = call("get", "v3/x")
    (line,) = [record.getMessage() for record in caplog.records]
    assert_plain(line, response.request_id, repr(response), repr(response.headers))
    assert "INFO forged" in line


@pytest.mark.parametrize("name", [name for name in names if name != "SignatureReason"])
def test_no_message_of_any_error_holds_controls(name):
    error = getattr(errors, name)(f"it says {EVIL}")
    assert_plain(str(error), repr(error))
    assert "INFO forged line" in str(error)


def test_what_the_caller_gives_is_shown_escaped_too(wxpay, tmp_path):
    for options in (
        {"sink": tmp_path / EVIL.replace("\0", "").replace("\ud800", "") / "x"},
        {"media": tmp_path / "no\x1b[31m"},
        {"headers": {EVIL: "x"}},
        {"base_uri": f"https://{EVIL}/"},
        {EVIL: 1},
    ):
        with pytest.raises(ConfigurationError) as caught:
            wxpay.chain("v3/x").get(options)
        assert_plain(*shown(caught.value))


def test_headers_of_a_notification_are_shown_escaped():
    assert_plain(repr(Headers({EVIL: EVIL, "Authorization": "x"})))


def test_a_long_message_leaves_room_for_what_to_do(call, server, signed):
    response = {"code": "A" * 5000, "message": "订" * 50_000, "detail": "x" * 50_000}
    body = json.dumps(response).encode()
    server.respond(http(403, body, {**signed.headers(body), "Request-ID": "08F78BB5AF06"}))
    with pytest.raises(APIError, match="Request-ID 08F78BB5AF06") as caught:
        call("get", "v3/x")
    assert caught.value.message == response["message"]
    assert len(str(caught.value)) < 3000
