"""Mistakes in hashing, padding, numbers and keys, each of which has its own cause and evidence."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.diagnosis import corpus
from tests.support import SECRET
from wechatpay_chain.diagnosis.explanation import explain
from wechatpay_chain.diagnosis.findings import Finding
from wechatpay_chain.diagnosis.transcripts import read


def findings(content: bytes) -> list[Finding]:
    (part,) = explain(read(content), corpus.world().ring())
    return list(part.findings)


def draft(method: str = "POST") -> corpus.Draft:
    made = corpus.Draft(random.Random(7), method)
    made.dice = type("Always", (), {"choice": staticmethod(lambda several: several[0])})()
    return made  # written as an HTTP message


def resigned(given: corpus.Draft, sign: Callable[[bytes], bytes]) -> bytes:
    """The request of a draft, with another signature."""
    right = corpus.signature(given.key, given.message())
    return given.text().replace(right.encode(), base64.b64encode(sign(given.message())))


def raw(key: RSAPrivateKey, content: bytes) -> bytes:
    """PKCS#1 v1.5 over bytes as they are, without a name of a hash."""
    size = key.key_size // 8
    block = b"\x00\x01" + b"\xff" * (size - 3 - len(content)) + b"\x00" + content
    numbers = key.private_numbers()
    return pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(size)


def pkcs1(key: RSAPrivateKey, content: bytes) -> bytes:
    return key.sign(content, padding.PKCS1v15(), hashes.SHA256())


def pss(key: RSAPrivateKey, content: bytes) -> bytes:
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    return key.sign(content, scheme, hashes.SHA256())


WAYS: dict[str, tuple[Callable[[RSAPrivateKey, bytes], bytes], str]] = {
    "twice": (lambda key, text: pkcs1(key, hashlib.sha256(text).digest()), "twice"),
    "twice, as hex": (
        lambda key, text: pkcs1(key, hashlib.sha256(text).hexdigest().encode()),
        "twice",
    ),
    "PSS": (pss, "PSS"),
    "a bare digest": (lambda key, text: raw(key, hashlib.sha256(text).digest()), "algorithm"),
    "a bare digest, as hex": (
        lambda key, text: raw(key, hashlib.sha256(text).hexdigest().encode()),
        "without a hash",
    ),
    "no hash": (lambda key, text: raw(key, text[:100]), "without a hash"),
    "a short signature": (lambda key, text: pkcs1(key, text)[:100], "100 bytes"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_how_it_was_signed(way: str, method: str) -> None:
    make, evidence = WAYS[way]
    given = draft(method)
    (found,) = findings(resigned(given, lambda text: make(given.key, text)))
    assert found.cause == "signature_format"
    assert evidence in found.detail


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'""', b"undefined", b"None"])
def test_a_body_that_a_get_does_not_have(body: bytes) -> None:
    given = draft("GET")
    (found,) = findings(given.text(given.message(body=body)))
    assert found.cause == "surplus_body"
    assert body.decode() in found.detail


def test_the_query_as_the_body_of_a_get() -> None:
    given = draft("GET")
    query = given.target.partition("?")[2]
    path = given.target.partition("?")[0]
    (found,) = findings(given.text(given.message(body=query.encode())))
    assert found.cause == "surplus_body"
    both = findings(given.text(given.message(target=path, body=query.encode())))
    assert {each.cause for each in both} == {"query_missing", "surplus_body"}


@pytest.mark.parametrize("distance", [-300, -7, -1, 1, 8, 300])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_time_that_was_read_twice(distance: int, method: str) -> None:
    given = draft(method)
    other = str(int(given.stamp) + distance)
    (found,) = findings(given.text(given.message(stamp=other)))
    assert found.cause == "timestamp"
    assert other in found.detail


@pytest.mark.parametrize("change", [str.lower, str.swapcase, lambda _: "", lambda text: text[:16]])
def test_a_nonce_in_another_spelling(change: Callable[[str], str]) -> None:
    given = draft()
    given.nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
    (found,) = findings(given.text(given.message(nonce=change(given.nonce))))
    assert found.cause == "nonce"


@pytest.mark.parametrize(
    "spell",
    [
        lambda value: str(value),
        lambda value: "&".join(f"{name}={each}" for name, each in sorted(value.items())),
        lambda value: json.dumps(corpus.compact(value).decode(), ensure_ascii=False),
    ],
)
def test_a_body_in_no_json(spell: Callable[[Any], str]) -> None:
    given = draft()
    text = spell(json.loads(given.body))
    (found,) = findings(given.text(given.message(body=text.encode())))
    assert found.cause == "reserialised_json"


@pytest.mark.parametrize(
    "target",
    ["//v3/pay/transactions/native", "/V3/PAY/TRANSACTIONS/NATIVE", "/v3/pay/transactions/native/"],
)
def test_a_path_in_another_spelling(target: str) -> None:
    given = draft()
    (found,) = findings(given.text(given.message(target=target)))
    assert found.cause == "path"


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest().upper()


V2: dict[str, tuple[Callable[[dict[str, str]], str], str]] = {
    "no key": (lambda m: md5(corpus.joined(m)), "key_format"),
    "a key without its name": (lambda m: md5(corpus.joined(m) + SECRET), "key_format"),
    "a key without &": (lambda m: md5(f"{corpus.joined(m)}key={SECRET}"), "key_format"),
    "a key named secret": (lambda m: md5(f"{corpus.joined(m)}&secret={SECRET}"), "key_format"),
    "a sorted key": (lambda m: md5(corpus.joined({**m, "key": SECRET})), "key_format"),
    "SHA-256 without a key": (
        lambda m: hashlib.sha256(f"{corpus.joined(m)}&key={SECRET}".encode()).hexdigest().upper(),
        "wrong_sign_type",
    ),
    "SHA-1": (
        lambda m: hashlib.sha1(f"{corpus.joined(m)}&key={SECRET}".encode()).hexdigest().upper(),
        "wrong_sign_type",
    ),
    "base64": (
        lambda m: base64.b64encode(bytes.fromhex(md5(f"{corpus.joined(m)}&key={SECRET}"))).decode(),
        "signature_format",
    ),
    "twice": (lambda m: md5(md5(f"{corpus.joined(m)}&key={SECRET}")), "signature_format"),
}


@pytest.mark.parametrize("way", V2)
def test_v2(way: str) -> None:
    dice = random.Random(9)
    make, cause = V2[way]
    members = {**corpus.v2_members(dice, body="a & b"), "Zone": "north"}
    members.pop("sign_type", None)
    found = findings(corpus.v2_text(dice, members, make(members)))
    assert [each.cause for each in found] == [cause]
    assert found[0].detail != "no known difference explains it"
    assert SECRET not in str(found)
