"""HTTP itself: statuses, headers, and the servers in front of the API."""

from __future__ import annotations

import json
import re

import pytest

from tests.gateway.support import ASKING, order, paid_by_v2
from tests.gateway.wire import ask, signed
from wechatpay_chain import APIError, ClientError, WeChatPayError, catalogue
from wechatpay_chain.gateway.simulation.bases import PREFIXES
from wechatpay_chain.messages import xml

NATIVE = "/v3/pay/transactions/native"
REQUEST_ID = re.compile(r"08[0-9A-F]{20,60}-([0-9]+)")
PAYAPP, APIHK = "https://payapp.weixin.qq.com/", "https://apihk.mch.weixin.qq.com/"


def number(reply):
    return int(REQUEST_ID.fullmatch(reply.headers["Request-ID"])[1])


@pytest.mark.parametrize(
    "authorization", [None, "Bearer x", "WECHATPAY2-SHA256-RSA2048 mchid=1", "wrong"]
)
def test_401_says_why_and_nothing_of_wechat_pays(gateway, authorization):
    headers = {**ASKING, **({"Authorization": authorization} if authorization else {})}
    answer = ask(gateway, "GET", "/v3/certificates", headers=headers)
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "SIGN_ERROR")
    assert answer.wechatpay_headers == []
    assert number(answer) == 268443699


def test_a_wrong_signature_is_401_without_a_signature(gateway):
    answer = signed(gateway, "POST", NATIVE, b"{}", Authorization="WECHATPAY2-SHA256-RSA2048 a")
    assert (answer.status, answer.wechatpay_headers) == (401, [])


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v3/nothing"),
        ("POST", "/v3/pay/transactions/nativ"),
        ("GET", "/"),
        ("POST", "/pay/nothing"),
        ("GET", "/v3/pay/transactions/id/"),
        ("GET", "/global/v3/certificates"),
        ("GET", "/apihk/v3/certificates"),
    ],
)
@pytest.mark.parametrize("send", [ask, signed], ids=["unsigned", "signed"])
def test_an_unknown_path_is_404_with_an_empty_body(gateway, method, target, send):
    answer = send(gateway, method, target)
    assert (answer.status, answer.body, answer.wechatpay_headers) == (404, b"", [])


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("GET", NATIVE, "POST"),
        ("DELETE", "/v3/certificates", "GET"),
        ("GET", "/pay/micropay", "POST"),
        ("OPTIONS", NATIVE, "POST"),
    ],
)
@pytest.mark.parametrize("send", [ask, signed], ids=["unsigned", "signed"])
def test_a_wrong_method_is_405_with_an_empty_body(gateway, method, target, allowed, send):
    answer = send(gateway, method, target)
    assert (answer.status, answer.body, answer.wechatpay_headers) == (405, b"", [])
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("missing", ["User_Agent", "Accept"])
@pytest.mark.parametrize("target", ["/v3/certificates", "/v3/billdownload/file?token=1"])
def test_who_asks_must_say_so(gateway, missing, target):
    for nothing in (None, ""):
        answer = signed(gateway, "GET", target, **{missing: nothing})
        assert (answer.status, json.loads(answer.body)["code"]) == (400, "INVALID_REQUEST")
    assert signed(gateway, "GET", target).status != 401


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/plain"])
def test_any_accept_will_do(gateway, accept):
    assert signed(gateway, "GET", "/v3/certificates", Accept=accept).status == 200


def test_a_request_id_ends_in_0_or_in_an_error_number(gateway):
    made = order(gateway)
    body = json.dumps(made).encode()
    assert number(signed(gateway, "POST", NATIVE, body)) == 0
    unknown = f"/v3/pay/transactions/out-trade-no/nobody01?mchid={gateway.identity.mchid}"
    assert number(signed(gateway, "GET", unknown)) == 268512771
    wrong = json.dumps({**made, "amount": {"total": "1"}}).encode()
    assert number(signed(gateway, "POST", NATIVE, wrong)) == 268435461
    first, second = (signed(gateway, "GET", "/v3/certificates") for _ in range(2))
    assert first.headers["Request-ID"] != second.headers["Request-ID"]


def test_apiv2_is_text_plain(gateway, wxpay):
    parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    answer = wxpay.v2.pay.unifiedorder.post(
        xml={
            **parties,
            "body": "x",
            "out_trade_no": "text-plain-1",
            "total_fee": 1,
            "notify_url": "http://127.0.0.1:9/",
            "spbill_create_ip": "127.0.0.1",
            "trade_type": "NATIVE",
        }
    )
    assert answer.headers["Content-Type"] == "text/plain"
    assert REQUEST_ID.fullmatch(answer.headers["Request-ID"])[1] == "0"
    with pytest.raises(APIError) as caught:
        wxpay.v2.pay.orderquery.post(xml={**parties, "out_trade_no": "nothing-1"})
    assert caught.value.response.headers["Content-Type"] == "text/plain"
    assert REQUEST_ID.fullmatch(caught.value.request_id)[1] == "268512771"
    assert caught.value.response.xml()["appid"] == gateway.identity.appid


