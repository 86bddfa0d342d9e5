"""Key material is recognised by its content, in the shapes that files and variables give it."""

from __future__ import annotations

import base64
import ssl
import textwrap

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.support import (
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    new_key,
    pem,
    self_signed,
    write,
)
from wechatpay_chain import ConfigurationError
from wechatpay_chain.crypto import certificate as certificates
from wechatpay_chain.crypto import keys as key_files
from wechatpay_chain.crypto.der import Kind
from wechatpay_chain.transport.tls import TLS
from wechatpay_chain.utils.secret import Secret

DER = serialization.Encoding.DER
PEM = serialization.Encoding.PEM
PLAIN = serialization.NoEncryption()
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PUBLIC_PKCS1 = serialization.PublicFormat.PKCS1

BAG = """\
Bag Attributes
    localKeyID: 01 2E 40 6A
    friendlyName: Tenpay Certificate
Key Attributes: <No Attributes>
"""


def shapes(text):
    """A PEM text as people have it."""
    lines = text.split("\n")
    body = "".join(lines[1:-2])
    return {
        "as it is": text,
        "bag attributes": BAG + text,
        "Chinese ahead of it": f"商户私钥\n{text}",
        "byte order mark": f"\ufeff{text}",
        "escaped line feeds": text.replace("\n", "\\n"),
        "escaped CRLF": text.replace("\n", "\\r\\n"),
        "escaped twice": text.replace("\n", "\\\\n"),
        "JSON string": '"' + text.replace("/", "\\/").replace("\n", "\\n") + '"',
        "quoted": f"'{text}'",
        "CRLF": text.replace("\n", "\r\n"),
        "CR": text.replace("\n", "\r"),
        "one line": text.replace("\n", " "),
        "no line break at all": text.replace("\n", ""),
        "indented": textwrap.indent(text, "    "),
        "indented with tabs": textwrap.indent(text, "\t"),
        "non-breaking spaces": text.replace("\n", "\n\xa0"),
        "zero width spaces": text.replace("\n", "\u200b\n"),
        "blank lines": text.replace("\n", "\n\n"),
        "blanks around it": f"\n\n  {text}  \n",
        "base64 alone": body,
        "base64 in lines": "\n".join(lines[1:-2]),
        "base64 with escapes": "\\n".join(lines[1:-2]),
        "base64 without padding": body.rstrip("="),
        "base64 of the file": base64.b64encode(text.encode()).decode(),
        "base64 of the file in lines": base64.encodebytes(text.encode()).decode(),
    }


def encodings(text):
    """The same as bytes of a file."""
    return {
        "UTF-8": text.encode(),
        "UTF-8 with mark": b"\xef\xbb\xbf" + text.encode(),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 big endian": b"\xfe\xff" + text.encode("utf-16-be"),
        "UTF-16 without mark": text.encode("utf-16-le"),
    }


def every(text, tmp_path):
    for shape, shaped in shapes(text).items():
        yield shape, shaped
        for encoding, data in encodings(shaped).items():
            if encoding == "UTF-16 without mark" and "base64" in shape:
                continue  # nothing marks it as text
            yield f"{shape}, {encoding}", data
            path = tmp_path / "file.pem"
            path.write_bytes(data)
            yield f"{shape}, {encoding}, file", path


def test_a_private_key_in_every_shape(keys, tmp_path):
    for form in (PKCS8, PKCS1):
        text = keys.merchant.private_bytes(PEM, form, PLAIN).decode()
        der = keys.merchant.private_bytes(DER, form, PLAIN)
        for shape, source in every(text, tmp_path):
            for given_key in (source, Secret(source)):  # loading each would take its time
                (block,) = key_files.blocks(given_key, "private_key")
                assert (block.kind, block.der.reveal()) == (Kind.PRIVATE, der), shape
        escaped = BAG + text.replace("\n", "\\n")
        numbers = keys.merchant.private_numbers()
        assert key_files.private_key(escaped).private_numbers() == numbers


def test_a_public_key_in_every_shape(keys, tmp_path):
    key = keys.platform.public_key()
    for form in (SPKI, PUBLIC_PKCS1):
        for shape, source in every(key.public_bytes(PEM, form).decode(), tmp_path):
            assert key_files.public_key(source) == key, shape


def test_a_certificate_in_every_shape(keys, tmp_path):
    cert = keys.platform_certificate
    for shape, source in every(pem(cert).decode(), tmp_path):
        assert certificates.certificate(source) == cert, shape
        assert key_files.public_key(source) == keys.platform.public_key(), shape
        TLS(source).context(None)


