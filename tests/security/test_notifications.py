"""Notifications: whatever is posted, only what is vouched for is told, and only our errors come."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import APIV3_KEY, SECRET
from tests.test_notifications import CONTENT, notification
from tests.wire.responses import v2
from wechatpay_chain import ConfigurationError, DecryptionError, SignatureError, WeChatPayError
from wechatpay_chain.crypto import aes, digest
from wechatpay_chain.messages import xml

REFUND = {
    "out_refund_no": "R1",
    "out_trade_no": "N1",
    "refund_fee": "100",
    "refund_id": "50000",
    "refund_status": "SUCCESS",
    "total_fee": "100",
    "transaction_id": "42000",
}
BESIDE = {"return_code": "SUCCESS", "appid": "wx1", "mch_id": "1900000109", "nonce_str": "n"}


@pytest.fixture
def wxpay(keys):
    return keys.client()


def seal(plain, key=SECRET):
    return aes.ecb_encrypt(plain, digest.md5(key))


def refund_notice(plain=None, **fields):
    document = xml.dumps(REFUND, root="root") if plain is None else plain
    return xml.dumps({**BESIDE, "req_info": seal(document), **fields}).encode()


def test_what_nothing_vouches_for_is_not_told(wxpay):
    notice = wxpay.notify_v2(refund_notice(mch_id="other", result_code="SUCCESS"))
    assert notice.resource == REFUND
    assert list(notice.raw) == ["req_info"]


PLAIN = {
    "no document": "no xml",
    "no field": "<root/>",
    "another document": "<root><a>1</a></root>",
    "no number": "<root><refund_fee>100</refund_fee></root>",
    "no amount": "<root><out_refund_no>R1</out_refund_no></root>",
    "a number that stands twice": (
        "<root><out_refund_no>R1</out_refund_no><out_refund_no>R2</out_refund_no>"
        "<refund_fee>100</refund_fee></root>"
    ),
    "an amount with a member": (
        "<root><out_refund_no>R1</out_refund_no><refund_fee><a>1</a></refund_fee></root>"
    ),
    "an amount that is none": (
        "<root><out_refund_no>R1</out_refund_no><refund_fee>1e9</refund_fee></root>"
    ),
    "a name that is none": (
        "<root><out_refund_no>R1</out_refund_no><refund_fee>1</refund_fee><A-b>1</A-b></root>"
    ),
    "a control character": (
        "<root><out_refund_no>R\x011</out_refund_no><refund_fee>1</refund_fee></root>"
    ),
    "a DTD": "<!DOCTYPE root>" + xml.dumps(REFUND, root="root"),
    "more behind it": xml.dumps(REFUND, root="root") + "x",
}


@pytest.fixture
def the_text(wxpay):
    """What a req_info under another key is refused with."""
    with pytest.raises(DecryptionError) as caught:
        wxpay.notify_v2(xml.dumps({"req_info": seal(xml.dumps(REFUND), "x" * 32)}))
    return str(caught.value)


@pytest.mark.parametrize("plain", PLAIN.values(), ids=PLAIN.keys())
def test_what_opens_must_be_a_refund_notice(wxpay, the_text, plain):
    with pytest.raises(DecryptionError, match=f"^{re.escape(the_text)}$"):
        wxpay.notify_v2(refund_notice(plain))


SEALED = {
    "not base64": "!",
    "not ASCII": "签",
    "nothing": "=",
    "less than a block": base64.b64encode(b"x" * 15).decode(),
    "a block and a bit": base64.b64encode(b"x" * 17).decode(),
    "another padding": base64.b64encode(
        base64.b64decode(seal("x" * 16))[:16]  # the padding's block is missing
    ).decode(),
}


@pytest.mark.parametrize("sealed", SEALED.values(), ids=SEALED.keys())
def test_whatever_fails_is_told_in_the_same_words(wxpay, the_text, sealed):
    with pytest.raises(DecryptionError, match=f"^{re.escape(the_text)}$") as caught:
        wxpay.notify_v2(xml.dumps({**BESIDE, "req_info": sealed}))
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_whatever_fails_every_step_is_taken(wxpay, monkeypatch):
    """So that the time it takes does not tell which step failed."""
    steps = []
    loads = xml.loads
    monkeypatch.setattr(xml, "loads", lambda given: steps.append(given) or loads(given))
    for sealed in SEALED.values():
        steps.clear()
        with pytest.raises(DecryptionError):
            wxpay.notify_v2(xml.dumps({"req_info": sealed}))
        assert len(steps) == 2, "the notification, and what was in it"


@settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_blocks_of_genuine_notices_put_together_anew(wxpay, order):
    other = {**REFUND, "out_refund_no": "R2", "refund_fee": "1", "refund_id": "50001"}
    both = b"".join(base64.b64decode(seal(xml.dumps(one, root="root"))) for one in (REFUND, other))
    blocks = [both[at : at + 16] for at in range(0, len(both), 16)]
    mixed = b"".join(blocks[index % len(blocks)] for index in order)
    with pytest.raises(DecryptionError):
        wxpay.notify_v2(xml.dumps({"req_info": base64.b64encode(mixed).decode()}))


@pytest.mark.parametrize("breaks", ["\n", "\r\n", " "])
def test_req_info_may_be_broken_into_lines(wxpay, breaks):
    sealed = seal(xml.dumps(REFUND, root="root"))
    lines = breaks.join(sealed[at : at + 64] for at in range(0, len(sealed), 64))
    notice = wxpay.notify_v2(f"<xml><req_info>\n{lines}\n</req_info></xml>")
    assert notice.resource == REFUND


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"5", b'"x"', b"null", b"{}", DEEP, "\ud800", "\udcff\ud800"],
)
def test_only_our_errors_come_of_a_body(keys, wxpay, body):
    content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    for headers in ({}, keys.signed_headers(content)):
        with pytest.raises((SignatureError, DecryptionError)):
            wxpay.notify(headers, body)
    with pytest.raises((SignatureError, DecryptionError)):
        wxpay.notify_v2(body)


@pytest.mark.parametrize(
    "plain", ["[]", "5", "null", '"x"', DEEP, "{", "1" * 5000, '{"a": NaN', "\x00"]
)
def test_what_a_resource_opens_to_is_an_object(keys, wxpay, plain):
    body = notification(ciphertext=aes.gcm_encrypt(plain, APIV3_KEY, "fdasflkja484", "transaction"))
    with pytest.raises(DecryptionError, match="signed by WeChat Pay"):
        wxpay.notify(keys.signed_headers(body), body)


@pytest.mark.parametrize("name", ["algorithm", "ciphertext", "nonce", "associated_data"])
@pytest.mark.parametrize("value", [5, True, [1], {"a": 1}, "\ud800", "\x1b[31m", 1.5])
def test_members_of_another_type(keys, wxpay, name, value):
    told = json.loads(notification())
    told["resource"][name] = value
    body = json.dumps(told).encode()
    with pytest.raises(DecryptionError) as caught:
        wxpay.notify(keys.signed_headers(body), body)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["id", "event_type", "create_time", "summary", "resource_type"])
@pytest.mark.parametrize("value", [5, True, [1], {"a": 1}])
def test_members_beside_the_resource_are_text(keys, wxpay, name, value):
    body = json.dumps({**json.loads(notification()), name: value}).encode()
    notice = wxpay.notify(keys.signed_headers(body), body)
    assert (getattr(notice, name), notice.raw[name]) == ("", value)
    assert repr(notice).isprintable()


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("why", ["\ud800", "a\r\nb", "\x1b[31m", "x" * 10_000, ValueError("no")])
def test_a_failure_can_always_be_told(keys, wxpay, version, why):
    if version == "v2":
        notice = wxpay.notify_v2(v2({"return_code": "SUCCESS"}))
        message = xml.loads(notice.failure(why).body)["return_msg"]
    else:
        body = notification()
        notice = wxpay.notify(keys.signed_headers(body), body)
        message = json.loads(notice.failure(why).body)["message"]
    assert message.isprintable()
    assert 0 < len(message) <= 256


@pytest.mark.parametrize(
    "body", [{"a": 1}, {"return_code": "SUCCESS", "sign": "x"}, [("a", 1)], None, 5]
)
def test_what_was_parsed_already_is_a_mistake_of_ours(keys, wxpay, body):
    with pytest.raises(ConfigurationError, match="not the parsed JSON or XML"):
        wxpay.notify_v2(body)
    with pytest.raises(ConfigurationError):
        wxpay.notify(keys.signed_headers(b""), body)


@pytest.mark.parametrize("headers", [None, 5, "text", [1], [("a",)], {"headers": "x"}])
def test_headers_that_are_none(wxpay, headers):
    with pytest.raises(WeChatPayError):
        wxpay.notify(headers, b"{}")


def event(headers, body, *, encoded=False, multi=False, **more):
    return {
        "headers": headers,
        **({"multiValueHeaders": {k: [v] for k, v in headers.items()}} if multi else {}),
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
        **more,
    }


@pytest.mark.parametrize("encoded", [True, False])
@pytest.mark.parametrize("multi", [True, False])
@pytest.mark.parametrize("lower", [True, False])
def test_the_event_of_an_api_gateway(keys, wxpay, encoded, multi, lower):
    body = notification()
    headers = keys.signed_headers(body)
    if lower:
        headers = {name.lower(): value for name, value in headers.items()}
    given = event(headers, body, encoded=encoded, multi=multi)
    assert wxpay.notify(given).resource == CONTENT
    assert wxpay.notify(given["headers"], given).resource == CONTENT
    assert wxpay.notify(given, body).resource == CONTENT
    assert wxpay.notify(given, given["body"]).resource == CONTENT
    signed = v2({"return_code": "SUCCESS"})
    assert wxpay.notify_v2(event({}, signed, encoded=encoded)).raw["return_code"] == "SUCCESS"


def test_an_event_that_was_changed(keys, wxpay):
    body = notification()
    given = event(keys.signed_headers(body), body + b" ", encoded=True)
    with pytest.raises(SignatureError, match="does not match"):
        wxpay.notify(given)
    with pytest.raises(ConfigurationError, match="isBase64Encoded"):
        wxpay.notify({**given, "body": "{}"})
    with pytest.raises(SignatureError, match="no Wechatpay-"):
        wxpay.notify({**given, "headers": {"Host": "x"}})


def test_lists_as_header_values(keys, wxpay):
    body = notification()
    lists = {name: [value] for name, value in keys.signed_headers(body).items()}
    assert wxpay.notify(lists, body).resource == CONTENT
    assert wxpay.notify(list(lists.items()), body).resource == CONTENT
    lists["Wechatpay-Nonce"] *= 2
    with pytest.raises(SignatureError, match="occurs 2 times"):
        wxpay.notify(lists, body)


def v2_event(kind="HMAC-SHA256", **replace):
    fields = {
        "algorithm": "HMAC-SHA256",
        "event_id": "EV-1",
        "event_create_time": "20261126120000",
        "event_type": "CHECK.SUCCESS",
        "event_algorithm": "AEAD_AES_256_GCM",
        "event_nonce": "fdasflkja484",
        "event_associated_data": "",
        "event_ciphertext": aes.gcm_encrypt(json.dumps(CONTENT), APIV3_KEY, "fdasflkja484"),
        **replace,
    }
    return v2(fields, kind)


def test_an_encrypted_event_of_apiv2_is_opened(wxpay):
    notice = wxpay.notify_v2(v2_event())
    assert (notice.id, notice.event_type, notice.create_time, notice.version) == (
        "EV-1",
        "CHECK.SUCCESS",
        "20261126120000",
        "v2",
    )
    assert notice.resource == CONTENT
    assert notice.raw["event_algorithm"] == "AEAD_AES_256_GCM"


def test_an_encrypted_event_is_verified_before_it_is_opened(keys, wxpay):
    for forged in (v2_event("MD5"), v2_event(sign_type="MD5"), v2_event(None)):
        with pytest.raises(SignatureError):
            wxpay.notify_v2(forged)
    for broken in (v2_event(event_algorithm="none"), v2_event(event_ciphertext="AAAA")):
        with pytest.raises(DecryptionError):
            wxpay.notify_v2(broken)
    with pytest.raises(ConfigurationError, match="apiv3_key is missing"):
        keys.client(apiv3_key=None).notify_v2(v2_event())


def test_the_stated_algorithm_of_a_notification_is_checked(wxpay):
    fields = {"return_code": "SUCCESS", "total_fee": "1", "sign_type": "HMAC-SHA256"}
    assert wxpay.notify_v2(v2(fields, "HMAC-SHA256")).raw["total_fee"] == "1"
    with pytest.raises(SignatureError, match="does not match"):
        wxpay.notify_v2(v2(fields, "MD5"))


def test_messages_fit_a_notification(keys, wxpay):
    body = notification()
    for headers in ({}, {**keys.signed_headers(body), "Wechatpay-Serial": ""}):
        with pytest.raises(SignatureError) as caught:
            wxpay.notify(headers, body)
        assert "unsigned=True" not in str(caught.value)
        assert "answer" not in str(caught.value)


def test_a_probe_among_notifications(keys, wxpay):
    body = notification()
    headers = keys.signed_headers(body, signature="WECHATPAY/SIGNTEST/x")
    with pytest.raises(SignatureError, match="probe") as caught:
        wxpay.notify(headers, body)
    assert "changed in transit" not in str(caught.value)
