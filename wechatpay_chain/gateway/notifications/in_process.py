"""Delivers notifications to a web application, without a socket.

Sources: https://asgi.readthedocs.io/en/latest/specs/www.html (ASGI), PEP 3333 (WSGI)
"""

from __future__ import annotations

import asyncio
import inspect
import io
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from yarl import URL

from ...utils.translation import _

__all__ = ["Application", "Interface", "Receiver", "Reply", "interface_of"]

Application = Callable[..., Any]
Interface = Literal["asgi", "wsgi"]
LOOP_TIMEOUT = 10.0
"""Seconds after which a notification without a response of the application has failed."""


class Reply(NamedTuple):
    """The response of an application.

    Attributes:
        status: the HTTP status.
        body: response body.
    """

    status: int
    body: bytes


def interface_of(app: Application) -> Interface:
    """Return the interface of an application: ASGI if a call returns a coroutine, else WSGI.

    Raises:
        TypeError: the application is not callable.
    """
    if not callable(app):
        raise TypeError(
            _("expected an ASGI or WSGI application, not {type}", type=type(app).__name__)
        )
    call = app if inspect.isroutine(app) else type(app).__call__
    return "asgi" if inspect.iscoroutinefunction(call) else "wsgi"


class Receiver:
    """An application that receives notifications.

    An ASGI application runs on the event loop that registered it, so it can use objects of that
    loop. Without a running loop, it runs on a separate loop in a separate thread. A WSGI
    application runs in a thread.

    Args:
        app: the application.
        url: prefix of the addresses that it receives; empty receives all.
        interface: `asgi` or `wsgi`; None detects it.
    """

    def __init__(self, app: Application, url: str = "", interface: Interface | None = None) -> None:
        self._app = app
        self._url = url
        self._interface = interface or interface_of(app)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._own: _OwnLoop | None = None
        if self._interface == "asgi":
            try:
                self._loop = asyncio.get_running_loop()
            except RuntimeError:
                self._own = _OwnLoop()
                self._loop = self._own.loop

    def takes(self, url: str) -> bool:
        """Return True if the application receives notifications for an address."""
        return url.startswith(self._url)

    def close(self) -> None:
        """Stop the separate event loop, if there is one. A second call has no effect."""
        if self._own is not None:
            self._own.close()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Call the application with a notification.

        Args:
            url: address of the notification.
            headers: headers of the notification.
            body: body of the notification.

        Raises:
            Exception: any exception of the application.
        """
        at = URL(url)
        fields = {
            "Host": at.authority if at.explicit_port else at.host or "",
            "Content-Length": str(len(body)),
            **headers,
        }
        if self._loop is None:
            return await asyncio.to_thread(_call_wsgi, self._app, at, fields, body)
        call = _call_asgi(self._app, at, fields, body)
        if self._loop is asyncio.get_running_loop():
            return await asyncio.wait_for(call, LOOP_TIMEOUT)
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        return await asyncio.wait_for(asyncio.wrap_future(future), LOOP_TIMEOUT)


class _OwnLoop:
    """An event loop in a separate thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="wechatpay-application", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()


async def _call_asgi(app: Application, at: URL, fields: Mapping[str, str], body: bytes) -> Reply:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": at.scheme,
        "path": unquote(at.raw_path),
        "raw_path": at.raw_path.encode(),
        "query_string": at.raw_query_string.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), each.encode("latin-1")) for name, each in fields.items()
        ],
        "client": ("127.0.0.1", 0),
        "server": (at.host, at.port),
        "state": {},
    }
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    status, received = 0, bytearray()

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            received.extend(message.get("body", b""))

    await app(scope, receive, send)
    if not status:
        raise RuntimeError(_("the application returned without a response"))
    return Reply(status, bytes(received))


def _call_wsgi(app: Application, at: URL, fields: Mapping[str, str], body: bytes) -> Reply:
    names = {name.upper().replace("-", "_"): each for name, each in fields.items()}
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(at.raw_path).decode("latin-1"),
        "QUERY_STRING": at.raw_query_string,
        "SERVER_NAME": at.host or "",
        "SERVER_PORT": str(at.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": names.pop("CONTENT_TYPE", ""),
        "CONTENT_LENGTH": names.pop("CONTENT_LENGTH"),
        **{f"HTTP_{name}": each for name, each in names.items()},
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": at.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    statuses, received = list[int](), bytearray()

    def start_response(
        status: str, _: list[tuple[str, str]], error: Any = None
    ) -> Callable[[bytes], None]:
        statuses.append(int(status.split(" ", 1)[0]))
        return received.extend

    found = app(environ, start_response)
    try:
        for piece in found:
            received.extend(piece)
    finally:
        if hasattr(found, "close"):
            found.close()
    if not statuses:
        raise RuntimeError(_("the application returned without a response"))
    return Reply(statuses[-1], bytes(received))