def relabelled(text, old, new):
    assert old in text
    return text.replace(old, new)


def test_the_label_does_not_matter(keys):
    pkcs8 = keys.merchant.private_bytes(PEM, PKCS8, PLAIN).decode()
    pkcs1 = keys.merchant.private_bytes(PEM, PKCS1, PLAIN).decode()
    spki = pem(keys.platform.public_key()).decode()
    public1 = keys.platform.public_key().public_bytes(PEM, PUBLIC_PKCS1).decode()
    for text in (
        relabelled(pkcs8, "PRIVATE KEY", "RSA PRIVATE KEY"),
        relabelled(pkcs1, "RSA PRIVATE KEY", "PRIVATE KEY"),
        relabelled(pkcs8, "PRIVATE KEY", "ANY PRIVATE KEY"),
    ):
        assert key_files.private_key(text).private_numbers() == keys.merchant.private_numbers()
    for text in (
        relabelled(spki, "PUBLIC KEY", "RSA PUBLIC KEY"),
        relabelled(public1, "RSA PUBLIC KEY", "PUBLIC KEY"),
    ):
        assert key_files.public_key(text) == keys.platform.public_key()
    cert = relabelled(pem(keys.platform_certificate).decode(), "CERTIFICATE", "X509 CERTIFICATE")
    assert certificates.certificate(cert) == keys.platform_certificate
    wrong = base64.b64encode(keys.merchant.private_bytes(DER, PKCS1, PLAIN)).decode()
    assert key_files.private_key(f"private.pkcs8://{wrong}").key_size == 2048


@pytest.fixture(scope="module")
def chain(keys):
    """Root, intermediate and leaf, the leaf with the platform's key."""

    def issued(name, issuer, key, signer, serial):
        names = [
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, issuer)
        ]
        template = keys.platform_certificate
        return (
            x509.CertificateBuilder()
            .subject_name(names[0])
            .issuer_name(names[1])
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(template.not_valid_before_utc)
            .not_valid_after(template.not_valid_after_utc)
            .sign(signer, hashes.SHA256())
        )

    root, middle = new_key(), new_key()
    return [
        issued("root", "root", root, root, 1),
        issued("middle", "root", middle, root, 2),
        issued("leaf", "middle", keys.platform, middle, int(PLATFORM_SERIAL, 16)),
    ]


def test_of_a_chain_the_leaf_counts(keys, chain, tmp_path):
    path = tmp_path / "chain.pem"
    for certs in (chain, chain[::-1]):
        path.write_bytes(BAG.encode() + BAG.encode().join(map(pem, certs)))
        assert certificates.certificate(path) == chain[2]
        assert key_files.public_key(path) == keys.platform.public_key()
        wxpay = keys.client(certs={PLATFORM_SERIAL: path})
        assert wxpay.platform.encryption_key()[1] == keys.platform.public_key()
        wxpay = keys.client(certs={"02": path})  # a member that is asked for by its own number
        assert wxpay.platform.encryption_key()[1] == chain[1].public_key()


def test_a_merchant_from_one_pem_with_both_halves(keys, chain, tmp_path):
    both = pem(keys.merchant) + b"".join(map(pem, chain)) + pem(keys.merchant_certificate)
    path = tmp_path / "merchant.pem"
    path.write_bytes(both)
    for source in (
        path,
        both,
        both.decode(),
        {"cert": both, "key": both},
        {"cert": path, "key": path},
        {"cert": b"".join(map(pem, [*chain, keys.merchant_certificate])), "key": keys.merchant},
    ):
        assert certificates.merchant(source, MCHID).serial == MERCHANT_SERIAL


def test_pkcs12_in_base64_and_with_a_chain(keys, chain, tmp_path):
    data = pkcs12.serialize_key_and_certificates(
        b"x",
        keys.merchant,
        keys.merchant_certificate,
        chain,
        serialization.BestAvailableEncryption(MCHID.encode()),
    )
    text = base64.b64encode(data).decode()
    path = tmp_path / "apiclient_cert.p12.txt"
    path.write_text(text)
    for source in (data, text, path, {"p12": text}, {"p12": path, "passphrase": f" {MCHID}\n"}):
        assert certificates.merchant(source, MCHID).serial == MERCHANT_SERIAL
    with pytest.raises(ConfigurationError, match="PKCS#12 file: pass it as merchant="):
        key_files.private_key(data)


