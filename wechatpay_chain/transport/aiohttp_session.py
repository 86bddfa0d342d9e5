"""The session of aiohttp's on one event loop, and how its connections are closed without it."""

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
        max_connections: open at a time.

    Attributes:
        session: aiohttp's.
        slots: one for each connection that may be open.
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
        # aiohttp sends PUT and DELETE again by itself; whether to is the caller's decision.
        self.session._retry_connection = False
        self._closing = _closing_generator(self.session)

    @property
    def is_closed(self) -> bool:
        """Whether it is of no more use."""
        return self.session.closed

    async def open(self) -> None:
        """Let the loop close the session as it ends: `loop.shutdown_asyncgens` does."""
        await anext(self._closing)

    async def close(self) -> None:
        """Close the session on its loop."""
        await self._closing.aclose()

    def end(self, *, inherited: bool = False) -> None:
        """Close the connections of a loop that does not run, or runs in this very thread.

        Args:
            inherited: after a fork. The parent process has the loop's selector as well, so that
                nothing may be changed in it.
        """
        connector, self._connector = self._connector, None
        if connector is None:
            return
        self.session.detach()
        if inherited or asyncio._get_running_loop() is not connector._loop:
            for protocol in _protocols(connector):
                _close_transport(protocol.transport, inherited=inherited)
        with contextlib.suppress(Exception):  # the loop is closed, or another process's
            connector._close()
        with contextlib.suppress(StopIteration, RuntimeError):
            self._closing.aclose().send(None)  # there is nothing left to wait for


async def _closing_generator(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if not session.closed:
            await session.close()


def _protocols(connector: aiohttp.BaseConnector) -> list[Any]:
    """The ends of all connections, idle and in use."""
    idle = [protocol for kept in connector._conns.values() for protocol, *_ in kept]
    return [*idle, *connector._acquired]


def _close_transport(transport: Any, *, inherited: bool) -> None:
    """Close a transport whose loop does not run.

    Its `abort` has the loop do that later, which may never come.
    """
    inner = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None) or transport
    close = getattr(inner, "_call_connection_lost", None)
    if getattr(inner, "_sock", None) is None or close is None:
        return  # it is closed; or uvloop's, which closes it as it closes
    with contextlib.suppress(Exception):  # such a loop takes no callbacks
        if not inherited:
            inner.pause_reading()  # takes the socket out of the loop's selector
        close(None)
