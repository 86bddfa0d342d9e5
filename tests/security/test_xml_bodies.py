"""One body is one document: nobody reads another one out of the same bytes."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import MCHID, Keys
from tests.wire.responses import http, v2
from wechatpay_chain import APIError, ResponseError, SignatureError, WeChatPay, WeChatPayError
from wechatpay_chain.messages import xml
from wechatpay_chain.messages.response import Response
from wechatpay_chain.testing.mock import MockTransport

QUERY = "v2/pay/orderquery"
TRANSFER = "v2/mmpaymkttransfers/promotion/transfers"
BILL = "v2/pay/downloadbill"
FORGED = (
    b"<xml><return_code>FAIL</return_code><result_code>SUCCESS</result_code>"
    b"<trade_state>SUCCESS</trade_state></xml>"
)
PAID = {
    "return_code": "SUCCESS",
    "result_code": "SUCCESS",
    "trade_state": "NOTPAY",
    "out_trade_no": "N1",
    "total_fee": "100",
}
AHEAD = {
    "NUL": b"\x00",
    "two byte order marks": b"\xef\xbb\xbf" * 2,
    "a line separator": "\u2028".encode(),
    "a next line": "\u0085".encode(),
    "a no-break space": "\u00a0".encode(),
    "a form feed": b"\x0c",
    "a vertical tab": b"\x0b",
    "a surrogate": b"\xed\xa0\x80",
    "a noncharacter": "\ufffe".encode(),
    "a zero width space": "\u200b".encode(),
    "text": b"x",
    "an overlong <": b"\xc0\xbc",
    "UTF-16's byte order mark": b"\xff\xfe",
}


@pytest.mark.parametrize("ahead", AHEAD.values(), ids=AHEAD.keys())
def test_what_stands_ahead_of_a_forged_failure_hides_nothing(call, server, raises, ahead):
    server.respond(http(200, ahead + FORGED))
    with raises(SignatureError, "For an operation whose responses are unsigned") as caught:
        call("post", QUERY, xml={"mch_id": MCHID, "out_trade_no": "N1"})
    assert caught.value.reason == "missing"


@pytest.mark.parametrize("ahead", AHEAD.values(), ids=AHEAD.keys())
def test_nor_where_no_sign_is_needed(call, server, ahead):
    server.respond(http(200, ahead + FORGED))
    with pytest.raises(ResponseError):
        call("post", TRANSFER, xml={"mchid": MCHID})


NO_TEXT = {name: ahead for name, ahead in AHEAD.items() if name != "text"}


@pytest.mark.parametrize("ahead", NO_TEXT.values(), ids=NO_TEXT.keys())
def test_nor_where_a_text_is_expected(call, server, ahead):
    server.respond(http(200, ahead + FORGED))
    with pytest.raises(ResponseError):
        call("post", BILL, xml={"mch_id": MCHID})


FORMS = {
    "a code that stands twice": "<return_code>FAIL</return_code><return_code>SUCCESS</return_code>",
    "twice the same": "<return_code>SUCCESS</return_code><return_code>SUCCESS</return_code>",
    "a code with a blank": "<return_code> SUCCESS</return_code>",
    "a code with a line feed": "<return_code>SUCCESS\n</return_code>",
    "a code in an element": "<return_code><a>SUCCESS</a></return_code>",
    "a code beside an element": "<return_code>SUCCESS<a/></return_code>",
    "a code with a comment in it": "<return_code>SUC<!-- -->CESS</return_code>",
    "a code with an instruction in it": "<return_code>SUC<?x?>CESS</return_code>",
    "a code with an attribute": "<return_code x='FAIL'>SUCCESS</return_code>",
    "a code of another namespace": "<x:return_code xmlns:x='y'>SUCCESS</x:return_code>",
    "a code with a prefix": "<x:return_code>SUCCESS</x:return_code>",
    "a code in lower case": "<return_code>success</return_code>",
    "an empty code": "<return_code></return_code>",
    "no code": "<a>1</a>",
    "a code deeper down": "<a><return_code>SUCCESS</return_code></a>",
    "an entity": "<return_code>&ok;</return_code>",
    "a failed result": "<return_code>SUCCESS</return_code><result_code>FAIL</result_code>",
    "a result that stands twice": (
        "<return_code>SUCCESS</return_code>"
        "<result_code>FAIL</result_code><result_code>SUCCESS</result_code>"
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("path", [QUERY, TRANSFER])
def test_only_success_is_a_success(call, server, path, form):
    server.respond(http(200, f"<xml>{form}</xml>".encode()))
    with pytest.raises(ResponseError):
        call("post", path, xml={"mch_id": MCHID})


def test_cdata_and_character_references_are_text_like_any(call, server):
    document = b"<xml><return_code><![CDATA[SUC]]>&#67;ESS</return_code></xml>"
    server.respond(http(200, document))
    assert call("post", TRANSFER, xml={"mchid": MCHID}).xml() == {"return_code": "SUCCESS"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"<a>" * 100_000, "nests"),
        (b"<xml>" + b"<a/>" * 30_000 + b"</xml>", "elements"),
        (b"<xml><?php x?><a>1</a></xml>", "processing instruction"),
        (b"<?xml-stylesheet href='x'?><xml><a>1</a></xml>", "processing instruction"),
        (b'<?xml version="1.1"?><xml><a>1</a></xml>', "declares XML"),
        (b'<?xml version="1.0" encoding="GBK"?><xml><a>1</a></xml>', "declares the encoding"),
        (b'\n<?xml version="1.0"?><xml><a>1</a></xml>', "not well-formed"),
        (b"<xml><a>1</a></xml>\x00", "not well-formed"),
        (b"<xml><a>1</a></xml><xml/>", "not well-formed"),
        (b"<xml><a>1</a>text</xml>", "it has text next to elements"),
        (b"<xml><a>1<!-- -->2</a></xml>", "comment"),
        (b"<xml><a b='1'/></xml>", "attributes"),
        ("<xml><a>1</a></xml>".encode("utf-16"), "not UTF-8"),
        ("<xml><a>1</a></xml>".encode("utf-16-be"), "NUL"),
        ("\ud800<xml><a>1</a></xml>", "not UTF-8"),
        (b"<xml><a>\x08</a></xml>", "not well-formed"),
        (b"<xml><a>&#8;</a></xml>", "invalid character"),
        ("<xml><a>\uffff</a></xml>".encode(), "not well-formed"),
    ],
)
def test_what_is_refused_says_why(document, reason):
    with pytest.raises(ValueError, match=reason):
        xml.loads(document)


def test_what_may_surround_a_document():
    bare = "<xml><a>1</a></xml>"
    for document in (
        f"\ufeff{bare}",
        f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- a -->{bare}\n<!-- b -->',
        f" \r\n\t{bare}\n",
        "<xml><!-- a --><a>1</a></xml>",
    ):
        assert xml.loads(document) == xml.loads(document.encode()) == {"a": "1"}


def test_a_body_is_parsed_once_and_a_copy_is_handed_out(monkeypatch):
    parsed = []
    loads = xml.loads
    monkeypatch.setattr(xml, "loads", lambda body: parsed.append(body) or loads(body))
    response = Response(200, {}, b"<xml><a>1</a><b><c>2</c></b><d>3</d><d>4</d></xml>")
    first = response.xml()
    first["a"] = "9"
    first["b"]["c"] = "9"
    first["d"].append("9")
    assert response.xml() == {"a": "1", "b": {"c": "2"}, "d": ["3", "4"]}
    assert len(parsed) == 1
    response.content = b"<xml><a>5</a></xml>"
    assert response.xml() == {"a": "5"}
    response.content = bytearray(b"<xml><a>6</a></xml>")
    assert response.xml() == {"a": "6"}
    response.content[8:9] = b"7"
    assert response.xml() == {"a": "7"}


class Teller:
    """Makes calls in both worlds, each answered with the same bytes."""

    def __init__(self, keys: Keys) -> None:
        self.body = b""
        self._runner = asyncio.Runner()
        self._wxpay: WeChatPay = keys.client(
            transport=MockTransport(lambda _: Response(200, {}, self.body))
        )

    def responses(self, path: str, body: bytes) -> Iterator[Response | None]:
        """The answer in each world; None where it was refused."""
        self.body = body
        chain, fields = self._wxpay[path], {"mch_id": MCHID}
        for call in (
            lambda: chain.post(xml=fields),
            lambda: self._runner.run(chain.post_async(xml=fields)),
        ):
            try:
                yield call()
            except WeChatPayError:
                yield None

    def close(self) -> None:
        self._runner.close()


@pytest.fixture(scope="module")
def teller(keys: Keys) -> Iterator[Teller]:
    made = Teller(keys)
    yield made
    made.close()


ODD = st.sampled_from([*AHEAD.values(), b"\xef\xbb\xbf", b" ", b"\n", b"<", b"&", b"]]>", b"<a/>"])
FIELDS = st.sampled_from(
    [
        *(f"<{name}>{value}</{name}>".encode() for name in PAID for value in ("SUCCESS", "FAIL")),
        b"<return_code/>",
        b"<sign/>",
        b"<sign_type>MD5</sign_type>",
        b"<sign_type>HMAC-SHA256</sign_type>",
        b"<!-- -->",
        b"<![CDATA[SUCCESS]]>",
        b"<?x?>",
    ]
)
BASES = st.sampled_from(
    [v2(PAID), v2(PAID, "HMAC-SHA256"), v2(PAID, None), FORGED, v2({"return_code": "FAIL"}, None)]
)

EXAMPLES = settings(max_examples=max(300, settings().max_examples))


@st.composite
def bodies(draw: Any) -> bytes:
    """A document, genuine or forged, with odd bytes and fields put into it."""
    body: bytes = draw(BASES)
    for _ in range(draw(st.integers(0, 3))):
        piece = draw(st.one_of(ODD, FIELDS, st.binary(min_size=1, max_size=3)))
        tags = [at for at in range(len(body) + 1) if body[at : at + 1] in (b"<", b"")]
        at = draw(st.one_of(st.sampled_from(tags), st.integers(0, len(body))))
        body = body[:at] + piece + body[at + draw(st.sampled_from([0, 0, 0, 1])) :]
    return body


@settings(
    EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(bodies())
def test_no_success_is_anything_but_what_was_signed(teller, body):
    for response in teller.responses(QUERY, body):
        if response is not None:
            assert response.verified
            told = {name: value for name, value in response.xml().items() if value}
            assert told | {"sign": "", "sign_type": ""} == PAID | {"sign": "", "sign_type": ""}
            assert response.xml() == other_reading(body)


@EXAMPLES
@given(bodies())
def test_no_unsigned_success_is_one_that_others_read_as_a_failure(teller, body):
    for response in teller.responses(TRANSFER, body):
        if response is not None:
            assert response.verified or response.unsigned
            assert other_reading(body)["return_code"] == "SUCCESS"
            assert response.verified == ("sign" in other_reading(body))


def other_reading(body: bytes) -> dict[str, str]:
    """What another parser makes of a body; the last one of fields that stand twice."""
    root = ElementTree.fromstring(body)
    return {node.tag: node.text or "" for node in root if isinstance(node.tag, str)}


def test_a_refusal_that_others_read_is_still_told(call, server, raises):
    server.respond(http(200, v2({"return_code": "FAIL", "return_msg": "签名错误"}, None)))
    with raises(APIError, "签名错误", "not signed"):
        call("post", QUERY, xml={"mch_id": MCHID})
