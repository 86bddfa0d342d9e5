"""Why an APIv3 signature failed: each mistake that people make is recognised as what it is."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from tests.gateway.support import ASKING
from tests.support import new_key
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway.console.diagnosis import v3 as diagnosis
from wechatpay_chain.gateway.console.diagnosis.v3 import Sent
from wechatpay_chain.messages import canonical

from .support import latest, right, sent_wrongly

BODY = '{"appid":"wx1","description":"中文 a/b","amount":{"total":100}}'
QUERY = "/v3/pay/transactions/id/42?mchid=1900000109&b=%E4%B8%AD%20x"
READ = {"method": "GET"}
ENCODED = ("/v3/pay/transactions/id/%E4%B8%AD%20x", "/v3/pay/transactions/id/中 x")
SORTED = "/v3/pay/transactions/id/42?b=%E4%B8%AD%20x&mchid=1900000109"


def codes(entry):
    return [each["code"] for each in entry["explanation"]["findings"]]


def with_line(index, change):
    return lambda lines: right([*lines[:index], change(lines[index]), *lines[index + 1 :]])


def rewrite(**options):
    return with_line(4, lambda body: json.dumps(json.loads(body), **options))


def minified(**options):
    return rewrite(separators=(",", ":"), **options)


MISTAKES = {
    "no_final_newline": ("\n".join, {}),
    "extra_newline": (lambda lines: right(lines) + "\n", {}),
    "crlf": (lambda lines: right(lines).replace("\n", "\r\n"), {}),
    "literal_newline": (lambda lines: right(lines).replace("\n", "\\n"), {}),
    "no_newlines": ("".join, {}),
    "no_body_line": (lambda lines: right(lines[:4]), {}),
    "swapped": (lambda lines: right([*lines[:2], lines[3], lines[2], lines[4]]), {}),
    "response_form": (lambda lines: right(lines[2:]), {}),
    "method": (with_line(0, str.lower), {}),
    "target_absolute": (with_line(1, lambda t: f"https://api.mch.weixin.qq.com{t}"), {}),
    "target_no_query": (with_line(1, lambda t: t.partition("?")[0]), {**READ, "target": QUERY}),
    "target_query": (with_line(1, lambda _: SORTED), {**READ, "target": QUERY}),
    "target_encoding": (with_line(1, lambda _: ENCODED[1]), {**READ, "target": ENCODED[0]}),
    "target_no_slash": (with_line(1, lambda t: t[1:]), {}),
    "target_slash": (with_line(1, lambda t: f"{t}/"), {}),
    "target_prefix": (with_line(1, lambda t: t.removeprefix("/v3")), {}),
    "timestamp_ms": (with_line(2, lambda t: f"{t}000"), {}),
    "timestamp_value": (with_line(2, lambda t: str(int(t) - 7)), {}),
    "nonce": (with_line(3, str.lower), {"nonce_str": "ABCdef0123456789"}),
    "body_empty": (with_line(4, lambda _: ""), {}),
    "body_not_empty": (with_line(4, lambda _: "[]"), {**READ, "body": "", "target": QUERY}),
    "body_space": (with_line(4, str.strip), {"body": f" {BODY}\n"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def gateway(wechatpay_identity):
    from wechatpay_chain.gateway import Gateway

    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.mark.parametrize("code", MISTAKES)
def test_one_mistake(code, gateway):
    spell, given = MISTAKES[code]
    signed = []

    def remember(lines):
        signed.append(spell(lines))
        return signed[0]

    entry = sent_wrongly(gateway, remember, **{"body": BODY, **given})
    assert (entry["failed"], codes(entry)) == ("signature", [code])
    assert entry["explanation"]["signed"] == signed[0]
    assert entry["explanation"]["hashed"] != signed[0]
    assert entry["explanation"]["complete"]


@pytest.mark.parametrize(
    "spell",
    [
        rewrite(),
        rewrite(ensure_ascii=False),
        rewrite(indent=2),
        rewrite(indent=4, ensure_ascii=False),
        minified(),
        minified(sort_keys=True),
        minified(sort_keys=True, ensure_ascii=False),
        lambda lines: minified()(lines).replace("a/b", "a\\/b"),
    ],
)  # fmt: skip
def test_a_body_that_was_serialised_again(spell, gateway):
    assert codes(sent_wrongly(gateway, spell, body=BODY)) == ["body_rewritten"]


def test_two_mistakes_at_once(gateway):
    entry = sent_wrongly(
        gateway,
        lambda lines: "\n".join([lines[0], lines[1].partition("?")[0], *lines[2:]]),
        target="/v3/pay/transactions/native?a=1",
    )
    assert set(codes(entry)) == {"target_no_query", "no_final_newline"}
    rewritten = sent_wrongly(
        gateway, lambda lines: rewrite()([*lines[:3], lines[3], lines[4]])[:-1]
    )
    assert set(codes(rewritten)) == {"body_rewritten", "no_final_newline"}


def test_a_string_of_unknown_cause(gateway):
    entry = sent_wrongly(gateway, lambda _: "something else")
    assert codes(entry) == ["other_string"]
    assert entry["explanation"]["signed"] is None


def sent(gateway, make, body=BODY):
    """What is found of a signature that `make` makes of the right string."""
    lines = ("POST", "/v3/pay/transactions/native", canonical.timestamp(), canonical.nonce(), body)
    return sent_wrongly(
        gateway,
        right,
        body=body,
        timestamp=lines[2],
        nonce_str=lines[3],
        signature=make(right(lines).encode()),
    )


def signed(key, message, scheme=None, algorithm=None):
    raw = key.sign(message, scheme or padding.PKCS1v15(), algorithm or hashes.SHA256())
    return base64.b64encode(raw).decode()


def test_another_key(gateway):
    stranger = new_key()
    assert codes(sent(gateway, lambda text: rsa.sign(text, stranger))) == ["other_key"]


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [(hashes.SHA1(), "SHA-1"), (hashes.MD5(), "MD5"), (hashes.SHA512(), "SHA-512")],
)
def test_another_hash(algorithm, name, gateway):
    key = gateway.identity.merchant_key
    entry = sent(gateway, lambda text: signed(key, text, algorithm=algorithm))
    (found,) = entry["explanation"]["findings"]
    assert found == {"code": "other_hash", "name": name}
    assert entry["explanation"]["signed"] == entry["explanation"]["hashed"]


def test_other_ways_to_sign(gateway):
    key, size = gateway.identity.merchant_key, 256
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    assert codes(sent(gateway, lambda text: signed(key, text, pss))) == ["pss"]
    hexed = sent(gateway, lambda text: base64.b64decode(rsa.sign(text, key)).hex())
    assert codes(hexed) == ["hex"]
    assert codes(sent(gateway, lambda _: "???")) == ["not_base64"]
    assert codes(sent(gateway, lambda _: "QUJD")) == ["signature_length"]
    small = sent(gateway, lambda _: "QUJD")["explanation"]["findings"][0]
    assert (small["given"], small["expected"]) == (3, size)
    for _ in range(50):  # most signatures have a + or a /, and all of them end with =
        url = sent(gateway, lambda text: rsa.sign(text, key).translate(str.maketrans("+/", "-_")))
        if codes(url):
            break
    assert codes(url) == ["base64_form"]
    stripped = sent(gateway, lambda text: rsa.sign(text, key).rstrip("="))
    assert codes(stripped) == ["base64_form"]


def test_a_digest_that_was_made_once_too_often(gateway):
    key = gateway.identity.merchant_key

    def twice(text):
        return signed(key, hashlib.sha256(text).digest())

    def twice_as_hex(text):
        return signed(key, hashlib.sha256(text).hexdigest().encode())

    for make in (twice, twice_as_hex):
        assert codes(sent(gateway, make)) == ["hashed_twice"]


def bare(key, content):
    """PKCS#1 v1.5 over bytes as they are, without a name of a hash."""
    size = key.key_size // 8
    block = b"\x00\x01" + b"\xff" * (size - 3 - len(content)) + b"\x00" + content
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    raw = pow(int.from_bytes(block), numbers.d, modulus).to_bytes(size)
    return base64.b64encode(raw).decode()