def test_an_authority_bundle_with_comments(keys, chain, tmp_path):
    path = tmp_path / "bundle.pem"
    path.write_bytes("# 根证书\n".encode() + b"".join(map(pem, chain)))
    context = TLS(path).context(None)
    assert isinstance(context, ssl.SSLContext)
    der = tmp_path / "ca.crt"
    der.write_bytes(chain[0].public_bytes(DER))
    TLS(der).context(None)
    for nothing in (write(tmp_path / "key.pem", keys.merchant), "", 7, tmp_path):
        with pytest.raises(ConfigurationError, match="verify"):
            TLS(nothing)


@pytest.mark.parametrize(
    "load", [key_files.private_key, key_files.public_key, certificates.certificate]
)
def test_text_that_is_no_path_is_never_taken_for_one(load, keys):
    body = base64.b64encode(keys.merchant.private_bytes(DER, PKCS8, PLAIN)).decode()
    for text in (
        body[:-4] + "!!!!",
        body[5:],
        "x" * 300,
        "a/" * 3000,
        "line\nline",
        "a\0.pem",
        '{"key": "value"}\n',
        "-----BEGIN PRIVATE KEY-----\n" + body,
        "-----BEGIN PRIVATE KEY-----" + "-----BEGIN PRIVATE KEY-----" * 20_000,
        "-----BEGIN" + " " * 100_000,
        "MII" + "\\" * 100_000,
    ):
        with pytest.raises(ConfigurationError) as caught:
            load(text)
        shown = str(caught.value)
        assert "too long" not in shown
        assert body[5:40] not in shown
        assert caught.value.__context__ is None


def test_what_a_file_holds_instead_is_named(keys):
    locked = keys.merchant.private_bytes(
        PEM, PKCS1, serialization.BestAvailableEncryption(b"secret")
    )
    with pytest.raises(ConfigurationError, match="encrypted with a passphrase"):
        key_files.private_key(locked)
    with pytest.raises(ConfigurationError, match="not a private key but a certificate"):
        key_files.private_key(pem(keys.merchant_certificate))
    with pytest.raises(ConfigurationError, match="not a public key but a private key"):
        key_files.public_key(pem(keys.merchant))
    with pytest.raises(ConfigurationError, match="2 private keys"):
        key_files.private_key(pem(keys.merchant) + pem(keys.platform))
    assert key_files.private_key(pem(keys.merchant) * 2).key_size == 2048
    with pytest.raises(ConfigurationError, match="2 public keys"):
        key_files.public_key(pem(keys.merchant.public_key()) + pem(keys.platform.public_key()))


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("file://otherhost/etc/key.pem", "another host"),
        ("file://apiclient_key.pem", "another host"),
        ("file:apiclient_key.pem", "absolute path"),
        ("file:///etc/key.pem?x=1", "must not have a query"),
        ("file:///etc/key.pem#x", "must not have a query"),
    ],
)
def test_a_file_uri_that_names_no_local_file(uri, words):
    with pytest.raises(ConfigurationError, match=words):
        key_files.private_key(uri)


def test_paths_and_file_uris(keys, tmp_path):
    path = write(tmp_path / "私 钥#1.pem", keys.merchant)
    for source in (
        f" {path}\n",
        path.as_uri(),
        path.as_uri().replace("file://", "file://localhost"),
        path.as_uri().replace("file://", "FILE:"),
        f"\ufeff{path.as_uri()} ",
    ):
        assert key_files.private_key(source).key_size == 2048


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_nothing_but_a_configuration_error_comes_out(content):
    for load in (
        key_files.private_key,
        key_files.public_key,
        certificates.certificate,
        lambda source: certificates.merchant(source, "1"),
        TLS,
    ):
        with pytest.raises(ConfigurationError):
            load(content)


def test_der_that_is_cut_or_extended(keys):
    whole = keys.merchant.private_bytes(DER, PKCS8, PLAIN)
    for data in (whole[:-1], whole + b"x", b"\x30\x80" + whole, b"\x30\x82", b"\x30", whole[1:]):
        with pytest.raises(ConfigurationError):
            key_files.private_key(data)


def test_a_serial_that_matches_by_number(keys):
    cert = self_signed(keys.platform, "0A0B", "x")
    for name in ("0A0B", "a0b", "0a:0b", " 0A0B\n", "serial=0A0B", "00000A0B"):
        assert keys.client(certs={name: cert}).platform.encryption_key()[1] == cert.public_key()
