"""Causes that the corpus does not have: uploads, other hashes, what WeChat Pay says it received."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from tests.diagnosis import corpus
from wechatpay_chain.diagnosis.explanation import explain
from wechatpay_chain.diagnosis.keyring import Keyring
from wechatpay_chain.diagnosis.transcripts import read


def causes(content: bytes, ring: Keyring | None = None) -> list[str]:
    parts = explain(read(content), ring or corpus.world().ring())
    return [each.cause for each in parts[0].findings]


@pytest.fixture
def draft() -> corpus.Draft:
    made = corpus.Draft(random.Random(1))
    made.dice = type("Always", (), {"choice": staticmethod(lambda several: several[0])})()
    return made  # written as an HTTP message


def test_an_upload_signs_its_meta(draft: corpus.Draft) -> None:
    meta = b'{"filename":"a.png","sha256":"00"}'
    draft.target = "/v3/merchant/media/upload"
    draft.body = (
        b'--b\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n'
        b"\r\n" + meta + b"\r\n--b\r\nContent-Disposition: form-data; name="
        b'"file"; filename="a.png"\r\n\r\n\x89PNG\x00\r\n--b--\r\n'
    )
    assert causes(draft.text(draft.message(body=meta))) == ["none"]
    assert causes(draft.text()) == ["missing_body"]


def test_an_empty_body_was_signed(draft: corpus.Draft) -> None:
    assert causes(draft.text(draft.message(body=b""))) == ["missing_body"]


def test_two_mistakes_are_both_told(draft: corpus.Draft) -> None:
    spaced = json.dumps(json.loads(draft.body), ensure_ascii=False).encode()
    signed = draft.message(body=spaced, target=f"https://{corpus.HOST}{draft.target}")
    assert causes(draft.text(signed)) == ["path", "reserialised_json"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"method": "post"}, "wrong_method"),
        ({"stamp": "1795700000000"}, "timestamp"),
        ({"nonce": "another"}, "changed_byte"),
    ],
)
def test_another_head(draft: corpus.Draft, change: dict[str, str], cause: str) -> None:
    draft.stamp = "1795700000"
    assert causes(draft.text(draft.message(**change))) == [cause]


def test_a_get_with_another_nonce(draft: corpus.Draft) -> None:
    draft.method, draft.body = "GET", b""
    assert causes(draft.text(draft.message(nonce="another"))) == ["changed_message"]


@pytest.mark.parametrize("hashed", [hashes.SHA1(), hashes.SHA512()])
def test_another_hash(draft: corpus.Draft, hashed: Any) -> None:
    right = draft.text()
    made = corpus.signature(draft.key, draft.message(), hashed)
    wrong = corpus.signature(draft.key, draft.message())
    assert causes(right.replace(wrong.encode(), made.encode())) == ["signature_format"]


def test_a_signature_in_hexadecimal(draft: corpus.Draft) -> None:
    made = corpus.signature(draft.key, draft.message())
    text = draft.text().replace(made.encode(), base64.b64decode(made).hex().encode())
    assert causes(text) == ["signature_format"]


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (b"", "unsigned"),
        (b"Basic abc", "signature_format"),
        (b'WECHATPAY2-SHA256-RSA2048 mchid="1"', "signature_format"),
    ],
)
def test_authorizations_that_are_none(value: bytes, cause: str) -> None:
    text = b"GET /v3/certificates HTTP/1.1\r\nAuthorization: " + value + b"\r\n\r\n"
    assert causes(text) == [cause]


def test_another_merchant(draft: corpus.Draft) -> None:
    draft.mchid = "1900000999"
    assert causes(draft.text()) == ["wrong_merchant"]


def test_without_keys(draft: corpus.Draft) -> None:
    assert causes(draft.text(), Keyring()) == ["no_key"]
    reply = corpus.Reply(random.Random(1))
    assert causes(reply.text(), Keyring()) == ["no_key"]


def received(request: bytes, message: str) -> bytes:
    """A request as JSON, with an answer that says what WeChat Pay received."""
    message_read = read(request).request
    assert message_read is not None
    told = {"detail": {"sign_information": {"truncated_sign_message": message}}}
    return json.dumps(
        {
            "method": message_read.method,
            "url": message_read.target,
            "headers": dict(message_read.headers.items()),
            "body": message_read.body.decode(),
            "status": 401,
            "answer_headers": {"Content-Type": "application/json"},
            "answer_body": json.dumps(told),
        }
    ).encode()


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("/v3/pay", "/proxy/v3/pay", "path"),
        ("POST", "PUT", "wrong_method"),
        ("appid", "APPID", "changed_byte"),
        ("nothing", "nothing", "none"),
    ],
)
def test_what_was_rewritten_on_its_way(draft: corpus.Draft, old: str, new: str, cause: str) -> None:
    message = draft.message().decode().replace(old, new)
    assert causes(received(draft.text(), message)) == [cause]


def test_an_unsigned_answer_and_an_unknown_serial() -> None:
    assert causes(b"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\n\r\n<html>") == ["unsigned"]
    reply = corpus.Reply(random.Random(2))
    reply.serial, reply.key = "7" * 40, corpus.world().other
    assert causes(reply.text()) == ["unknown_serial"]


def test_v2() -> None:
    dice = random.Random(3)
    ring = corpus.world().ring()
    members = corpus.v2_members(dice, body="a & b")

    def told(text: str, **more: str) -> list[str]:
        sign = corpus.v2_sign(text.encode())
        return causes(corpus.v2_text(dice, {**members, **more}, sign), ring)

    assert told(corpus.joined(members)) == ["none"]
    assert told(corpus.joined(members), attach="x") == ["extra_members"]
    assert told("&".join(f"{name}={value}" for name, value in members.items())) == ["member_order"]
    assert told(corpus.joined({**members, "body": "a &amp; b"})) == ["escaped_values"]
    assert told(corpus.joined({**members, "total_fee": "9"}), total_fee="8") == ["changed_byte"]
    assert told(corpus.joined(members), mch_id="1900000999")[0] == "wrong_merchant"
    assert causes(corpus.v2_text(dice, members, "ABC"), ring) == ["signature_format"]
    assert causes(corpus.v2_text(dice, members, ""), ring) == ["unsigned"]
    assert causes(b"HTTP/1.1 200 OK\r\n\r\n<xml><a>", ring) == ["truncated_body"]
    lower = corpus.v2_sign(corpus.joined(members).encode()).lower()
    assert causes(corpus.v2_text(dice, members, lower), ring) == ["signature_format"]
    no_secret = ring._replace(secret=Keyring().secret)
    assert causes(corpus.v2_text(dice, members, lower), no_secret) == ["no_key"]


def test_answers_with_something_odd() -> None:
    dice = random.Random(4)
    ring = corpus.world().ring()
    reply = corpus.Reply(dice)
    right = corpus.signature(
        reply.key, f"{reply.stamp}\n{reply.nonce}\n".encode() + reply.body + b"\n"
    )
    hexadecimal = base64.b64decode(right).hex()
    assert causes(reply.text(signed=hexadecimal), ring) == ["signature_format"]
    assert causes(reply.text(signed="!!!"), ring)[0] == "signature_format"
    reply.stamp = "noon"
    assert causes(reply.text(), ring) == ["timestamp"]
    filed_wrongly = {
        corpus.PLATFORM_SERIAL: ring.platform[corpus.PUBLIC_KEY_ID],
        corpus.PUBLIC_KEY_ID: ring.platform[corpus.PLATFORM_SERIAL],
    }
    assert causes(corpus.Reply(dice).text(), ring._replace(platform=filed_wrongly)) == ["wrong_key"]
    reply = corpus.Reply(dice)
    reply.serial = corpus.MERCHANT_SERIAL
    assert causes(reply.text(), ring) == ["wrong_key_family"]
    reply = corpus.Reply(dice)
    reply.key = corpus.world().merchant
    assert causes(reply.text(), ring) == ["wrong_key_family"]


@pytest.mark.parametrize("stamp", ["noon", "1795700000000"])
def test_timestamps_that_are_none(draft: corpus.Draft, stamp: str) -> None:
    draft.stamp = stamp
    assert causes(draft.text()) == ["timestamp"]
