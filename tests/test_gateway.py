"""The gateway, and the seed operations against it: six styles, plain and TLS, over real sockets."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.support import ASKING
from tests.support import new_key
from wechatpay_chain import (
    APIError,
    ClientError,
    ConfigurationError,
    DecryptionError,
    Media,
    ResponseError,
    Sensitive,
    SignatureError,
)
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.examples import __main__ as examples
from wechatpay_chain.gateway.examples import seed_calls
from wechatpay_chain.gateway.messages.exchange import IncomingRequest
from wechatpay_chain.keys import certificates
from wechatpay_chain.messages import canonical, xml
from wechatpay_chain.testing.mock import MockTransport

COLLECTION = "v3/offlineface/face-collections/{collection_id}"


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def wxpay(gateway):
    with gateway.client() as wxpay:
        yield wxpay


def native(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "Image形象店",
        "out_trade_no": f"N{canonical.nonce(12)}",
        "notify_url": "https://shop.example/notify",
        "amount": {"total": 100},
        **changes,
    }


def unified(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "a < b & c",
        "out_trade_no": f"U{canonical.nonce(12)}",
        "total_fee": 100,
        "notify_url": "https://shop.example/notify",
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
        **changes,
    }


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("index", range(9))
def test_every_seed_in_six_styles(gateway, index, tls):
    with gateway.client(tls=tls) as wxpay:
        seed = list(seed_calls.seeds(gateway))[index]
        if tls and "base_uri" in seed.options:
            seed.options["base_uri"] = gateway.base_uris["https://payapp.weixin.qq.com/"]
        answers = [call() for _, call in seed_calls.styles(wxpay, seed)]
    assert len(answers) == 6
    assert all(answer.verified for answer in answers)
    assert len({(a.request.method, a.request.target) for a in answers}) == 1
    assert len({a.status_code for a in answers}) == 1


def test_there_are_nine_seeds(gateway):
    assert len(list(seed_calls.seeds(gateway))) == 9


def test_an_empty_string_is_sent_not_dropped(wxpay):
    answer = wxpay.v3.offlineface.faceCollections.get(
        query={"organization_id": "", "offset": 0, "limit": 0}
    )
    assert answer.request.target == (
        "/v3/offlineface/face-collections?organization_id=&offset=0&limit=0"
    )
    assert "face_collections" in answer.json()


def test_a_user_is_changed_and_its_name_travels_encrypted(gateway, wxpay):
    path = "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
    who = {"organization_id": "ORG", "out_user_id": "stu-9"}
    changed = wxpay[path].patch(
        **who,
        json={"user_name": Sensitive("王五"), "status": "DISABLED", "phone": Sensitive("138")},
        headers={"Wechatpay-Serial": gateway.identity.public_key_id},
    )
    assert (changed.status_code, changed.content, changed.verified) == (204, b"", True)
    user = wxpay[path].get(**who).json()
    assert user["status"] == "DISABLED"
    assert wxpay.decrypt(user["user_name"]) == "王五"


@pytest.mark.parametrize(
    ("name", "serial", "words"),
    [
        ("plain text", "", "Wechatpay-Serial must name the key"),
        ("plain text", None, "cannot be decrypted"),
        ("QUJD", None, "cannot be decrypted"),
    ],
)
def test_a_name_that_is_not_encrypted_is_rejected(gateway, wxpay, name, serial, words):
    path = "v3/offlinefacemch/organizations/o/users/out-user-id/u"
    headers = None if serial is None else {"Wechatpay-Serial": serial}
    with pytest.raises(ClientError, match=words) as caught:
        wxpay[path].patch(json={"user_name": name}, headers=headers)
    assert caught.value.code == "PARAM_ERROR"
    assert caught.value.verified


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_authinfo(gateway, wxpay, kind):
    answer = wxpay.v2.face.get_wxpayface_authinfo.post(
        base_uri=gateway.base_uris["https://payapp.weixin.qq.com/"],
        xml={
            "store_id": "1",
            "store_name": "门店",
            "device_id": "1",
            "rawdata": "x",
            "appid": gateway.identity.appid,
            "mch_id": gateway.identity.mchid,
            "now": 1,
            "version": "1",
            "sign_type": kind,
        },
    )
    fields = answer.xml()
    assert len(fields["sign"]) == (32 if kind == "MD5" else 64)
    assert fields["expires_in"] == "3600"


def test_an_order_is_idempotent_and_its_number_is_used_once(gateway, wxpay):
    order = native(gateway)
    first = wxpay.v3.pay.transactions.native.post(json=order).json()
    assert first["code_url"].startswith(f"{gateway.base_uri}_gateway/pay/")
    assert wxpay.v3.pay.transactions.native.post(json=order).json() == first
    with pytest.raises(ClientError) as caught:
        wxpay.v3.pay.transactions.native.post(json={**order, "amount": {"total": 200}})
    assert (caught.value.code, caught.value.verified) == ("OUT_TRADE_NO_USED", True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"appid": ""}, "/appid"),
        ({"out_trade_no": None}, "/out_trade_no"),
        ({"mchid": "1"}, "/mchid"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": "100"}}, "/amount/total"),
        ({"amount": {"total": True}}, "/amount/total"),
        ({"amount": 100}, "/amount"),
        ({"amount": {}}, "/amount/total"),
    ],
)
def test_a_wrong_parameter_is_named_as_a_pointer(gateway, wxpay, changes, field):
    with pytest.raises(ClientError) as caught:
        wxpay.v3.pay.transactions.native.post(json=native(gateway, **changes))
    assert caught.value.code == "PARAM_ERROR"
    assert caught.value.detail["field"] == field
    assert caught.value.request_id


def test_unifiedorder(gateway, wxpay):
    order = unified(gateway)
    fields = wxpay.v2.pay.unifiedorder.post(xml=order).xml()
    assert fields["code_url"].startswith(gateway.base_uri)
    assert wxpay.v2.pay.unifiedorder.post(xml=order).xml()["prepay_id"] == fields["prepay_id"]
    jsapi = wxpay.v2.pay.unifiedorder.post(
        xml=unified(gateway, trade_type="JSAPI", openid="o1")
    ).xml()
    assert "code_url" not in jsapi
    with pytest.raises(APIError) as caught:
        wxpay.v2.pay.unifiedorder.post(xml={**order, "total_fee": 7})
    assert (caught.value.code, caught.value.verified) == ("OUT_TRADE_NO_USED", True)
    with pytest.raises(APIError, match="total_fee"):
        wxpay.v2.pay.unifiedorder.post(xml=unified(gateway, total_fee="1.5"))


async def test_the_platforms_certificates_are_fetched_without_having_one(gateway):
    with Gateway(identity=gateway.identity, signs_with="certificate") as old:
        async with old.client(certs=None) as stranger:
            found = certificates.download(stranger, old.identity.apiv3_key)
            assert found == await certificates.download_async(stranger, old.identity.apiv3_key)
            with pytest.raises(ConfigurationError, match="32 bytes"):
                certificates.download(stranger, "short")
            with pytest.raises(DecryptionError, match="apiv3_key"):
                certificates.download(stranger, "x" * 32)
        assert list(found) == [old.identity.platform_serial]
        with old.client(certs=found) as wxpay:
            assert wxpay.v3.certificates.get().verified


def test_certificates_are_also_trusted_when_a_known_public_key_signed_them(gateway, wxpay):
    found = certificates.download(wxpay, gateway.identity.apiv3_key)
    assert list(found) == [gateway.identity.platform_serial]


def test_certificates_signed_by_somebody_else_are_not(gateway):
    def replace_serial(request, handle):
        response = yield from handle(request)
        response.headers = response.headers.merged({"Wechatpay-Serial": "5A"})
        return response

    with gateway.client(certs=None) as stranger:
        stranger.stacks["v3"] = stranger.stacks["v3"].before("encoder", "mitm", replace_serial)
        with pytest.raises(SignatureError):
            certificates.download(stranger, gateway.identity.apiv3_key)


def test_an_answer_that_holds_no_certificates(keys):
    line = MockTransport(lambda _: {"data": [{"serial_no": "5A"}]})
    with pytest.raises(ResponseError, match="not a known list of certificates"):
        certificates.download(keys.client(transport=line), "x" * 32)


def test_either_name_of_the_platforms_key(gateway):
    identity = gateway.identity
    both = {**gateway.certs, identity.platform_serial: identity.platform_certificate}
    with gateway.client(certs=both) as wxpay:
        for serial in both:
            answer = wxpay.v3.certificates.get(headers={"Wechatpay-Serial": serial})
            assert (answer.verified, answer.headers["Wechatpay-Serial"]) == (True, serial)
    named = {"5A": identity.platform_key.public_key()}
    with gateway.client(certs=named, apiv3_key=None) as wxpay:
        with pytest.raises(SignatureError) as caught:
            wxpay.v3.certificates.get()
        assert caught.value.reason == "unknown_serial"


@pytest.mark.parametrize(
    ("written", "instead", "field"),
    [
        ("WECHATPAY2-SHA256-RSA2048 ", "Bearer ", "Authorization"),
        ('nonce_str="', 'n="', "nonce_str"),
        ('mchid="', 'mchid="1', "mchid"),
        ('serial_no="', 'serial_no="5', "serial_no"),
        ('timestamp="', 'timestamp="1', "timestamp"),
        ('signature="', 'signature="A', "signature"),
    ],
)
def test_the_gateway_names_the_step_that_failed(wxpay, written, instead, field):
    def meddle(request, handle):
        changed = request.headers["Authorization"].replace(written, instead)
        headers = request.headers.merged({"Authorization": changed})
        return (yield from handle(request.replace(headers=headers)))

    stack = wxpay.stacks["v3"].after("signer", "meddle", meddle)
    with pytest.raises(ClientError) as caught:
        wxpay[COLLECTION].get(collection_id="1", stack=stack)
    error = caught.value
    assert (error.status_code, error.code) == (401, "SIGN_ERROR")
    assert error.detail["field"] == field
    assert not error.verified
    assert not [name for name in error.response.headers if name.lower().startswith("wechatpay-")]


def test_the_gateway_shows_what_it_hashed(gateway):
    with gateway.client(private_key=new_key()) as wxpay, pytest.raises(ClientError) as caught:
        wxpay.v3.pay.transactions.native.post(json={"a": 1})
    shown = caught.value.detail["sign_information"]
    assert shown["truncated_sign_message"].startswith("POST\n/v3/pay/transactions/native\n")
    assert shown["truncated_sign_message"].endswith('\n{"a":1}\n')


def test_a_nonce_is_good_once(gateway, wxpay):
    sent = []

    def twice(request, handle):
        sent.append((yield from handle(request)))
        return (yield from handle(request))

    stack = wxpay.stacks["v3"].after("signer", "twice", twice)
    with pytest.raises(ClientError, match="used before"):
        wxpay[COLLECTION].get(collection_id="1", stack=stack)
    assert sent[0].status_code == 200


def test_v2_failures_in_v2s_own_form(gateway, wxpay):
    with (
        gateway.client(secret="0" * 32) as wrong,
        pytest.raises(APIError, match="签名错误") as caught,
    ):
        wrong.v2.pay.unifiedorder.post(xml=unified(gateway))
    assert not caught.value.verified
    with gateway.client(mchid="1") as other, pytest.raises(APIError, match="商户号1"):
        other.v2.pay.unifiedorder.post(xml=unified(gateway, mch_id="1"))
    with pytest.raises(APIError, match="XML"):
        wxpay.v2.pay.unifiedorder.post(body="not xml")
    with pytest.raises(ClientError) as missing:
        wxpay.v2.pay.nothing.post(xml={"mch_id": gateway.identity.mchid})
    assert missing.value.status_code == 404


def test_unknown_paths_and_methods(wxpay):
    with pytest.raises(ClientError, match="404") as unknown:
        wxpay.v3.nothing.here.get()
    with pytest.raises(ClientError, match="405.*this path supports only POST") as wrong:
        wxpay.v3.pay.transactions.native.get()
    for caught in (unknown, wrong):
        assert caught.value.response.content == b""


@pytest.mark.parametrize("body", ["[]", "nonsense", "[" * 50_000])
def test_a_body_that_is_no_object(wxpay, body):
    with pytest.raises(ClientError, match="not a JSON object"):
        wxpay.v3.pay.transactions.native.post(body=body)


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("v3/offlineface/face-collections/", None, ""),
        ("v3/offlineface/face-collections", {"offset": "x"}, "PARAM_ERROR"),
        ("v3/offlinefacemch/organizations//users/out-user-id/", None, ""),
    ],
)
def test_other_wrong_parameters(wxpay, path, query, code):
    with pytest.raises(ClientError) as caught:
        wxpay[path].get(query=query)
    assert caught.value.code == code


def test_an_upload_is_checked_by_its_meta(wxpay):
    answer = wxpay.v3.merchant.media.upload.post(media=Media(b"x", "a.jpg"))
    assert answer.verified
    assert answer.json()["media_id"]
    with pytest.raises(ClientError, match="SIGN_ERROR"):
        wxpay.v3.merchant.media.upload.post(
            body="x", headers={"Content-Type": "multipart/form-data; boundary=none"}
        )


def test_what_the_gateway_says_can_be_verified_without_this_library(gateway, wxpay):
    with pytest.raises(ClientError) as caught:
        wxpay.v3.pay.transactions.id._transaction_id_.get(
            transaction_id="1", query={"mchid": gateway.identity.mchid}
        )
    answer = caught.value.response
    assert answer.status_code == 404
    message = canonical.response(
        answer.headers["Wechatpay-Timestamp"], answer.headers["Wechatpay-Nonce"], answer.content
    )
    signature = answer.headers["Wechatpay-Signature"]
    assert rsa.verify(message, signature, gateway.identity.platform_key.public_key())


@settings(max_examples=60)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "BREW"]),
    target=st.text(alphabet=st.characters(codec="ascii", exclude_characters="\r\n")),
    authorization=st.text(alphabet=st.characters(codec="latin-1")),
    body=st.binary(),
)
def test_no_request_upsets_the_gateway(target, method, authorization, body):
    arrival = IncomingRequest(
        method, f"/{target}", {**ASKING, "Authorization": authorization}, body
    )
    answer = FUZZED.answer(arrival)
    assert answer.status < 500


FUZZED = Gateway()


def test_a_signed_request_with_any_members_is_answered():
    identity = FUZZED.identity
    for members in ({}, {"amount": []}, {"out_trade_no": [1], "amount": {"total": 1}}):
        order = native(FUZZED, **members)
        body = json.dumps(order).encode()
        stamp, nonce = canonical.timestamp(), canonical.nonce()
        message = canonical.request("POST", "/v3/pay/transactions/native", stamp, nonce, body)
        authorization = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{identity.mchid}",nonce_str="{nonce}",'
            f'signature="{rsa.sign(message, identity.merchant_key)}",timestamp="{stamp}",'
            f'serial_no="{identity.serial}"'
        )
        arrival = IncomingRequest(
            "POST", "/v3/pay/transactions/native", {**ASKING, "Authorization": authorization}, body
        )
        assert FUZZED.answer(arrival).status in (200, 400)


def test_v2_answers_are_signed_the_way_that_was_asked():
    fields = {"mch_id": FUZZED.identity.mchid, "sign_type": "HMAC-SHA256"}
    fields["sign"] = digest.sign("HMAC-SHA256", canonical.fields(fields), FUZZED.identity.secret)
    answer = FUZZED.answer(
        IncomingRequest("POST", "/pay/unifiedorder", {}, xml.dumps(fields).encode())
    )
    told = xml.loads(answer.body)
    assert told["err_code"] == "PARAM_ERROR"
    assert told["sign"] == digest.sign(
        "HMAC-SHA256", canonical.fields(told), FUZZED.identity.secret
    )


async def test_a_gateway_in_async_code():
    async with Gateway() as gateway, gateway.client() as wxpay:
        answers = await asyncio.gather(
            *(wxpay[COLLECTION].get_async(collection_id=f"FC{n}") for n in range(20))
        )
        assert [answer.json()["collection_id"] for answer in answers] == [
            f"FC{n}" for n in range(20)
        ]


def test_a_port_that_is_taken(gateway):
    port = urlsplit(gateway.base_uri).port
    with pytest.raises(OSError, match="in use"):
        Gateway(port=port, identity=gateway.identity).start()


def test_the_examples_show_everything_and_succeed(capsys):
    assert examples.main() == 0
    shown = capsys.readouterr().out
    assert shown.count("  200  verified  ") + shown.count("  204  verified  ") == 54
    assert "NOT" not in shown
    for rejection in ("SignatureError", "SIGN_ERROR", "timestamp", "'collection_id' is missing"):
        assert rejection in shown
    for event in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
        assert f"{event}  verified and decrypted" in shown
    assert "GET /v3/bill/tradebill  200  verified" in shown
    assert "\x1b" not in shown  # nobody looks at it on a terminal
    assert shown.rstrip().endswith("All examples succeeded.")


def test_the_examples_notice_what_goes_wrong(gateway, capsys):
    with gateway.client(certs=None) as wxpay, pytest.raises(ConfigurationError):
        seed_calls.show_calls(wxpay, gateway)
    capsys.readouterr()