def test_signatures_without_a_name_of_the_hash(gateway):
    key = gateway.identity.merchant_key
    assert codes(sent(gateway, lambda text: bare(key, hashlib.sha256(text).digest()))) == [
        "raw_digest"
    ]
    assert codes(sent(gateway, lambda text: bare(key, text[:100]))) == ["not_hashed"]


def test_a_string_in_gbk(gateway):
    key = gateway.identity.merchant_key
    entry = sent(gateway, lambda text: signed(key, text.decode().encode("gbk")))
    assert codes(entry) == ["gbk"]


def test_a_digest_is_compared_and_not_a_prehashed_string():
    key = new_key()
    lines = ["GET", "/v3/certificates", "1", "n", ""]
    digest = hashlib.sha256(right(lines[:4]).encode()).digest()
    raw = key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
    found = diagnosis.diagnose(Sent(*lines, base64.b64encode(raw).decode()), key.public_key())
    assert found.findings == [{"code": "no_final_newline"}]


def test_a_body_that_is_no_json_or_has_no_end(gateway):
    for body in ("plain", "[" * 20_000, '{"a":' + "1" * 5000 + "}", "\ufffd"):
        entry = sent_wrongly(gateway, lambda _: "x", body=body)
        assert codes(entry) == (["body_not_kept"] if body == "\ufffd" else ["other_string"])


