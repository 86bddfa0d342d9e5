"""WeChat Pay's bills behind a transport: with real signatures, and with the faults of a test."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support import Keys
from wechatpay_chain import WeChatPay
from wechatpay_chain.crypto import rsa
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.messages.request import Request
from wechatpay_chain.messages.response import Response

HOST = "https://api.mch.weixin.qq.com/"
FILE = "/v3/billdownload/file"
TEXT = (
    "交易时间,公众账号ID\n`2026-11-25 10:00:00,`wx1\n总交易单数,应结订单总金额\n`1,`0.01\n".encode()
)


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


class Office:
    """Has the same bill for every application, unless a test says otherwise. It is a transport.

    Attributes:
        contents: the plain files that a bill consists of.
        told: changes what an application is told.
        sent: what is sent of a file; it gets how many were sent, this one included.
        refused: status and code of an error instead; it gets the number of the application.
        signs_errors: whether errors are signed.
        written: is called between two pieces of a file.
        applications: the parameters of all applications, in order.
        files: how many files were asked for.
        requests: all of them.
    """

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.contents: list[bytes] = [TEXT]
        self.told: Callable[[dict[str, Any]], object] = lambda members: None
        self.sent: Callable[[int, bytes], bytes] = lambda number, content: content
        self.refused: Callable[[dict[str, str], int], tuple[int, str] | None]
        self.refused = lambda query, number: None
        self.expired: set[int] = set()
        self.signs_errors = True
        self.written: Callable[[], object] = lambda: None
        self.applications: list[dict[str, str]] = []
        self.files = 0
        self.requests: list[Request] = []
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def client(self, **arguments: Any) -> WeChatPay:
        return self.keys.client(transport=self, **arguments)

    # A transport.

    def send(self, request: Request) -> Response:
        with self._lock:
            status, body, more = self._answer(request)
        signed = b'{"sha1":"%s"}' % more["Wechatpay-Statement-Sha1"].encode() if more else body
        headers = {**self.keys.signed_headers(signed), **more}
        if request.path == FILE or (status >= 400 and not self.signs_errors):
            headers = {}
        response = Response(status, Headers(headers), body, request=request)
        if request.sink is not None and request.sink.takes(status):
            self._stream(request, response)
        return response

    async def send_async(self, request: Request) -> Response:
        await asyncio.sleep(0)
        return self.send(request)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...

    def _stream(self, request: Request, response: Response) -> None:
        sink, content = request.sink, response.content
        assert sink is not None
        sink.open()
        if request.digest is not None:
            response.digest = request.digest(response.headers)
        step = max(1, len(content) // 5)
        for at in range(0, len(content), step):
            piece = content[at : at + step]
            if response.digest is not None:
                response.digest.update(piece)
            sink.write(piece)
            self.written()
        response.streamed = True
        response.content = bytes(sink.head)

    # What it answers.

    def _answer(self, request: Request) -> tuple[int, bytes, dict[str, str]]:
        self.requests.append(request)
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == FILE:
            return (*self._file(query["token"]), {})
        self.applications.append(query)
        refused = self.refused(query, len(self.applications))
        if refused is not None:
            error = {"code": refused[1], "message": "…"}
            return refused[0], json.dumps(error).encode(), {}
        if parts.path.endswith("statements"):
            self.files += 1
            digest = {"Wechatpay-Statement-Sha1": sha1(self.contents[0])}
            return 200, self.sent(self.files, packed(self.contents[0])), digest
        encrypted = "algorithm" in query or "encryption_algorithm" in query
        listed = [
            self._listed(number, content, encrypted=encrypted)
            for number, content in enumerate(self.contents, 1)
        ]
        members: dict[str, Any] = listed[0]
        if encrypted:
            members = {"download_bill_count": len(listed), "download_bill_list": listed}
        self.told(members)
        return 200, json.dumps(members).encode(), {}

    def _listed(self, number: int, content: bytes, *, encrypted: bool) -> dict[str, Any]:
        token, sent = f"t{len(self._kept)}", packed(content)
        members: dict[str, Any] = {
            "hash_type": "SHA1",
            "hash_value": sha1(content),
            "download_url": f"{HOST}v3/billdownload/file?token={token}",
        }
        if encrypted:
            key, nonce = os.urandom(16).hex(), os.urandom(8).hex()
            sent = AESGCM(key.encode()).encrypt(nonce.encode(), sent, b"")
            encrypted_key = rsa.encrypt(key, self.keys.merchant.public_key())
            members |= {"bill_sequence": number, "encrypt_key": encrypted_key, "nonce": nonce}
        self._kept[token] = sent
        return members

    def _file(self, token: str) -> tuple[int, bytes]:
        self.files += 1
        if self.files in self.expired:
            error = {"code": "INVALID_REQUEST", "message": "下载地址无效或已过期"}
            return 400, json.dumps(error).encode()
        return 200, self.sent(self.files, self._kept[token])
