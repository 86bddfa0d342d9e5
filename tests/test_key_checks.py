"""A merchant's key loads fast, and one that is damaged is refused before anything is signed."""

from __future__ import annotations

import base64
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.support import MCHID, MERCHANT_SERIAL, new_key, pem
from tests.test_keys import DER, PKCS1, PKCS8, PLAIN
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.crypto import certificate as certificates
from wechatpay_chain.crypto import keys as loading

KEY = new_key()
FORMS = {
    "PKCS#8": KEY.private_bytes(DER, PKCS8, PLAIN),
    "PKCS#1": KEY.private_bytes(DER, PKCS1, PLAIN),
}


def crafted(**changes: int) -> bytes:
    """PKCS#1 of a key with other numbers than its own."""
    numbers = KEY.private_numbers()
    given = {
        "n": numbers.public_numbers.n,
        "e": numbers.public_numbers.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dmp1": numbers.dmp1,
        "dmq1": numbers.dmq1,
        "iqmp": numbers.iqmp,
        **changes,
    }
    body = b"".join(map(_integer, [0, *given.values()]))
    return b"\x30" + _length(len(body)) + body


def _integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + _length(len(data)) + data


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    return b"\x81" + bytes([size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")


@given(st.sampled_from(sorted(FORMS)), st.data())
def test_a_flipped_bit_is_found_or_changes_nothing(form, data):
    der = bytearray(FORMS[form])
    der[data.draw(st.integers(0, len(der) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        loaded = loading.private_key(bytes(der))
    except ConfigurationError as error:
        assert str(error).startswith("private_key ")
        assert error.__context__ is None
    else:
        assert loaded.private_numbers() == KEY.private_numbers()


NUMBERS = KEY.private_numbers()


@pytest.mark.parametrize(
    "changes",
    [
        {"d": NUMBERS.d + 2},
        {"e": 65539},
        {"e": 1},
        {"p": NUMBERS.q, "q": NUMBERS.p},
        {"p": 0, "q": 0, "dmp1": 0, "dmq1": 0, "iqmp": 0},
        {"p": 1, "q": NUMBERS.public_numbers.n},
        {"p": 2, "q": NUMBERS.public_numbers.n // 2},
        {"dmp1": NUMBERS.dmp1 + 2},
        {"dmq1": NUMBERS.dmq1 + 2},
        {"iqmp": NUMBERS.iqmp + 1},
        {"n": NUMBERS.public_numbers.n + 2},
    ],
    ids=[
        "another d",
        "another e",
        "e is 1",
        "p and q exchanged",
        "no primes",
        "p is 1",
        "p is 2",
        "another dmp1",
        "another dmq1",
        "another iqmp",
        "another n",
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_numbers_that_do_not_belong_together(changes, check):
    with pytest.raises(
        ConfigurationError, match="private_key is not a (valid )?private key"
    ) as caught:
        loading.private_key(crafted(**changes), check=check)
    assert caught.value.__context__ is None


def test_the_crafted_key_is_whole_otherwise():
    assert loading.private_key(crafted()).private_numbers() == NUMBERS


def test_a_key_with_a_false_prime_is_for_check_keys_to_find():
    """Only whoever makes a key up gets here: what happens by accident never fits together."""
    e, p, q = 65537, 3 * (2**1022 + 3**40 * 2), NUMBERS.q
    p += 1 - p % 2
    while p % 3 or (p - 1) % e == 0 or p % 2 == 0:
        p += 1
    order = (p - 1) * (q - 1)
    d = pow(e, -1, order)
    der = crafted(n=p * q, d=d, p=p, q=q, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p))
    loading.private_key(der)
    with pytest.raises(ConfigurationError, match="private_key is not a (valid )?private key"):
        loading.private_key(der, check=True)


def client(**arguments):
    return WeChatPay(mchid=MCHID, serial=MERCHANT_SERIAL, **arguments)


@pytest.mark.parametrize("check", [True, False])
def test_a_client_refuses_a_damaged_key(check):
    with pytest.raises(ConfigurationError, match="private_key is not a (valid )?private key"):
        client(private_key=crafted(d=NUMBERS.d + 2), check_keys=check)


@pytest.mark.parametrize("check", [True, False])
def test_a_client_refuses_a_damaged_key_for_mutual_tls(keys, check):
    cert = keys.merchant_certificate
    with pytest.raises(
        ConfigurationError, match=r"merchant\['key'\] is not a (valid )?private key"
    ):
        WeChatPay(
            mchid=MCHID,
            merchant={"cert": pem(cert), "key": crafted(d=NUMBERS.d + 2)},
            check_keys=check,
        )
    with pytest.raises(ConfigurationError, match="merchant is not a (valid )?private key"):
        certificates.merchant(pem(cert) + _pem(crafted(d=NUMBERS.d + 2)), MCHID, check_key=check)


def _pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + body + b"-----END RSA PRIVATE KEY-----\n"


@pytest.mark.parametrize("wrong", [None, 1, "false", "yes"])
def test_check_keys_is_true_or_false(wrong):
    with pytest.raises(ConfigurationError, match="check_keys= must be True or False"):
        client(private_key=KEY, check_keys=wrong)


def test_loading_is_fast_unless_the_key_shall_be_tested(monkeypatch):
    tested: list[bool] = []
    load = serialization.load_der_private_key

    def spy(*args, **options):
        tested.append(not options["unsafe_skip_rsa_key_validation"])
        return load(*args, **options)

    monkeypatch.setattr(serialization, "load_der_private_key", spy)
    text = pem(KEY).decode()
    client(private_key=text)
    client(private_key=text, check_keys=True)
    assert tested == [False, True]
    assert isinstance(loading.private_key(text), rsa.RSAPrivateKey)
    begin = time.thread_time()  # of this thread alone, whatever else the machine does
    for _ in range(20):
        loading.private_key(text)
    assert (time.thread_time() - begin) / 20 < 0.01  # 50 ms where OpenSSL tests the key
