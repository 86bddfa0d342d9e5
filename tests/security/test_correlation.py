"""A genuine answer to another order's call is not given to this one's."""

from __future__ import annotations

import enum
import json

import pytest

from tests.support import PUBLIC_KEY_ID
from wechatpay_chain import Response, ResponseError, WeChatPay, catalogue
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import xml
from wechatpay_chain.messages.identifiers import IDENTIFIERS, in_path
from wechatpay_chain.testing.mock import MockTransport

SECRET = "8934e7d15453e97507ef794cf7b0519d"
NAMED = [
    "out_trade_no",
    "transaction_id",
    "combine_out_trade_no",
    "out_refund_no",
    "refund_id",
    "out_bill_no",
    "transfer_bill_no",
    "out_batch_no",
    "batch_id",
    "out_order_no",
    "order_id",
    "out_return_no",
    "out_detail_no",
    "detail_id",
    "mch_billno",
    "partner_trade_no",
]


class Kind(enum.Enum):
    ORDER = "A-1"


class Text(str):
    __slots__ = ()


def v2_response(**fields):
    fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", **fields}
    fields["sign"] = digest.sign(
        "MD5", "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v != ""), SECRET
    )
    return Response(200, {"Content-Type": "text/xml"}, xml.dumps(fields).encode())


@pytest.fixture(params=["sync", "async"])
def call(request, keys):
    """`call(answer, verb, path, **options)`: one call, answered like that and signed."""

    def call(response, verb, path, **options):
        import asyncio

        transport = MockTransport(lambda _: response, sign={PUBLIC_KEY_ID: keys.platform})
        client = keys.client(transport=transport, secret=SECRET)
        if request.param == "sync":
            return getattr(client[path], verb)(**options)
        return asyncio.run(getattr(client[path], f"{verb}_async")(**options))

    return call


def refused(call, *arguments, **options):
    with pytest.raises(ResponseError, match="belongs to another request") as caught:
        call(*arguments, **options)
    assert type(caught.value) is ResponseError
    assert caught.value.response is not None
    assert "'B-2'" in str(caught.value)
    assert "'A-1'" in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", NAMED)
def test_wherever_a_request_names_it(call, name):
    response = {name: "B-2", "state": "SUCCESS"}
    refused(call, response, "get", f"v3/some/thing/{{{name}}}", **{name: "A-1"})
    refused(call, response, "get", "v3/some/thing", query={name: "A-1"})
    refused(call, response, "get", "v3/some/thing", query=[("x", 1), (name, "A-1")])
    refused(call, response, "get", "v3/some/thing", query=f"{name}=A%2D1")
    refused(call, response, "get", f"v3/some/thing?x=1&{name}=A-1")
    refused(call, response, "post", "v3/some/thing", json={name: "A-1"})
    refused(call, response, "post", "v3/some/thing", body=json.dumps({name: "A-1"}))
    refused(call, response, "get", f"v3/some/{name.replace('_', '-')}/A-1")
    refused(call, response, "post", f"v3/some/{name.replace('_', '-')}/A%2D1/close", json={})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("v3/refund/domestic/refunds/A-1", "out_refund_no"),
        ("/v3/refund/domestic/refunds/A-1", "out_refund_no"),
        ("v3/pay/transactions/id/A-1?mchid=1900000109", "transaction_id"),
        ("v3/pay/transactions/out-trade-no/A-1?mchid=1900000109", "out_trade_no"),
        ("v3/combine-transactions/out-trade-no/A-1", "combine_out_trade_no"),
        ("v3/ecommerce/refunds/id/A-1", "refund_id"),
        ("v3/profitsharing/orders/A-1", "out_order_no"),
        ("v3/profitsharing/transactions/A-1/amounts", "transaction_id"),
        ("v3/transfer/bill-receipt/A-1", "out_batch_no"),
        ("v3/payscore/serviceorder/A-1/cancel", "out_order_no"),
        ("v3/discount-card/orders/A-1", "out_order_no"),
        ("v3/discount-card/orders/out-trade-no/A-1", "out_trade_no"),
        ("v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/A-1", "transfer_bill_no"),
        ("v3/pay/transactions/out%2Dtrade%2dno/A%2D1", "out_trade_no"),
        ("v3/refund/domestic/refund%73/A-1", "out_refund_no"),
        ("v3/pay//transactions/out-trade-no//A-1", "out_trade_no"),
    ],
)
def test_a_plain_string_is_matched_with_its_operation(call, path, name):
    refused(call, {name: "B-2"}, "get", path)
    assert call({name: "A-1"}, "get", path).json() == {name: "A-1"}


