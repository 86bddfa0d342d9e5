"""`sensitive="auto"`: what the catalogue marks is encrypted and decrypted, and nothing else is."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import APIV3_KEY, MCHID, PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import (
    ClientError,
    ConfigurationError,
    DecryptionError,
    Media,
    Response,
    Sensitive,
    SignatureError,
    catalogue,
)
from wechatpay_chain.crypto import aes, rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.middleware.v3 import field_encryption
from wechatpay_chain.testing.mock import MockTransport

KEYS = Keys(new_key(), new_key())
RECEIVER = "v3/profitsharing/receivers/add"
COMPLAINTS = "v3/merchant-service/complaints-v2"
BATCHES = "v3/partner-transfer/batches"
APPLYMENT = "v3/applyment4sub/applyment/"
CARD = "v3/brand/partner/card-member/user-cards/{user_card_code}"


def sealed(text, key=KEYS.merchant):
    """What WeChat Pay sends to a merchant."""
    return rsa.encrypt(text, key.public_key())


def unsealed(ciphertext):
    """What WeChat Pay reads."""
    return rsa.decrypt(ciphertext, KEYS.platform)


class Platform(MockTransport):
    """Answers every request with the same thing, signed."""

    def __init__(self, response=None, **options):
        self.said = {"ok": True} if response is None else response
        signing = {"sign": {PUBLIC_KEY_ID: KEYS.platform}, **options}
        super().__init__(lambda _: self.said, **signing)

    @property
    def sent(self):
        return json.loads(self.requests[-1].content)

    @property
    def asked(self):
        query = parse_qs(urlsplit(self.requests[-1].target).query, keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in query.items()}


def client(platform, **arguments):
    return KEYS.client(transport=platform, **{"sensitive": "auto", **arguments})


# --- on the way out


def test_a_marked_member_leaves_encrypted():
    platform = Platform()
    client(platform).chain(RECEIVER).post(json={"type": "PERSONAL_OPENID", "name": "张三"})
    assert unsealed(platform.sent["name"]) == "张三"
    assert platform.sent["type"] == "PERSONAL_OPENID"
    assert platform.requests[0].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_a_call_may_ask_where_the_client_does_not():
    platform = Platform()
    wxpay = client(platform, sensitive=None)
    wxpay[RECEIVER].post(json={"name": "张三"}, sensitive="auto")
    assert unsealed(platform.sent["name"]) == "张三"
    for chosen in ({}, {"sensitive": None}, {"sensitive": "off"}):
        wxpay[RECEIVER].post(json={"name": "张三"}, **chosen)
        assert platform.sent["name"] == "张三"
        assert platform.requests[-1].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_a_call_may_turn_it_off():
    platform = Platform({"name": sealed("张三")})
    wxpay = client(platform)
    response = wxpay[RECEIVER].post(json={"name": "张三"}, sensitive="off")
    assert platform.sent["name"] == "张三"
    assert response.json() == platform.said
    wxpay[RECEIVER].post(json={"name": "张三"}, sensitive=None)
    assert unsealed(platform.sent["name"]) == "张三"


def test_nested_members_and_arrays():
    platform = Platform()
    given_json = {
        "contact_info": {"contact_name": "张三", "contact_type": "LEGAL", "mobile_phone": "138"},
        "subject_info": {"identity_info": {"id_card_info": {"id_card_name": "李四"}}},
    }
    client(platform)[APPLYMENT].post(json=given_json)
    contact = platform.sent["contact_info"]
    assert (unsealed(contact["contact_name"]), contact["contact_type"]) == ("张三", "LEGAL")
    assert unsealed(contact["mobile_phone"]) == "138"
    card = platform.sent["subject_info"]["identity_info"]["id_card_info"]
    assert unsealed(card["id_card_name"]) == "李四"
    details = ({"user_name": "王五", "transfer_amount": 1}, {"transfer_amount": 2})
    client(platform)[BATCHES].post(json={"transfer_detail_list": details})
    first, second = platform.sent["transfer_detail_list"]
    assert unsealed(first["user_name"]) == "王五"
    assert second == {"transfer_amount": 2}


@pytest.mark.parametrize("kept", [None, "", 13800000000, True, 1.5, {"a": "b"}, [1, ""]])
def test_what_is_no_text_stays(kept):
    platform = Platform()
    client(platform)[RECEIVER].post(json={"name": kept})
    assert platform.sent == {"name": kept}
    assert platform.requests[-1].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_what_is_sensitive_already_stays_so():
    platform = Platform()
    client(platform)[RECEIVER].post(json={"name": Sensitive("张三"), "account": Sensitive("A")})
    assert (unsealed(platform.sent["name"]), unsealed(platform.sent["account"])) == ("张三", "A")


def test_json_inside_a_text_stays_as_it_is():
    """Nothing marked is known to be in such a text today; were it so, it would be left alone."""
    inside = {"type": "string", "x-wechatpay-encrypted": "RSAES-OAEP"}
    text = {"type": "string", "contentMediaType": "application/json"}
    text["contentSchema"] = {"type": "object", "properties": {"name": inside}}
    members = catalogue.schema.members({"type": "object", "properties": {"a": text, "b": inside}})
    assert field_encryption.marks_of(members) == {"b": None}


@pytest.mark.parametrize(
    "query",
    [
        {"real_name": "张三", "x": "1"},
        MappingProxyType({"real_name": "张三", "x": "1"}),
        [("real_name", "张三"), ("x", "1")],
        (pair for pair in (("real_name", "张三"), ("x", "1"))),
    ],
)
def test_a_query_is_encrypted(query):
    platform = Platform()
    client(platform)["v3/gov/subsidy/qualification"].get(query=query)
    assert unsealed(platform.asked["real_name"]) == "张三"
    assert platform.asked["x"] == "1"


def test_a_query_of_pairs_keeps_all_its_values():
    platform = Platform()
    pairs = [("x", "1"), ("real_name", "张三"), ("x", "2"), ("x", ["3", "4"]), ("y", None)]
    client(platform)["v3/gov/subsidy/qualification"].get(query=pairs)
    assert platform.asked["x"] == ["1", "2", "3", "4"]
    assert "y" not in platform.asked
    once = iter([("x", "1"), ("x", "2")])
    client(platform)["v3/gov/subsidy/qualification"].get(query=once)
    assert platform.asked == {"x": ["1", "2"]}


def test_a_marked_parameter_given_twice_is_refused_and_not_sent_in_the_clear():
    platform = Platform()
    for query in ({"real_name": ["张三", "李四"]}, [("real_name", "张三"), ("real_name", "李四")]):
        with pytest.raises(ConfigurationError, match="real_name") as caught:
            client(platform)["v3/gov/subsidy/qualification"].get(query=query)
        assert "张三" not in str(caught.value)
    assert platform.requests == []


@pytest.mark.parametrize("query", [7, [7], [("a",)], "real_name=%E5%BC%A0"])
def test_a_query_of_another_form_is_what_it_would_be_without(query):
    outcomes = []
    for mode in ("auto", "off"):
        platform = Platform()
        try:
            client(platform, sensitive=mode)["v3/gov/subsidy/qualification"].get(query=query)
            outcomes.append(platform.requests[0].target)
        except ConfigurationError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_the_meta_of_an_upload_is_encrypted():
    platform = Platform()
    meta = {
        "openid": "o1",
        "sha256": "00",
        "merchant_contact_information": {"consultation_phone_number": "138"},
    }
    upload = client(platform)["v3/marketing/shopping-receipt/shoppingreceipts"]
    image = Media(b"x", name="receipt.jpg")
    upload.post(media=image, meta=meta)
    sent = json.loads(platform.requests[0].signed)
    assert unsealed(sent["merchant_contact_information"]["consultation_phone_number"]) == "138"
    assert sent["openid"] == "o1"
    assert meta["merchant_contact_information"] == {"consultation_phone_number": "138"}
    upload.post(media=image, meta='{"openid":"o1"}')
    assert platform.requests[-1].signed == b'{"openid":"o1"}'


def test_a_body_of_ones_own_is_sent_as_it_is():
    platform = Platform()
    client(platform)[RECEIVER].post(body='{"name":"x"}')
    assert platform.requests[0].content == b'{"name":"x"}'


@pytest.mark.parametrize("path", ["v3/not/in/the/catalogue", "v3/pay/transactions/native/x"])
def test_what_the_catalogue_does_not_know_is_left_alone(path):
    platform = Platform({"name": sealed("张三")})
    response = client(platform)[path].post(json={"name": "张三"})
    assert platform.sent == {"name": "张三"}
    assert response.json() == platform.said


def test_a_text_that_no_key_can_take_is_refused_without_showing_it():
    platform = Platform()
    with pytest.raises(ConfigurationError, match="300 bytes is too long") as caught:
        client(platform)[RECEIVER].post(json={"name": "张" * 100})
    assert "张" not in str(caught.value)
    assert platform.requests == []


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["user_information", "common_field_list", "value", "phone_number", "name"]
                ),
                st.text(max_size=4),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
MEMBERS = st.dictionaries(
    st.sampled_from(["phone_number", "user_information", "common_field_list", "other"]),
    JSON,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(st.one_of(MEMBERS, st.lists(MEMBERS, max_size=2)))
def test_whatever_is_given_arrives_whole_and_is_not_changed(members):
    platform = Platform()
    before = copy.deepcopy(members)
    client(platform)[CARD].patch(json=members, user_card_code="1")
    assert members == before
    assert opened(platform.sent) == json.loads(json.dumps(before))
    if isinstance(members, dict) and isinstance(members.get("phone_number"), str):
        assert members["phone_number"] == "" or platform.sent["phone_number"] != before


def opened(value):
    """With every ciphertext read as WeChat Pay reads it."""
    if isinstance(value, dict):
        return {name: opened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [opened(inner) for inner in value]
    return unsealed(value) if isinstance(value, str) and len(value) == 344 else value


# --- on the way back


@pytest.mark.parametrize("world", ["sync", "async"])
def test_an_answer_shows_plaintext(world):
    platform = Platform({"name": sealed("张三"), "type": "MERCHANT_ID", "account": "1900000109"})
    chain = client(platform)[RECEIVER]
    response = chain.post(json={}) if world == "sync" else asyncio.run(chain.post_async(json={}))
    assert response.json() == {"name": "张三", "type": "MERCHANT_ID", "account": "1900000109"}
    assert (
        response.content == '{"name":"张三","type":"MERCHANT_ID","account":"1900000109"}'.encode()
    )
    assert (response.verified, response.status_code, response.ok) == (True, 200, True)
    assert response.request.path == f"/{RECEIVER}"
    assert response.headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_lists_of_objects_are_gone_through():
    phones = [sealed("13800000000"), "already plain", sealed("13900000000"), None, 7, ""]
    data = [{"payer_phone": phone, "complaint_id": "C"} for phone in phones] + [{}, "odd"]
    platform = Platform({"data": data, "total_count": 8})
    found = client(platform)[COMPLAINTS].get(query={"limit": 9}).json()["data"]
    assert [each.get("payer_phone") for each in found[:-1]] == [
        "13800000000", "already plain", "13900000000", None, 7, "", None,
    ]  # fmt: skip
    assert found[-1] == "odd"


def test_a_list_at_the_top_is_gone_through():
    content = json.dumps([{"name": sealed("张三")}, {"name": "x"}, 1]).encode()
    response = client(Platform(Response(200, {}, content)))[RECEIVER].post(json=[{"name": "李四"}])
    assert response.json() == [{"name": "张三"}, {"name": "x"}, 1]


def test_an_answer_with_nothing_to_open_stays_to_the_byte():
    content = b'{ "name" : "plain",\n "amount": 1.10 }'
    platform = Platform(Response(200, {}, content))
    assert client(platform)[RECEIVER].post(json={}).content == content


def test_members_that_are_not_marked_stay():
    platform = Platform({"account": sealed("x"), "custom_relation": sealed("y")})
    assert client(platform)[RECEIVER].post(json={}).json() == platform.said


NOT_CIPHERTEXT = [
    "张三",
    "x" * 344,
    "-" * 344,
    base64.b64encode(bytes(255)).decode(),
    base64.b64encode(bytes(257)).decode(),
    base64.b64encode(bytes(128)).decode(),
    base64.b64encode(bytes(256)).decode() + "\n",
    "中" * 344,
]


@pytest.mark.parametrize("value", NOT_CIPHERTEXT)
def test_what_has_not_the_form_of_a_ciphertext_stays(value):
    platform = Platform({"name": value})
    assert client(platform)[RECEIVER].post(json={}).json() == {"name": value}


@pytest.mark.parametrize(
    "ciphertext",
    [sealed("张三", new_key()), base64.b64encode(b"\xff" * 256).decode()],
    ids=["another key's", "damaged"],
)
def test_a_ciphertext_that_does_not_open_is_named_and_not_shown(ciphertext):
    platform = Platform({"data": [{"payer_phone": sealed("138")}, {"payer_phone": ciphertext}]})
    with pytest.raises(DecryptionError) as caught:
        client(platform)[COMPLAINTS].get()
    text = str(caught.value)
    assert "data[1].payer_phone in the response to GET v3/merchant-service/complaints-v2" in text
    assert ciphertext[:16] not in text
    assert "138" not in text
    assert caught.value.__cause__ is None
    assert client(platform)[COMPLAINTS].get(sensitive="off").json() == platform.said


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff\xfe", b"null", b"7", b'"x"', b"[" * 9000]
)
def test_other_bodies_stay(content):
    platform = Platform(Response(200, {}, content))
    assert client(platform)[RECEIVER].post(json={}).content == content


def test_no_body_stays_none():
    platform = Platform(Response(204))
    assert client(platform)[CARD].patch(user_card_code="1", json={}).status_code == 204


def test_odd_text_beside_it_survives():
    content = json.dumps({"name": sealed("张三"), "account": "\ud800"}).encode()
    response = client(Platform(Response(200, {}, content)))[RECEIVER].post(json={})
    assert response.json() == {"name": "张三", "account": "\ud800"}


def test_an_answer_that_nobody_vouches_for_is_not_opened():
    platform = Platform({"name": sealed("张三")}, sign=None)
    response = client(platform)[RECEIVER].post(json={}, unsigned=True)
    assert response.json() == platform.said
    assert not response.verified
    with pytest.raises(SignatureError):
        client(platform)[RECEIVER].post(json={})


def test_an_error_is_an_error():
    said = {"code": "PARAM_ERROR", "message": "bad", "name": sealed("张三")}
    with pytest.raises(ClientError, match="PARAM_ERROR bad"):
        client(Platform((400, said)))[RECEIVER].post(json={"name": "张三"})
    wxpay = client(Platform((400, said)))
    bare = wxpay.stacks["v3"].without("status")
    assert wxpay[RECEIVER].post(json={}, stack=bare).json() == said


def test_an_answer_of_the_mock_is_not_changed():
    """The same `Response` may be given twice."""
    response = Response(200, {}, json.dumps({"name": sealed("张三")}).encode())
    wxpay = client(Platform(response))
    for _ in range(2):
        assert wxpay[RECEIVER].post(json={}).json() == {"name": "张三"}


def test_what_goes_to_a_sink_is_what_came(tmp_path):
    platform = Platform({"name": sealed("张三")})
    response = client(platform)[RECEIVER].post(json={"name": "李四"}, sink=tmp_path / "answer")
    assert json.loads((tmp_path / "answer").read_bytes()) == platform.said
    assert response.streamed
    assert unsealed(platform.sent["name"]) == "李四"


def test_a_client_without_a_private_key_of_its_own_leaves_answers():
    """As with a signing service: nothing here could open them."""
    platform = Platform({"name": sealed("张三")})
    wxpay = client(platform, private_key=None, serial=None)
    bare = wxpay.stacks["v3"].without("signer")
    assert wxpay[RECEIVER].post(json={"name": "李四"}, stack=bare).json() == platform.said
    assert unsealed(platform.sent["name"]) == "李四"


def test_a_retry_encrypts_anew_and_opens_once():
    responses = [(503, {"code": "SYSTEM_ERROR"}), (200, {"name": sealed("张三")})]
    platform = MockTransport(lambda _: responses.pop(0), sign={PUBLIC_KEY_ID: KEYS.platform})

    def retry(request, handle):
        response = yield from handle(request)
        return response if response.ok else (yield from handle(request))

    wxpay = client(platform)
    stack = wxpay.stacks["v3"].after("status", "again", retry)
    assert wxpay[RECEIVER].post(json={"name": "李四"}, stack=stack).json() == {"name": "张三"}
    first, second = (json.loads(request.content)["name"] for request in platform.requests)
    assert first != second
    assert unsealed(first) == unsealed(second) == "李四"


# --- notifications


def notification(resource, event="MCHTRANSFER.QQWALLETBILL.FINISHED"):
    ciphertext = aes.gcm_encrypt(json.dumps(resource), APIV3_KEY, "0123456789ab", "x")
    return json.dumps(
        {
            "id": "N1",
            "event_type": event,
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": "0123456789ab",
                "associated_data": "x",
                "ciphertext": ciphertext,
            },
        }
    ).encode()


def told(body, **arguments):
    wxpay = client(Platform(), **arguments)
    return wxpay.notify(KEYS.signed_headers(body), body)


def test_a_notification_is_opened():
    body = notification({"out_bill_no": "B1", "user_name": sealed("张三")})
    notice = told(body)
    assert notice.resource == {"out_bill_no": "B1", "user_name": "张三"}
    assert (notice.id, notice.event_type) == ("N1", "MCHTRANSFER.QQWALLETBILL.FINISHED")
    assert told(body, sensitive=None).resource["user_name"] != "张三"
    assert told(body, private_key=None, serial=None).resource["user_name"] != "张三"


def test_a_notification_with_lists_of_text_is_opened():
    fields = {"custom_field_list": [{"user_chosen_values": [sealed("红"), sealed("蓝"), "x"]}]}
    body = notification({"user_information": fields}, "BRAND_MEMBER_CARD_SP.USER_CARD.CREATE")
    opened_fields = told(body).resource["user_information"]["custom_field_list"]
    assert opened_fields == [{"user_chosen_values": ["红", "蓝", "x"]}]


@pytest.mark.parametrize("event", ["NO.SUCH.EVENT", "TRANSACTION.SUCCESS", "", None, 7, ["x"]])
def test_another_notification_stays(event):
    resource = {"user_name": sealed("张三")}
    assert told(notification(resource, event)).resource == resource


def test_a_notification_that_does_not_open_names_the_field():
    body = notification({"user_name": sealed("张三", new_key())})
    with pytest.raises(DecryptionError, match="user_name in the notification MCHTRANSFER"):
        told(body)


# --- what is refused


@pytest.mark.parametrize("wrong", ["Auto", "on", "", True, False, 1, ["auto"], {"name": "张三"}])
def test_another_value_is_refused_and_not_shown(wrong):
    for make in (
        lambda: KEYS.client(sensitive=wrong),
        lambda: KEYS.client(transport=Platform())[RECEIVER].post(json={}, sensitive=wrong),
    ):
        with pytest.raises(
            ConfigurationError, match="encrypt and decrypt the fields that the"
        ) as caught:
            make()
        assert "张三" not in str(caught.value)


def test_a_call_of_apiv2_cannot_ask_for_it():
    platform = Platform()
    with pytest.raises(ConfigurationError, match="v2/risk/getpublickey"):
        client(platform, sensitive=None).v2.mmpaysptrans.pay_bank.post(
            xml={"mch_id": MCHID, "enc_true_name": "x"}, sensitive="auto"
        )
    assert platform.requests == []


@pytest.mark.parametrize("chosen", [{}, {"sensitive": None}, {"sensitive": "off"}])
def test_apiv2_is_left_alone_by_a_client_that_does_it(chosen):
    platform = MockTransport(lambda _: Response(200, {}, b""))
    client(platform).v2.mmpaysptrans.pay_bank.post(
        xml={"mch_id": MCHID, "enc_true_name": "张三"}, unsigned=True, **chosen
    )
    assert "张三".encode() in platform.requests[0].content


# --- what is never shown


def test_no_plaintext_is_logged_or_shown(caplog):
    platform = Platform({"name": sealed("秘密")})
    wxpay = client(platform)
    with caplog.at_level(logging.DEBUG, "wechatpay_chain"):
        response = wxpay[RECEIVER].post(json={"name": "机密"})
    request = platform.requests[0]
    shown = [caplog.text, repr(response), repr(request), repr(request.options), repr(wxpay)]
    shown.append(repr(request.options.json))
    assert not any(secret in text for text in shown for secret in ("秘密", "机密"))


# --- over real sockets


class Receivers(BaseHTTPRequestHandler):
    """Takes receivers, and shows their names, backwards, to whoever has the merchant's key."""

    def do_POST(self):
        receiver = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Wechatpay-Serial"] == PUBLIC_KEY_ID
        receiver["name"] = sealed(unsealed(receiver["name"])[::-1])
        body = json.dumps(receiver).encode()
        self.send_response(200)
        for name, value in KEYS.signed_headers(body).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def origin():
    with ThreadingHTTPServer(("127.0.0.1", 0), Receivers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("world", ["sync", "async"])
def test_there_and_back(origin, world):
    receiver = {"type": "PERSONAL_OPENID", "account": "o1", "name": "张三"}
    with KEYS.client(base_uri=origin, sensitive="auto") as wxpay:
        chain = wxpay.v3.profitsharing.receivers.add
        if world == "sync":
            response = chain.post(json=receiver)
        else:
            response = asyncio.run(chain.post_async(json=receiver))
    assert response.json() == {**receiver, "name": "三张"}
    assert response.verified
    assert receiver["name"] == "张三"


def test_there_and_back_by_hand_is_the_same(origin):
    receiver = {"type": "PERSONAL_OPENID", "account": "o1", "name": Sensitive("张三")}
    with KEYS.client(base_uri=origin) as wxpay:
        response = wxpay[RECEIVER].post(json=receiver).json()
        assert wxpay.decrypt(response["name"]) == "三张"
        assert wxpay[RECEIVER].post(json=receiver, sensitive="auto").json()["name"] == "三张"


def test_against_the_gateway():
    path = "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
    who = {"organization_id": "ORG", "out_user_id": "auto-1"}
    with Gateway() as gateway, gateway.client(sensitive="auto") as wxpay:
        wxpay[path].patch(**who, json={"user_name": "王五", "phone": "138"})
        name = wxpay[path].get(**who, sensitive="off").json()["user_name"]
        assert wxpay.decrypt(name) == "王五"
