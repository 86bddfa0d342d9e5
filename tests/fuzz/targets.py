"""The fuzz targets: functions of bytes that return normally for every input.

A target catches `WeChatPayError`, the only exception that bytes from outside may cause, and asserts
what must hold when there is none. Any other exception is a finding.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from tests.bills import texts
from tests.bills.consistency import assert_consistent
from tests.fuzz import wire
from tests.support import APIV3_KEY, MCHID, SECRET, Keys, new_key, self_signed
from wechatpay_chain import WeChatPayError
from wechatpay_chain.bills import BillWarning
from wechatpay_chain.chain import uri
from wechatpay_chain.crypto import aes, certificate, digest, keys
from wechatpay_chain.keys.certificates import open_certificates
from wechatpay_chain.messages import xml
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.messages.response import Response
from wechatpay_chain.testing.connection_file import settings
from wechatpay_chain.testing.mock import MockTransport

__all__ = ["TARGETS", "Target"]

Target: TypeAlias = Callable[[bytes], None]

PLATFORM_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
NONCE = "fuzzed-nonce"


@cache
def parties() -> Keys:
    """One set of keys for all inputs of a process."""
    return Keys(merchant=new_key(), platform=new_key())


def split(data: bytes) -> tuple[int, bytes]:
    """The first byte, which selects a form, and the rest, which is the input."""
    return (data[0] if data else 0), data[1:]


def xml_body(data: bytes) -> None:
    """An APIv2 answer: a success is verified, and its fields are those that were verified."""
    with contextlib.suppress(ValueError):
        xml.loads(data)
    wxpay = parties().client(transport=MockTransport(lambda _: Response(200, (), data)))
    try:
        response = wxpay.chain("v2/pay/orderquery").post(xml={"mch_id": MCHID})
    except WeChatPayError:
        return
    assert response.verified
    fields = response.xml()
    assert fields["return_code"] == "SUCCESS"
    assert digest.equals(_sign(fields), fields["sign"])


def _sign(fields: dict[str, Any]) -> str:
    kind = digest.HMAC_SHA256 if len(fields["sign"]) == 64 else digest.MD5
    return digest.sign(kind, fields, SECRET)


def notification(data: bytes) -> None:
    """A notification: forged, signed around any body, and signed around any plaintext."""
    form, body = split(data)
    wxpay = parties().client()
    with contextlib.suppress(WeChatPayError):
        if form % 5 == 0:
            name, _, value = body.partition(b"\n")
            wxpay.notify([(name, value), *parties().signed_headers(b"").items()], body)
        elif form % 5 == 1:
            wxpay.notify(parties().signed_headers(body), body)
        elif form % 5 == 2:
            wxpay.notify(*_enveloped(body.decode("utf-8", "replace")))
        elif form % 5 == 3:
            wxpay.notify_v2(body)
        else:
            sealed = aes.ecb_encrypt(body.decode("utf-8", "replace"), digest.md5(SECRET))
            wxpay.notify_v2(f"<xml><req_info>{sealed}</req_info></xml>")


def _enveloped(plaintext: str) -> tuple[dict[str, str], bytes]:
    body = json.dumps(
        {
            "id": "EV-1",
            "event_type": "TRANSACTION.SUCCESS",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": aes.gcm_encrypt(plaintext, APIV3_KEY, NONCE, "transaction"),
                "nonce": NONCE,
                "associated_data": "transaction",
            },
        }
    ).encode()
    return parties().signed_headers(body), body


def key_material(data: bytes) -> None:
    """A private key, public key, certificate or PKCS#12 file, as bytes and as text."""
    form, content = split(data)
    source: Any = content if form & 1 else content.decode("utf-8", "replace")
    loaders: list[Callable[[Any], object]] = [
        keys.private_key,
        keys.public_key,
        certificate.certificate,
        lambda source: certificate.merchant(source, "1900000109"),
    ]
    with contextlib.suppress(WeChatPayError):
        loaders[(form >> 1) % len(loaders)](source)


def certificates(data: bytes) -> None:
    """The answer of `v3/certificates`: any JSON, and any plaintext of an encrypted certificate."""
    form, content = split(data)
    if form & 1:
        plaintext = content.decode("utf-8", "replace")
        if form & 2:
            plaintext = _platform_pem() + plaintext
        content = json.dumps({"data": [_sealed(plaintext, form)]}).encode()
    with contextlib.suppress(WeChatPayError):
        found = open_certificates(Response(200, Headers(), content), APIV3_KEY)
        assert all(isinstance(name, str) for name in found)


@cache
def _platform_pem() -> str:
    from tests.support import pem

    return pem(self_signed(parties().platform, PLATFORM_SERIAL, "Tenpay.com Root CA")).decode()


def _sealed(plaintext: str, form: int) -> dict[str, Any]:
    return {
        "serial_no": PLATFORM_SERIAL if form & 4 else form,
        "effective_time": "2025-06-08T10:34:56+08:00",
        "expire_time": "2030-06-08T10:34:56+08:00",
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": NONCE,
            "associated_data": "certificate",
            "ciphertext": aes.gcm_encrypt(plaintext, APIV3_KEY, NONCE, "certificate"),
        },
    }


def url(data: bytes) -> None:
    """A URL or path: refused, or every library reads the same host and port from the result."""
    form, content = split(data)
    text = content.decode("utf-8", "surrogateescape" if form & 1 else "replace")
    with contextlib.suppress(WeChatPayError):
        if form & 2:
            origin = uri.base(text).origin
        else:
            origin, target, _ = uri.locate(
                text, "https://api.mch.weixin.qq.com/", "https://api.mch.weixin.qq.com/"
            )
            assert target.isascii()
            assert target.startswith("/")
            assert not any(sign.isspace() for sign in target)
        wire.assert_same_host(origin)


def connection_file(data: bytes) -> None:
    """A `gateway.json`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gateway.json")
        path.write_bytes(data)
        with contextlib.suppress(WeChatPayError):
            settings(path)


def response(data: bytes) -> None:
    """Raw bytes in place of an HTTP response, for both transports."""
    wire.respond_to_both(data, _client)


@cache
def _client(base_uri: str) -> Any:
    return parties().client(base_uri=base_uri, timeout=(2, 2))


def gateway(data: bytes) -> None:
    """Raw bytes at the gateway's socket: they are answered below 500, or the connection ends."""
    wire.knock(data)


def bill(data: bytes) -> None:
    """A bill: any bytes, and a bill of each form in which some bytes replace others.

    Read or rejected, it is the same line by line; and a bill that is read says of itself what its
    rows add up to.
    """
    form, content = split(data)
    if form & 1:
        whole = sorted(texts.BILLS)[(form >> 1) % len(texts.BILLS)]
        base = texts.BILLS[whole].encode()
        at, cut = int.from_bytes(content[:2]) % (len(base) + 1), content[2:3]
        content = base[:at] + content[3:] + base[at + int.from_bytes(cut) :]
    with warnings.catch_warnings(action="ignore", category=BillWarning):
        assert_consistent(content)


TARGETS: dict[str, Target] = {
    "bill": bill,
    "xml": xml_body,
    "notification": notification,
    "keys": key_material,
    "certificates": certificates,
    "url": url,
    "response": response,
    "connection_file": connection_file,
    "gateway": gateway,
}
