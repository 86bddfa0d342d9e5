"""Server-sent events, which notify a page of changes so that it fetches the data again.

An event identifies the changed record and contains no data, so a lost event loses no data: a
browser that reconnects, or is too slow, is notified to fetch everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ...utils.translation import _
from ..messages.exchange import Rejection
from ..server.bodies import BODIES
from ..state import State
from .guard import SAFE, is_here, local

__all__ = ["Streams", "Waiting", "routes"]

MOST = 100
"""Maximum number of queued events for a browser; beyond it, the browser fetches everything."""
LONGEST = 64
"""Maximum number of characters of a name in an event, because clients choose names."""
HEARTBEAT = 15.0
"""Seconds without events after which a stream sends a heartbeat with the time."""
WRITE_TIMEOUT = 30.0
"""Seconds to wait for a browser that does not read its stream; it is then cut and reconnects."""
NAMES = ("out_refund_no", "out_bill_no", "out_trade_no", "number", "id")
"""The members that identify a record, in the order of preference."""

Event = tuple[str, str]


class Waiting:
    """The queued events for one browser, in bounded memory.

    Args:
        wanted: returns whether an event is for this browser.
    """

    def __init__(self, wanted: Callable[[Event], bool] = lambda _: True) -> None:
        self._wanted = wanted
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._lock = threading.Lock()  # events come from any thread
        self._events: dict[Event, None] = {}
        self._missed = False
        self._woken = False

    def put(self, kind: str, what: dict[str, Any]) -> None:
        """Queue an event; an event that already waits is not queued again."""
        if kind == "restored":
            self._tell_all()
            return
        event = kind, next((str(what[name]) for name in NAMES if what.get(name)), "")
        if not self._wanted(event):
            return
        event = kind, event[1][:LONGEST]
        with self._lock:
            if len(self._events) >= MOST:
                self._events.clear()
                self._missed = True
            if not self._missed:
                self._events[event] = None
            if self._woken:
                return
            self._woken = True
        self._announce()

    def _tell_all(self) -> None:
        """Make the browser fetch everything again, because all of it may have changed."""
        with self._lock:
            self._events.clear()
            self._missed = self._woken = True
        self._announce()

    def _announce(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, so no browser waits
            self._loop.call_soon_threadsafe(self._news.set)

    def wake(self) -> None:
        """Make `take` return immediately."""
        self._news.set()

    async def take(self, seconds: float) -> str:
        """Return the queued events as soon as there are any; empty after the timeout."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        with self._lock:
            events, missed = list(self._events), self._missed
            self._events.clear()
            self._missed = self._woken = False
            self._news.clear()
        if missed:
            return _event("reset", {})
        return "".join(_event("change", {"kind": kind, "id": name}) for kind, name in events)

    def __len__(self) -> int:
        return len(self._events)


class Streams:
    """The streams of one gateway.

    Args:
        state: the state of the gateway.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._open: set[Waiting] = set()
        self._ended = False

    async def end(self, _: web.Application) -> None:
        """End all streams when the gateway stops."""
        self._ended = True
        for waiting in self._open:
            waiting.wake()

    async def serve(
        self, request: web.Request, wanted: Callable[[Event], bool] = lambda _: True
    ) -> web.StreamResponse:
        """Send events to one browser until it disconnects.

        Raises:
            Rejection: 503 if there are too many streams; remote browsers can use half of them.
        """
        limit = request.app[BODIES].limits.streams
        if len(self._open) >= (limit if is_here(request) else limit // 2):
            raise Rejection(503, "SYSTEM_ERROR", _("too many open console pages; close one"))
        headers = {**SAFE, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        waiting, listeners = Waiting(wanted), self._state.log.listeners
        listeners.add(waiting.put)
        self._open.add(waiting)
        try:
            await response.prepare(request)
            text = f"retry: 1000\n\n{_event('hello', self._time())}"
            while not self._ended:
                async with asyncio.timeout(WRITE_TIMEOUT):
                    await response.write(text.encode())
                text = await waiting.take(HEARTBEAT) or _event("beat", self._time())
        except (ConnectionError, TimeoutError):
            # The browser is gone, or so slow that it should reconnect.
            if request.transport is not None:
                request.transport.abort()
        finally:
            listeners.discard(waiting.put)
            self._open.discard(waiting)
        return response

    def _time(self) -> dict[str, Any]:
        clock = self._state.clock
        return {"now": clock.now(), "scale": clock.scale}


def routes(streams: Streams) -> list[web.RouteDef]:
    """Return the route of the stream with all events, for the console."""

    async def everything(request: web.Request) -> web.StreamResponse:
        return await streams.serve(request)

    return [web.get("/_gateway/events", local(everything), allow_head=False)]


def _event(name: str, content: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n"
