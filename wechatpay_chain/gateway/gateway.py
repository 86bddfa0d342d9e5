"""The gateway and its sockets: aiohttp.web on 127.0.0.1, HTTP and HTTPS, in its own thread."""

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
from ..utils.translation import _
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
    """A local simulation of WeChat Pay.

    Use it as a context manager, or call `start` and `stop`.

    Args:
        host: address to listen on.
        port: HTTP port; 0 selects a free port.
        tls_port: HTTPS port; 0 selects a free port.
        identity: keys of the first merchant and the platform. By default, the gateway reads them
            from `data`, or generates them.
        signs_with: keys of WeChat Pay that the merchant uses. With `public_key`, it uses the
            public key and still has a platform certificate. With `certificate`, it uses the
            platform certificate. With `public_key_only`, it never had a platform certificate. The
            gateway signs a response with the key that the request header `Wechatpay-Serial` names.
            Without this header, it uses the platform certificate if there is one. A snapshot
            overrides this argument.
        data: directory for keys and records, which survive a restart. None keeps all data in
            memory.
        time_scale: speed of the gateway's clock relative to real time.
        keep: True stores records and keys in `data`, False stores only keys.
        merchants: number of merchants. The gateway adds missing merchants as direct merchants.
        snapshot: initial state with its keys and time: a snapshot, or the path of its file. The
            data directory must not contain another gateway.
        control_token: token for the control API and the console, at least 16 characters. Clients
            on any machine can use them with this token. Without a token, only clients on this
            machine can use them.
        public_url: address for clients on other machines, such as `http://gateway:8790/`.
        inline_keys: True writes the keys themselves to `gateway.json`, for clients on other
            machines. False writes the paths of their files.
        show_secrets: True shows the plaintext of encrypted fields in records. False shows only the
            first character.

    Raises:
        DataDirectoryError: `data` cannot be used, or another gateway uses it.
        SnapshotError: the snapshot cannot be read.
        ValueError: `merchants` is below 1, `control_token` or `public_url` is invalid, or both
            `identity` and `snapshot` contain keys.
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
            raise ValueError(_("merchants={count}: expected at least 1", count=merchants))
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
        for _number in range(merchants - len(self.platform.states)):
            self.platform.add_merchant("direct")
        self.limits = Limits(body=MAX_BODY)
        self._host = host
        self._ports = (port, tls_port)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._failure: BaseException | None = None

    def client(self, *, tls: bool = True, **arguments: Any) -> WeChatPay:
        """Create a client for the first merchant of the gateway.

        Args:
            tls: True uses TLS and trusts the gateway's CA. Without TLS, the client cannot present
                a certificate, so the gateway rejects operations that require `security=True`.
            arguments: arguments of `WeChatPay` that override the defaults.
        """
        base_uri = self.tls_base_uri if tls else self.base_uri
        return client_of(self.identity, base_uri, tls=tls, arguments=arguments)

    @property
    def certs(self) -> dict[str, Any]:
        """Keys by id, with which a client verifies the gateway's responses."""
        return platform_certs(self.identity)

    @property
    def base_uris(self) -> dict[str, str]:
        """Maps WeChat Pay's other base URIs to the gateway's HTTPS addresses for them."""
        return {official: f"{self.tls_base_uri}{prefix}" for official, prefix in PREFIXES.items()}

    async def serve(self, ready: threading.Event | None = None) -> None:
        """Listen on this event loop until another thread calls `stop`.

        Args:
            ready: event to set when the gateway listens.

        Raises:
            ListenError: a port is in use.
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
        """Store the time at intervals if the clock does not run at real speed."""
        while self.platform.keeps and self.platform.clock.scale != 1:
            self.platform.keep_time()
            await asyncio.sleep(KEPT_EVERY)

    def _write_description(self) -> None:
        """Write `gateway.json` if the gateway has addresses and a data directory."""
        if self.platform.directory is not None and self.base_uri:
            write_description(self.describe(), self.platform.directory)

    def start(self) -> Self:
        """Listen in a separate thread until `stop` or the end of the program.

        Returns:
            The gateway itself.

        Raises:
            ListenError: a port is in use.
            DataDirectoryError: the gateway was stopped, and another one now uses the data
                directory.
            RuntimeError: the gateway already runs.
        """
        if self._thread is not None:
            raise RuntimeError(
                _("this gateway is already running; stop it first, or create another one")
            )
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
        """Stop listening and release the data directory.

        Data in memory stays available, and you can start the gateway again. A second call has no
        effect.
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
        """True if the gateway accepts requests."""
        return self._loop is not None and self._loop.is_running()

    @property
    def running(self) -> bool:
        """True if the gateway runs in its own thread."""
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
        """Return the response to a request without a socket."""
        return serve(request, self.platform.states, self.platform.first).response


async def _clean_up(runner: web.AppRunner) -> None:
    """Close all connections, without waiting for TLS clients to close them as well."""
    server = runner.server
    open_ones = [] if server is None else [each.transport for each in server.connections]
    await runner.cleanup()
    for transport in open_ones:
        if transport is not None:
            transport.abort()
