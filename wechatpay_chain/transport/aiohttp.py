"""Async transport: one aiohttp session per running event loop, gone with its loop."""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from ..authority import Origin
from ..errors import TransportError
from ..messages import Digest, Headers, Request, Response
from . import failure
from .proxy import Proxy
from .tls import TLS

if TYPE_CHECKING:
    from ..download import Download

__all__ = ["AiohttpTransport"]

CHUNK = 1024 * 1024
SOCKET_BUFFER = 64 * 1024  # up to it the system takes a body at once, whatever the server does


class AiohttpTransport:
    """Sends on whichever loop is running; sessions are never shared between loops."""

    def __init__(self, tls: TLS, proxy: Proxy | None) -> None:
        self._tls = tls
        self._proxy = proxy
        self._proxy_url = None if proxy is None else _url(proxy.origin, "")
        self._sessions: dict[asyncio.AbstractEventLoop, _Life] = {}

    def send(self, request: Request) -> Coroutine[Any, Any, Response]:
        if self._proxy is None and len(request.content or b"") <= SOCKET_BUFFER:
            return self._exchange(request)
        return self._exchange_patiently(request)

    async def _exchange_patiently(self, request: Request) -> Response:
        """Keep the time where aiohttp does not: a body is not read, a proxy is silent."""
        connect, read = request.timeout
        limit = None if connect is None or read is None else connect + 2 * read
        try:
            async with asyncio.timeout(limit) as patience:
                return await self._exchange(request, _Patience(patience, limit))
        except TransportError:
            raise
        except TimeoutError as error:
            raise failure.timeout(request) from error

    async def _exchange(self, request: Request, patience: _Patience | None = None) -> Response:
        loop = asyncio.get_running_loop()
        life = self._sessions.get(loop)
        if life is None or life.session.closed:
            life = await self._begin(loop)
        data: Any = request.content or None
        headers = request.headers
        is_tls = request.origin.startswith("https:")
        login = None if self._proxy is None else self._proxy.headers()
        if login and not is_tls:  # the proxy itself is asked, so this request tells it who asks
            headers = headers.merged(login)
        if patience is not None and data is not None:
            headers = headers.added("Content-Length", str(len(data)))
            data = _Blocks(data, patience)
        try:
            raw = await life.session.request(
                request.method,
                _url(Origin(request.origin), request.target),
                data=data,
                headers=headers.pairs(),
                allow_redirects=False,
                ssl=self._tls.context(request.certificate) if is_tls else True,
                proxy=self._proxy_url,
                proxy_headers=login if is_tls else None,
                timeout=_timeout(*request.timeout),
            )
            if patience is not None:
                patience.end()  # from here on aiohttp keeps the time between reads
            fields = Headers.over(raw.headers.items(), partial(raw.headers.getall, default=()))
            if request.sink is not None and request.sink.takes(raw.status):
                async with raw:
                    return await _stream(raw, fields, request, request.sink)
            # `read` gives the connection back, or closes it if anything goes wrong.
            return Response(raw.status, fields, await raw.read(), request=request)
        except TimeoutError as error:
            connected = not isinstance(error, aiohttp.ConnectionTimeoutError)
            raise failure.timeout(request, connected=connected) from error
        except aiohttp.ClientSSLError as error:
            raise failure.tls(request, error) from error
        except aiohttp.ClientHttpProxyError as error:
            raise failure.unreachable(request, error) from None  # it names the proxy's password
        except aiohttp.ClientConnectorError as error:
            raise failure.unreachable(request, error) from error
        except aiohttp.ClientPayloadError as error:
            raise failure.truncated(request, error) from error
        except aiohttp.ClientResponseError as error:
            raise failure.broken(request, error) from None  # it holds the request's Authorization
        except (aiohttp.ClientError, OSError) as error:
            raise failure.broken(request, error) from error

    async def _begin(self, loop: asyncio.AbstractEventLoop) -> _Life:
        self._forget_closed_loops()
        life = self._sessions[loop] = _Life()
        await life.begin()
        return life

    def _forget_closed_loops(self) -> None:
        for loop in list(self._sessions):  # a copy: other threads begin sessions of their own
            life = self._sessions.pop(loop, None) if loop.is_closed() else None
            if life is not None:
                life.abandon()

    async def close(self) -> None:
        life = self._sessions.pop(asyncio.get_running_loop(), None)
        if life is not None:
            await life.end()
        self._forget_closed_loops()


