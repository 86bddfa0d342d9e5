"""RSA, AES and digests: published vectors, round trips, and clear refusals."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa as private
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from tests.support import new_key
from wechatpay_chain import ConfigurationError, DecryptionError
from wechatpay_chain.crypto import aes, digest, rsa
from wechatpay_chain.messages import canonical

PUBLISHED = {
    "appid": "wxd930ea5d5a258f4f",
    "mch_id": "10000100",
    "device_info": "1000",
    "body": "test",
    "nonce_str": "ibuaiVcKdpRxkhJA",
}
KEY = "192006250b4c09247ec02edce69f6a2d"
TEXTS = st.text(alphabet=st.characters(codec="utf-8"))


def test_the_published_signs():
    text = canonical.fields(PUBLISHED)
    assert digest.sign("MD5", text, KEY) == "9A0A8659F005D6984697E2CA0A9CF3B7"
    assert digest.sign("HMAC-SHA256", text, KEY) == (
        "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"
    )


def test_wecoms_agency_variant_appends_the_secret_under_its_own_name():
    assert digest.md5("a=1", "key", agency=True) == digest.md5("a=1&secret=key")
    assert digest.md5("a=1", "key") == digest.md5("a=1&key=key")
    assert digest.md5("a=1") == "3872c9ae3f427af0be0ead09d07ae2cf"


@pytest.mark.parametrize(
    ("name", "hexdigest"),
    [
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        # GB/T 32905-2016, appendix A.1
        ("sm3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    ],
)
def test_the_published_digests_of_abc(name, hexdigest):
    assert digest.hexdigest(name, b"abc") == hexdigest


def test_what_digest_does_not_know_it_refuses():
    with pytest.raises(ConfigurationError, match=r"'sha512'.*sha256"):
        digest.hexdigest("sha512", b"")
    with pytest.raises(ConfigurationError, match=r"sign_type 'RSA'.*MD5"):
        digest.sign("RSA", "a=1", KEY)
    with pytest.raises(ConfigurationError, match="secret is missing"):
        digest.sign("MD5", "a=1", "")


def test_equals():
    assert digest.equals("ab", "ab")
    assert not digest.equals("ab", "aB")
    assert not digest.equals("ab", "中")
    assert not digest.equals("ab", None)


@given(st.binary())
def test_a_signature_is_of_its_message_alone(message):
    key = SIGNING_KEY
    signature = rsa.sign(message, key)
    assert rsa.verify(message, signature, key.public_key())
    assert not rsa.verify(message + b"x", signature, key.public_key())


SIGNING_KEY = new_key()


def test_a_prehashed_signature_verifies_what_streamed_past():
    signature = rsa.sign(b"body", SIGNING_KEY)
    hashed = hashes.Hash(hashes.SHA256())
    hashed.update(b"bo")
    hashed.update(b"dy")
    assert rsa.verify_digest(hashed.copy().finalize(), signature, SIGNING_KEY.public_key())
    assert not rsa.verify_digest(b"\0" * 32, signature, SIGNING_KEY.public_key())


@pytest.mark.parametrize("signature", ["", "not base64!", "AAAA", "中文"])
def test_what_is_no_signature_does_not_verify(signature):
    assert not rsa.verify(b"message", signature, SIGNING_KEY.public_key())


def test_another_key_does_not_verify(keys):
    assert not rsa.verify("m", rsa.sign("m", keys.merchant), keys.platform.public_key())


@pytest.mark.parametrize("scheme", ["OAEP", "PKCS1v15"])
@pytest.mark.parametrize("plaintext", ["", "张三", "x" * 214])
def test_a_field_comes_back(keys, scheme, plaintext):
    sealed = rsa.encrypt(plaintext, keys.platform.public_key(), scheme=scheme)
    assert rsa.decrypt(sealed, keys.platform, scheme=scheme) == plaintext
    assert rsa.encrypt(plaintext, keys.platform.public_key(), scheme=scheme) != sealed


def test_oaep_is_with_sha1_as_wechat_pay_decrypts_it(keys):
    sealed = base64.b64decode(rsa.encrypt("张三", keys.platform.public_key()))
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    assert keys.platform.decrypt(sealed, oaep).decode() == "张三"


def test_a_text_too_long_says_how_long_it_may_be(keys):
    with pytest.raises(ConfigurationError, match=r"215 bytes .* can encrypt 214"):
        rsa.encrypt("x" * 215, keys.platform.public_key())


@pytest.mark.parametrize("ciphertext", ["", "???", "AAAA"])
def test_what_cannot_be_decrypted_says_so(keys, ciphertext):
    with pytest.raises(DecryptionError, match="cannot be decrypted"):
        rsa.decrypt(ciphertext, keys.merchant)


def test_the_wrong_key_and_the_wrong_scheme(keys):
    sealed = rsa.encrypt("张三", keys.platform.public_key())
    with pytest.raises(DecryptionError, match="other than this merchant's"):
        rsa.decrypt(sealed, keys.merchant)
    with pytest.raises(ConfigurationError, match="'OAEP' or 'PKCS1v15'"):
        rsa.decrypt(sealed, keys.platform, scheme="RAW")


AES_KEY = "0123456789abcdef0123456789ABCDEF"


@given(TEXTS, TEXTS)
def test_gcm_comes_back(plaintext, associated):
    sealed = aes.gcm_encrypt(plaintext, AES_KEY, "fdasflkja484", associated)
    assert aes.gcm_decrypt(sealed, AES_KEY, "fdasflkja484", associated) == plaintext


def test_gcm_takes_bytes_and_returns_them():
    sealed = aes.gcm_encrypt(b"\xff\x00", AES_KEY, "fdasflkja484")
    assert aes.gcm_decrypt(sealed, AES_KEY, "fdasflkja484", binary=True) == b"\xff\x00"


def test_gcm_matches_the_published_vector():
    # McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14: all zeros.
    sealed = base64.b64decode(aes.gcm_encrypt("\0" * 16, bytes(32), "\0" * 12))
    assert sealed.hex() == ("cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919")


@pytest.mark.parametrize("change", ["key", "nonce", "associated", "ciphertext", "truncated"])
def test_gcm_opens_nothing_that_was_changed(change):
    sealed = aes.gcm_encrypt("张三", AES_KEY, "fdasflkja484", "x")
    key, nonce, associated = AES_KEY, "fdasflkja484", "x"
    if change == "key":
        key = AES_KEY[::-1]
    elif change == "nonce":
        nonce = nonce[::-1]
    elif change == "associated":
        associated = "y"
    elif change == "ciphertext":
        sealed = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    else:
        sealed = sealed[:8]
    with pytest.raises(DecryptionError, match="cannot be decrypted"):
        aes.gcm_decrypt(sealed, key, nonce, associated)


@given(TEXTS)
def test_ecb_comes_back(plaintext):
    assert aes.ecb_decrypt(aes.ecb_encrypt(plaintext, AES_KEY), AES_KEY) == plaintext


def test_ecb_matches_the_published_vector():
    # NIST SP 800-38A, F.1.5: the first block.
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    block = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a").decode("latin-1")
    if block.isascii():
        sealed = base64.b64decode(aes.ecb_encrypt(block, key))
        assert sealed[:16].hex() == "f3eed1bdb5d2a03c064b5a7e3db181f8"


@pytest.mark.parametrize("ciphertext", ["", "???", "AAAA", base64.b64encode(b"x" * 16).decode()])
def test_ecb_opens_nothing_else(ciphertext):
    with pytest.raises(DecryptionError, match="cannot be decrypted"):
        aes.ecb_decrypt(ciphertext, AES_KEY)


@pytest.mark.parametrize("key", ["", "short", b"x" * 31, "中" * 32])
def test_a_key_of_another_length_is_refused_without_being_shown(key):
    for call in (
        lambda: aes.gcm_encrypt("a", key, "n" * 12),
        lambda: aes.gcm_decrypt("a", key, "n" * 12),
        lambda: aes.ecb_encrypt("a", key),
        lambda: aes.ecb_decrypt("a", key),
    ):
        with pytest.raises(ConfigurationError, match="exactly 32") as caught:
            call()
        assert not key or str(key) not in str(caught.value)


def test_an_empty_nonce_is_refused():
    with pytest.raises(ConfigurationError, match="nonce"):
        aes.gcm_encrypt("a", AES_KEY, "")


def test_gcm_gives_bytes_on_request():
    content = b"\xff\x00bill"
    sealed = AESGCM(AES_KEY.encode()).encrypt(b"n" * 12, content, b"x")
    text = base64.b64encode(sealed).decode()
    for ciphertext in (sealed, text):
        opened = aes.gcm_decrypt(ciphertext, AES_KEY, "n" * 12, "x", binary=True)
        assert opened == content
        with pytest.raises(DecryptionError):
            aes.gcm_decrypt(ciphertext, AES_KEY, "n" * 12, "x")
    assert aes.gcm_decrypt(aes.gcm_encrypt("账单", AES_KEY, "n" * 12), AES_KEY, "n" * 12) == "账单"
    with pytest.raises(DecryptionError, match="6 bytes"):
        aes.gcm_decrypt(b"sealed", AES_KEY, "n" * 12, binary=True)


def test_rsa_takes_smaller_keys_to_read_old_data():
    key = private.generate_private_key(65537, 1024)
    assert rsa.decrypt(rsa.encrypt("old", key.public_key()), key) == "old"
    assert rsa.verify(b"old", rsa.sign(b"old", key), key.public_key())
