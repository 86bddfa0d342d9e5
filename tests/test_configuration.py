"""A client's arguments are checked when they are given, and mended where that is certain."""

from __future__ import annotations

import datetime
import logging
import re
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tests.support import (
    APIV3_KEY,
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    new_key,
    pem,
    self_signed,
)
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.testing.mock import MockTransport

COPIED = [
    "{}\n",
    "{}\r\n",
    " {}",
    "\t{} ",
    "\u200e{}",
    "\ufeff{}",
    "{}\u200b",
    "\u2066{}\u2069",
    "\xa0{}",
]


def sent(wxpay, line):
    assert wxpay.v3.x.get().verified
    return line.requests[-1]


@pytest.fixture
def line(keys):
    return MockTransport(lambda _: {"ok": True}, sign={PUBLIC_KEY_ID: keys.platform})


@pytest.mark.parametrize("copied", COPIED)
def test_blanks_and_invisible_characters_are_dropped(keys, line, copied):
    key = keys.platform.public_key()
    wxpay = keys.client(
        mchid=copied.format(MCHID),
        serial=copied.format(MERCHANT_SERIAL.lower()),
        apiv3_key=copied.format(APIV3_KEY),
        secret=copied.format(SECRET),
        certs={copied.format(PUBLIC_KEY_ID): key},
        answer_with=copied.format(PUBLIC_KEY_ID),
        transport=line,
    )
    request = sent(wxpay, line)
    authorization = request.headers["Authorization"]
    assert f'mchid="{MCHID}"' in authorization
    assert f'serial_no="{MERCHANT_SERIAL}"' in authorization
    assert request.headers["Wechatpay-Serial"] == PUBLIC_KEY_ID
    assert wxpay.platform.serials == (PUBLIC_KEY_ID,)
    assert keys.client(apiv3_key=f"{APIV3_KEY}\n".encode()) is not None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mchid": 1900000109}, "mchid is of type int"),
        ({"mchid": None}, "mchid is of type NoneType"),
        ({"mchid": b"1900000109"}, "mchid is of type bytes"),
        ({"mchid": "19000 00109"}, "mchid '19000 00109'"),
        ({"mchid": "1900\n000109"}, "mchid"),
        ({"mchid": "１９００００"}, "mchid"),
        ({"mchid": "商户"}, "mchid"),
        ({"mchid": '1900"'}, "mchid"),
        ({"mchid": "\ud800"}, "mchid"),
        ({"mchid": "  "}, "mchid"),
        ({"serial": ""}, "serial is empty"),
        ({"serial": " \u200e\n"}, "serial is empty"),
        ({"serial": 5}, "serial is of type int"),
        ({"serial": "3775 B6A4"}, "serial: '3775 B6A4' is neither"),
        ({"serial": "序列号"}, "serial: .* is neither"),
        ({"serial": MERCHANT_SERIAL * 2}, "serial: .* is neither"),
        ({"serial": "\ud800"}, "serial"),
        ({"serial": PUBLIC_KEY_ID}, "the id of WeChat Pay's public key"),
        ({"secret": 5}, "secret is of type int"),
        ({"secret": SECRET.encode()}, "secret is of type bytes"),
        ({"secret": ""}, "secret has 0 characters"),
        ({"secret": SECRET[:-1]}, "secret has 31 characters"),
        ({"secret": SECRET + "0"}, "secret has 33 characters"),
        (
            {"secret": SECRET[:16] + " " + SECRET[17:]},
            "secret contains a space, a control character or",
        ),
        (
            {"secret": SECRET[:16] + "\n" + SECRET[17:]},
            "secret contains a space, a control character or",
        ),
        ({"secret": "密" * 32}, "secret contains a space, a control character or"),
        ({"secret": "\ud800" * 32}, "secret contains a space, a control character or"),
        ({"apiv3_key": 5}, "apiv3_key is of type int"),
        ({"apiv3_key": ""}, "apiv3_key has 0 bytes"),
        ({"apiv3_key": "short"}, "apiv3_key has 5 bytes"),
        ({"apiv3_key": "é" + APIV3_KEY[1:]}, "apiv3_key has 33 bytes in 32 characters"),
        ({"apiv3_key": "\ud800" * 32}, "apiv3_key has 96 bytes in 32"),
        ({"apiv3_key": ["x"]}, "apiv3_key is of type list"),
        ({"private_key": 5}, "private_key must be an RSA private key, not int"),
        ({"private_key": ""}, "private_key is not a key"),
        (
            {"private_key": "file://otherhost/key.pem"},
            "private_key: the file URI points to another",
        ),
        ({"certs": "pub_key.pem"}, "certs is of type str"),
        ({"certs": {"": "x"}}, "certs"),
        ({"certs": {"PUB KEY": "x"}}, "is neither"),
        ({"certs": {"公钥": "x"}}, "is neither"),
        ({"certs": {"\ud800": "x"}}, "is neither"),
        ({"certs": {PUBLIC_KEY_ID: None}}, "not NoneType"),
        ({"certs": {PUBLIC_KEY_ID: 5}}, "not int"),
        ({"certs": {PUBLIC_KEY_ID: ""}}, "is empty"),
        ({"base_uri": 5}, "base_uri"),
        ({"base_uri": None}, "base_uri"),
        ({"base_uri": "https://api.example.com/global/\n"}, "base_uri .* line break"),
        ({"base_uri": "https://api.example.com/x \t"}, "base_uri .* contains a space"),
        ({"base_uri": "https://api.example.com/\u200e"}, "base_uri .* invisible"),
        ({"transport": "https"}, "transport is of type str, which has neither"),
        ({"transport": MockTransport}, "transport is of type type"),
        ({"proxy": 5}, "proxy"),
        ({"verify": 5}, "verify is of type int"),
        ({"verify": None}, "verify is of type NoneType"),
        ({"verify": ""}, "verify"),
        ({"merchant": {"cert": 5, "key": 5}}, "merchant\\['cert'\\]"),
        ({"merchant": {"p12": 5}}, "merchant\\['p12'\\]"),
        ({"merchant": {"p12": b"x", "passphrase": 1900000109}}, "passphrase'\\] is of type int"),
        ({"merchant": {"cert": b"x", "key": b"y", "pass": "z"}}, "the unknown key 'pass'"),
        ({"answer_with": 5}, "answer_with is of type int"),
        ({"answer_with": "x y"}, "answer_with"),
        ({"answer_with": "5A"}, "answer_with is 5A, which is not in certs"),
    ],
)
def test_what_cannot_be_mended_is_refused(keys, arguments, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        WeChatPay(
            **{
                "mchid": MCHID,
                "serial": MERCHANT_SERIAL,
                "private_key": keys.merchant,
                "certs": {PUBLIC_KEY_ID: keys.platform.public_key()},
                **arguments,
            }
        )
    assert str(caught.value).isprintable()
    for name in ("secret", "apiv3_key"):
        value = arguments.get(name)
        assert not (isinstance(value, str) and value) or value not in str(caught.value)


@pytest.mark.parametrize(
    "given", ["3775:B6:A4", "serial=3775B6A4", "0x3775b6a4", "Serial = 3775B6A4"]
)
def test_a_serial_number_as_openssl_prints_it(keys, line, given):
    assert (
        'serial_no="3775B6A4"'
        in sent(keys.client(serial=given, transport=line), line).headers["Authorization"]
    )


def test_a_serial_number_that_lost_its_leading_zero(keys, line):
    cert = self_signed(keys.merchant, "0A0B", MCHID)
    pair = {"cert": cert, "key": keys.merchant}
    for given in ("A0B", "0A0B", "a0b", "000A0B"):
        wxpay = keys.client(serial=given, merchant=pair, transport=line)
        serial = sent(wxpay, line).headers["Authorization"].partition('serial_no="')[2]
        assert int(serial.rstrip('"'), 16) == 0xA0B
    assert (
        'serial_no="0A0B"'
        in sent(keys.client(serial="A0B", transport=line), line).headers["Authorization"]
    )
    with pytest.raises(ConfigurationError, match="merchant's own serial"):
        keys.client(serial="0A0B", certs={"a0b": cert})


def test_a_serial_number_that_is_not_the_certificates(keys):
    pair = {"cert": keys.merchant_certificate, "key": keys.merchant}
    with pytest.raises(ConfigurationError, match=f"serial is 5A.*has {MERCHANT_SERIAL}"):
        keys.client(serial="5A", merchant=pair)
    with pytest.raises(ConfigurationError, match=f"serial is 5A.*has {MERCHANT_SERIAL}"):
        keys.client(serial="5A", private_key=None, merchant=pair)
    with pytest.raises(ConfigurationError, match="in merchant: use both from the same download"):
        keys.client(private_key=new_key(), merchant=pair)
    with pytest.raises(ConfigurationError, match="serial is missing"):
        keys.client(private_key=new_key(), serial=None, merchant=pair)
    keys.client(private_key=new_key(), serial="5A", merchant=pair)  # an older one for TLS


def test_a_certificate_beside_the_private_key_counts(keys, line):
    both = pem(keys.platform_certificate) + pem(keys.merchant_certificate) + pem(keys.merchant)
    for serial in (None, MERCHANT_SERIAL.lower()):
        wxpay = keys.client(serial=serial, private_key=both, transport=line)
        assert f'serial_no="{MERCHANT_SERIAL}"' in sent(wxpay, line).headers["Authorization"]
    with pytest.raises(ConfigurationError, match=f"serial is 5A.*has {MERCHANT_SERIAL}"):
        keys.client(serial="5A", private_key=both.decode())


def test_the_merchants_own_key_among_certs(keys):
    own = keys.merchant
    for key in (own.public_key(), pem(own.public_key()), self_signed(own, "5B", "x")):
        for name in (PUBLIC_KEY_ID, "5B"):
            with pytest.raises(ConfigurationError, match=r"merchant's own key|is a certificate"):
                keys.client(certs={name: key})
    pair = {"cert": keys.merchant_certificate, "key": own}
    with pytest.raises(ConfigurationError, match="merchant's own key"):
        keys.client(
            merchant=pair,
            private_key=new_key(),
            serial="5A",
            certs={PUBLIC_KEY_ID: own.public_key()},
        )
    with pytest.raises(ConfigurationError, match="merchant's own serial"):
        keys.client(merchant=pair, private_key=new_key(), serial="5A", certs={MERCHANT_SERIAL: b""})


def test_a_certificate_under_another_name(keys):
    cert = keys.platform_certificate
    for name in ("5A", PUBLIC_KEY_ID):
        with pytest.raises(ConfigurationError, match=f"serial number {PLATFORM_SERIAL}"):
            keys.client(certs={name: cert})
        with pytest.raises(ConfigurationError, match=f"serial number {PLATFORM_SERIAL}"):
            keys.client(certs={name: pem(cert)})


def test_one_id_written_in_two_ways(keys):
    key = keys.platform.public_key()
    assert keys.client(certs={"0A0B": key, "a0b": key}).platform.serials == ("0A0B",)
    with pytest.raises(ConfigurationError, match="two different keys with the id"):
        keys.client(certs={"0A0B": key, "a0b": new_key().public_key()})


def test_a_merchants_certificate_outside_its_validity_is_warned_of(keys, caplog):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, MCHID)])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    for begin, end, words in ((-2, -1, "expired on"), (1, 2, "is not valid before"), (-1, 1, "")):
        cert = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(keys.merchant.public_key())
            .serial_number(int(MERCHANT_SERIAL, 16))
            .not_valid_before(now + begin * day)
            .not_valid_after(now + end * day)
            .sign(keys.merchant, hashes.SHA256())
        )
        caplog.clear()
        keys.client(merchant={"cert": cert, "key": keys.merchant})
        found = [one.message for one in caplog.records if one.levelno == logging.WARNING]
        assert len(found) == bool(words)
        assert not words or re.search(f"{MERCHANT_SERIAL} {words}", found[0])


def test_paths_that_this_locale_cannot_encode(tmp_path):
    code = """
import sys
from wechatpay_chain import ConfigurationError, Media, WeChatPay, bills
from wechatpay_chain.gateway import Gateway
print(sys.getfilesystemencoding())
for give in (
    lambda path: WeChatPay(mchid="1", verify=path),
    lambda path: WeChatPay(mchid="1", private_key=path, serial="5A"),
    lambda path: WeChatPay(mchid="1", certs={"5A": path}),
    lambda path: WeChatPay(mchid="1", merchant=path),
    lambda path: WeChatPay(mchid="1", merchant={"cert": path, "key": path}),
    lambda path: Media(path),
    lambda path: Gateway(data=path),
    lambda path: bills.read(path),
):
    for path in ("\\u4e2d\\u6587.pem", "a\\0.png"):
        try:
            give(path)
        except ConfigurationError as error:
            print("refused", ascii(str(error)))
"""
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ).stdout.splitlines()
    assert out[0] != "utf-8"
    assert [line.partition(" ")[0] for line in out[1:]] == ["refused"] * 16
    assert sum("PYTHONUTF8" in line for line in out) == 8