class _Patience:
    """A deadline that moves on as long as there is progress."""

    def __init__(self, deadline: asyncio.Timeout, limit: float | None) -> None:
        self._deadline = deadline
        self._limit = limit

    def renew(self) -> None:
        if self._limit is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time() + self._limit)

    def end(self) -> None:
        self._deadline.reschedule(None)


class _Blocks:
    """A body in blocks; each one that is taken renews the sender's patience."""

    def __init__(self, content: bytes, patience: _Patience) -> None:
        self._rest = memoryview(content)
        self._patience = patience

    def __aiter__(self) -> _Blocks:
        return self

    async def __anext__(self) -> bytes:
        if not self._rest:
            raise StopAsyncIteration
        self._patience.renew()
        block, self._rest = bytes(self._rest[:SOCKET_BUFFER]), self._rest[SOCKET_BUFFER:]
        return block


class _Connector(aiohttp.TCPConnector):
    """Passes over a kept connection that is at its end, or on which something came unasked.

    What comes unasked is nobody's answer, and a signature does not say whose it is. A loop that
    was at rest has noticed neither yet, so the socket itself is asked, as urllib3 does; one that
    has other answers to wait for goes round all the time, and notices by itself.
    """

    async def _get(self, *arguments: Any) -> Any:
        while (connection := await super()._get(*arguments)) is not None:
            protocol: Any = connection.protocol
            busy = len(self._acquired) > 1
            if not protocol.should_close and (busy or not _is_readable(protocol.transport)):
                break
            connection.close()
        return connection


def _is_readable(transport: asyncio.BaseTransport | None) -> bool:
    """Whether there is something to read on an idle connection: an end, or bytes."""
    sock: Any = transport and transport.get_extra_info("socket")
    if sock is None or not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _Life:
    """A session that is closed together with its loop.

    An async generator does that: a loop closes the ones begun on it before it goes
    (`loop.shutdown_asyncgens`, which `asyncio.run` calls).
    """

    def __init__(self) -> None:
        self.session = aiohttp.ClientSession(
            connector=_Connector(limit=0, limit_per_host=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # aiohttp sends PUT and DELETE again by itself; whether to is the caller's decision.
        self.session._retry_connection = False
        self._generator = _owned(self.session)

    async def begin(self) -> None:
        await anext(self._generator)

    async def end(self) -> None:
        await self._generator.aclose()

    def abandon(self) -> None:
        """Drop a session whose loop is closed already: its sockets have nobody left to serve."""
        connector = self.session.connector
        self.session.detach()
        if connector is not None:
            connector._close()


async def _owned(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await session.close()


async def _stream(
    raw: aiohttp.ClientResponse, headers: Headers, request: Request, sink: Download
) -> Response:
    digest = request.digest(headers) if request.digest is not None else None
    await _in_thread(sink.open)
    buffer = bytearray()
    async for chunk in raw.content.iter_any():
        buffer += chunk
        if len(buffer) >= CHUNK:
            await _flush(sink, digest, bytes(buffer))
            buffer.clear()
    await _flush(sink, digest, bytes(buffer))
    return Response(
        raw.status, headers, bytes(sink.head), request=request, streamed=True, digest=digest
    )


async def _flush(sink: Download, digest: Digest | None, block: bytes) -> None:
    """Hash and write off the loop."""

    def work() -> None:
        if digest is not None:
            digest.update(block)
        sink.write(block)

    await _in_thread(work)


async def _in_thread(work: Callable[[], None]) -> None:
    """Run a function off the loop; never return while it runs, not even cancelled."""
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()  # seen, if there was one: being cancelled is what counts
        raise


@lru_cache(maxsize=128)
def _url(origin: Origin, target: str) -> URL:
    """A URL that aiohttp leaves as it is; kept, because it learns its parts only once."""
    path, _, query = target.partition("?")
    return URL.build(
        scheme=origin.scheme,
        host=origin.host,
        port=origin.port,
        path=path,
        query_string=query,
        encoded=True,
    )


@lru_cache(maxsize=64)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
