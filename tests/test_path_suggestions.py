"""A path that is not there: the error says what may have been meant, and nothing is refused."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support import PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import APIError, ConfigurationError, Headers, Request, Response
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.middleware.status import api_error, http_error
from wechatpay_chain.testing.mock import MockTransport

KEYS = Keys(new_key(), new_key())
NOT_FOUND = {"code": "NOT_FOUND", "message": "no such thing"}


def error_text(method, path, status=404, prefix=""):
    request = Request(method, "https://api.mch.weixin.qq.com", path, Headers(), prefix=prefix)
    return str(http_error(Response(status, {}, b'{"code":"NOT_FOUND"}', request=request)))


NATIVE = "did you mean POST v3/pay/transactions/native (Native下单)"


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/v3/pay/transaction/native", NATIVE),
        ("POST", "/v3/pay/transactions/natvie", NATIVE),
        ("POST", "/v3/Pay/Transactions/native", NATIVE),
        ("POST", "/V3/pay/transactions/native", NATIVE),
        ("POST", "/pay/transactions/native", NATIVE),
        ("POST", "/v3/pay/transactions/native/", NATIVE),
        (
            "GET",
            "/v3/refund/domestic/refund/R1",
            "did you mean GET v3/refund/domestic/refunds/{out_refund_no} (查询单笔退款)",
        ),
        (
            "POST",
            "/v3/applyment4sub/applyment",
            "did you mean POST v3/applyment4sub/applyment/ (提交申请单)",
        ),
        ("POST", "/pay/unifiedorders", "did you mean POST v2/pay/unifiedorder (统一下单)"),
        ("POST", "/secapi/mch/addinstitutionsub", "v2/secapi/mch/addInstitutionsub"),
    ],
)
def test_a_mistyped_path_brings_the_nearest_ones(method, path, words):
    assert words in error_text(method, path)
    assert error_text(method, path).endswith("?")


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "/v3/pay/transactions/native", "this path supports only POST (Native下单)"),
        ("GET", "/pay/unifiedorder", "this path supports only POST (统一下单)"),
        ("DELETE", "/v3/profitsharing/receivers/delete", "supports only POST (删除分账接收方)"),
    ],
)
def test_a_path_with_another_method_says_which(method, path, words):
    for status in (404, 405):
        assert words in error_text(method, path, status)
    assert "did you mean" not in error_text(method, path)


def test_an_id_where_a_verb_was_meant_brings_both():
    text = error_text("POST", "/v3/marketing/favor/stocks/strat")
    assert "this path supports only GET (查询批次详情)" in text
    near = text.partition("did you mean ")[2]
    assert near
    assert "GET" not in near, "another method is what was just said to be wrong"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v3/pay/transactions/native"),
        ("GET", "/v3/pay/transactions/id/4200"),
        ("GET", "/v3/pay/transactions/id/%E4%B8%AD%2F?mchid=1"),
        ("POST", "/v3/applyment4sub/applyment/"),
        ("POST", "/pay/unifiedorder"),
    ],
)
def test_nothing_is_added_to_what_is_known(method, path):
    text = error_text(method, path)
    assert "did you mean" not in text
    assert "supports only" not in text


def test_nothing_is_added_where_nothing_is_like_it():
    assert error_text("GET", "/v3/zzzz/qqqq/xxxx").endswith("not come from WeChat Pay")


@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500])
def test_other_errors_stay_as_they_are(status):
    text = error_text("POST", "/v3/pay/transaction/native", status)
    assert "did you mean" not in text


def test_the_base_uri_is_no_part_of_the_path():
    assert NATIVE in error_text("POST", "/proxy/v3/pay/transaction/native", prefix="/proxy")


def test_an_answer_without_a_request_has_no_path():
    assert "did you mean" not in str(api_error(Response(404), code="NOT_FOUND", message=""))


@pytest.mark.parametrize("world", ["sync", "async"])
def test_the_call_is_made_and_what_wechat_pay_said_stays(keys, world):
    line = MockTransport(lambda _: (404, NOT_FOUND), sign={PUBLIC_KEY_ID: keys.platform})
    chain = keys.client(transport=line).v3.pay.transaction.native
    with pytest.raises(APIError) as caught:
        chain.post(json={}) if world == "sync" else asyncio.run(chain.post_async(json={}))
    assert len(line.requests) == 1
    error = caught.value
    assert (error.code, error.message, error.verified) == ("NOT_FOUND", "no such thing", True)
    assert "NOT_FOUND no such thing; nothing has this number" in str(error)
    assert NATIVE in str(error)


def test_against_a_real_server():
    with Gateway() as gateway, gateway.client() as wxpay:
        with pytest.raises(APIError, match="did you mean POST v3/pay/transactions/native"):
            wxpay.v3.pay.transaction.native.post(json={})
        with pytest.raises(APIError, match=r"supports only POST \(Native下单\)"):
            wxpay.v3.pay.transactions.native.get()
        with pytest.raises(APIError, match="did you mean POST v2/pay/unifiedorder"):
            wxpay.v2.pay.unifiedorders.post(xml={"mch_id": gateway.identity.mchid})


@pytest.mark.parametrize(
    ("path", "at", "right"),
    [
        ("v3/global/transactions/jsapi", "", "https://apihk.mch.weixin.qq.com/"),
        ("v3/refunds", "", "https://api.mch.weixin.qq.com/hk/"),
        ("v3/refunds", "https://apihk.mch.weixin.qq.com/", "https://api.mch.weixin.qq.com/hk/"),
        (
            "v3/pay/transactions/native",
            "https://apihk.mch.weixin.qq.com/",
            "https://api.mch.weixin.qq.com/",
        ),
    ],
)
async def test_an_operation_is_served_at_its_own_address(path, at, right):
    with Gateway() as gateway:
        async with gateway.client() as wxpay:
            options = {"base_uri": gateway.base_uris[at]} if at else {}
            with pytest.raises(APIError, match=f'pass base_uri="{right}"'):
                wxpay[path].post(json={}, **options)
            with pytest.raises(APIError, match=f'pass base_uri="{right}"'):
                await wxpay[path].post_async(json={}, **options)


SEGMENTS = st.sampled_from(
    [
        "v3",
        "v2",
        "V3",
        "pay",
        "transactions",
        "native",
        "id",
        "",
        "{x}",
        "{empty}",
        "%2F",
        "..",
        "中",
    ]
)


@settings(deadline=None)  # the first one loads the catalogue
@given(
    st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "", "查"]),
    st.one_of(
        st.text(max_size=200),
        st.lists(st.one_of(SEGMENTS, st.text(max_size=20)), max_size=40).map("/".join),
    ),
)
@example("GET", "/v3/pay/transactions/idd/" + "ab12" * 50_000)
@example("GET", "/v3" + "/x" * 50_000)
@example("GET", "/v3/pay/transactions/id/\ud800")
def test_no_path_is_too_odd(method, path):
    assert "was rejected with HTTP 404" in error_text(method, path)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_path_that_a_chain_takes_is_too_odd(path):
    line = MockTransport(lambda _: (404, NOT_FOUND), sign={PUBLIC_KEY_ID: KEYS.platform})
    with contextlib.suppress(ConfigurationError, APIError):
        KEYS.client(transport=line).chain("v3/x").chain(path).get()
