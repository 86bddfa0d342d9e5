"""Delivers the outbox: the one part of the gateway that sends requests."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

from .clock import Clock
from .log import Log
from .outbox import Notice, Outbox

__all__ = ["Courier"]

AT_ONCE = 16
PATIENCE = aiohttp.ClientTimeout(total=10)
LONGEST_SLEEP = 60.0


class Courier:
    """Posts what is due, and waits for what will be.

    Args:
        outbox: what there is to deliver.
        clock: says when.
        log: is told of each attempt.
    """

    def __init__(self, outbox: Outbox, clock: Clock, log: Log) -> None:
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._news = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        loop = asyncio.get_running_loop()
        outbox.changed = lambda: _wake(loop, self._news)

    async def run(self) -> None:
        """Deliver until cancelled; an attempt that is cut off is made again after a restart."""
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
            try:
                while True:
                    self._news.clear()
                    await self._wait(self._send_due(session))
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _send_due(self, session: aiohttp.ClientSession) -> float:
        """Begin what is due; real seconds until the next one will be."""
        soonest = LONGEST_SLEEP
        for notice in self._outbox.pending():
            number, wait = notice["id"], self._clock.until(notice["next"])
            if number in self._under_way:
                continue
            if wait > 0:
                return min(soonest, wait)
            if len(self._under_way) >= AT_ONCE:
                break  # the end of one of these wakes the loop
            task = asyncio.create_task(self._deliver(session, notice))
            self._under_way[number] = task
            task.add_done_callback(partial(self._done, number))
        return soonest

    def _done(self, number: str, _: asyncio.Task[None]) -> None:
        del self._under_way[number]
        self._news.set()

    async def _wait(self, seconds: float) -> None:
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes with the news.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _deliver(self, session: aiohttp.ClientSession, notice: Notice) -> None:
        outcome = await self._post(session, notice)
        written = self._outbox.attempted(notice["id"], **outcome)
        self._log.tell("notification", written)

    async def _post(self, session: aiohttp.ClientSession, notice: Notice) -> dict[str, Any]:
        try:
            async with session.post(
                URL(notice["url"]),
                data=notice["body"].encode(),
                headers=self._outbox.headers(notice),
                allow_redirects=False,
            ) as response:
                body = await response.content.read(64 * 1024)
                return {"status": response.status, "answer": body.decode("utf-8", "replace")}
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            return {"status": None, "answer": "", "error": reason}


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(news.set)
