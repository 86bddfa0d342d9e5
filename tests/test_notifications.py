"""Notifications: trusted only when signed, opened with the right key, answered in their form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import APIV3_KEY, PUBLIC_KEY_ID, SECRET
from wechatpay_chain import ConfigurationError, DecryptionError, Headers, SignatureError
from wechatpay_chain.crypto import aes, digest
from wechatpay_chain.messages import canonical, xml

CONTENT = {"out_trade_no": "1217752501201407033233368018", "amount": {"total": 100}}


def notification(content=CONTENT, key=APIV3_KEY, **resource):
    sealed = aes.gcm_encrypt(json.dumps(content), key, "fdasflkja484", "transaction")
    return json.dumps(
        {
            "id": "EV-2018022511223320873",
            "create_time": "2015-05-20T13:29:35+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "original_type": "transaction",
                "ciphertext": sealed,
                "associated_data": "transaction",
                "nonce": "fdasflkja484",
                **resource,
            },
        },
        ensure_ascii=False,
    ).encode()


@pytest.fixture
def wxpay(keys):
    return keys.client()


def test_a_notification_is_verified_and_opened(keys, wxpay):
    body = notification()
    told = wxpay.notify(keys.signed_headers(body), body)
    assert told.id == "EV-2018022511223320873"
    assert told.event_type == "TRANSACTION.SUCCESS"
    assert told.create_time == "2015-05-20T13:29:35+08:00"
    assert told.resource_type == "encrypt-resource"
    assert told.summary == "支付成功"
    assert told.resource == CONTENT
    assert told.raw["resource"]["original_type"] == "transaction"
    assert "121775250120" not in repr(told)


def test_headers_of_any_framework_and_text_bodies(keys, wxpay):
    body = notification()
    plain = keys.signed_headers(body)
    wsgi = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in plain.items()}
    for headers in (
        plain,
        {name.lower(): value for name, value in plain.items()},
        {**wsgi, "wsgi.input": object(), "SERVER_PORT": 80},
        list(plain.items()),
        [(name.lower().encode(), value.encode()) for name, value in plain.items()],
        Headers(plain),
    ):
        assert wxpay.notify(headers, body).resource == CONTENT
    assert wxpay.notify(plain, body.decode()).resource == CONTENT
    assert wxpay.notify(plain, bytearray(body)).resource == CONTENT


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Wechatpay-Signature": ""}, "missing"),
        ({"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}, "probe"),
        ({"Wechatpay-Timestamp": "1"}, "expired"),
        ({"Wechatpay-Timestamp": "x"}, "expired"),
        ({"Wechatpay-Serial": "5A"}, "unknown_serial"),
        ({"Wechatpay-Nonce": "other"}, "mismatch"),
    ],
)
def test_a_notification_that_cannot_be_trusted(keys, wxpay, headers, reason):
    body = notification()
    with pytest.raises(SignatureError, match="the notification cannot be trusted") as caught:
        wxpay.notify({**keys.signed_headers(body), **headers}, body)
    assert caught.value.reason == reason
    assert caught.value.request is None


@pytest.mark.parametrize("skew", [-301, 301])
def test_a_notification_of_another_time(keys, wxpay, skew):
    body = notification()
    with pytest.raises(SignatureError, match="NTP") as caught:
        wxpay.notify(keys.signed_headers(body, skew), body)
    assert caught.value.reason == "expired"


def test_a_changed_body_and_a_doubled_header(keys, wxpay):
    body = notification()
    headers = keys.signed_headers(body)
    with pytest.raises(SignatureError, match="does not match"):
        wxpay.notify(headers, body.replace(b"SUCCESS", b"success"))
    with pytest.raises(SignatureError, match="occurs 2 times"):
        wxpay.notify([*headers.items(), ("wechatpay-nonce", "x")], body)


def test_the_wrong_key_and_an_unknown_algorithm(keys, wxpay):
    body = notification(key=APIV3_KEY[::-1])
    with pytest.raises(DecryptionError, match="apiv3_key"):
        wxpay.notify(keys.signed_headers(body), body)
    body = notification(algorithm="AEAD_SM4_GCM")
    with pytest.raises(DecryptionError, match="AEAD_SM4_GCM"):
        wxpay.notify(keys.signed_headers(body), body)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"not json", b'{"resource": 7}', b'{"resource": {"nonce": 1}}']
)
def test_a_signed_notification_of_another_form(keys, wxpay, body):
    with pytest.raises(DecryptionError, match="the notification is signed by WeChat Pay but has"):
        wxpay.notify(keys.signed_headers(body), body)


def test_what_a_notification_needs(keys, wxpay):
    body = notification()
    headers = keys.signed_headers(body)
    with pytest.raises(ConfigurationError, match="apiv3_key is missing"):
        keys.client(apiv3_key=None).notify(headers, body)
    with pytest.raises(ConfigurationError, match="certs is missing"):
        keys.client(certs=None, serial=None, private_key=None).notify(headers, body)
    with pytest.raises(ConfigurationError, match="not the parsed JSON"):
        wxpay.notify(headers, json.loads(body))
    with pytest.raises(ConfigurationError, match="headers is of type int"):
        wxpay.notify(7, body)
    with pytest.raises(ConfigurationError, match="secret is missing"):
        keys.client(secret=None).notify_v2("<xml/>")


def test_replies_of_v3(keys, wxpay):
    body = notification()
    told = wxpay.notify(keys.signed_headers(body), body)
    assert told.success() == (204, {}, b"")
    status, headers, content = told.failure("库存不足")
    assert status == 500
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(content) == {"code": "FAIL", "message": "库存不足"}


def signed_xml(kind="MD5", **fields):
    fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", **fields}
    return xml.dumps({**fields, "sign": digest.sign(kind, canonical.fields(fields), SECRET)})


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_a_v2_notification(wxpay, kind):
    told = wxpay.notify_v2(signed_xml(kind, out_trade_no="1", attach="a & <b>", total_fee="100"))
    assert told.resource["out_trade_no"] == "1"
    assert told.resource["attach"] == "a & <b>"
    assert told.version == "v2"


def test_a_v2_refund_notice_is_opened(wxpay):
    inner = xml.dumps({"out_refund_no": "131811191610442717309", "refund_fee": "3960"})
    sealed = aes.ecb_encrypt(inner, digest.md5(SECRET))
    told = wxpay.notify_v2(
        xml.dumps({"return_code": "SUCCESS", "mch_id": "1900000109", "req_info": sealed}).encode()
    )
    assert told.resource == {"out_refund_no": "131811191610442717309", "refund_fee": "3960"}
    assert told.raw["req_info"] == sealed


def test_v2_notifications_that_cannot_be_trusted(wxpay):
    with pytest.raises(SignatureError, match="sign .MD5. does not match"):
        wxpay.notify_v2(signed_xml(total_fee="100").replace("100", "999"))
    with pytest.raises(SignatureError, match="has no sign") as caught:
        wxpay.notify_v2("<xml><return_code>SUCCESS</return_code></xml>")
    assert caught.value.reason == "missing"
    with pytest.raises(SignatureError, match="DTD"):
        wxpay.notify_v2('<!DOCTYPE x [<!ENTITY a "b">]><xml><sign>&a;</sign></xml>')
    with pytest.raises(SignatureError, match="not usable as XML"):
        wxpay.notify_v2("{}")
    with pytest.raises(DecryptionError):
        wxpay.notify_v2("<xml><req_info>AAAA</req_info></xml>")
    sealed = aes.ecb_encrypt("no xml", digest.md5(SECRET))
    with pytest.raises(DecryptionError, match="req_info"):
        wxpay.notify_v2(f"<xml><req_info>{sealed}</req_info></xml>")


def test_replies_of_v2(wxpay):
    told = wxpay.notify_v2(signed_xml())
    status, headers, body = told.success()
    assert (status, headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert xml.loads(body) == {"return_code": "SUCCESS", "return_msg": "OK"}
    assert xml.loads(told.failure("no & no").body) == {
        "return_code": "FAIL",
        "return_msg": "no & no",
    }


@given(body=st.binary())
def test_no_bytes_get_through_unsigned(keys_once, body):
    keys, wxpay = keys_once
    headers = {**keys.signed_headers(b"something else"), "Wechatpay-Serial": PUBLIC_KEY_ID}
    with pytest.raises(SignatureError):
        wxpay.notify(headers, body)


@pytest.fixture(scope="module")
def keys_once(keys):
    return keys, keys.client()
