"""Async transport over libcurl: one session per running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...messages.authority import Origin
from ...messages.request import Request
from ...messages.response import Response
from ...utils.exceptions import WeChatPayError
from ...utils.lifetime import Calls
from .. import failure, limits
from ..http1.message import request_message
from ..http1.receiving import receive
from ..proxy import Proxy
from ..sessions import Sessions, acquire
from ..slots import occupy
from ..sync.pool import HeldConnection
from .handle import Handles
from .loop_connection import LoopConnection
from .session import CurlSession

__all__ = ["AsyncCurl"]


class AsyncCurl:
    """Sends requests on the running loop; connections are never shared between loops.

    Args:
        handles: creates the handles.
        proxy: the proxy, or None.
        calls: registers each running call.
        open_session: creates the session of the running loop.
    """

    def __init__(
        self,
        handles: Handles,
        proxy: Proxy | None,
        calls: Calls,
        open_session: Callable[[], CurlSession],
    ) -> None:
        self._handles = handles
        self._proxy = proxy
        self._calls = calls
        self._sessions = Sessions(open_session)

    async def send(self, request: Request) -> Response:
        """Send a request.

        Raises:
            TransportError: no usable response arrived.
            ConfigurationError: the request cannot be sent.
        """
        loop = asyncio.get_running_loop()
        call = self._calls.start(loop)
        try:
            session = self._sessions.find(loop) or await self._sessions.open(loop)
            slots = session.slots
            await acquire(slots, request)
            try:
                response = await self._attempt(session, request)
            except BaseException:
                slots.release()
                raise
            return occupy(response, slots)
        finally:
            self._calls.finish(call)

    async def _attempt(self, session: CurlSession, request: Request) -> Response:
        connect_timeout, read_timeout = limits.timeouts(request)
        is_forwarded = self._proxy is not None and request.origin.startswith("http:")
        sent = request_message(request, self._proxy if is_forwarded else None)
        pool, merchant = session.pool, request.certificate
        key = (request.origin, merchant and merchant.certificate.signature)
        connection = pool.take(key) or await self._connect(session, request, connect_timeout)
        try:
            connection.begin(read_timeout, request.deadline)
            response, is_reusable = await _exchange(connection, request, sent)
        except BaseException as error:
            connection.close()
            if isinstance(error, WeChatPayError) or not isinstance(error, Exception):
                raise
            cause = failure.cause(request, error, self._proxy)
            raise failure.of_exchange(request, error) from cause
        response.connection = HeldConnection(pool, key, connection, is_reusable)
        return response

    async def _connect(
        self, session: CurlSession, request: Request, seconds: float | None
    ) -> LoopConnection:
        """Make a connection; on failure, nothing of the request was sent."""
        origin = Origin(request.origin)
        try:
            channel = self._handles.make(origin, request.certificate, seconds)
            return await session.connect(channel)
        except WeChatPayError:
            raise
        except Exception as error:  # noqa: BLE001 - see `failure`
            cause = failure.cause(request, error, self._proxy)
            raise failure.of_connecting(request, error) from cause

    async def close(self) -> None:
        """Close the connections of the running loop."""
        await self._sessions.close()


async def _exchange(
    connection: LoopConnection, request: Request, sent: memoryview
) -> tuple[Response, bool]:
    """Send a request and receive its response; also return whether the connection is reusable."""
    try:
        await connection.send(sent)
    except (BrokenPipeError, ConnectionResetError):
        # The server may respond before it has received the request (RFC 9112, section 9.5).
        return (await connection.run(receive(connection.received, request)))[0], False
    return await connection.run(receive(connection.received, request))
