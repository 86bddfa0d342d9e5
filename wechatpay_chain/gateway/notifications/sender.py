"""Delivers the outbox: the one part of the gateway that sends requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

from ...utils.display import printable
from ..server.failures import log_failure
from ..server.faults import PROBE, Faults
from ..server.log import Log
from ..store.clock import Clock
from .outbox import Notice, Outbox, lane

__all__ = ["Courier"]

AT_ONCE, TO_ONE = 64, 8
"""Attempts under way: of all notifications, and of those to one receiver."""
PATIENCE = aiohttp.ClientTimeout(total=10)
LONGEST_SLEEP = 60.0
PAUSE = 1.0
"""Real seconds to wait where something is wrong with the gateway itself."""
LONGEST_ANSWER = 64 * 1024

logger = logging.getLogger("wechatpay_chain.gateway")


class Courier:
    """Posts what is due, and waits for what will be.

    Args:
        outbox: what there is to deliver.
        clock: says when.
        log: is told of each attempt.
        faults: what is set to go wrong with notifications.
    """

    def __init__(self, outbox: Outbox, clock: Clock, log: Log, faults: Faults) -> None:
        self._outbox = outbox
        self._faults = faults
        self._clock = clock
        self._log = log
        self._news = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._lanes: Counter[str] = Counter()
        loop = asyncio.get_running_loop()
        outbox.changed = lambda: _wake(loop, self._news)

    async def run(self) -> None:
        """Deliver until cancelled; an attempt that is cut off is made again after a restart."""
        connector = aiohttp.TCPConnector(limit=AT_ONCE)
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=PATIENCE,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small answer may unpack to any size
            headers={"Accept-Encoding": "identity"},
        ) as session:
            try:
                while True:
                    self._news.clear()
                    await self._wait(self._seconds_to_the_next(session))
            finally:
                under_way = dict(self._under_way)
                for task in under_way.values():
                    task.cancel()
                await asyncio.gather(*under_way.values(), return_exceptions=True)

    def _seconds_to_the_next(self, session: aiohttp.ClientSession) -> float:
        try:
            return self._send_due(session)
        except Exception as error:  # noqa: BLE001 - it may be read the next time
            log_failure(logger, "the outbox cannot be read", error)
            return PAUSE

    def _send_due(self, session: aiohttp.ClientSession) -> float:
        """Begin what is due; real seconds until the next one will be."""
        for number, moment in self._outbox.schedule(2 * TO_ONE):
            if number in self._under_way:
                continue
            wait = self._clock.until(moment)
            if wait > 0:
                return min(LONGEST_SLEEP, wait)
            if len(self._under_way) >= AT_ONCE:
                break  # the end of one of these wakes the loop
            notice = self._outbox.get(number)
            if notice is None:
                self._outbox.forget(number, moment)
                self._news.set()
                continue
            to = lane(notice["url"])
            if self._lanes[to] >= TO_ONE:
                continue  # a slow receiver delays nobody else
            self._lanes[to] += 1
            task = asyncio.create_task(self._deliver(session, notice))
            self._under_way[number] = task
            task.add_done_callback(partial(self._done, number, to))
        return LONGEST_SLEEP

    def _done(self, number: str, to: str, _: asyncio.Task[None]) -> None:
        del self._under_way[number]
        self._lanes[to] -= 1
        if not self._lanes[to]:
            del self._lanes[to]
        self._news.set()

    async def _wait(self, seconds: float) -> None:
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes with the news.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _deliver(self, session: aiohttp.ClientSession, notice: Notice) -> None:
        fault = self._faults.take_for_notification(notice["event"])
        probe = fault is not None and fault.fault == "notification_probe"
        probe = probe and notice["protocol"] == "v3"
        twice = fault is not None and fault.fault == "notification_twice"
        posts = [self._post(session, notice, probe=probe) for _ in range(1 + twice)]
        outcomes = await asyncio.gather(*posts)
        try:
            for outcome in outcomes:
                written = self._outbox.attempted(notice, **outcome, probe=probe)
        except Exception as error:  # noqa: BLE001 - it is made again
            log_failure(logger, f"an attempt to deliver {notice['id']} cannot be kept", error)
            await asyncio.sleep(PAUSE)  # or it would be delivered again and again
        else:
            self._log.tell("notification", written)

    async def _post(
        self, session: aiohttp.ClientSession, notice: Notice, *, probe: bool
    ) -> dict[str, Any]:
        headers = self._outbox.headers(notice)
        if probe:
            headers["Wechatpay-Signature"] = f"{PROBE}{headers['Wechatpay-Signature']}"
        try:
            async with session.post(
                URL(notice["url"]),
                data=notice["body"].encode(),
                headers=headers,
                allow_redirects=False,
            ) as response:
                body = await _beginning(response)
                return {"status": response.status, "answer": body.decode("utf-8", "replace")}
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            reason = printable(f"{type(error).__name__}: {error}".rstrip(": "))
            return {"status": None, "answer": "", "error": reason}


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of an answer: nobody needs more of an acknowledgement."""
    begin = b""
    async for piece in response.content.iter_any():
        begin += piece
        if len(begin) >= LONGEST_ANSWER:
            break
    return begin


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    # Between this question and the call the loop may still end, in another thread.
    with contextlib.suppress(RuntimeError):
        if not loop.is_closed():
            loop.call_soon_threadsafe(news.set)