def test_below_a_base_uri_with_a_path(call):
    path, base = "v3/refund/domestic/refunds/A-1", "https://apihk.mch.weixin.qq.com/hk/"
    refused(call, {"out_refund_no": "B-2"}, "get", path, base_uri=base)


@pytest.mark.parametrize("verb", ["get", "post"])
def test_apiv2(call, verb):
    option = {"xml": {"mch_id": "1900000109", "out_trade_no": "A-1"}}
    refused(call, v2_response(out_trade_no="B-2"), verb, "v2/pay/orderquery", **option)
    if verb == "get":
        option["query"] = option.pop("xml")
        refused(call, v2_response(out_trade_no="B-2"), verb, "v2/pay/orderquery", **option)
        path = "v2/pay/orderquery?out_trade_no=A-1"
        refused(call, v2_response(out_trade_no="B-2"), verb, path, query={"mch_id": "1900000109"})
    else:
        body = xml.dumps({"out_trade_no": "A-1"})
        refused(call, v2_response(out_trade_no="B-2"), verb, "v2/pay/orderquery", body=body)


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("ahead", [BOM, b"\n\n", BOM + b"\n", b"<!-- -->", b"\t"])
def test_what_may_stand_ahead_of_a_document_hides_nothing(call, ahead):
    response = v2_response(out_trade_no="B-2")
    response.content = ahead + response.content
    asked = {"mch_id": "1900000109", "out_trade_no": "A-1"}
    refused(call, response, "post", "v2/pay/orderquery", xml=asked)
    body = ahead + xml.dumps({"out_trade_no": "A-1"}).encode()
    refused(call, v2_response(out_trade_no="B-2"), "post", "v2/pay/orderquery", body=body)


def test_a_query_of_any_form_names_what_it_names(call):
    response = {"out_trade_no": "B-2"}
    refused(call, response, "get", "v3/some/thing", query="?out_trade_no=A-1")
    refused(call, response, "get", "v3/some/thing", query={"out_trade_no": ["A-1"]})
    refused(call, response, "get", "v3/some/thing", query=[["out_trade_no", "A-1"]])
    refused(call, response, "get", "v3/some/thing", query=iter([("out_trade_no", "A-1")]))
    refused(call, response, "get", "v3/some/thing?out%5Ftrade%5Fno=A-1")


def test_a_name_that_stands_twice_names_nothing(call):
    response = {"out_trade_no": "B-2"}
    query = {"out_trade_no": ["A-1", "B-2"]}
    assert call(response, "get", "v3/some/thing", query=query).json() == response


def test_apiv2_without_a_sign_by_design(call):
    path = "v2/mmpaymkttransfers/promotion/transfers"
    fields = {"mchid": "1900000109", "partner_trade_no": "A-1"}
    refused(call, v2_response(partner_trade_no="B-2"), "post", path, xml=fields)
    assert call(v2_response(partner_trade_no="A-1"), "post", path, xml=fields).status_code == 200


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("A-1", "A-1"),
        (1217752501, "1217752501"),
        ("1217752501", 1217752501),
        (Kind.ORDER, "A-1"),
        (Text("A-1"), "A-1"),
        ("A-1", None),
        ("A-1", ""),
        ("", "B-2"),
        (None, "B-2"),
        ("A-1", ["B-2"]),
        ("A-1", {"B-2": 1}),
        (["A-1"], "B-2"),
    ],
)
def test_what_is_no_contradiction(call, asked, answered):
    response = {"out_trade_no": answered}
    if not isinstance(asked, enum.Enum):
        assert call(response, "post", "v3/x", json={"out_trade_no": asked}).json() == response
    if isinstance(asked, str) and asked:
        path = "v3/pay/transactions/out-trade-no/{out_trade_no}"
        assert call(response, "get", path, out_trade_no=asked).json() == response


def test_only_the_top_of_an_answer_counts(call):
    response = {"sub_orders": [{"out_trade_no": "B-2"}], "order": {"out_trade_no": "B-2"}}
    assert call(response, "post", "v3/x", json={"out_trade_no": "A-1"}).json() == response


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2", b"\xff\xfe", b"[1]", b'"B-2"', b"<html>"])
def test_an_answer_without_members_passes(call, content):
    response = Response(200, {}, content)
    json = {"out_trade_no": "A-1"}
    assert call(response, "post", "v3/x", json=json).content == content


