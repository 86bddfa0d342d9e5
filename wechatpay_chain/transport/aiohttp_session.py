"""Sessions of aiohttp's, one per event loop, and how each of them ends.

A loop that `asyncio.run` ends closes its session itself. Nobody closes the session of a loop that
is closed without more ado, that is left open until the process ends, or that a fork copied. Such a
session is ended without the loop, so that no socket stays open and no ResourceWarning is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp

from . import limits
from .aiohttp_connection import Connector, HeldResponse, kept_alive_socket

__all__ = ["LoopSession", "Sessions"]


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
        with contextlib.suppress(RuntimeError):  # the loop is closed
            connector._close()
        with contextlib.suppress(StopIteration, RuntimeError):
            self._closing.aclose().send(None)  # there is nothing left to wait for


async def _closing_generator(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if not session.closed:
            await session.close()


class Sessions:
    """The sessions of one transport, by event loop.

    Args:
        max_connections: per event loop.
    """

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections
        self._by_loop: dict[asyncio.AbstractEventLoop, LoopSession] = {}
        weakref.finalize(self, _end_all, self._by_loop)  # also as the process ends
        _instances.add(self)

    def find(self, loop: asyncio.AbstractEventLoop) -> LoopSession | None:
        """The open session of a loop."""
        found = self._by_loop.get(loop)
        return None if found is None or found.session.closed else found

    async def open(self, loop: asyncio.AbstractEventLoop) -> LoopSession:
        """A new session of the running loop."""
        self.end_closed_loops()
        opened = self._by_loop[loop] = LoopSession(self._max_connections)
        await opened.open()
        return opened

    async def close(self) -> None:
        """Close the session of the running loop."""
        found = self._by_loop.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.close()
        self.end_closed_loops()

    def end_closed_loops(self) -> None:
        """End the sessions whose loops are closed."""
        for loop in list(self._by_loop):  # a copy: other threads open sessions of their own
            found = self._by_loop.pop(loop, None) if loop.is_closed() else None
            if found is not None:
                found.end()

    def end_inherited(self) -> None:
        """End all sessions in the child of a fork: their sockets belong to the parent as well."""
        while self._by_loop:
            self._by_loop.popitem()[1].end(inherited=True)


def _end_all(by_loop: dict[asyncio.AbstractEventLoop, LoopSession]) -> None:
    """End the sessions of a transport that is gone; another thread's loop ends its own."""
    for loop, session in list(by_loop.items()):
        if not loop.is_running() or asyncio._get_running_loop() is loop:
            session.end()
    by_loop.clear()


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
    with contextlib.suppress(Exception):  # a loop that is closed takes no callbacks
        if not inherited:
            inner.pause_reading()  # takes the socket out of the loop's selector
        close(None)


_instances: weakref.WeakSet[Sessions] = weakref.WeakSet()


def _end_inherited() -> None:
    for each in tuple(_instances):
        each.end_inherited()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_inherited)
