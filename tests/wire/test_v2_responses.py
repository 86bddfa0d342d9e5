"""APIv2's answers: flat XML with a right `sign`; anything else is refused before it is used."""

from __future__ import annotations

import pytest

from tests.support import MCHID, SECRET
from wechatpay_chain import APIError, ResponseError, SignatureError
from wechatpay_chain.crypto import digest

from .responses import http, v2

PATH = "v2/pay/orderquery"
XML = {"mch_id": MCHID}
GOOD = {"return_code": "SUCCESS", "result_code": "SUCCESS", "prepay_id": "wx2026"}

kinds = pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])


@kinds
def test_a_signed_answer_is_verified(call, server, kind):
    server.respond(http(200, v2(GOOD, kind)))
    response = call("post", PATH, xml=XML)
    assert response.verified is True
    assert response.xml()["prepay_id"] == "wx2026"


ODD = {
    "Chinese": "腾讯充值中心-QQ会员充值",
    "emoji": "😀👨‍👩‍👧 family",
    "the end of CDATA": "a]]>b",
    "the end of CDATA, twice": "]]>]]>",
    "mark-up": "<b>&amp; & 'x' \"y\"</b>",
    "a query of its own": "a=1&key=2&sign=3",
    "blanks around it": "  a  ",
    "line ends": "a\nb",
    "a tab": "a\tb",
    "zero": "0",
    "a no-break space": "\u00a0\u3000\ufeff.",
    "beyond the basic plane": "𠮷野家\U0010fffd",
}


@kinds
@pytest.mark.parametrize("value", ODD.values(), ids=ODD.keys())
def test_odd_characters_are_covered_by_the_sign_and_come_out_unchanged(call, server, kind, value):
    server.respond(http(200, v2({**GOOD, "attach": value}, kind)))
    response = call("post", PATH, xml={**XML, "attach": value})
    assert response.verified is True
    assert response.xml()["attach"] == value


def test_characters_that_xml_does_not_know_are_not_passed_over(call, server, raises):
    document = v2({**GOOD, "attach": "ab"}).replace(b"<attach>ab", b"<attach>a\x00\x08\x0bb")
    server.respond(http(200, document))
    with raises(SignatureError, "For an operation whose responses are unsigned", "HTTP 200"):
        call("post", PATH, xml=XML)


def test_empty_fields_are_not_covered(call, server):
    document = v2(GOOD).replace(b"</xml>", b"<device_info></device_info><attach/></xml>")
    server.respond(http(200, document))
    response = call("post", PATH, xml=XML)
    assert response.verified is True
    assert response.xml()["device_info"] == ""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda document: b"\xef\xbb\xbf" + document,
        lambda document: b"\r\n  " + document + b"\n",
        lambda document: b'<?xml version="1.0" encoding="UTF-8"?>\n' + document,
        lambda document: document.replace(b"<xml>", b"<!-- by tenpay --><xml>"),
    ],
    ids=["a byte order mark", "blanks", "a declaration", "a comment"],
)
def test_what_stands_around_the_document_does_not_matter(call, server, wrap):
    server.respond(http(200, wrap(v2({**GOOD, "attach": "收款"}))))
    assert call("post", PATH, xml=XML).xml()["attach"] == "收款"


