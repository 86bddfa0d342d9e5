"""A signing service and a server that answers, both real, on 127.0.0.1 in a loop of their own."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from tests.support import PUBLIC_KEY_ID, Keys

TOKEN = "s3cr3t-of-the-signing-service"
BILL = "交易时间,公众账号ID\n".encode() * 40_000


@dataclass
class Signing:
    """Holds the merchant's private key and the platform's public one."""

    keys: Keys
    origin: str = ""
    verdict: object = None
    status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "who are you?"}, status=401)
        given = await request.json()
        self.asked.append((request.path, given))
        if self.status != 200:
            return web.json_response({"error": "out of order"}, status=self.status)
        if request.path == "/sign":
            return web.json_response({"signature": self.sign(base64.b64decode(given["message"]))})
        digest = base64.b64decode(given["digest"])
        valid = self.verify(given["serial"], digest, given["signature"])
        return web.json_response({"valid": valid if self.verdict is None else self.verdict})

    def sign(self, message: bytes) -> str:
        raw = self.keys.merchant.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(raw).decode()

    def verify(self, serial: str, digest: bytes, signature: str) -> bool:
        if serial != PUBLIC_KEY_ID:
            return False
        algorithm = utils.Prehashed(hashes.SHA256())
        try:
            self.keys.platform.public_key().verify(
                base64.b64decode(signature), digest, padding.PKCS1v15(), algorithm
            )
        except InvalidSignature:
            return False
        return True


@dataclass
class Arrival:
    """A request as it came, and what its `Authorization` says; `body` is what that covers."""

    method: str
    target: str
    body: bytes
    authorization: dict[str, str]


@dataclass
class Answering:
    """Checks each request's signature by itself, and signs its answers."""

    keys: Keys
    origin: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    script: list[int | str] = field(default_factory=list)
    """What to do with the next requests: a status, or `hang`, `unsigned`, `stale`, `foreign`."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await signed_body(request)
        fields = dict(re.findall(r'(\w+)="([^"]*)"', request.headers["Authorization"]))
        self.arrivals.append(Arrival(request.method, request.raw_path, body, fields))
        self.assert_signed(self.arrivals[-1])
        what = self.script.pop(0) if self.script else 200
        if what == "hang":
            await asyncio.sleep(30)
        status = what if isinstance(what, int) else 200
        if status >= 400:
            content = json.dumps({"code": "FREQUENCY_LIMITED", "message": "slow down"}).encode()
        elif request.path.endswith("bill"):
            content = BILL
        else:
            content = json.dumps({"echo": request.raw_path}).encode()
        signed = self.keys.signed_headers(content, skew=-301 if what == "stale" else 0)
        headers = {**signed, "Retry-After": "0", "Content-Type": "application/json"}
        if what == "unsigned":
            headers = {}
        if what == "foreign":
            headers["Wechatpay-Signature"] = base64.b64encode(bytes(256)).decode()
        return web.Response(status=status, body=content, headers=headers)

    def assert_signed(self, arrival: Arrival) -> None:
        given = arrival.authorization
        lines = (arrival.method, arrival.target, given["timestamp"], given["nonce_str"])
        message = "".join(f"{line}\n" for line in lines).encode() + arrival.body + b"\n"
        self.keys.merchant.public_key().verify(
            base64.b64decode(given["signature"]), message, padding.PKCS1v15(), hashes.SHA256()
        )


async def signed_body(request: web.Request) -> bytes:
    """The bytes that a signature covers: of an upload, its `meta` part."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    meta = (await request.post())["meta"]  # bytes, for the part's type is application/json
    assert isinstance(meta, bytes | bytearray)
    return bytes(meta)


Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Servers:
    """aiohttp.web applications in a thread, until the end of a test module."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runners: list[web.AppRunner] = []
        self._thread.start()

    def serve(self, answer: Answerer) -> str:
        return asyncio.run_coroutine_threadsafe(self._serve(answer), self._loop).result(10)

    async def _serve(self, answer: Answerer) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def stop(self) -> None:
        for runner in self._runners:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    started = Servers()
    yield started
    started.stop()


@pytest.fixture
def signing(servers: Servers, keys: Keys) -> Signing:
    service = Signing(keys)
    service.origin = servers.serve(service.answer)
    return service


@pytest.fixture
def answering(servers: Servers, keys: Keys) -> Answering:
    server = Answering(keys)
    server.origin = servers.serve(server.answer)
    return server
