"""Sends the notifications of the outbox; no other part of the gateway sends requests."""

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
from .outbox import Notice, Outbox, queue_of

__all__ = ["NotificationSender"]

MAX_ATTEMPTS, MAX_PER_RECEIVER = 64, 8
"""Attempts at the same time: in all, and to one receiver."""
TIMEOUT = aiohttp.ClientTimeout(total=10)
MAX_SLEEP = 60.0
PAUSE = 1.0
"""Real seconds to wait after an error in the gateway itself."""
MAX_RESPONSE = 64 * 1024

logger = logging.getLogger("wechatpay_chain.gateway")


class NotificationSender:
    """Sends the notifications that are due, and waits for the next ones.

    Args:
        outbox: the notifications to send.
        clock: the gateway's time.
        log: receives each attempt.
        faults: the faults that are set for notifications.
    """

    def __init__(self, outbox: Outbox, clock: Clock, log: Log, faults: Faults) -> None:
        self._outbox = outbox
        self._faults = faults
        self._clock = clock
        self._log = log
        self._changed = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._queues: Counter[str] = Counter()
        loop = asyncio.get_running_loop()
        outbox.changed = lambda: _wake(loop, self._changed)

    async def run(self) -> None:
        """Send until cancelled; an interrupted attempt is repeated after a restart."""
        connector = aiohttp.TCPConnector(limit=MAX_ATTEMPTS)
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small response may decompress to any size
            headers={"Accept-Encoding": "identity"},
        ) as session:
            try:
                while True:
                    self._changed.clear()
                    await self._wait(self._send_due_safely(session))
            finally:
                running = dict(self._running)
                for task in running.values():
                    task.cancel()
                await asyncio.gather(*running.values(), return_exceptions=True)

    def _send_due_safely(self, session: aiohttp.ClientSession) -> float:
        try:
            return self._send_due(session)
        except Exception as error:  # noqa: BLE001 - the next read may succeed
            log_failure(logger, "the outbox cannot be read", error)
            return PAUSE

    def _send_due(self, session: aiohttp.ClientSession) -> float:
        """Start the attempts that are due; return the real seconds until the next one."""
        for number, moment in self._outbox.next_due(2 * MAX_PER_RECEIVER):
            if number in self._running:
                continue
            wait = self._clock.until(moment)
            if wait > 0:
                return min(MAX_SLEEP, wait)
            if len(self._running) >= MAX_ATTEMPTS:
                break  # when one of these ends, the loop wakes up
            notice = self._outbox.get(number)
            if notice is None:
                self._outbox.forget(number, moment)
                self._changed.set()
                continue
            to = queue_of(notice["url"])
            if self._queues[to] >= MAX_PER_RECEIVER:
                continue  # a slow receiver delays nobody else
            self._queues[to] += 1
            task = asyncio.create_task(self._deliver(session, notice))
            self._running[number] = task
            task.add_done_callback(partial(self._done, number, to))
        return MAX_SLEEP

    def _done(self, number: str, to: str, _: asyncio.Task[None]) -> None:
        del self._running[number]
        self._queues[to] -= 1
        if not self._queues[to]:
            del self._queues[to]
        self._changed.set()

    async def _wait(self, seconds: float) -> None:
        # Not wait_for: before Python 3.12 it swallows a cancellation at the moment of the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _deliver(self, session: aiohttp.ClientSession, notice: Notice) -> None:
        fault = self._faults.take_for_notification(notice["event"])
        probe = fault is not None and fault.fault == "notification_probe"
        probe = probe and notice["protocol"] == "v3"
        twice = fault is not None and fault.fault == "notification_twice"
        posts = [self._post(session, notice, probe=probe) for _ in range(1 + twice)]
        outcomes = await asyncio.gather(*posts)
        try:
            for outcome in outcomes:
                written = self._outbox.record_attempt(notice, **outcome, probe=probe)
        except Exception as error:  # noqa: BLE001 - the attempt is repeated
            log_failure(logger, f"an attempt to deliver {notice['id']} cannot be kept", error)
            await asyncio.sleep(PAUSE)  # without a pause it would be sent again and again
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
                body = await _first_bytes(response)
                return {"status": response.status, "body": body.decode("utf-8", "replace")}
        except Exception as error:  # noqa: BLE001 - any error leads to another attempt
            reason = printable(f"{type(error).__name__}: {error}".rstrip(": "))
            return {"status": None, "body": "", "error": reason}


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of a response: an acknowledgement is short."""
    received = b""
    async for piece in response.content.iter_any():
        received += piece
        if len(received) >= MAX_RESPONSE:
            break
    return received


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    # Another thread may close the loop between the check and the call.
    with contextlib.suppress(RuntimeError):
        if not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)
