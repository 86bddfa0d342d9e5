"""Platform certificates that must not be trusted: expired, misfiled, weak, or not certificates."""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.support import APIV3_KEY, PUBLIC_KEY_ID, new_key, pem
from wechatpay_chain import (
    ConfigurationError,
    DecryptionError,
    ResponseError,
    Sensitive,
    SignatureError,
    WeChatPayError,
)
from wechatpay_chain.crypto import aes
from wechatpay_chain.keys import certificates, credential
from wechatpay_chain.testing.mock import MockTransport

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
YEAR = datetime.timedelta(days=365)
EXPIRED = (NOW - 2 * YEAR, NOW - YEAR)
FUTURE = (NOW + YEAR, NOW + 2 * YEAR)
VALID = (NOW - YEAR, NOW + YEAR)
SERIAL = "5A00000000000000000000000000000000000001"
OTHER = "5A00000000000000000000000000000000000002"


def made(key, validity=VALID, serial=SERIAL):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com Root CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(serial, 16))
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .sign(key, hashes.SHA256())
    )


def entry(plaintext, serial=SERIAL, **changes):
    if not isinstance(plaintext, str):
        plaintext = pem(plaintext).decode()
    associated = changes.get("associated_data", "certificate")
    sealed = {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "0123456789ab",
        "associated_data": associated,
        "ciphertext": aes.gcm_encrypt(
            plaintext, APIV3_KEY, "0123456789ab", associated if isinstance(associated, str) else ""
        ),
        **changes,
    }
    return {"serial_no": serial, "encrypt_certificate": sealed}


def download(keys, data, world="sync", signer=SERIAL, key=None, certs=None):
    """What a client makes of a signed answer that lists `data`."""
    return asked(keys, {"data": data}, world, {signer: key or keys.platform}, certs)


def asked(keys, response, world, sign, certs=None):
    line = MockTransport(lambda _: (200, json.dumps(response)), sign=sign)
    wxpay = keys.client(transport=line, certs=certs)
    if world == "sync":
        return certificates.download(wxpay, APIV3_KEY)
    return asyncio.run(certificates.download_async(wxpay, APIV3_KEY))


def verified(wxpay, world="sync"):
    call = wxpay.v3.x
    return (call.get() if world == "sync" else asyncio.run(call.get_async())).verified


WORLDS = pytest.mark.parametrize("world", ["sync", "async"])


@WORLDS
def test_a_valid_certificate_is_returned(keys, world):
    cert = made(keys.platform)
    assert download(keys, [entry(cert)], world) == {SERIAL: pem(cert).decode()}


@WORLDS
@pytest.mark.parametrize("validity", [EXPIRED, FUTURE])
def test_a_certificate_outside_its_validity_is_not_returned(keys, world, validity, caplog):
    spare = new_key()
    data = [entry(made(keys.platform)), entry(made(spare, validity, OTHER), OTHER)]
    assert list(download(keys, data, world)) == [SERIAL]
    assert f"the platform certificate {OTHER}" in caplog.text
    with pytest.raises(SignatureError):
        download(keys, [entry(made(keys.platform, validity))], world)
    with pytest.raises(SignatureError):
        download(keys, data, world, signer=OTHER, key=spare)


@WORLDS
@pytest.mark.parametrize(
    ("validity", "words"), [(EXPIRED, "expired on"), (FUTURE, "is not valid before")]
)
def test_a_certificate_outside_its_validity_verifies_and_encrypts_nothing(
    keys, world, validity, words, caplog
):
    line = MockTransport(lambda _: {"ok": True}, sign={SERIAL: keys.platform})
    wxpay = keys.client(transport=line, certs={SERIAL: made(keys.platform, validity)})
    for _ in range(3):
        with pytest.raises(SignatureError, match=words) as caught:
            verified(wxpay, world)
        assert caught.value.reason == "expired"
    assert "Wechatpay-Serial" not in line.requests[0].headers
    with pytest.raises(ConfigurationError, match=words):
        wxpay.v3.x.post(json={"name": Sensitive("x")})
    with pytest.raises(ConfigurationError, match=words):
        wxpay.platform.encryption_key(SERIAL)
    assert [one.levelno for one in caplog.records if SERIAL in one.message] == [logging.WARNING]


def test_a_notification_signed_with_an_expired_certificate_is_refused(keys):
    wxpay = keys.client(certs={SERIAL: made(keys.platform, EXPIRED)})
    body = b"{}"
    with pytest.raises(SignatureError, match="expired on"):
        wxpay.notify(keys.signed_headers(body, serial=SERIAL), body)


def test_a_valid_key_is_preferred_to_an_expired_one(keys):
    spare = new_key()
    certs = {
        OTHER: made(spare, (NOW - YEAR, NOW - datetime.timedelta(seconds=1)), OTHER),
        SERIAL: made(keys.platform),
    }
    line = MockTransport(lambda _: {"ok": True}, sign={SERIAL: keys.platform})
    wxpay = keys.client(transport=line, certs=certs)
    assert verified(wxpay)
    assert line.requests[0].headers["Wechatpay-Serial"] == SERIAL
    assert wxpay.platform.encryption_key()[0] == SERIAL


@pytest.mark.parametrize(("offset", "good"), [(-1, False), (0, True), (9, True), (10, False)])
def test_both_ends_of_the_validity_are_included(keys, monkeypatch, caplog, offset, good):
    begin = int(time.time())
    moments = (begin, begin + 9)
    validity = tuple(datetime.datetime.fromtimestamp(one, datetime.UTC) for one in moments)
    cert = made(keys.platform, validity)
    monkeypatch.setattr(credential.time, "time", lambda: begin + offset + 0.5)
    line = MockTransport(lambda _: {"ok": True}, sign={SERIAL: keys.platform})
    wxpay = keys.client(transport=line, certs={SERIAL: cert})
    assert (SERIAL in caplog.text) is not good
    if good:
        assert verified(wxpay)
    else:
        with pytest.raises(SignatureError):
            verified(wxpay)


