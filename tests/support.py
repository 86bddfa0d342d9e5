"""Keys and signed answers that tests share."""

from __future__ import annotations

import base64
import datetime
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from wechatpay_chain import WeChatPay, client

MCHID = "1900000109"
MERCHANT_SERIAL = "3775B6A45ACD588826D15E583A95F5DD11223344"
PLATFORM_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
PUBLIC_KEY_ID = "PUB_KEY_ID_0114232134912410000000000000"
APIV3_KEY = "0123456789abcdef0123456789ABCDEF"
SECRET = "192006250b4c09247ec02edce69f6a2d"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def self_signed(key: Any, serial: str, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(int(serial, 16))
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )


def pem(thing: Any) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    if isinstance(thing, rsa.RSAPublicKey):
        return thing.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return thing.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass
class Keys:
    """A merchant's and a platform's keys, as objects."""

    merchant: rsa.RSAPrivateKey
    platform: rsa.RSAPrivateKey

    @cached_property
    def merchant_certificate(self) -> x509.Certificate:
        return self_signed(self.merchant, MERCHANT_SERIAL, MCHID)

    @cached_property
    def platform_certificate(self) -> x509.Certificate:
        return self_signed(self.platform, PLATFORM_SERIAL, "Tenpay.com Root CA")

    def client(self, **arguments: Any) -> WeChatPay:
        """A client that has everything; arguments replace or, as None, remove. It attempts once."""
        given: dict[str, Any] = {
            "mchid": MCHID,
            "serial": MERCHANT_SERIAL,
            "private_key": self.merchant,
            "certs": {PUBLIC_KEY_ID: self.platform.public_key()},
            "apiv3_key": APIV3_KEY,
            "secret": SECRET,
            **arguments,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        return WeChatPay(**{"retry": None, **kept})

    def signature(self, message: bytes) -> str:
        raw = self.platform.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(raw).decode()

    def signed_headers(self, body: bytes, skew: int = 0, **replace: str) -> dict[str, str]:
        """The four headers of an answer or notification; `skew` in seconds."""
        stamp, nonce = str(int(time.time()) + skew), "5F9EEA1B8D4C4D4F9E9B1C2D3E4F5A6B"
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": PUBLIC_KEY_ID,
            "Wechatpay-Signature": self.signature(f"{stamp}\n{nonce}\n".encode() + body + b"\n"),
            **{f"Wechatpay-{name.capitalize()}": value for name, value in replace.items()},
        }


def write(path: Path, thing: Any) -> Path:
    path.write_bytes(pem(thing))
    return path


def ended(child: int) -> int:
    """The exit code of a process that was forked; one that hangs is killed after 30 s."""
    deadline = time.monotonic() + 30
    while True:
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)


def peak_memory() -> int:
    """KiB that this process has had at most."""
    import resource  # not on Windows

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def need_pycurl() -> None:
    """Skip a test where pycurl is missing; with `CURL_TEST=required` let it fail."""
    import pytest

    if os.environ.get("CURL_TEST") != "required":
        pytest.importorskip("pycurl")


def send_over_curl(patched: Callable[[object, str, Any], object] = setattr) -> None:
    """Have the clients of this process make transports that send over libcurl.

    Args:
        patched: sets an attribute; that of pytest's `monkeypatch` undoes it.
    """
    from wechatpay_chain.transport.curl import CurlTransport

    def make(verify: Any, proxy: Any, max_connections: int) -> CurlTransport:
        return CurlTransport(verify=verify, proxy=proxy, max_connections=max_connections)

    patched(client, "_http_transport", make)
