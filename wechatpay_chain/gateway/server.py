"""The gateway's sockets: aiohttp.web on 127.0.0.1, plain and TLS, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from ..client import WeChatPay
from . import control
from .courier import Courier
from .dispatch import Served, serve
from .exchange import Answer, Arrival, File, Refusal
from .faults import Fault, changed
from .folder import describe, load_identity, write_description
from .identity import Identity
from .operations import payments
from .operations.registry import chain_path
from .state import State

__all__ = ["Gateway"]

MAX_BODY = 64 * 1024 * 1024


class Gateway:
    """A local WeChat Pay.

    Args:
        host: where to listen; loopback unless you know better.
        port: 0 takes a free one.
        tls_port: 0 takes a free one.
        identity: the keys; by default those of `data`, else fresh ones.
        signs_with: what answers are signed by unless a request's `Wechatpay-Serial` names the
            other: WeChat Pay's `public_key`, or its platform `certificate`.
        data: a folder for keys and records, which survive a restart; None keeps all in memory.
        time_scale: how many times as fast as the real time the gateway's own runs.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        identity: Identity | None = None,
        signs_with: Literal["public_key", "certificate"] = "public_key",
        data: str | Path | None = None,
        time_scale: float = 1,
    ) -> None:
        folder = None if data is None else Path(data)
        if identity is None:
            identity = Identity.new() if folder is None else load_identity(folder)
        self.state = State(identity, folder, time_scale)
        self._signs_with = signs_with
        self._host = host
        self._ports = (port, tls_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self.base_uri = ""
        self.tls_base_uri = ""

    @property
    def identity(self) -> Identity:
        """Who takes part, with all keys."""
        return self.state.identity

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

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move the gateway's time on: orders expire, notifications are repeated."""
        self.state.advance(seconds + 60 * minutes + 3600 * hours)

    def pay(self, out_trade_no: str, openid: str = "") -> dict[str, Any]:
        """Pay an order, as its customer would; the order as the gateway has it now.

        Args:
            out_trade_no: the merchant's number of it.
            openid: of the customer.

        Raises:
            LookupError: there is no such order, or it cannot be paid any more.
        """
        with self.state.store.transaction():
            try:
                return payments.pay(self.state, out_trade_no, openid)
            except Refusal as refusal:
                raise LookupError(str(refusal)) from None

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        return self.state.rotate_keys()

    async def serve(self, ready: threading.Event | None = None) -> None:
        """Listen until `stop` is called."""
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=MAX_BODY)
        app.add_routes(control.routes(self))
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        courier = Courier(self.state.outbox, self.state.clock, self.state.log)
        delivering = asyncio.create_task(courier.run())
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
            self.state.address = self.base_uri
            if self.state.folder is not None:
                write_description(self.describe(), self.state.folder)
            if ready is not None:
                ready.set()
            await self._done.wait()
        finally:
            delivering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivering
            await runner.cleanup()

    def describe(self) -> dict[str, Any]:
        """What a client in any language needs, as `gateway.json` has it; needs a folder.

        Raises:
            ValueError: the gateway keeps everything in memory.
        """
        if self.state.folder is None:
            raise ValueError("this gateway has no folder: Gateway(data=…) gives it one")
        return describe(self.identity, self.state.folder, self.base_uri, self.tls_base_uri)

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

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        begin = time.perf_counter()
        arrival = await _arrival(request)
        fault = self.state.faults.take(chain_path(arrival.path))
        if fault is not None and fault.fault == "delay":
            await asyncio.sleep(fault.options.get("seconds", 1))
        if fault is not None and fault.before:
            served = refused(fault)
        else:
            served = serve(arrival, self.state, next(iter(self.certs)))
        answer = served.answer if fault is None else changed(served.answer, fault)
        self.state.log.add(
            arrival,
            answer,
            operation=served.operation,
            kind=served.kind,
            fault=None if fault is None else fault.fault,
            milliseconds=(time.perf_counter() - begin) * 1000,
        )
        if fault is not None and fault.fault in ("reset", "truncate"):
            return await _cut(request, answer, whole=fault.fault == "reset")
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    def answer(self, arrival: Arrival) -> Answer:
        """What the gateway says to a request, without a socket."""
        return serve(arrival, self.state, next(iter(self.certs))).answer


def refused(fault: Fault) -> Served:
    """The answer of a fault that keeps a request from being carried out; nobody signs it."""
    limited = fault.fault == "frequency_limit"
    status = 429 if limited else fault.options.get("status", 500)
    code, message = ("FREQUENCY_LIMITED", "频率超限") if limited else ("SYSTEM_ERROR", "系统错误")
    body = fault.options.get("body", {"code": code, "message": message})
    content = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    kind = "text/plain" if isinstance(body, str) else "application/json"
    return Served(
        Answer(status, {"Content-Type": f"{kind}; charset=utf-8"}, content.encode()), None
    )


async def _arrival(request: web.Request) -> Arrival:
    transport = request.transport
    arrival = Arrival(
        request.method,
        request.raw_path,
        request.headers,
        b"",
        bool(transport and transport.get_extra_info("peercert")),
        bool(transport and transport.get_extra_info("sslcontext")),
    )
    if request.content_type == "multipart/form-data":
        await _upload(request, arrival)
    else:
        arrival.body = await request.read()
    return arrival


async def _upload(request: web.Request, arrival: Arrival) -> None:
    """The parts of an upload; `meta` is what its signature covers."""
    try:
        form = await request.post()
    except ValueError:
        return  # not what it says it is: it has no `meta`, so its signature will not match
    for name, value in form.items():
        if isinstance(value, web.FileField) and name != "meta":
            arrival.file = File(value.filename, value.file.read())
            continue
        content = value.file.read() if isinstance(value, web.FileField) else value
        text = content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
        arrival.form[name] = text
    arrival.body = arrival.form.get("meta", "").encode()


async def _cut(request: web.Request, answer: Answer, *, whole: bool) -> web.StreamResponse:
    """Break the connection off: before the answer, or in the middle of it."""
    transport = request.transport
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if not whole:
        response.content_length = len(answer.body) + 1
        await response.prepare(request)
        await response.write(answer.body[: len(answer.body) // 2] or b" ")
    if transport is not None:  # None where the client was faster
        transport.abort()
    return response
