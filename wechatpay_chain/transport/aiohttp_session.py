"""The aiohttp session of one event loop, and how to close its connections without the loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

from . import limits
from .aiohttp_connection import Connector, HeldResponse, kept_alive_socket

__all__ = ["LoopSession"]


class LoopSession:
    """The session of the running event loop.

    Args:
        max_connections: maximum number of open connections.

    Attributes:
        session: the aiohttp session.
        slots: a slot for each connection that may be open.
    """

    def __init__(self, max_connections: int) -> None:
        self.slots = asyncio.Semaphore(max_connections)
        self._connector: Connector | None = Connector(
            limit=0,
            limit_per_host=0,
            keepalive_timeout=limits.IDLE,
            socket_factory=kept_alive_socket,
        )
        self.session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=HeldResponse,
        )
        # aiohttp would repeat PUT and DELETE itself; that is the caller's decision.
        self.session._retry_connection = False
        self._closing = _closing_generator(self.session)

    @property
    def is_closed(self) -> bool:
        """Whether the session can no longer be used."""
        return self.session.closed

    async def open(self) -> None:
        """Register the session to be closed with its loop, by `loop.shutdown_asyncgens`."""
        await anext(self._closing)

    async def close(self) -> None:
        """Close the session on its loop."""
        await self._closing.aclose()

    def end(self, *, inherited: bool = False) -> None:
        """Close the connections of a loop that is not running, or is running in this thread.

        Args:
            inherited: whether the process is forked. The parent process shares the loop's selector,
                which must not be modified.
        """
        connector, self._connector = self._connector, None
        if connector is None:
            return
        self.session.detach()
        if inherited or asyncio._get_running_loop() is not connector._loop:
            for protocol in _protocols(connector):
                _close_transport(protocol.transport, inherited=inherited)
        with contextlib.suppress(Exception):  # the loop is closed, or belongs to another process
            connector._close()
        with contextlib.suppress(StopIteration, RuntimeError):
            self._closing.aclose().send(None)  # nothing is left to wait for


async def _closing_generator(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if not session.closed:
            await session.close()


def _protocols(connector: aiohttp.BaseConnector) -> list[Any]:
    """Return the protocols of all connections, idle and in use."""
    idle = [protocol for kept in connector._conns.values() for protocol, *_ in kept]
    return [*idle, *connector._acquired]


def _close_transport(transport: Any, *, inherited: bool) -> None:
    """Close a transport whose loop is not running.

    Its `abort` would only schedule a callback in the loop, which may never run.
    """
    inner = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None) or transport
    close = getattr(inner, "_call_connection_lost", None)
    if getattr(inner, "_sock", None) is None or close is None:
        return  # already closed; or uvloop's, which closes it with the loop
    with contextlib.suppress(Exception):  # a closed loop accepts no callbacks
        if not inherited:
            inner.pause_reading()  # removes the socket from the loop's selector
        close(None)