def test_a_certificate_that_runs_out_in_use_says_so_once(keys, monkeypatch, caplog):
    wxpay = keys.client(
        transport=MockTransport(lambda _: {"ok": True}, sign={SERIAL: keys.platform}),
        certs={SERIAL: made(keys.platform)},
    )
    assert verified(wxpay)
    assert not caplog.records
    later = time.time() + 2 * YEAR.total_seconds()
    monkeypatch.setattr(credential.time, "time", lambda: later)
    for _ in range(3):
        with pytest.raises(SignatureError, match="expired on"):
            verified(wxpay)
    assert caplog.text.count(f"the platform certificate {SERIAL} expired on") == 1


@WORLDS
@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "AEAD_AES_128_GCM"},
        {"algorithm": None},
        {"algorithm": ["AEAD_AES_256_GCM"]},
        {"associated_data": ""},
        {"associated_data": "transaction"},
        {"associated_data": None},
        {"nonce": 5},
        {"nonce": ""},
        {"nonce": "\ud800"},
        {"ciphertext": None},
        {"ciphertext": ["x"]},
    ],
)
def test_another_encryption_is_refused(keys, world, changes):
    data = json.loads(json.dumps([entry(made(keys.platform), **changes)]))
    with pytest.raises((ResponseError, DecryptionError)):
        download(keys, data, world)


@WORLDS
@pytest.mark.parametrize("serial", [5, None, True, [], {}, "", OTHER, "5A", "\ud800", "x" * 70000])
def test_a_serial_number_that_is_not_the_certificates_is_refused(keys, world, serial):
    with pytest.raises(ResponseError, match="not a known list of certificates"):
        download(keys, [entry(made(keys.platform), serial)], world)


@pytest.mark.parametrize("serial", [SERIAL.lower(), f"00{SERIAL}", ":".join([SERIAL])])
def test_serial_numbers_are_compared_as_numbers(keys, serial):
    assert list(download(keys, [entry(made(keys.platform), serial)])) == [SERIAL]


@WORLDS
@pytest.mark.parametrize(
    "response",
    [
        [],
        5,
        None,
        "x",
        {},
        {"data": None},
        {"data": {}},
        {"data": ["x"]},
        {"data": [None]},
        {"data": [[]]},
        {"data": [{}]},
        {"data": [{"serial_no": "5A", "encrypt_certificate": "x"}]},
        {"data": [{}] * 100_000},
    ],
)
def test_an_answer_of_another_form_is_refused(keys, world, response):
    with pytest.raises(ResponseError):
        asked(keys, response, world, {SERIAL: keys.platform})


def test_json_without_end_is_refused(keys):
    line = MockTransport(lambda _: (200, "[" * 200_000), sign={SERIAL: keys.platform})
    with pytest.raises(WeChatPayError):
        certificates.download(keys.client(transport=line, certs=None), APIV3_KEY)


def test_what_was_decrypted_must_be_one_certificate_in_pem(keys, tmp_path):
    cert = made(keys.platform)
    path = tmp_path / "cert.pem"
    path.write_bytes(pem(cert))
    text = pem(cert).decode()
    for plaintext in (
        str(path),
        path.as_uri(),
        pem(keys.platform.public_key()).decode(),
        pem(new_key()).decode(),
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        text + text,
        "Bag Attributes\n" + text,
        text.replace("\n", "\\n"),
        "".join(text.splitlines()[1:-1]),
        "\ufeff" + text,
    ):
        with pytest.raises(ResponseError, match="not a known list of certificates"):
            download(keys, [entry(plaintext)])


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())]
)
def test_a_weak_or_foreign_key_is_refused(keys, key):
    data = [entry(made(keys.platform)), entry(made(key, serial=OTHER), OTHER)]
    with pytest.raises(ResponseError, match="not a known list of certificates"):
        download(keys, data)


def test_a_serial_number_may_stand_twice_for_the_same_certificate_only(keys):
    cert = made(keys.platform)
    assert list(download(keys, [entry(cert), entry(cert)])) == [SERIAL]
    with pytest.raises(ResponseError, match="two certificates"):
        download(keys, [entry(cert), entry(made(new_key()))])


def test_the_stated_validity_does_not_count(keys):
    times = {"effective_time": "2090-01-01T00:00:00+08:00", "expire_time": 5}
    assert list(download(keys, [{**entry(made(keys.platform)), **times}])) == [SERIAL]


def test_an_expired_known_certificate_is_renewed(keys):
    old, new = new_key(), made(keys.platform, serial=OTHER)
    certs = {SERIAL: made(old, EXPIRED)}
    found = download(keys, [entry(new, OTHER)], signer=OTHER, certs=certs)
    assert list(found) == [OTHER]


@pytest.mark.parametrize("bits", [1024, 2040])
def test_rsa_keys_of_a_client_have_2048_bits(keys, bits):
    weak = rsa.generate_private_key(65537, bits)
    cert = made(weak)
    for arguments in (
        {"certs": {PUBLIC_KEY_ID: weak.public_key()}},
        {"certs": {PUBLIC_KEY_ID: pem(weak.public_key())}},
        {"certs": {SERIAL: cert}},
        {"private_key": weak},
        {"private_key": pem(weak).decode()},
        {"merchant": {"cert": cert, "key": weak}},
    ):
        with pytest.raises(ConfigurationError, match=r"RSA key of \d+ bits"):
            keys.client(**arguments)
