"""The gateway's sockets: aiohttp.web on 127.0.0.1, plain and TLS, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from ..client import WeChatPay
from . import console
from .addresses import Addresses
from .control import api as control
from .control.controls import Controls
from .merchant import client_of, platform_certs
from .messages.exchange import IncomingRequest, Response
from .notifications.sender import NotificationSender
from .platform import KEPT_EVERY, Platform
from .server.access import origins
from .server.access.control import ACCESS, ControlAccess
from .server.api import ApiHandler
from .server.bodies import BODIES, Bodies
from .server.dispatch import serve
from .server.limits import Limits
from .server.listener import LISTENER, Listener, ListenError
from .server.wire import guarded, http_logger
from .simulation.bases import PREFIXES
from .snapshots import Snapshot, restored
from .store.description import write_description
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
            A snapshot has its own.
        data: the directory for keys and records, which survive a restart; None keeps all in memory.
        time_scale: how many times as fast as the real time the gateway's own runs.
        keep: whether records go to `data` too, or keys alone.
        merchants: how many there are; those that are missing are added as direct merchants.
        snapshot: what the gateway remembers at its start, keys included, or the path of its file;
            its time is that of the snapshot. A data directory must not have another gateway's.
        control_token: lets whoever has it use the control API and the console, from anywhere; at
            least 16 characters. Without one, this machine alone may use them, without a token.
        public_url: where clients elsewhere reach the gateway, such as `http://gateway:8790/`.
        inline_keys: whether `gateway.json` has the keys themselves, for clients on other machines.
        show_secrets: whether records show the plaintext of encrypted fields, and not its first
            character only.

    Raises:
        DataDirectoryError: `data` cannot be used, or another gateway uses it.
        SnapshotError: the snapshot cannot be read.
        ValueError: `merchants` is below 1, or `control_token` or `public_url` is not one; keys are
            given twice, as `identity` and in a snapshot.
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
        merchants: int = 1,
        snapshot: Snapshot | str | Path | None = None,
        *,
        control_token: str | None = None,
        public_url: str = "",
        inline_keys: bool = False,
        show_secrets: bool = False,
    ) -> None:
        if merchants < 1:
            raise ValueError(f"merchants={merchants}: a gateway has one merchant at least")
        self.addresses = Addresses(host, public_url)
        self.access = ControlAccess(control_token)
        self.inline_keys = inline_keys
        directory = None if data is None else Path(data)
        if snapshot is not None:
            self.platform = restored(
                snapshot, identity, directory, time_scale, keep=keep, show_secrets=show_secrets
            )
        else:
            self.platform = Platform(
                identity, directory, time_scale, keep=keep, show_secrets=show_secrets
            )
        self.platform.merchants_changed = self._write_description
        if snapshot is None and self.identity.signs_with != signs_with:
            self.state.identity = replace(self.identity, signs_with=signs_with)
        for _ in range(merchants - len(self.platform.states)):
            self.platform.add_merchant("direct")
        self.limits = Limits(body=MAX_BODY)
        self._host = host
        self._ports = (port, tls_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._failure: BaseException | None = None

    def client(self, *, tls: bool = True, **arguments: Any) -> WeChatPay:
        """A client of this gateway's first merchant.

        Args:
            tls: use TLS and trust the gateway's own authority. Without TLS no client certificate
                can be shown, so the operations that need `security=True` are rejected.
            arguments: replace the client's.
        """
        base_uri = self.tls_base_uri if tls else self.base_uri
        return client_of(self.identity, base_uri, tls=tls, arguments=arguments)

    @property
    def certs(self) -> dict[str, Any]:
        """The keys with which a client verifies this gateway's responses."""
        return platform_certs(self.identity)

    @property
    def base_uris(self) -> dict[str, str]:
        """WeChat Pay's other base URIs, each with this gateway's own address for it, over TLS."""
        return {official: f"{self.tls_base_uri}{prefix}" for official, prefix in PREFIXES.items()}

    async def serve(self, ready: threading.Event | None = None) -> None:
        """Listen until `stop` is called.

        Raises:
            ListenError: a port is taken.
        """
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        listener = Listener(self._host, self.limits)
        app = web.Application()
        app[origins.OWN_NAMES] = origins.own_names(self._host, self.addresses.public_host)
        app[ACCESS] = self.access
        app[BODIES] = Bodies(self.limits)
        app[LISTENER] = listener
        app.add_routes(map(guarded, control.routes(self)))
        console.attach(self, app)
        api = ApiHandler(self.platform, self.limits)
        app.add_routes([guarded(web.route("*", r"/{path:[\s\S]*}", api.handle))])
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
        platform = self.platform
        sender = NotificationSender(platform)
        platform.shared.wake = sender.wake
        tasks = [asyncio.create_task(sender.run()), asyncio.create_task(self._keep_time())]
        try:
            port, tls_port = self._ports
            context = self.identity.server_context(self.addresses.public_host)
            opened = await listener.open(runner, port)
            self.addresses.opened(opened, await listener.open(runner, tls_port, context))
            platform.shared.address = self.addresses.public_base_uri
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
        while self.platform.keeps and self.platform.clock.scale != 1:
            self.platform.keep_time()
            await asyncio.sleep(KEPT_EVERY)

    def _write_description(self) -> None:
        """Write `gateway.json` again, once there are addresses."""
        if self.platform.directory is not None and self.base_uri:
            write_description(self.describe(), self.platform.directory)

    def start(self) -> Self:
        """Listen in a thread of its own, until `stop` or the end of the program.

        Raises:
            ListenError: a port is taken.
            DataDirectoryError: after a `stop`, if another gateway uses the data directory.
            RuntimeError: it runs.
        """
        if self._thread is not None:
            raise RuntimeError("this gateway runs; make another one, or stop it first")
        self.platform.open()
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
        self.platform.close()

    @property
    def listens(self) -> bool:
        """Whether it can be called now."""
        return self._loop is not None and self._loop.is_running()

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

    def answer(self, request: IncomingRequest) -> Response:
        """The response to a request, without a socket."""
        return serve(request, self.platform.states, self.platform.first).response


async def _clean_up(runner: web.AppRunner) -> None:
    """Close all connections; one over TLS would wait for its client to close it as well."""
    server = runner.server
    open_ones = [] if server is None else [each.transport for each in server.connections]
    await runner.cleanup()
    for transport in open_ones:
        if transport is not None:
            transport.abort()
