"""The gateway's sockets: aiohttp.web on 127.0.0.1, plain and TLS, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl

from aiohttp import web

from ..client import WeChatPay
from .answers import answer_v2, answer_v3, refuse_v2, refuse_v3
from .exchange import Answer, Arrival, Call, Refusal
from .identity import Identity
from .inspection import inspect_v2, inspect_v3
from .operations import find
from .state import State

__all__ = ["Gateway"]

MAX_BODY = 16 * 1024 * 1024


class Gateway:
    """A local WeChat Pay.

    Args:
        host: where to listen; loopback unless you know better.
        port: 0 takes a free one.
        tls_port: 0 takes a free one.
        identity: the keys; fresh ones by default.
        signs_with: what answers are signed by unless a request's `Wechatpay-Serial` names the
            other: WeChat Pay's `public_key`, or its platform `certificate`.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        identity: Identity | None = None,
        signs_with: Literal["public_key", "certificate"] = "public_key",
    ) -> None:
        self.identity = identity or Identity.new()
        self.state = State(self.identity)
        self._signs_with = signs_with
        self._host = host
        self._ports = (port, tls_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self.base_uri = ""
        self.tls_base_uri = ""

    def client(self, *, tls: bool = False, **arguments: Any) -> WeChatPay:
        """A client of this gateway's merchant.

        Args:
            tls: talk TLS, with the gateway's own authority trusted and the merchant's certificate
                shown where `security=True` asks for it.
            arguments: replace the client's.
        """
        identity = self.identity
        given: dict[str, Any] = {
            "mchid": identity.mchid,
            "serial": identity.serial,
            "private_key": identity.merchant_key,
            "certs": self.certs,
            "apiv3_key": identity.apiv3_key,
            "secret": identity.secret,
            "merchant": {"cert": identity.merchant_certificate, "key": identity.merchant_key},
            "base_uri": self.tls_base_uri if tls else self.base_uri,
            **({"verify": identity.authority} if tls else {}),
        }
        return WeChatPay(**{**given, **arguments})

    @property
    def certs(self) -> dict[str, Any]:
        """What a client verifies this gateway's answers with."""
        identity = self.identity
        if self._signs_with == "certificate":
            return {identity.platform_serial: identity.platform_certificate}
        return {identity.public_key_id: identity.platform_key.public_key()}

    async def serve(self, ready: threading.Event | None = None) -> None:
        """Listen until `stop` is called."""
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            plain = web.TCPSite(runner, self._host, self._ports[0])
            secure = web.TCPSite(
                runner, self._host, self._ports[1], ssl_context=self.identity.server_context()
            )
            await plain.start()
            await secure.start()
            ports = [address[1] for address in runner.addresses]
            self.base_uri = f"http://{self._host}:{ports[0]}/"
            self.tls_base_uri = f"https://{self._host}:{ports[1]}/"
            if ready is not None:
                ready.set()
            await self._done.wait()
        finally:
            await runner.cleanup()

    def start(self) -> Self:
        """Listen in a thread of its own, until `stop` or the end of the program.

        Raises:
            OSError: a port is taken.
        """
        ready = threading.Event()

        def run() -> None:
            try:
                asyncio.run(self.serve(ready))
            except BaseException as error:  # noqa: BLE001 - handed over to the caller below
                self._failure = error
            finally:
                ready.set()

        self._thread = threading.Thread(target=run, name="wechatpay-gateway", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop listening."""
        if self._loop is not None and self._done is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._done.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    async def _handle(self, request: web.Request) -> web.Response:
        peer = request.transport and request.transport.get_extra_info("peercert")
        arrival = Arrival(
            request.method,
            request.raw_path,
            request.headers,
            await _signed_body(request),
            bool(peer),
        )
        answer = self.answer(arrival)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    def answer(self, arrival: Arrival) -> Answer:
        """What the gateway says to a request."""
        if arrival.path.lstrip("/").split("/")[0] == "v3":
            return self._answer_v3(arrival)
        return self._answer_v2(arrival)

    def _answer_v3(self, arrival: Arrival) -> Answer:
        try:
            inspect_v3(arrival, self.identity, self.state.nonces)
            serve, params = find(arrival.method, arrival.path)
            query = dict(parse_qsl(arrival.target.partition("?")[2], keep_blank_values=True))
            call = Call(params, query, _members(arrival.body), self.state, arrival.headers)
            return answer_v3(serve(call), self._signing_name(arrival), self.identity)
        except Refusal as refusal:
            return refuse_v3(refusal, self._signing_name(arrival), self.identity)

    def _signing_name(self, arrival: Arrival) -> str:
        """The serial or id to sign as: the one that the request names, else the default."""
        names = (self.identity.public_key_id, self.identity.platform_serial)
        asked = arrival.headers.get("Wechatpay-Serial", "").upper()
        return asked if asked in names else next(iter(self.certs))

    def _answer_v2(self, arrival: Arrival) -> Answer:
        fields: dict[str, str] | None = None
        try:
            serve, params = find(arrival.method, arrival.path)
            fields = inspect_v2(arrival, self.identity)
            result = serve(Call(params, {}, fields, self.state, arrival.headers))
            return answer_v2(result or {}, fields, self.identity)
        except Refusal as refusal:
            return refuse_v2(refusal, fields, self.identity)


async def _signed_body(request: web.Request) -> bytes:
    """The bytes that a signature covers: of an upload, its `meta` part."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    meta = form.get("meta", "")
    if isinstance(meta, web.FileField):
        return meta.file.read()
    return meta.encode() if isinstance(meta, str) else bytes(meta)


def _members(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise Refusal(400, "PARAM_ERROR", "the body is not a JSON object")
    return members
