"""Keys and certificates in every form, and refusals that show nothing of them."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.support import MCHID, MERCHANT_SERIAL, new_key, pem, self_signed, write
from wechatpay_chain import ConfigurationError
from wechatpay_chain.crypto import certificate as certificates
from wechatpay_chain.crypto import keys as key_files

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
PLAIN = serialization.NoEncryption()
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PUBLIC_PKCS1 = serialization.PublicFormat.PKCS1


def private_forms(key, folder):
    path = write(folder / "apiclient_key.pem", key)
    pkcs8, pkcs1 = key.private_bytes(DER, PKCS8, PLAIN), key.private_bytes(DER, PKCS1, PLAIN)
    return {
        "object": key,
        "path": path,
        "path as str": str(path),
        "file URI": path.as_uri(),
        "PEM bytes": pem(key),
        "PEM text": pem(key).decode(),
        "PEM text after a line feed": "\n" + pem(key).decode(),
        "PKCS#1 PEM": key.private_bytes(PEM, PKCS1, PLAIN),
        "DER": pkcs8,
        "PKCS#1 DER": pkcs1,
        "base64 PKCS#8": f"private.pkcs8://{base64.b64encode(pkcs8).decode()}",
        "base64 PKCS#1": f"private.pkcs1://{base64.b64encode(pkcs1).decode()}",
        "base64 with line breaks": f"private.pkcs8://{base64.encodebytes(pkcs8).decode()}",
    }


def test_a_private_key_in_every_form(keys, tmp_path):
    for form, source in private_forms(keys.merchant, tmp_path).items():
        loaded = key_files.private_key(source)
        assert loaded.private_numbers() == keys.merchant.private_numbers(), form


def test_a_public_key_in_every_form(keys, tmp_path):
    key, cert = keys.platform.public_key(), keys.platform_certificate
    path = write(tmp_path / "pub_key.pem", key)
    cert_path = write(tmp_path / "platform_cert.pem", cert)
    spki, pkcs1 = key.public_bytes(DER, SPKI), key.public_bytes(DER, PUBLIC_PKCS1)
    for form, source in {
        "object": key,
        "path": path,
        "file URI": path.as_uri(),
        "PEM": pem(key),
        "PKCS#1 PEM": key.public_bytes(PEM, PUBLIC_PKCS1).decode(),
        "DER": spki,
        "base64 SPKI": f"public.spki://{base64.b64encode(spki).decode()}",
        "base64 PKCS#1": f"public.pkcs1://{base64.b64encode(pkcs1).decode()}",
        "certificate": cert,
        "certificate path": str(cert_path),
        "certificate PEM": pem(cert).decode(),
        "certificate DER": cert.public_bytes(DER),
    }.items():
        assert key_files.public_key(source) == key, form


def test_a_certificate_in_every_form(keys, tmp_path):
    cert = keys.merchant_certificate
    path = write(tmp_path / "apiclient_cert.pem", cert)
    for source in (cert, path, pem(cert), pem(cert).decode(), cert.public_bytes(DER)):
        assert certificates.certificate(source) == cert
    assert certificates.certificate_serial(cert) == MERCHANT_SERIAL


def test_a_serial_keeps_its_leading_zero(keys):
    cert = self_signed(keys.merchant, "0A0B", "x")
    assert certificates.certificate_serial(cert) == "0A0B"


def p12(keys, passphrase=MCHID):
    return pkcs12.serialize_key_and_certificates(
        b"x",
        keys.merchant,
        keys.merchant_certificate,
        None,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def test_a_merchant_from_pem_files_or_pkcs12(keys, tmp_path):
    path = tmp_path / "apiclient_cert.p12"
    path.write_bytes(p12(keys))
    (tmp_path / "other.p12").write_bytes(p12(keys, "other"))
    for source in (
        {"cert": keys.merchant_certificate, "key": keys.merchant},
        {"cert": pem(keys.merchant_certificate), "key": pem(keys.merchant)},
        path,
        str(path),
        path.read_bytes(),
        {"p12": path},
        {"p12": tmp_path / "other.p12", "passphrase": "other"},
    ):
        pair = certificates.merchant(source, MCHID)
        assert pair.certificate == keys.merchant_certificate
        assert pair.private_key.private_numbers() == keys.merchant.private_numbers()
        assert repr(pair) == f"<Merchant certificate {MERCHANT_SERIAL}>"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({}, "merchant has no 'cert', 'key'"),
        ({"cert": b"x"}, "merchant has no 'key'"),
        (7, "not int"),
        (b"not pkcs12", "PKCS#12"),
        ("/nowhere/apiclient_cert.p12", "'apiclient_cert.p12' .No such file"),
    ],
)
def test_a_merchant_that_is_none(source, reason):
    with pytest.raises(ConfigurationError, match=reason):
        certificates.merchant(source, MCHID)


def test_a_merchant_whose_halves_do_not_match(keys):
    with pytest.raises(ConfigurationError, match="the certificate and the key do not match"):
        certificates.merchant({"cert": keys.merchant_certificate, "key": new_key()}, MCHID)


def test_a_pkcs12_with_the_wrong_passphrase(keys):
    with pytest.raises(ConfigurationError, match="passphrase"):
        certificates.merchant(p12(keys), "1")


def test_a_pkcs12_without_a_key(keys):
    data = pkcs12.serialize_key_and_certificates(
        b"x", None, None, [keys.merchant_certificate], PLAIN
    )
    with pytest.raises(ConfigurationError, match="has no"):
        certificates.merchant(data, "")


def test_an_encrypted_pem_says_how_to_decrypt_it(keys):
    locked = keys.merchant.private_bytes(
        PEM, PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ConfigurationError, match=r"encrypted with a passphrase.*openssl pkcs8"):
        key_files.private_key(locked)


@pytest.mark.parametrize(
    "other", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_a_key_of_another_kind(other):
    text = other.private_bytes(PEM, PKCS8, PLAIN)
    public = other.public_key().public_bytes(PEM, SPKI)
    with pytest.raises(ConfigurationError, match="must be an RSA private key, not E"):
        key_files.private_key(text)
    with pytest.raises(ConfigurationError, match="must be an RSA private key"):
        key_files.private_key(other)
    with pytest.raises(ConfigurationError, match="must be an RSA public key, not E"):
        key_files.public_key(public)


def test_the_wrong_half(keys):
    with pytest.raises(ConfigurationError, match="not a private key"):
        key_files.private_key(pem(keys.merchant.public_key()))
    with pytest.raises(ConfigurationError, match="must be an RSA private key, not RSAPublicKey"):
        key_files.private_key(keys.merchant.public_key())
    with pytest.raises(ConfigurationError, match="not a public key"):
        key_files.public_key(pem(keys.merchant))
    with pytest.raises(ConfigurationError, match="not RSAPrivateKey"):
        key_files.public_key(keys.merchant)
    with pytest.raises(ConfigurationError, match="not an X.509 certificate"):
        certificates.certificate(pem(keys.merchant))
    with pytest.raises(ConfigurationError, match="must be an X.509 certificate"):
        certificates.certificate(keys.merchant)


@pytest.mark.parametrize(
    "load", [key_files.private_key, key_files.public_key, certificates.certificate]
)
@pytest.mark.parametrize(
    "source",
    [
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        b"\x00\x01",
        b"",
        "private.pkcs8://!!!",
        "public.spki://AAAA",
        "",
        "/nowhere/apiclient_key.pem",
        "file:///nowhere/apiclient_key.pem",
        None,
        7,
    ],
)
def test_what_is_no_key_is_refused(load, source):
    with pytest.raises(ConfigurationError) as caught:
        load(source)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("damage", [lambda body: body[:-40], lambda body: body[:200] + "!" + body])
def test_a_damaged_base64_body_is_not_repeated(keys, damage):
    body = damage(base64.b64encode(keys.merchant.private_bytes(DER, PKCS8, PLAIN)).decode())
    with pytest.raises(ConfigurationError) as caught:
        key_files.private_key(body)
    assert "File name too long" not in str(caught.value)
    assert body[:16] not in str(caught.value)
    assert caught.value.__context__ is None
