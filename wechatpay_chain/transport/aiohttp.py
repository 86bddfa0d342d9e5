"""Async transport: one aiohttp session per running event loop, closed with its loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from ..messages.authority import Origin
from ..messages.headers import Headers
from ..messages.request import Digest, Request
from ..messages.response import Response
from ..utils.exceptions import WeChatPayError
from ..utils.lifetime import Calls
from ..utils.translation import _
from . import failure, limits
from .aiohttp_connection import (
    CALL_DEADLINE,
    HeldConnection,
    HeldResponse,
    RejectedResponse,
    Wire,
)
from .aiohttp_session import LoopSession
from .off_loop import in_thread
from .proxy import Proxy
from .sessions import Sessions, acquire
from .slots import occupy
from .tls import TLS

if TYPE_CHECKING:
    from ..messages.request import Sink

__all__ = ["AiohttpTransport"]

SOCKET_BUFFER = 64 * 1024  # a body up to this size is buffered at once, whatever the server does


class AiohttpTransport:
    """Sends requests on the running loop; sessions are never shared between loops.

    Args:
        tls: creates the TLS contexts.
        proxy: the proxy, or None.
        calls: registers each running call.
        max_connections: maximum number of open connections per event loop.
    """

    def __init__(self, tls: TLS, proxy: Proxy | None, calls: Calls, max_connections: int) -> None:
        self._calls = calls
        self._tls = tls
        self._proxy = proxy
        self._proxy_url = None if proxy is None else _url(proxy.origin, "")
        self._sessions = Sessions(partial(LoopSession, max_connections))

    def send(self, request: Request) -> Coroutine[Any, Any, Response]:
        if self._proxy is None and len(request.content or b"") <= SOCKET_BUFFER:
            return self._exchange(request)
        return self._exchange_with_deadline(request)

    async def _exchange_with_deadline(self, request: Request) -> Response:
        """Enforce the timeout where aiohttp does not: for a body not read and a silent proxy."""
        connect, read = request.timeout
        limit = None if connect is None or read is None else connect + 2 * read
        try:
            async with (
                asyncio.timeout(limits.seconds_left(request)),
                asyncio.timeout(limit) as timeout,
            ):
                return await self._exchange(request, _Deadline(timeout, limit))
        except WeChatPayError:
            raise
        except TimeoutError as error:
            raise failure.timeout(request) from error

    async def _exchange(self, request: Request, deadline: _Deadline | None = None) -> Response:
        loop = asyncio.get_running_loop()
        call = self._calls.start(loop)
        try:
            open_session = self._sessions.find(loop) or await self._sessions.open(loop)
            slots = open_session.slots
            await acquire(slots, request)
            try:
                raw = await self._request(open_session.session, request, deadline)
                if deadline is not None:
                    deadline.clear()  # `Wire` enforces the time limit from here on
                try:
                    response = await _read(raw, request)
                except BaseException:
                    raw.close()
                    raise
            except BaseException:
                slots.release()
                raise
            return occupy(response, slots)
        except WeChatPayError:
            raise
        except TimeoutError as error:
            connected = not isinstance(error, aiohttp.ConnectionTimeoutError)
            raise failure.timeout(request, connected=connected) from error
        except RejectedResponse as error:
            raise failure.rejected(request, str(error)) from error
        except aiohttp.ClientSSLError as error:
            raise failure.tls(request, error) from error
        except (aiohttp.ClientHttpProxyError, aiohttp.ClientConnectorError) as error:
            raise failure.unreachable(request, error) from self._cause(request, error)
        except aiohttp.ClientPayloadError as error:
            raise failure.truncated(request, error) from self._cause(request, error)
        except Exception as error:  # noqa: BLE001 - see below
            # Convert all exceptions of the library to this package's errors.
            raise failure.broken(request, error) from self._cause(request, error)
        finally:
            self._calls.finish(call)

    def _request(
        self, session: aiohttp.ClientSession, request: Request, deadline: _Deadline | None
    ) -> Awaitable[aiohttp.ClientResponse]:
        """Send a request, and read the response up to the beginning of its body."""
        data: Any = request.content or None
        headers = request.headers
        is_tls = request.origin.startswith("https:")
        is_secured = is_tls or (self._proxy is not None and self._proxy.origin.scheme == "https")
        login = None if self._proxy is None else self._proxy.headers()
        if login and not is_tls:  # the request goes to the proxy itself, so it carries the login
            headers = headers.merged(login)
        if deadline is not None and data is not None:
            headers = headers.added("Content-Length", str(len(data)))
            data = _Blocks(data, deadline)
        return session.request(
            request.method,
            _url(Origin(request.origin), request.target),
            data=data,
            headers=headers.pairs(),
            allow_redirects=False,
            ssl=self._tls.context(request.certificate if is_tls else None) if is_secured else True,
            proxy=self._proxy_url,
            proxy_headers=login if is_tls else None,
            timeout=_timeouts(request, asyncio.get_running_loop()),
            # Reject an unrequested coding before any work is done on the body.
            auto_decompress=headers.get("Accept-Encoding") != "identity",
        )

    def _cause(self, request: Request, error: BaseException) -> BaseException:
        return failure.cause(request, error, self._proxy)

    async def close(self) -> None:
        await self._sessions.close()


class _Deadline:
    """A deadline that is extended on progress."""

    def __init__(self, timeout: asyncio.Timeout, limit: float | None) -> None:
        self._timeout = timeout
        self._limit = limit

    def renew(self) -> None:
        if self._limit is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time() + self._limit)

    def clear(self) -> None:
        self._timeout.reschedule(None)


class _Blocks:
    """A body in blocks; sending a block extends the deadline."""

    def __init__(self, content: bytes, deadline: _Deadline) -> None:
        self._rest = memoryview(content)
        self._deadline = deadline

    def __aiter__(self) -> _Blocks:
        return self

    async def __anext__(self) -> bytes:
        if not self._rest:
            raise StopAsyncIteration
        self._deadline.renew()
        block, self._rest = bytes(self._rest[:SOCKET_BUFFER]), self._rest[SOCKET_BUFFER:]
        return block


async def _read(raw: aiohttp.ClientResponse, request: Request) -> Response:
    if raw.status < 200:
        raise failure.rejected(
            request,
            _("HTTP {status} switches to a protocol that was not requested", status=raw.status),
        )
    headers = Headers.over(raw.headers.items(), partial(raw.headers.getall, default=()))
    streamed = request.sink is not None and request.sink.takes(raw.status)
    limit = request.options.max_response_size if streamed else request.max_response_size
    limits.check_head(request, headers, _length(raw), limit)
    digest = None
    if request.sink is not None and streamed:
        digest = request.digest(headers) if request.digest is not None else None
        await _stream(raw, request, request.sink, digest, limit)
        content = bytes(request.sink.head)
    else:
        content = await _content(raw, request)
    held = None
    if isinstance(raw, HeldResponse):  # a test's replacement holds no connection
        held = HeldConnection(raw, limits.is_framed_plainly(raw.status, headers))
    return Response(
        raw.status,
        headers,
        content,
        request=request,
        streamed=streamed,
        digest=digest,
        http_version=_version(raw),
        connection=held,
    )


def _version(raw: aiohttp.ClientResponse) -> str:
    return "" if raw.version is None else f"{raw.version.major}.{raw.version.minor}"


def _length(raw: aiohttp.ClientResponse) -> int | None:
    return None if raw.method == "HEAD" or raw.status in (204, 304) else raw.content_length


def _wire(raw: aiohttp.ClientResponse) -> Wire | None:
    return raw.wire if isinstance(raw, HeldResponse) else None


async def _content(raw: aiohttp.ClientResponse, request: Request) -> bytes:
    """Read a body into memory, within the limit."""
    limit = request.max_response_size
    wire = _wire(raw)
    if wire is not None:
        wire.allow(limits.wire_limit(limit))
    body = await raw.content.readany()
    if len(body) > limit:
        raise failure.too_large(request, limit)
    more = await raw.content.readany() if body else b""
    if not more:
        return body
    gathered = bytearray(body)
    while more:
        gathered += more
        if len(gathered) > limit:
            raise failure.too_large(request, limit)
        more = await raw.content.readany()
    return bytes(gathered)


async def _stream(
    raw: aiohttp.ClientResponse,
    request: Request,
    sink: Sink,
    digest: Digest | None,
    limit: int | None,
) -> None:
    """Write a body to a sink; each block has its own time limit."""
    await in_thread(sink.open)
    buffer = bytearray()
    wire = _wire(raw)
    if wire is not None:
        wire.renew(limits.wire_limit(limits.BLOCK))
    async for chunk in raw.content.iter_any():
        buffer += chunk
        if limit is not None and sink.size + len(buffer) > limit:
            raise failure.too_large(request, limit)
        if len(buffer) >= limits.BLOCK:
            await _flush(sink, digest, bytes(buffer))
            buffer.clear()
            if wire is not None:
                wire.renew(limits.wire_limit(limits.BLOCK))
    await _flush(sink, digest, bytes(buffer))


async def _flush(sink: Sink, digest: Digest | None, block: bytes) -> None:
    """Hash and write a block outside the event loop."""

    def work() -> None:
        if digest is not None:
            digest.update(block)
        sink.write(block)

    await in_thread(work)


@lru_cache(maxsize=128)
def _url(origin: Origin, target: str) -> URL:
    """Return a URL that aiohttp does not change; cached, because parsing it is slow."""
    path, _ignored, query = target.partition("?")
    return URL.build(
        scheme=origin.scheme,
        host=origin.host,
        port=origin.port,
        path=path,
        query_string=query,
        encoded=True,
    )


def _timeouts(request: Request, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientTimeout:
    """Return the timeouts of one exchange; `Wire` enforces the call's deadline.

    aiohttp's `total` would do the same, but takes a tenth of a call's time.
    """
    connect, read = limits.timeouts(request)
    left = limits.seconds_left(request)
    CALL_DEADLINE.set(None if left is None else loop.time() + left)
    if (connect, read) == request.timeout:
        return _timeout(connect, read)
    return aiohttp.ClientTimeout(total=None, connect=left, sock_connect=connect, sock_read=read)


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
