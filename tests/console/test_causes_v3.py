"""Causes of failed APIv3 signatures: each common mistake is recognized."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.gateway.support import ASKING
from tests.support import new_key
from wechatpay_chain.crypto import rsa
from wechatpay_chain.messages import canonical

from .support import latest, right, sent_wrongly

BODY = '{"appid":"wx1","description":"中文 a/b","amount":{"total":100}}'
QUERY = "/v3/pay/transactions/id/42?mchid=1900000109&b=%E4%B8%AD%20x"
READ = {"method": "GET"}
ENCODED = ("/v3/pay/transactions/id/%E4%B8%AD%20x", "/v3/pay/transactions/id/中 x")
SORTED = "/v3/pay/transactions/id/42?b=%E4%B8%AD%20x&mchid=1900000109"


def causes(entry):
    """The causes, or the codes of what only the gateway knows."""
    return [each.get("cause", each.get("code")) for each in entry["explanation"]["findings"]]


def with_line(index, change):
    return lambda lines: right([*lines[:index], change(lines[index]), *lines[index + 1 :]])


def rewrite(**options):
    return with_line(4, lambda body: json.dumps(json.loads(body), **options))


def minified(**options):
    return rewrite(separators=(",", ":"), **options)


MISTAKES = [
    ("canonical_string", "\n".join, {}),
    ("canonical_string", lambda lines: right(lines) + "\n", {}),
    ("canonical_string", lambda lines: right(lines).replace("\n", "\r\n"), {}),
    ("canonical_string", lambda lines: right(lines).replace("\n", "\\n"), {}),
    ("canonical_string", "".join, {}),
    ("canonical_string", lambda lines: right(lines[:4]), {}),
    ("canonical_string", lambda lines: right([*lines[:2], lines[3], lines[2], lines[4]]), {}),
    ("canonical_string", lambda lines: right(lines[2:]), {}),
    ("wrong_method", with_line(0, str.lower), {}),
    ("path", with_line(1, lambda t: f"https://api.mch.weixin.qq.com{t}"), {}),
    ("query_missing", with_line(1, lambda t: t.partition("?")[0]), {**READ, "target": QUERY}),
    ("query_order", with_line(1, lambda _: SORTED), {**READ, "target": QUERY}),
    ("path", with_line(1, lambda _: ENCODED[1]), {**READ, "target": ENCODED[0]}),
    ("path", with_line(1, lambda t: t[1:]), {}),
    ("path", with_line(1, lambda t: f"{t}/"), {}),
    ("path", with_line(1, lambda t: t.removeprefix("/v3")), {}),
    ("timestamp", with_line(2, lambda t: f"{t}000"), {}),
    ("timestamp", with_line(2, lambda t: str(int(t) - 7)), {}),
    ("nonce", with_line(3, str.lower), {"nonce_str": "ABCdef0123456789"}),
    ("missing_body", with_line(4, lambda _: ""), {}),
    ("surplus_body", with_line(4, lambda _: "[]"), {**READ, "body": "", "target": QUERY}),
    ("trailing_newline", with_line(4, str.strip), {"body": f" {BODY}\n"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def gateway(wechatpay_identity):
    from wechatpay_chain.gateway import Gateway

    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.mark.parametrize(("cause", "spell", "given"), MISTAKES)
def test_one_mistake(cause, spell, given, gateway):
    signed = []

    def remember(lines):
        signed.append(spell(lines))
        return signed[0]

    entry = sent_wrongly(gateway, remember, **{"body": BODY, **given})
    assert (entry["failed"], causes(entry)) == ("signature", [cause])
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
    assert causes(sent_wrongly(gateway, spell, body=BODY)) == ["reserialised_json"]


def test_two_mistakes_at_once(gateway):
    entry = sent_wrongly(
        gateway,
        lambda lines: "\n".join([lines[0], lines[1].partition("?")[0], *lines[2:]]),
        target="/v3/pay/transactions/native?a=1",
    )
    assert set(causes(entry)) == {"query_missing", "canonical_string"}
    rewritten = sent_wrongly(
        gateway, lambda lines: rewrite()([*lines[:3], lines[3], lines[4]])[:-1]
    )
    assert set(causes(rewritten)) == {"reserialised_json", "canonical_string"}


def test_a_string_of_unknown_cause(gateway):
    entry = sent_wrongly(gateway, lambda _: "something else")
    assert causes(entry) == ["changed_byte"]
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
    assert causes(sent(gateway, lambda text: rsa.sign(text, stranger))) == ["wrong_key"]


@pytest.mark.parametrize(
    ("algorithm", "name"),
    [(hashes.SHA1(), "SHA-1"), (hashes.MD5(), "MD5"), (hashes.SHA512(), "SHA-512")],
)
def test_another_hash(algorithm, name, gateway):
    key = gateway.identity.merchant_key
    entry = sent(gateway, lambda text: signed(key, text, algorithm=algorithm))
    (found,) = entry["explanation"]["findings"]
    assert found["cause"] == "signature_format"
    assert name in found["en"]["detail"]
    assert name in found["zh"]["detail"]
    assert entry["explanation"]["signed"] == entry["explanation"]["hashed"]


def test_other_ways_to_sign(gateway):
    key, size = gateway.identity.merchant_key, 256
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    assert causes(sent(gateway, lambda text: signed(key, text, pss))) == ["signature_format"]
    hexed = sent(gateway, lambda text: base64.b64decode(rsa.sign(text, key)).hex())
    assert causes(hexed) == ["signature_format"]
    assert causes(sent(gateway, lambda _: "???")) == ["signature_format"]
    assert causes(sent(gateway, lambda _: "QUJD")) == ["signature_format"]
    small = sent(gateway, lambda _: "QUJD")["explanation"]["findings"][0]
    assert small["en"]["detail"] == f"it has 3 bytes, not {size}"
    assert small["zh"]["detail"] == f"长度为 3 字节，应为 {size} 字节"
    for _ in range(50):  # most signatures contain + or /, and all end with =
        url = sent(gateway, lambda text: rsa.sign(text, key).translate(str.maketrans("+/", "-_")))
        if causes(url):
            break
    assert causes(url) == ["signature_format"]
    stripped = sent(gateway, lambda text: rsa.sign(text, key).rstrip("="))
    assert causes(stripped) == ["signature_format"]


def test_a_digest_that_was_made_once_too_often(gateway):
    key = gateway.identity.merchant_key

    def twice(text):
        return signed(key, hashlib.sha256(text).digest())

    def twice_as_hex(text):
        return signed(key, hashlib.sha256(text).hexdigest().encode())

    for make in (twice, twice_as_hex):
        assert causes(sent(gateway, make)) == ["signature_format"]


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
    assert causes(sent(gateway, lambda text: bare(key, hashlib.sha256(text).digest()))) == [
        "signature_format"
    ]
    assert causes(sent(gateway, lambda text: bare(key, text[:100]))) == ["signature_format"]


def test_a_string_in_gbk(gateway):
    key = gateway.identity.merchant_key
    entry = sent(gateway, lambda text: signed(key, text.decode().encode("gbk")))
    assert causes(entry) == ["charset"]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("plain", "changed_byte"),
        ("[" * 20_000, "truncated_body"),
        ('{"a":' + "1" * 5000 + "}", "truncated_body"),
        ("\ufffd", "body_not_kept"),
    ],
    ids=["text", "deep", "long", "replaced"],
)
def test_a_body_that_is_no_json_or_has_no_end(body, cause, gateway):
    assert causes(sent_wrongly(gateway, lambda _: "x", body=body)) == [cause]


@pytest.mark.parametrize(
    ("given", "cause", "evidence"),
    [
        ({"mchid": "1"}, None, ""),
        ({"serial_no": "00"}, "wrong_serial", "serial_no is 00"),
        ({"serial_no": "PLATFORM"}, "wrong_key_family", "belongs to WeChat Pay"),
        ({"serial_no": "PUBLIC"}, "wrong_key_family", "belongs to WeChat Pay"),
        ({"serial_no": "COLONS"}, "wrong_serial", "write SERIAL"),
        ({"serial_no": "DECIMAL"}, "wrong_serial", "decimal: write SERIAL"),
        ({"timestamp": "yesterday"}, "timestamp", "'yesterday' is not a number of seconds"),
        ({"timestamp": "MILLISECONDS"}, "timestamp", "is in milliseconds"),
        ({"timestamp": "1600000000"}, "clock", "s behind WeChat Pay"),
        ({"timestamp": ""}, None, ""),
        ({"signature": ""}, None, ""),
        ({"nonce_str": ""}, None, ""),
    ],
)
def test_steps_before_the_signature(given, cause, evidence, gateway):
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
    assert causes(entry) == ([cause] if cause else [])
    for found in entry["explanation"]["findings"]:
        assert evidence.replace("SERIAL", serial) in found["en"]["detail"]
        assert all(found["zh"].values())
        assert found["zh"] != found["en"]


def test_the_scheme(gateway):
    from .support import ask

    ask(gateway, "v3/certificates", headers={**ASKING, "Authorization": "Bearer x"})
    assert causes(latest(gateway)) == ["signature_format"]
    ask(gateway, "v3/certificates", headers=ASKING)
    entry = latest(gateway)
    assert (entry["failed"], causes(entry)) == ("Authorization", [])
    assert entry["explanation"]["hashed"] is None


def test_a_nonce_that_was_used_before_says_where(gateway):
    nonce = canonical.nonce()
    first = sent_wrongly(gateway, right, nonce_str=nonce)
    second = sent_wrongly(gateway, right, nonce_str=nonce)
    assert second["explanation"]["findings"] == [{"code": "nonce_used", "number": first["number"]}]
    entries = gateway.state.log._entries
    entries.remove(gateway.state.log.get(first["number"]))
    assert causes(latest(gateway)) == ["nonce_again"]
