"""The server's side of APIv3 signatures, written apart from the library that is measured."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from .merchant import CODE_URL, PLATFORM_ID, Keys

NONCE = "a61463f2e4e27aeb8e4a1e2b5d9a8d3d"
FIELD = re.compile('([a-z_]+)="([^"]*)"')


class Signer:
    """Signs answers; the one to an order at most once a second, so the server stays cheap."""

    def __init__(self, private_key: str) -> None:
        key = load_pem_private_key(private_key.encode(), None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key
        self._second = 0
        self._answer = b""

    def answer(self) -> bytes:
        """The whole answer to an order, with the header fields that WeChat Pay sends."""
        second = int(time.time())
        if second != self._second:
            body = json.dumps({"code_url": CODE_URL}, separators=(",", ":")).encode()
            digest = hashlib.sha256(f"{second}\n{NONCE}\n".encode() + body + b"\n").digest()
            self._second = second
            self._answer = (
                b"HTTP/1.1 200 OK\r\n"
                b"Server: nginx\r\n"
                b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                b"Content-Type: application/json; charset=utf-8\r\n"
                b"Content-Length: %d\r\n"
                b"Connection: keep-alive\r\n"
                b"Keep-Alive: timeout=8\r\n"
                b"Cache-Control: no-cache, must-revalidate\r\n"
                b"X-Content-Type-Options: nosniff\r\n"
                b"Request-ID: 08F7E2C8AF0610B50318A8F4A5A90128D89D02-268581234\r\n"
                b"Content-Language: zh-CN\r\n"
                % len(body)
                + self._fields(second, digest)
                + b"\r\n"
                + body
            )
        return self._answer

    def file_fields(self, block: memoryview, size: int) -> bytes:
        """The signature's header fields for `size` bytes made of one block over and over."""
        second = int(time.time())
        digest = hashlib.sha256(f"{second}\n{NONCE}\n".encode())
        for _ in range(size // len(block)):
            digest.update(block)
        digest.update(block[: size % len(block)])
        digest.update(b"\n")
        return self._fields(second, digest.digest())

    def _fields(self, second: int, digest: bytes) -> bytes:
        signature = base64.b64encode(self._key.sign(digest, PKCS1v15(), Prehashed(SHA256())))
        return (
            f"Wechatpay-Nonce: {NONCE}\r\n"
            f"Wechatpay-Signature: {signature.decode()}\r\n"
            f"Wechatpay-Timestamp: {second}\r\n"
            f"Wechatpay-Serial: {PLATFORM_ID}\r\n"
            "Wechatpay-Signature-Type: WECHATPAY2-SHA256-RSA2048\r\n"
        ).encode()


def genuine_request(target: str, authorization: str, body: bytes, keys: Keys) -> bool:
    """Whether a POST was signed with the merchant's key, over what arrived."""
    scheme, _, parameters = authorization.partition(" ")
    given = dict(FIELD.findall(parameters))
    head = f"POST\n{target}\n{given.get('timestamp')}\n{given.get('nonce_str')}\n"
    key = load_pem_public_key(keys.merchant_public.encode())
    assert isinstance(key, RSAPublicKey)
    try:
        signature = base64.b64decode(given.get("signature", ""))
        key.verify(signature, head.encode() + body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return scheme == "WECHATPAY2-SHA256-RSA2048"
