"""`WeChatPay.from_env`: slips of its own names are refused, and everybody else's are left alone."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization

from tests.support import APIV3_KEY, MCHID, MERCHANT_SERIAL, PUBLIC_KEY_ID, SECRET, pem
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.keys.environment import KNOWN, settings
from wechatpay_chain.testing.mock import MockTransport

KUBERNETES = {
    "WECHATPAY_SERVICE_HOST": "10.0.0.1",
    "WECHATPAY_SERVICE_PORT": "443",
    "WECHATPAY_SERVICE_PORT_HTTPS": "443",
    "WECHATPAY_PORT": "tcp://10.0.0.1:443",
    "WECHATPAY_PORT_443_TCP": "tcp://10.0.0.1:443",
    "WECHATPAY_PORT_443_TCP_PROTO": "tcp",
    "WECHATPAY_PORT_443_TCP_PORT": "443",
    "WECHATPAY_PORT_443_TCP_ADDR": "10.0.0.1",
    "WECHATPAY_PROXY_SERVICE_HOST": "10.0.0.2",
    "WECHATPAY_PROXY_PORT": "tcp://10.0.0.2:443",
    "WECHATPAY_GATEWAY_SERVICE_HOST": "10.0.0.3",
}
PEOPLES_OWN = {
    "WECHATPAY_APP_ID": "wx",
    "WECHATPAY_ENABLED": "1",
    "WECHATPAY_ENV": "production",
    "WECHATPAY_SUB_MCHID": "1900000110",
    "WECHATPAY_SP_MCHID": "1900000111",
    "WECHATPAY_CB": "x",
    "WECHATPAY_QA": "x",
    "WECHATPAY_": "x",
}


def test_what_kubernetes_and_people_set_is_left_alone(caplog):
    environ = {"WECHATPAY_MCHID": MCHID, **KUBERNETES, **PEOPLES_OWN}
    assert settings(environ) == {"mchid": MCHID}
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MCH_ID", "MCHID"),
        ("MCHDI", "MCHID"),
        ("MHCID", "MCHID"),
        ("mchid", "MCHID"),
        ("SERIALS", "SERIAL"),
        ("PRIVATKEY", "PRIVATE_KEY"),
        ("PRIVATEKEY", "PRIVATE_KEY"),
        ("API_V3_KEY", "APIV3_KEY"),
        ("APIV3KEY", "APIV3_KEY"),
        ("APIV2_KEY", "APIV3_KEY"),
        ("SECERT", "SECRET"),
        ("BASE_URL", "BASE_URI"),
        ("CERT", "CERTS"),
        ("PUBLICKEY_ID", "PUBLIC_KEY_ID"),
        ("PUBLC_KEY", "PUBLIC_KEY"),
        ("MERCHANT_PASSPHRSE", "MERCHANT_PASSPHRASE"),
        ("TIMEOUTS", "TIMEOUT"),
        ("C_A", "CA"),
    ],
)
def test_a_slip_is_refused_with_what_was_meant(name, meant):
    with pytest.raises(ConfigurationError, match=f"did you mean WECHATPAY_{meant}[?]"):
        settings({"WECHATPAY_MCHID": MCHID, f"WECHATPAY_{name}": "x"})


def test_known_names_are_no_slips_of_each_other():
    environ = {f"WECHATPAY_{name}": "1" for name in KNOWN}
    environ["WECHATPAY_CERTS"] = "5A=x"
    assert settings(environ)["answer_with"] == "1"


def test_an_empty_slip_counts_as_not_set():
    assert settings({"WECHATPAY_MCHID": MCHID, "WECHATPAY_MCH_ID": ""}) == {"mchid": MCHID}


def test_keys_as_text(keys):
    line = MockTransport(lambda _: {"ok": True}, sign={PUBLIC_KEY_ID: keys.platform})
    der = keys.platform.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    wxpay = WeChatPay.from_env(
        {
            "WECHATPAY_MCHID": f"{MCHID}\n",
            "WECHATPAY_SERIAL": f" {MERCHANT_SERIAL}",
            "WECHATPAY_PRIVATE_KEY": pem(keys.merchant).decode().replace("\n", "\\n"),
            "WECHATPAY_PUBLIC_KEY_ID": f"{PUBLIC_KEY_ID}\r\n",
            "WECHATPAY_PUBLIC_KEY": base64.b64encode(der).decode(),
            "WECHATPAY_APIV3_KEY": f"{APIV3_KEY}\n",
            "WECHATPAY_SECRET": f"{SECRET}\n",
            "WECHATPAY_ANSWER_WITH": PUBLIC_KEY_ID,
            "WECHATPAY_MERCHANT_CERT": pem(keys.merchant_certificate).decode(),
            "WECHATPAY_MERCHANT_KEY": pem(keys.merchant).decode(),
            **KUBERNETES,
        },
        transport=line,
    )
    assert wxpay.v3.x.get().verified
    assert line.requests[0].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_a_value_that_is_no_text():
    with pytest.raises(ConfigurationError, match="WECHATPAY_MCHID is of type int"):
        settings({"WECHATPAY_MCHID": 1900000109})


def test_a_url_that_comes_from_a_file_has_lost_its_line_break():
    environ = {
        "WECHATPAY_MCHID": MCHID,
        "WECHATPAY_BASE_URI": " https://gateway.example/x/\n",
        "WECHATPAY_PROXY": "http://me:hunter2@10.0.0.1:3128\r\n",
    }
    found = settings(environ)
    assert found["base_uri"] == "https://gateway.example/x/"
    assert found["proxy"] == "http://me:hunter2@10.0.0.1:3128"
