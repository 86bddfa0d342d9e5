"""Why an APIv2 `sign` does not match: the gateway has the key, and tries the common mistakes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from ....crypto import digest
from .causes import Diagnosis, finding, variants

__all__ = ["diagnose"]

MASK = "***"
Pairs = Sequence[tuple[str, str]]


def _joined(pairs: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _md5(text: bytes, _: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _sha256(text: bytes, _: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _sha1(text: bytes, _: bytes) -> str:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def _hmac(text: bytes, key: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()


HASHES: dict[str, Callable[[bytes, bytes], str]] = {
    digest.MD5: _md5,
    digest.HMAC_SHA256: _hmac,
    "SHA256": _sha256,
    "SHA1": _sha1,
}


def diagnose(fields: Mapping[str, Any], kind: str, secret: str, apiv3_key: str) -> Diagnosis:
    """What is wrong with a sign that the gateway rejected.

    Args:
        fields: as received, with `sign`.
        kind: how they should be signed: `MD5`, or `HMAC-SHA256`.
        secret: the APIv2 key.
        apiv3_key: the APIv3 key, which is often confused with it.
    """
    given = str(fields.get("sign") or "")
    if not given:
        return Diagnosis(finding("sign_missing"))
    if kind not in (digest.MD5, digest.HMAC_SHA256):
        return Diagnosis(finding("sign_type", given=kind))
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    order = _orders(texts)
    keys = [
        ("apiv3_key", (f"&key={apiv3_key}", apiv3_key)),
        ("no_key", ("", secret)),
        ("key_not_named", (secret, secret)),
        ("key_without_mark", (f"key={secret}", secret)),
        ("key_secret", (f"&secret={secret}", secret)),
    ]
    hashes = [("other_hash_v2", name) for name in HASHES if name != kind]
    encodings = [("gbk", "gbk")]
    plain = [_sorted(texts), (f"&key={secret}", secret), kind, "utf-8"]
    for codes, parts in [((), plain), *variants(plain, [order, keys, hashes, encodings])]:
        pairs, (ending, key), name, encoding = parts
        text = _joined(pairs) + ending
        made = HASHES[name](text.encode(encoding, "replace"), key.encode())
        if hmac.compare_digest(made.upper().encode(), given.upper().encode()):
            findings = [finding(code, name=name) for code in codes]
            if made.upper() != given:
                findings.append(finding("lower_case"))
            return Diagnosis(*findings, signed=_masked(text, secret, apiv3_key))
    expected = len(HASHES[kind](b"", b""))
    if len(given) != expected:
        return Diagnosis(finding("sign_length", given=len(given), expected=expected, name=kind))
    return Diagnosis(finding("other_string_v2"))


def _sorted(fields: Mapping[str, str]) -> Pairs:
    return [(name, value) for name, value in sorted(fields.items()) if name != "sign" and value]


def _orders(fields: Mapping[str, str]) -> list[tuple[str, Pairs]]:
    """The fields in the orders and forms of common mistakes."""
    right = _sorted(fields)
    unsigned = [(name, value) for name, value in fields.items() if name != "sign"]
    made: list[tuple[str, Pairs]] = [
        ("unsorted", [pair for pair in unsigned if pair[1]]),
        ("sorted_ignoring_case", sorted(right, key=lambda pair: pair[0].lower())),
        ("empty_included", sorted(unsigned)),
        ("encoded", [(name, quote(value, safe="")) for name, value in right]),
        ("encoded", [(name, quote_plus(value)) for name, value in right]),
        ("trimmed", [(name, value.strip()) for name, value in right]),
    ]
    made += [
        ("left_out_sign_type", [pair for pair in right if pair[0] != "sign_type"]),
        ("left_out_nonce_str", [pair for pair in right if pair[0] != "nonce_str"]),
    ]
    return [(code, pairs) for code, pairs in made if list(pairs) != list(right)]


def _masked(text: str, *keys: str) -> str:
    for key in keys:
        text = text.replace(key, MASK)
    return text