def test_a_refusal_stays_a_refusal(call):
    from wechatpay_chain import ClientError

    response = (400, {"code": "PARAM_ERROR", "message": "no", "out_trade_no": "B-2"})
    with pytest.raises(ClientError, match="PARAM_ERROR"):
        call(response, "post", "v3/x", json={"out_trade_no": "A-1"})


def test_both_numbers_are_printable(call):
    with pytest.raises(ResponseError) as caught:
        call({"out_trade_no": "\x1b[31m\u202eB"}, "get", "v3/x?out_trade_no=A%0A1")
    assert str(caught.value).isprintable()


def test_a_variable_counts_before_the_body(call):
    path = "v3/payscore/serviceorder/{out_order_no}/cancel"
    response = {"out_order_no": "A-1"}
    body = {"out_order_no": "C-3"}
    assert call(response, "post", path, out_order_no="A-1", json=body).json() == response


def test_a_segment_is_not_mistaken_for_a_number(call):
    """A path that a later operation has may look like an older one with a number in it."""
    response, body = {"out_order_no": "A-1"}, {"out_order_no": "A-1"}
    for path in ("v3/profitsharing/orders/unfreeze", "v3/profitsharing/orders/later"):
        assert call(response, "post", path, json=body).json() == response


def test_an_answer_is_parsed_once_and_no_object_is_shared(call, monkeypatch):
    parsed = []
    loads = json.loads
    monkeypatch.setattr("json.loads", lambda text: parsed.append(text) or loads(text))
    response = call({"out_trade_no": "A-1"}, "post", "v3/x", json={"out_trade_no": "A-1"})
    assert len(parsed) == 1
    first, second, third = response.json(), response.json(), response.json()
    assert first == second == third
    assert first is not second
    assert second is not third
    assert len(parsed) == 3


def test_a_body_that_a_layer_has_changed_is_parsed_anew(call):
    response = call({"out_trade_no": "A-1"}, "post", "v3/x", json={"out_trade_no": "A-1"})
    response.content = b'{"changed":true}'
    assert response.json() == {"changed": True}


def test_it_can_be_left_out(keys):
    transport = MockTransport(
        lambda _: {"out_trade_no": "B-2"}, sign={PUBLIC_KEY_ID: keys.platform}
    )
    wxpay = keys.client(transport=transport)
    assert "correlation" in wxpay.stacks["v3"].names
    assert "correlation" in wxpay.stacks["v2"].names
    stack = wxpay.stacks["v3"].without("correlation")
    assert wxpay["v3/x"].post(json={"out_trade_no": "A-1"}, stack=stack).verified


def test_the_catalogue_is_not_loaded_for_it(keys):
    import subprocess
    import sys

    code = (
        "import sys; from wechatpay_chain.messages.identifiers import in_path;"
        "assert in_path('/v3/refund/domestic/refunds/1') == {'out_refund_no': '1'};"
        "assert not any(name.startswith('wechatpay_chain.catalogue') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def identifiers(operation):
    """The identifiers in an operation's path that its answer has as well."""
    answered = {member.name for member in operation.response}
    return {
        segment[1:-1]: f"{segment[1:-1]}-{place}"
        for place, segment in enumerate(operation.segments)
        if segment[1:-1] in IDENTIFIERS & answered and segment.startswith("{")
    }


@pytest.mark.parametrize("product", [p for p in catalogue.products() if p.startswith("v3/")])
def test_every_path_of_the_catalogue_is_known(product):
    """Where this fails, `identifiers.TEMPLATES` lacks a template."""
    for operation in catalogue.operations(product):
        wanted = identifiers(operation)
        path = operation.path.format_map({**dict.fromkeys(_variables(operation), "x"), **wanted})
        found = in_path(f"/{path}")
        assert {name: found.get(name) for name in wanted} == wanted, operation
        answered = {member.name for member in operation.response}
        assert found.keys() & answered <= wanted.keys(), operation


def _variables(operation):
    return [segment[1:-1] for segment in operation.segments if segment.startswith("{")]


def test_a_client_of_v2_alone_is_checked_too():
    response = v2_response(transaction_id="B-2")
    wxpay = WeChatPay(
        mchid="1900000109", secret=SECRET, transport=MockTransport(lambda _: response)
    )
    with pytest.raises(ResponseError, match="'B-2'.*'A-1'"):
        wxpay.v2.pay.orderquery.post(xml={"mch_id": "1900000109", "transaction_id": "A-1"})