def test_a_time_that_is_none_is_not_looked_around():
    key = new_key()
    lines = ["GET", "/v3/certificates", "now", "n", ""]
    found = diagnosis.diagnose(Sent(*lines, rsa.sign(b"other", key)), key.public_key())
    assert found.findings == [{"code": "other_string"}]


@pytest.mark.parametrize(
    ("given", "code", "about"),
    [
        ({"mchid": "1"}, None, {}),
        ({"serial_no": "00"}, None, {}),
        ({"serial_no": "PLATFORM"}, "serial_platform", {}),
        ({"serial_no": "PUBLIC"}, "serial_platform", {}),
        ({"serial_no": "COLONS"}, "serial_form", {}),
        ({"serial_no": "DECIMAL"}, "serial_decimal", {}),
        ({"timestamp": "yesterday"}, "timestamp_form", {"given": "yesterday"}),
        ({"timestamp": "MILLISECONDS"}, "timestamp_milliseconds", {}),
        ({"timestamp": "1600000000"}, "clock_off", {}),
        ({"timestamp": ""}, None, {}),
        ({"signature": ""}, None, {}),
        ({"nonce_str": ""}, None, {}),
    ],
)
def test_steps_before_the_signature(given, code, about, gateway):
    identity = gateway.identity
    serial = identity.serial
    words = {
        "PLATFORM": identity.platform_serial,
        "PUBLIC": identity.public_key_id,
        "COLONS": ":".join(serial[i : i + 2] for i in range(0, len(serial), 2)),
        "DECIMAL": str(int(serial, 16)),
        "MILLISECONDS": f"{canonical.timestamp()}123",
    }
    (name,) = given
    entry = sent_wrongly(gateway, right, **{name: words.get(given[name], given[name])})
    assert entry["failed"] == name
    found = entry["explanation"]["findings"]
    assert [each["code"] for each in found] == ([code] if code else [])
    assert about.items() <= {**(found[0] if found else {})}.items()


def test_the_scheme(gateway):
    from .support import ask

    ask(gateway, "v3/certificates", headers={**ASKING, "Authorization": "Bearer x"})
    assert codes(latest(gateway)) == ["scheme"]
    ask(gateway, "v3/certificates", headers=ASKING)
    entry = latest(gateway)
    assert (entry["failed"], codes(entry)) == ("Authorization", [])
    assert entry["explanation"]["hashed"] is None


def test_a_nonce_that_was_used_before_says_where(gateway):
    nonce = canonical.nonce()
    first = sent_wrongly(gateway, right, nonce_str=nonce)
    second = sent_wrongly(gateway, right, nonce_str=nonce)
    assert second["explanation"]["findings"] == [{"code": "nonce_used", "number": first["number"]}]
    entries = gateway.state.log._entries
    entries.remove(gateway.state.log.get(first["number"]))
    assert codes(latest(gateway)) == ["nonce_again"]