NOT_XML = {
    "nothing": b"",
    "blanks": b" \r\n ",
    "text": b"success",
    "JSON": b'{"return_code": "SUCCESS"}',
    "a page": b"<html><body><p>log in<br></body></html>",
    "half a document": v2(GOOD)[:-20],
    "two documents": v2(GOOD) * 2,
    "an element without fields": b"<xml></xml>",
    "an element with text": b"<xml>SUCCESS</xml>",
    "not UTF-8": b"<xml><return_code>\xff\xfe</return_code></xml>",
    "GBK": "<xml><return_msg>签名</return_msg></xml>".encode("gbk"),
    "UTF-16": "<xml><return_code>SUCCESS</return_code></xml>".encode("utf-16"),
    "a wrong declaration": b'<?xml version="1.0" encoding="GBK"?>' + v2(GOOD),
    "a reference to no character": b"<xml><return_code>SUCCESS&#0;</return_code></xml>",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", NOT_XML.values(), ids=NOT_XML.keys())
def test_an_answer_that_is_not_apiv2s_xml(call, server, raises, body):
    server.respond(http(200, body))
    with raises(
        SignatureError, "For an operation whose responses are unsigned", "HTTP 200", "unsigned=True"
    ) as caught:
        call("post", PATH, xml=XML)
    assert caught.value.reason == "missing"
    assert caught.value.response.content == body


def test_an_answer_nested_deeper_than_any_parser(call, server, raises):
    depth = 100_000
    server.respond(http(200, b"<a>" * depth + b"x" + b"</a>" * depth))
    with raises(SignatureError):
        call("post", PATH, xml=XML)


def signed_text(fields, kind=digest.MD5):
    """The sign of fields written as one likes."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return digest.sign(kind, text, SECRET)


DTDS = {
    "an entity bomb": (
        b'<!DOCTYPE b [<!ENTITY a0 "lol">'
        + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
        + b"]>"
    ),
    "a quadratic bomb": b'<!DOCTYPE b [<!ENTITY a11 "' + b"x" * 100_000 + b'">]>',
    "a file": b'<!DOCTYPE b [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>',
    "an address": b'<!DOCTYPE b [<!ENTITY a11 SYSTEM "%s">]>',
    "a parameter entity": b'<!DOCTYPE b [<!ENTITY %% p SYSTEM "%s"> %%p;]>',
    "an external subset": b'<!DOCTYPE b SYSTEM "%s">',
    "nothing in particular": b"<!DOCTYPE xml>",
}


@pytest.mark.parametrize("name", DTDS)
@pytest.mark.parametrize("way", ["response", "xml()"])
def test_a_document_type_declaration_is_refused_unread(call, server, raises, name, way):
    dtd = DTDS[name].replace(b"%s", f"{server.url}x.dtd".encode()).replace(b"%%", b"%")
    sign = signed_text({"return_code": "SUCCESS"}).encode()
    body = b"<xml><return_code>SUCCESS</return_code><sign>" + sign + b"</sign>"
    body += b"<attach>" + b"&a11;" * 1000 + b"</attach></xml>"
    server.respond(http(200, dtd + body))
    if way == "response":
        with raises(SignatureError, "document type declaration") as caught:
            call("post", PATH, xml=XML)
    else:
        response = call("post", PATH, xml=XML, unsigned=True)
        with pytest.raises(Exception, match="document type declaration") as caught:
            response.xml()
    assert "root:" not in str(caught.value), "a file was read"
    assert len(server.requests) == 1, "an address was fetched"


def test_no_sign(call, server, raises):
    server.respond(http(200, v2(GOOD, None)))
    with raises(SignatureError, "has no sign", PATH.removeprefix("v2")) as caught:
        call("post", PATH, xml=XML)
    assert caught.value.reason == "missing"


@pytest.mark.parametrize(
    "sign", ["0" * 32, "0" * 64, "x", "签", "0" * 31, " ", signed_text(GOOD).lower()]
)
def test_a_wrong_sign(call, server, raises, sign):
    server.respond(http(200, v2({**GOOD, "sign": sign}, None)))
    with raises(SignatureError, "sign", "does not match", "secret") as caught:
        call("post", PATH, xml=XML)
    assert caught.value.reason == "mismatch"


def test_a_sign_with_another_merchants_secret(call, server, raises):
    server.respond(http(200, v2(GOOD, secret="x" * 32)))
    with raises(SignatureError, "does not match"):
        call("post", PATH, xml=XML)


EXTRA = {
    "nested": b"<detail><a>1</a></detail>",
    "repeated": b"<prepay_id>wx0000</prepay_id>",
    "repeated sign": b"<sign>" + b"0" * 32 + b"</sign>",
    "nested sign": b"<sign><a>1</a></sign>",
    "added": b"<coupon_fee>100</coupon_fee>",
    "repeated, empty": b"<prepay_id/>",
}


@pytest.mark.parametrize("field", EXTRA.values(), ids=EXTRA.keys())
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_field_that_the_sign_does_not_cover(call, server, raises, field, place):
    document = v2(GOOD)
    if place == "first":
        document = document.replace(b"<xml>", b"<xml>" + field)
    else:
        document = document.replace(b"</xml>", field + b"</xml>")
    server.respond(http(200, document))
    with raises(SignatureError, "cannot be trusted", "sign"):
        call("post", PATH, xml=XML)


CSV = "\ufeff交易时间,公众账号ID\r\n`2026-11-20 10:00:00,`wx8888\r\n".encode()
BILL = "v2/pay/downloadbill"


def test_a_bill_is_text_that_nobody_signs(call, server):
    server.respond(http(200, CSV))
    response = call("post", BILL, xml={**XML, "bill_date": "20261119"})
    assert (response.content, response.verified) == (CSV, False)


NO_BILL = v2({"return_code": "FAIL", "return_msg": "No Bill Exist", "error_code": "20002"}, None)


@pytest.mark.parametrize("before", [b"", b"\n", b'<?xml version="1.0"?>\n'])
def test_a_bill_that_there_is_not(call, server, raises, before):
    server.respond(http(200, before + NO_BILL))
    with raises(APIError, "20002 No Bill Exist") as caught:
        call("post", BILL, xml={**XML, "bill_date": "20261119"})
    assert (caught.value.code, caught.value.verified) == ("20002", False)


@pytest.mark.parametrize("before", [b"\n" * 20, b"\xef\xbb\xbf"])
def test_a_bill_that_there_is_not_behind_what_xml_allows(call, server, raises, before):
    server.respond(http(200, before + NO_BILL))
    with raises(APIError, "20002 No Bill Exist") as caught:
        call("post", BILL, xml={**XML, "bill_date": "20261119"})
    assert (caught.value.code, caught.value.verified) == ("20002", False)


TRANSFER = "v2/mmpaymkttransfers/promotion/transfers"
NOBODYS = {
    "nothing": http(200, b""),
    "a page": http(200, b"<html><body>log in to the wireless network</body></html>"),
    "half a document": http(200, b"<xml><return_code>SUCCESS</ret"),
    "a redirect": http(302, b"", {"Location": "/login"}),
}


def test_a_transfer_is_answered_without_sign(call, server):
    server.respond(http(200, v2({**GOOD, "payment_no": "1000"}, None)))
    response = call("post", TRANSFER, xml={"mchid": MCHID})
    assert (response.xml()["payment_no"], response.verified) == ("1000", False)


@pytest.mark.parametrize("response", NOBODYS.values(), ids=NOBODYS.keys())
def test_what_does_not_say_success_is_none(call, server, response):
    """Nobody signs it, so its return_code is all there is to tell it from a login page."""
    server.respond(response)
    with pytest.raises(ResponseError, match="return_code"):
        call("post", TRANSFER, xml={"mchid": MCHID})


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_get_is_answered_like_a_post(call, server, method):
    server.respond(http(200, v2(GOOD)))
    fields = {"query": XML} if method == "get" else {"xml": XML}
    assert call(method, PATH, **fields).verified is True
