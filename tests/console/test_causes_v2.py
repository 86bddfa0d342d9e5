"""Causes of failed APIv2 signs: each common mistake is recognized."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote_plus

import pytest

from wechatpay_chain.messages import canonical, xml

from .support import ask, latest

FIELDS = {
    "trade_type": "NATIVE",
    "appid": "wx1",
    "body": "中文 a/b",
    "Zone": "capital",
    "attach": " padded ",
    "detail": "",
    "nonce_str": "abcdef",
    "out_trade_no": "U0001",
    "sign_type": "MD5",
}


@pytest.fixture(scope="module")
def gateway(wechatpay_identity):
    from wechatpay_chain.gateway import Gateway

    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


def md5(text):
    return hashlib.md5(text.encode()).hexdigest().upper()


def sha(text, key):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def joined(pairs):
    return "&".join(f"{name}={value}" for name, value in pairs)


def right(fields):
    return [(name, value) for name, value in sorted(fields.items()) if value]


CAUSES = {
    "apiv3 key": "wrong_secret",
    "no key": "key_format",
    "key not named": "key_format",
    "key without mark": "key_format",
    "key secret": "key_format",
    "other hash v2": "wrong_sign_type",
    "unsorted": "member_order",
    "sorted ignoring case": "member_order",
    "empty included": "empty_members",
    "encoded": "escaped_values",
    "trimmed": "escaped_values",
    "left out sign type": "extra_members",
    "left out nonce str": "extra_members",
    "lower case": "signature_format",
    "gbk": "charset",
    "sign missing": "unsigned",
    "sign length": "wrong_sign_type",
    "other string v2": "wrong_secret",
}
MISTAKES = {
    "apiv3 key": lambda f, g: md5(f"{joined(right(f))}&key={g.apiv3_key}"),
    "no key": lambda f, g: md5(joined(right(f))),
    "key not named": lambda f, g: md5(joined(right(f)) + g.secret),
    "key without mark": lambda f, g: md5(f"{joined(right(f))}key={g.secret}"),
    "key secret": lambda f, g: md5(f"{joined(right(f))}&secret={g.secret}"),
    "other hash v2": lambda f, g: sha(f"{joined(right(f))}&key={g.secret}", g.secret),
    "unsorted": lambda f, g: md5(f"{joined((n, v) for n, v in f.items() if v)}&key={g.secret}"),
    "sorted ignoring case": lambda f, g: md5(
        f"{joined(sorted(right(f), key=lambda p: p[0].lower()))}&key={g.secret}"
    ),
    "empty included": lambda f, g: md5(f"{joined(sorted(f.items()))}&key={g.secret}"),
    "encoded": lambda f, g: md5(
        f"{joined((n, quote_plus(v)) for n, v in right(f))}&key={g.secret}"
    ),
    "trimmed": lambda f, g: md5(f"{joined((n, v.strip()) for n, v in right(f))}&key={g.secret}"),
    "left out sign type": lambda f, g: md5(
        f"{joined(p for p in right(f) if p[0] != 'sign_type')}&key={g.secret}"
    ),
    "left out nonce str": lambda f, g: md5(
        f"{joined(p for p in right(f) if p[0] != 'nonce_str')}&key={g.secret}"
    ),
    "lower case": lambda f, g: md5(f"{joined(right(f))}&key={g.secret}").lower(),
    "gbk": lambda f, g: (
        hashlib.md5(f"{joined(right(f))}&key={g.secret}".encode("gbk")).hexdigest().upper()
    ),
    "sign missing": lambda f, g: "",
    "sign length": lambda f, g: "A" * 64,
    "other string v2": lambda f, g: "A" * 32,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake(mistake, gateway):
    identity = gateway.identity
    fields = {**FIELDS, "mch_id": identity.mchid}
    sign = MISTAKES[mistake](fields, identity)
    ask(gateway, "pay/unifiedorder", "POST", xml.dumps({**fields, "sign": sign}))
    entry = latest(gateway)
    assert entry["failed"] == "sign"
    explanation = entry["explanation"]
    assert [each["cause"] for each in explanation["findings"]] == [CAUSES[mistake]]
    assert explanation["hashed"] == f"{canonical.fields(fields)}&key=***"
    found = mistake not in ("sign missing", "sign length", "other string v2")
    assert (explanation["signed"] is not None) is found
    for key in (identity.secret, identity.apiv3_key):
        assert key not in str(explanation)


def test_two_mistakes_at_once(gateway):
    identity = gateway.identity
    fields = {**FIELDS, "mch_id": identity.mchid}
    text = f"{joined(sorted(fields.items()))}&key={identity.apiv3_key}"
    ask(gateway, "pay/unifiedorder", "POST", xml.dumps({**fields, "sign": md5(text).lower()}))
    found = [each["cause"] for each in latest(gateway)["explanation"]["findings"]]
    assert set(found) == {"wrong_secret", "empty_members", "signature_format"}


def test_a_sign_type_that_is_none(gateway):
    identity = gateway.identity
    fields = {**FIELDS, "mch_id": identity.mchid, "sign_type": "SHA3", "sign": "A"}
    ask(gateway, "pay/unifiedorder", "POST", xml.dumps(fields))
    (found,) = latest(gateway)["explanation"]["findings"]
    assert (found["cause"], found["en"]["detail"]) == (
        "wrong_sign_type",
        "sign_type is 'SHA3': expected MD5 or HMAC-SHA256",
    )


def test_steps_before_the_sign(gateway):
    for body, failed in (
        ("not xml", "XML"),
        ("<xml><mch_id>1</mch_id></xml>", "mch_id"),
        (f"<xml><mch_id>{gateway.identity.mchid}</mch_id><a><b>1</b></a></xml>", "sign"),
    ):
        ask(gateway, "pay/unifiedorder", "POST", body)
        entry = latest(gateway)
        assert entry["failed"] == failed
        found = [each["cause"] for each in entry["explanation"]["findings"]]
        assert found == (["unsigned"] if failed == "sign" else [])


def test_a_request_that_passed_shows_its_string_as_well(gateway):
    with gateway.client() as wxpay:
        parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
        fields = {**FIELDS, **parties, "total_fee": "1"}
        wxpay.v2.pay.unifiedorder.post(
            xml={**fields, "notify_url": "http://127.0.0.1:1/", "spbill_create_ip": "127.0.0.1"}
        )
    entry = latest(gateway)
    assert (entry["ok"], entry["failed"], entry["explanation"]["findings"]) == (True, "", [])
    assert entry["explanation"]["hashed"].endswith("&trade_type=NATIVE&key=***")


def test_fields_in_the_query(gateway):
    from wechatpay_chain.gateway.console.explanation import explain

    entry = {
        "method": "GET",
        "target": "/risk/getpublickey?b=2&a=1&sign=A",
        "headers": {},
        "body": "",
        "status": 200,
        "time": 1_795_700_000,
        "answer_body": "",
        "steps": [{"name": "sign", "passed": False, "note": ""}],
    }
    assert explain(entry, gateway.state)["hashed"] == "a=1&b=2&key=***"
