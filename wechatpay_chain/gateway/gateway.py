"""The gateway's sockets: aiohttp.web on 127.0.0.1, plain and TLS, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from ..client import WeChatPay
from . import console
from .control import api as control
from .control.controls import Controls
from .messages.exchange import IncomingRequest, Rejection, Response, Step
from .messages.responses import rejection_v2, rejection_v3
from .notifications.sender import NotificationSender
from .server import access
from .server.bodies import BODIES, Bodies
from .server.dispatch import Outcome, serve
from .server.faults import apply_fault, fault_response
from .server.limits import Limits
from .server.listener import LISTENER, Listener, ListenError
from .server.wire import (
    cut_connection,
    guarded,
    http_logger,
    incoming_request,
    is_upload,
    parse_form,
)
from .simulation.bases import PREFIXES
from .simulation.registry import chain_path
from .state import KEPT_EVERY, State
from .store.data_directory import describe, write_description
from .store.identity import Identity, Way

__all__ = ["Gateway", "ListenError"]

MAX_BODY = Limits().body
LINGERING = 2.0
"""Seconds for which the rest of a rejected body is read, so that the client sees the response."""


class Gateway(Controls):
    """A local WeChat Pay.

    Args:
        host: where to listen; loopback unless you know better.
        port: 0 takes a free one.
        tls_port: 0 takes a free one.
        identity: the keys; by default those of `data`, else fresh ones.
        signs_with: which of WeChat Pay's keys the merchant uses: its `public_key`, while there is
            a platform certificate as well; its platform `certificate`; or `public_key_only`, as a
            merchant that never had a platform certificate. A response is signed by the key that the
            request's `Wechatpay-Serial` names, without one by the certificate, while there is one.
        data: the directory for keys and records, which survive a restart; None keeps all in memory.
        time_scale: how many times as fast as the real time the gateway's own runs.
        keep: whether records go to `data` too, or keys alone.

    Raises:
        DataDirectoryError: `data` cannot be used, or another gateway uses it.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        identity: Identity | None = None,
        signs_with: Way = "public_key",
        data: str | Path | None = None,
        time_scale: float = 1,
        keep: bool = True,
    ) -> None:
        directory = None if data is None else Path(data)
        self.state = State(identity, directory, time_scale, keep=keep)
        if self.identity.signs_with != signs_with:
            self.state.identity = replace(self.identity, signs_with=signs_with)
        self.limits = Limits(body=MAX_BODY)
        self._host = host
        self._ports = (port, tls_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self.base_uri = ""
        self.tls_base_uri = ""

    def client(self, *, tls: bool = True, **arguments: Any) -> WeChatPay:
        """A client of this gateway's merchant.

        Args:
            tls: use TLS and trust the gateway's own authority. Without TLS no client certificate
                can be shown, so the operations that need `security=True` are rejected.
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
        if "merchant" not in arguments and arguments.keys() & {"serial", "private_key"}:
            del given["merchant"]  # it goes with the merchant's own number and key
        return WeChatPay(**{**given, **arguments})

    @property
    def certs(self) -> dict[str, Any]:
        """The keys with which a client verifies this gateway's responses."""
        identity = self.identity
        certificate = {identity.platform_serial: identity.platform_certificate}
        if identity.signs_with == "certificate":
            return certificate
        public_key = {identity.public_key_id: identity.platform_key.public_key()}
        return public_key | certificate if identity.has_certificate else public_key

    @property
    def base_uris(self) -> dict[str, str]:
        """WeChat Pay's other base URIs, each with this gateway's own address for it, over TLS."""
        return {official: f"{self.tls_base_uri}{prefix}" for official, prefix in PREFIXES.items()}

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        identity = super().rotate_keys()
        self._write_description()
        return identity

    async def serve(self, ready: threading.Event | None = None) -> None:
        """Listen until `stop` is called.

        Raises:
            ListenError: a port is taken.
        """
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        listener = Listener(self._host, self.limits)
        app = web.Application()
        app[access.OWN_NAMES] = access.own_names(self._host)
        app[BODIES] = Bodies(self.limits)
        app[LISTENER] = listener
        app.add_routes(map(guarded, control.routes(self)))
        console.attach(self, app)
        app.add_routes([guarded(web.route("*", r"/{path:[\s\S]*}", self._handle))])
        runner = web.AppRunner(
            app,
            access_log=None,
            logger=http_logger(),
            shutdown_timeout=1,
            auto_decompress=False,
            max_headers=self.limits.fields,
            keepalive_timeout=self.limits.head_seconds,
            lingering_time=LINGERING,
        )
        await runner.setup()
        sender = NotificationSender(
            self.state.outbox, self.state.clock, self.state.log, self.state.faults
        )
        tasks = [asyncio.create_task(sender.run()), asyncio.create_task(self._keep_time())]
        try:
            port, tls_port = self._ports
            host = _host_of_uri(self._host)
            self.base_uri = f"http://{host}:{await listener.open(runner, port)}/"
            context = self.identity.server_context()
            self.tls_base_uri = f"https://{host}:{await listener.open(runner, tls_port, context)}/"
            self.state.address = self.base_uri
            self._write_description()
            if ready is not None:
                ready.set()
            await self._done.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await listener.close()
            await _clean_up(runner)

    async def _keep_time(self) -> None:
        """Write down again and again what time it is, where that does not follow from the start."""
        while self.state.keeps and self.state.clock.scale != 1:
            self.state.keep_time()
            await asyncio.sleep(KEPT_EVERY)

    def _write_description(self) -> None:
        if self.state.directory is not None and self.base_uri:
            write_description(self.describe(), self.state.directory)

    def describe(self) -> dict[str, Any]:
        """What a client in any language needs, as in `gateway.json`; needs a data directory.

        Raises:
            ValueError: the gateway keeps everything in memory.
        """
        if self.state.directory is None:
            raise ValueError("this gateway has no data directory: Gateway(data=…) gives it one")
        return describe(self.identity, self.state.directory, self.base_uri, self.tls_base_uri)

    def start(self) -> Self:
        """Listen in a thread of its own, until `stop` or the end of the program.

        Raises:
            ListenError: a port is taken.
            DataDirectoryError: after a `stop`, if another gateway uses the data directory.
            RuntimeError: it runs.
        """
        if self._thread is not None:
            raise RuntimeError("this gateway runs; make another one, or stop it first")
        self.state.open()
        self._failure = None
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
            self.stop()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop listening, and release the data directory; a stopped gateway may be started again.

        What is in memory stays and can be looked at. A second call does nothing.
        """
        loop, done, thread = self._loop, self._done, self._thread
        if loop is not None and done is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(done.set)
        if thread is not None:
            thread.join()
        self._loop = self._done = self._thread = None
        self.state.close()

    @property
    def running(self) -> bool:
        """Whether it listens in a thread of its own."""
        return self._thread is not None and self._thread.is_alive()

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
        started, incoming = time.perf_counter(), incoming_request(request)
        protocol = chain_path(incoming.path)[:2]
        try:
            if access.is_foreign_page(request):
                raise Rejection(403, "NO_AUTH", "a page of another site cannot call this API")
            most = self.limits.json if protocol == "v3" else self.limits.xml
            most = self.limits.body if is_upload(request) else most
            async with request.app[BODIES].read(request, most) as body:
                if is_upload(request):
                    parse_form(body, incoming)
                else:
                    incoming.body = body
                return await self._respond(request, incoming, started)
        except Rejection as rejection:
            incoming.steps.append(Step("request", False, rejection.message))
            response = _early_rejection(rejection, protocol, self.identity)
            self._log(incoming, Outcome(response, None), started)
            return _web_response(response)

    async def _respond(
        self, request: web.Request, incoming: IncomingRequest, started: float
    ) -> web.StreamResponse:
        fault = self.state.faults.take(chain_path(incoming.path))
        if fault is not None and fault.fault == "delay":
            await asyncio.sleep(fault.options.get("seconds", 1))
        if fault is not None and fault.before:
            protocol = chain_path(incoming.path)[:2]
            serial = incoming.headers.get("Wechatpay-Serial", "")
            outcome = Outcome(fault_response(fault, protocol, self.identity, serial), None)
        else:
            outcome = serve(incoming, self.state)
        if fault is not None:
            outcome.response = apply_fault(outcome.response, fault)
        self._log(incoming, outcome, started, None if fault is None else fault.fault)
        if fault is not None and fault.fault in ("reset", "truncate"):
            return await cut_connection(request, outcome.response, whole=fault.fault == "reset")
        return _web_response(outcome.response)

    def _log(
        self, incoming: IncomingRequest, outcome: Outcome, started: float, fault: str | None = None
    ) -> None:
        self.state.log.add(
            incoming,
            outcome.response,
            operation=outcome.operation,
            kind=outcome.kind,
            fault=fault,
            milliseconds=(time.perf_counter() - started) * 1000,
        )

    def answer(self, request: IncomingRequest) -> Response:
        """The response to a request, without a socket."""
        return serve(request, self.state).response


async def _clean_up(runner: web.AppRunner) -> None:
    """Close all connections; one over TLS would wait for its client to close it as well."""
    server = runner.server
    open_ones = [] if server is None else [each.transport for each in server.connections]
    await runner.cleanup()
    for transport in open_ones:
        if transport is not None:
            transport.abort()


def _early_rejection(rejection: Rejection, protocol: str, identity: Identity) -> Response:
    """The response to a request that is rejected before inspection, in the form of its API."""
    if protocol == "v3":
        return rejection_v3(rejection, identity.signing_key_name, identity)
    return replace(rejection_v2(rejection, None, identity), status=rejection.status)


def _web_response(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=response.headers, body=response.body)


def _host_of_uri(host: str) -> str:
    """A host as a client on this machine writes it; who listens everywhere also listens here."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host
