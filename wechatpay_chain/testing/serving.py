"""Serves a web application on a free port of 127.0.0.1 during a test.

Sources: https://asgi.readthedocs.io/en/latest/specs/ (ASGI, lifespan), PEP 3333 (WSGI)
"""

from __future__ import annotations

import asyncio
import contextlib
import socketserver
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from aiohttp import web

from ..gateway.notifications.in_process import Interface, interface_of
from ..utils.translation import _

__all__ = ["serve"]

ASGI = {"version": "3.0", "spec_version": "2.3"}
LARGEST = 64 * 2**20
"""Maximum bytes of a request to an ASGI application."""


@contextlib.contextmanager
def serve(app: Any, interface: Interface | None = None) -> Iterator[str]:
    """Serve an application in a thread until the block ends; yields its base URL.

    The lifespan of an ASGI application starts before the block and ends after it. Responses are not
    streamed; WebSockets are not supported.

    Args:
        app: an ASGI or WSGI application, or an `aiohttp.web.Application`.
        interface: `asgi` or `wsgi`; None detects it.

    Raises:
        TypeError: `app` is not an application.
        RuntimeError: its startup or shutdown failed.
    """
    if isinstance(app, web.Application):
        serving = _in_thread(app, None)
    elif (interface or interface_of(app)) == "wsgi":
        serving = _wsgi(app)
    else:
        state: dict[str, Any] = {}
        serving = _in_thread(_bridge(app, state), _lifespan(app, state))
    with serving as url:
        yield url


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_ignored: Any, **__: Any) -> None:
        """Do not log, because the output would clutter a test's."""


class _ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextlib.contextmanager
def _wsgi(app: Any) -> Iterator[str]:
    with make_server("127.0.0.1", 0, app, _ThreadingServer, _QuietHandler) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(0.05,), name="wechatpay-application", daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def _in_thread(
    app: web.Application, around: contextlib.AbstractAsyncContextManager[None] | None
) -> Iterator[str]:
    ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        async with around or contextlib.nullcontext():
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            try:
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                port = runner.addresses[0][1]
                ended = asyncio.Event()
                url = f"http://127.0.0.1:{port}"
                ready.set_result((url, asyncio.get_running_loop(), ended))
                await ended.wait()
            finally:
                await runner.cleanup()

    with ThreadPoolExecutor(1, "wechatpay-application") as threads:
        done = threads.submit(lambda: asyncio.run(run()))
        either: list[Future[Any]] = [ready, done]
        wait(either, return_when=FIRST_COMPLETED)
        if not ready.done():
            done.result()
        url, loop, ended = ready.result()
        try:
            yield url
        finally:
            loop.call_soon_threadsafe(ended.set)
            done.result()


def _bridge(app: Callable[..., Awaitable[None]], state: dict[str, Any]) -> web.Application:
    """Return an aiohttp application that passes its requests to an ASGI application."""

    async def handle(request: web.Request) -> web.Response:
        incoming = [{"type": "http.request", "body": await request.read(), "more_body": False}]
        response = web.Response(status=500)
        started, answered, received = False, asyncio.Event(), bytearray()

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                response.set_status(message["status"])
                for name, value in message.get("headers", ()):
                    if name.lower() != b"content-length":
                        response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
            elif message["type"] == "http.response.body":
                received.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    answered.set()

        path, _ignored, query = request.raw_path.partition("?")
        scope = {
            "type": "http",
            "asgi": ASGI,
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.raw_headers],
            "client": ("127.0.0.1", 0),
            "server": (request.url.host, request.url.port),
            "state": dict(state),
        }
        await app(scope, receive, send)
        if not started:
            raise RuntimeError(_("the application returned without a response"))
        response.body = bytes(received)
        return response

    bridge = web.Application(client_max_size=LARGEST)
    bridge.router.add_route("*", "/{path:.*}", handle)
    return bridge


@contextlib.asynccontextmanager
async def _lifespan(
    app: Callable[..., Awaitable[None]], state: dict[str, Any]
) -> AsyncIterator[None]:
    """Run the startup and shutdown of an ASGI application; unsupported lifespan is ignored."""
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": ASGI, "state": state}
    running = asyncio.ensure_future(app(scope, asked.get, said.put))

    async def tell(step: str) -> None:
        asked.put_nowait({"type": f"lifespan.{step}"})
        answer = asyncio.ensure_future(said.get())
        await asyncio.wait({answer, running}, return_when=asyncio.FIRST_COMPLETED)
        if not said.empty() or answer.done():
            message = await answer
            if message["type"] == f"lifespan.{step}.failed":
                await asyncio.wait({running})
                reason = message.get("message", "")
                cause = running.exception()
                raise RuntimeError(
                    _("the application's {step} failed: {reason}", step=step, reason=reason)
                ) from cause
        else:
            answer.cancel()

    await tell("startup")
    try:
        yield
    finally:
        if not running.done():
            await tell("shutdown")
            await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # asyncio reports an exception that was never retrieved
