"""`request.template` and `request.operation_id`: which operation a call is, as layers read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import MCHID
from wechatpay_chain import Handler, Headers, Request, WeChatPay, catalogue
from wechatpay_chain.catalogue import templates
from wechatpay_chain.messages import xml
from wechatpay_chain.testing.mock import MockTransport

REFUND = "v3/refund/domestic/refunds/{out_refund_no}"
FILE = "v3/billdownload/file"
OWN = {"mch_id": MCHID}
HONG_KONG = "https://apihk.mch.weixin.qq.com/global/"
URL = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=abc"


def answer(request: Request) -> Any:
    return {} if request.operation.startswith("/v3/") else (200, xml.dumps({"a": "b"}))


@pytest.fixture
def wxpay(keys):
    return keys.client(transport=MockTransport(answer))


def told(wxpay: WeChatPay, method: str, path: str, **options: Any) -> tuple[Any, Any]:
    """What a layer is told: outside the encoder, and as the request leaves."""
    seen = []

    def layer(request: Request, handle: Handler) -> Any:
        seen.append((request.template, request.operation_id))
        return (yield from handle(request))

    stack = wxpay.stacks["v2" if path.lower().startswith("v2/") else "v3"]
    stack = stack.before("gate", "outer", layer).after(stack.names[-1], "inner", layer)
    getattr(wxpay.chain(path), method)(stack=stack, unsigned=True, **options)
    assert len(seen) == 2
    assert seen[0] == seen[1]
    return seen[0]


def test_every_operation_is_found_with_values_in_its_path():
    for operation in catalogue.operations():
        filled = ["4200001%2F" if each[:1] == "{" else each for each in operation.segments]
        path = "/".join(filled).removeprefix("v2/")
        found = templates.template(operation.method, f"/{path}")
        same = catalogue.find(operation.method, "/".join(filled))
        assert same is not None
        assert found == (same.path, same.id)


@pytest.mark.parametrize(
    ("method", "path", "options", "template"),
    [
        ("get", "v3/refund/domestic/refunds/R-20260101", {}, REFUND),
        ("get", "v3/refund/domestic/refunds/{out_refund_no}", {"out_refund_no": "a/b"}, REFUND),
        ("get", "v3/refund/domestic/refunds/{id}", {"id": "R1"}, REFUND),
        ("get", "/v3/refund/domestic/refunds/R1?sub_mchid=1900000109", {}, REFUND),
        ("get", "V3/refund/domestic/refunds/R1", {}, REFUND),
        ("post", "v2/pay/micropay", {"xml": OWN, "nonceless": True}, "v2/pay/micropay"),
        ("post", "V2/pay/orderquery", {"xml": OWN}, "v2/pay/orderquery"),
        ("get", URL, {}, FILE),
        ("get", "v3/refund/domestic/refunds/R1", {"base_uri": HONG_KONG}, REFUND),
        ("get", f"{HONG_KONG}v3/billdownload/file?token=abc", {"base_uri": HONG_KONG}, FILE),
        ("get", "v3/ecommerce/applyments/4200", {}, "v3/ecommerce/applyments/{applyment_id}"),
        ("post", "v3/ecommerce/applyments/{empty}", {"json": {}}, "v3/ecommerce/applyments/"),
    ],
)
def test_a_layer_is_told_which_operation_it_is(wxpay, method, path, options, template):
    operation = catalogue.find(method, template)
    assert operation is not None
    assert told(wxpay, method, path, **options) == (template, operation.id)


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("get", "v3/brand-new/orders/N20260101", {}),
        ("get", "v3/brand-new/orders/{out_trade_no}", {"out_trade_no": "N20260101"}),
        ("delete", "v3/refund/domestic/refunds/R1", {}),
        ("get", "v3/refund/domestic/refunds/R1/more", {}),
        ("get", "v3/N20260101", {}),
        ("post", "v2/N20260101", {"xml": OWN}),
        ("get", "N20260101", {}),
    ],
)
def test_a_path_that_nobody_knows_has_no_template(wxpay, method, path, options):
    assert told(wxpay, method, path, **options) == (None, None)


def test_an_absolute_url_keeps_the_path_that_was_signed(keys):
    transport = MockTransport(answer)
    wxpay = keys.client(transport=transport, base_uri=HONG_KONG)
    wxpay[f"{HONG_KONG}v3/billdownload/file?token=abc"].get()  # known to be unsigned
    (request,) = transport.requests
    assert request.url == f"{HONG_KONG}v3/billdownload/file?token=abc"
    assert (request.prefix, request.operation) == ("/global", "/v3/billdownload/file")


def test_nothing_that_is_not_in_the_catalogue_is_kept(wxpay):
    before = templates._candidates.cache_info().currsize
    for number in range(10):
        told(wxpay, "get", f"v3/brand-new-{number}/orders/N{number}")
    assert templates._candidates.cache_info().currsize == before


def test_without_the_catalogue_there_is_no_template(monkeypatch):
    def read(name: str) -> Any:
        raise OSError(24, "Too many open files")

    templates._candidates.cache_clear()
    monkeypatch.setattr(templates, "load", read)
    request = Request("GET", "https://api.mch.weixin.qq.com", "/v3/certificates", Headers())
    assert request.template is None
    monkeypatch.undo()
    assert request.template == "v3/certificates"


def test_a_call_that_asks_for_no_template_reads_no_document(wxpay, monkeypatch):
    monkeypatch.setattr(templates, "load", None)
    templates._candidates.cache_clear()
    assert wxpay["v3/refund/domestic/refunds/R1"].get(unsigned=True).ok