# --- the merchant's TLS certificate ------------------------------------------------------------


def refund(gateway, wxpay, **options):
    bought = paid_by_v2(gateway, wxpay)
    body = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "out_trade_no": bought["out_trade_no"],
        "out_refund_no": f"R{bought['out_trade_no']}",
        "total_fee": 100,
        "refund_fee": 1,
    }
    return wxpay.v2.secapi.pay.refund.post(xml=body, **options)


@pytest.mark.parametrize(("tls", "security"), [(True, False), (False, False), (False, True)])
def test_a_refund_without_the_certificate_is_rejected(gateway, tls, security):
    with gateway.client(tls=tls) as wxpay, pytest.raises(WeChatPayError) as caught:
        refund(gateway, wxpay, security=security)
    answer = caught.value.response
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html")
    assert "<title>400 No required SSL certificate was sent</title>" in answer.text


async def test_a_refund_with_the_certificate_is_made(gateway, wxpay):
    assert refund(gateway, wxpay, security=True).xml()["refund_fee"] == "1"


SECURE = [each for each in catalogue.operations() if each.security]


def test_every_operation_that_needs_the_certificate_is_rejected_without(gateway):
    assert len(SECURE) > 50
    for operation in SECURE:
        target = f"/{PREFIXES.get(operation.base_uri, '')}{operation.path.removeprefix('v2/')}"
        for tls in (False, True):
            answer = ask(gateway, operation.method, target, b"<xml/>", tls=tls)
            assert (answer.status, b"No required SSL certificate" in answer.body) == (400, True)


# --- nonceless ---------------------------------------------------------------------------------


def test_an_operation_without_nonce_rejects_one(gateway, wxpay):
    query = wxpay.v2.papay.querycontract
    fields = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "contract_id": "1",
        "version": "1.0",
    }
    with pytest.raises(APIError) as caught:
        query.post(xml=fields)
    assert "nonce_str" in caught.value.message
    with pytest.raises(APIError) as caught:
        query.post(xml=fields, nonceless=True)
    assert caught.value.code == "CONTRACT_NOT_EXIST"  # it was verified and processed


# --- other hosts -------------------------------------------------------------------------------


def test_the_prefixes_are_those_of_the_catalogue():
    found = {each.base_uri for each in catalogue.operations() if each.base_uri}
    assert found == set(PREFIXES)


def authinfo(gateway):
    return {
        "store_id": "1",
        "store_name": "门店",
        "device_id": "1",
        "rawdata": "x",
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "now": 1,
        "version": "1",
        "sign_type": "MD5",
    }


def test_an_operation_of_another_host_is_found_there_only(gateway, wxpay):
    call = wxpay.v2.face.get_wxpayface_authinfo.post
    with pytest.raises(ClientError) as caught:
        call(xml=authinfo(gateway))
    assert (caught.value.status_code, caught.value.response.content) == (404, b"")
    assert f'base_uri="{PAYAPP}"' in str(caught.value)
    assert call(xml=authinfo(gateway), base_uri=gateway.base_uris[PAYAPP]).verified
    with pytest.raises(ClientError):
        call(xml=authinfo(gateway), base_uri=gateway.base_uris[APIHK])


async def test_the_advice_names_the_base_uri_in_both_worlds(gateway, wxpay):
    call = wxpay["v3/global/certificates"]
    with pytest.raises(ClientError, match=re.escape(f'base_uri="{APIHK}"')):
        call.get()
    with pytest.raises(ClientError, match=re.escape(f'base_uri="{APIHK}"')):
        await call.get_async()
    assert call.get(base_uri=gateway.base_uris[APIHK]).verified
    assert (await call.get_async(base_uri=gateway.base_uris[APIHK])).verified


def test_a_host_of_wechat_pay_is_told_by_its_name(gateway):
    """Simulates a name of WeChat Pay that resolves to this machine."""
    target = "/v3/global/certificates"
    assert signed(gateway, "GET", target, Host="apihk.mch.weixin.qq.com").status == 200
    assert signed(gateway, "GET", target, Host="api.mch.weixin.qq.com").status == 404
    assert signed(gateway, "GET", "/v3/certificates", Host="api.mch.weixin.qq.com").status == 200
    hongkong = "/hk/v3/statements?date=20261120"
    assert signed(gateway, "GET", hongkong, Host="api.mch.weixin.qq.com").status != 404


def test_the_fixtures_use_tls(wechatpay_gateway, wechatpay):
    answer = wechatpay.v3.certificates.get()
    assert answer.request.url.startswith(wechatpay_gateway.tls_base_uri)
    assert refund(wechatpay_gateway, wechatpay, security=True).xml()["result_code"] == "SUCCESS"


def test_xml_of_a_rejection_is_signed(gateway, wxpay):
    with pytest.raises(APIError) as caught:
        wxpay.v2.pay.orderquery.post(
            xml={
                "appid": gateway.identity.appid,
                "mch_id": gateway.identity.mchid,
                "out_trade_no": "nothing-2",
            }
        )
    assert caught.value.verified
    assert "sign" in xml.loads(caught.value.response.content)
