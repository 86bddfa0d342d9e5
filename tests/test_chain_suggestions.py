"""A wrong name or an empty value says what was meant."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.support import MCHID
from wechatpay_chain import ConfigurationError, catalogue
from wechatpay_chain.chain.node import Chain
from wechatpay_chain.testing.mock import MockTransport


@pytest.fixture
def line():
    return MockTransport(lambda _: None)


@pytest.fixture
def wxpay(keys, line):
    return keys.client(transport=line)


def test_a_client_tells_its_merchant_number(wxpay):
    assert wxpay.mchid == MCHID
    assert "mchid" in dir(wxpay)
    with pytest.raises(AttributeError):
        wxpay.mchid = "1900000110"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nofity", "wxpay.notify"),
        ("notify_V2", "wxpay.notify_v2"),
        ("descrypt", "wxpay.decrypt"),
        ("mch_id", "wxpay.mchid"),
        ("stack", "wxpay.stacks"),
        ("serial", "wxpay.credential.serial"),
        ("certs", "wxpay.platform"),
        ("pay", "wxpay['pay/…']"),
        ("merchantService", "wxpay['merchantService/…']"),
        ("get", "v3.certificates.get"),
        ("secret", "has no attribute 'secret'"),
        ("apiv3_key", "has no attribute 'apiv3_key'"),
        ("_path_", "has no attribute '_path_'"),
        ("v", "has no attribute 'v'"),
        ("v3x", "has no attribute 'v3x'"),
    ],
)
def test_no_other_name_begins_a_chain(wxpay, name, hint):
    assert not hasattr(wxpay, name)
    with pytest.raises(AttributeError) as caught:
        getattr(wxpay, name)
    assert hint in str(caught.value)
    assert "v3" in str(caught.value)


@pytest.mark.parametrize("name", ["v2", "v3", "V2", "V3", "v4"])
def test_a_version_does(wxpay, name):
    assert isinstance(getattr(wxpay, name), Chain)
    assert str(getattr(wxpay, name)) == name.lower()


def test_every_chain_of_the_catalogue_can_be_written():
    assert {operation.attributes[0] for operation in catalogue.operations()} == {"v2", "v3"}


@pytest.mark.parametrize(
    ("path", "options", "hint"),
    [
        ("v3/x", {"jsn": {}}, "did you mean json=?"),
        ("v3/x", {"header": {}}, "did you mean headers=?"),
        ("v3/x", {"time_out": 3}, "did you mean timeout=?"),
        ("v3/x", {"appid": "wx1"}, "json={'appid': …}"),
        ("v2/x", {"total_fee": 1}, "xml={'total_fee': …}"),
        ("v3/x", {"mchid": "1"}, "query="),
        ("v3/{id}", {"query": {"id": "1"}}, "=, which does not fill the path: pass it as a"),
    ],
)
def test_a_name_that_a_verb_does_not_know(wxpay, line, path, options, hint):
    with pytest.raises(ConfigurationError) as caught:
        wxpay[path].post(**options)
    assert hint in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        asyncio.run(wxpay[path].post_async(**options))
    assert hint in str(caught.value)
    assert line.requests == []


@pytest.mark.parametrize(
    "options",
    [
        lambda chain: {"json": {"appid": chain}},
        lambda chain: {"json": {"a": [{"b": chain}]}},
        lambda chain: {"query": {"appid": chain}},
        lambda chain: {"id": chain},
    ],
)
def test_a_chain_is_no_value(wxpay, line, options):
    with pytest.raises(ConfigurationError, match=r"Chain \(v3/merchant-service: an uncalled path"):
        wxpay["v3/x/{id}"].post(**{"id": "1", **options(wxpay.v3.merchantService)})
    assert line.requests == []


EMPTY = [
    ("v3/refunds/{n}", "n"),
    ("v3/{n}/close", "n"),
    ("v3/refund/domestic/refunds/{out_refund_no}", "out_refund_no"),
    ("/v3/refund/domestic/refunds/{out_refund_no}?a=1", "out_refund_no"),
    ("v3/pay/transactions/out-trade-no/{out_trade_no}", "out_trade_no"),
    ("v3/pay/transactions/id/{transaction_id}", "transaction_id"),
    ("v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}", "out_bill_no"),
    ("v3/pay/transactions/out-trade-no/{out_trade_no}/close", "out_trade_no"),
    ("v3/merchant-service/complaints-v2/{complaint_id}", "complaint_id"),
    ("v3/merchant-service/complaints-v2/{complaint_id}/response", "complaint_id"),
    ("v3/marketing/busifavor/stocks/{stock_id}", "stock_id"),
    ("v3/ecommerce/fund/balance/{sub_mchid}", "sub_mchid"),
    ("v3/payscore/permissions/openid/{openid}", "openid"),
]


@pytest.mark.parametrize(("path", "name"), EMPTY)
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_text_is_no_number(wxpay, line, path, name, value):
    with pytest.raises(ConfigurationError, match=f"'{name}' is '{value}'.*another resource"):
        wxpay[path].get({name: value})
    with pytest.raises(ConfigurationError, match="another resource"):
        asyncio.run(wxpay[path].get_async({name: value}))
    assert line.requests == []


@pytest.mark.parametrize(("path", "name"), EMPTY)
def test_none_is_no_number(wxpay, line, path, name):
    with pytest.raises(ConfigurationError, match=f"'{name}' is missing"):
        wxpay[path].get({name: None})
    assert line.requests == []


def test_the_last_slash_of_a_path_is_written_as_empty(wxpay, line):
    wxpay.v3.applyment4sub.applyment._empty_.post(empty="", json={}, unsigned=True)
    assert line.requests[0].target == "/v3/applyment4sub/applyment/"


def test_a_right_call_loads_none_of_the_catalogue():
    code = """
import sys
from wechatpay_chain import WeChatPay
from wechatpay_chain.testing.mock import MockTransport
wxpay = WeChatPay(mchid="1", secret="s" * 32, transport=MockTransport(lambda _: None))
wxpay["v2/x/{id}"].post(id="1", xml={"mch_id": "1"}, unsigned=True)
assert not any(name.startswith("wechatpay_chain.catalogue") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
