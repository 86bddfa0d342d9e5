"""Finding the key of many that opens a ciphertext: quick to rule out, never wrong."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain.crypto import aes

KEYS = [bytes([number]) * 32 for number in range(64)]
TRIALS = [aes.TrialKey(aes.checked_key(key)) for key in KEYS]


def sealed(key: bytes, plaintext: bytes, nonce: bytes, associated: bytes = b"") -> str:
    return base64.b64encode(AESGCM(key).encrypt(nonce, plaintext, associated)).decode()


@given(
    st.integers(0, 63),
    st.dictionaries(st.text(), st.integers()),
    st.sampled_from(["", " ", "\n\t"]),
    st.text("0123456789abcdef", min_size=8, max_size=16),
    st.sampled_from(["", "transaction", "证书"]),
)
def test_the_one_key_is_found(at, content, blank, nonce, associated):
    plaintext = (blank + json.dumps(content)).encode()
    ciphertext = sealed(KEYS[at], plaintext, nonce.encode(), associated.encode())
    assert aes.gcm_opening(ciphertext, TRIALS, nonce, associated) == at
    assert aes.gcm_opening(ciphertext, TRIALS[:at] + TRIALS[at + 1 :], nonce, associated) is None
    assert aes.gcm_opening(ciphertext, TRIALS, nonce, associated + "x") is None


@pytest.mark.parametrize(
    ("ciphertext", "nonce"),
    [
        ("", "fdasflkja484"),
        ("AAAA", "fdasflkja484"),
        ("no base64!", "fdasflkja484"),
        (base64.b64encode(b"x" * 40).decode(), "short"),
        (base64.b64encode(b"x" * 40).decode(), "\ud800fdasflkja48"),
        (base64.b64encode(b"x" * 40).decode(), ""),
    ],
)
def test_rubbish_opens_with_none(ciphertext, nonce):
    assert aes.gcm_opening(ciphertext, TRIALS, nonce) is None


def test_what_is_no_object_is_not_opened():
    ciphertext = sealed(KEYS[3], b"[1]", b"fdasflkja484")
    assert aes.gcm_opening(ciphertext, TRIALS, "fdasflkja484") is None
    assert "3" not in repr(TRIALS[3]).partition(" at ")[0]
