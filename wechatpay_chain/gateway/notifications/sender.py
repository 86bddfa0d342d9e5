"""Sends the notifications of the outbox; no other part of the gateway sends requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from ...utils.display import printable
from ..platform import Platform
from ..server.failures import log_failure
from ..server.faults import PROBE, SKEW, Fault, skewed_headers
from .outbox import Notice, Outbox, queue_of

__all__ = ["NotificationSender"]

MAX_ATTEMPTS, MAX_PER_RECEIVER = 64, 8
"""Maximum number of simultaneous attempts, in total and for each receiver."""
TIMEOUT = aiohttp.ClientTimeout(total=10)
MAX_SLEEP = 60.0
PAUSE = 1.0
"""Real seconds to wait after an error in the gateway itself."""
MAX_RESPONSE = 64 * 1024
LATE = 60.0
"""Default delay of a late notification, in seconds of the gateway's time."""
PUTTING_OFF = ("notification_late", "notification_out_of_order", "notification_never")

logger = logging.getLogger("wechatpay_chain.gateway")


class NotificationSender:
    """Sends due notifications, and waits for the next ones.

    Args:
        platform: platform with the outboxes, the clock, the faults and the log.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._generation = platform.store.generation
        self._changed = asyncio.Event()
        self._overtaken: dict[str, list[tuple[Outbox, str]]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._queues: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Check for due notifications; can be called from any thread."""
        _wake(self._loop, self._changed)

    async def run(self) -> None:
        """Send until cancelled; an interrupted attempt is repeated after a restart."""
        connector = aiohttp.TCPConnector(limit=MAX_ATTEMPTS)
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small response can expand to any size
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
        self._forget_replaced()
        for moment, number, outbox in self._next_due():
            if number in self._running:
                continue
            wait = self._clock.until(moment)
            if wait > 0:
                return min(MAX_SLEEP, wait)
            if len(self._running) >= MAX_ATTEMPTS:
                break  # the end of any of these wakes the loop
            notice = outbox.get(number)
            if notice is None:
                outbox.forget(number, moment)
                self._changed.set()
                continue
            to = queue_of(notice["url"])
            if self._queues[to] >= MAX_PER_RECEIVER:
                continue  # a slow receiver does not delay others
            self._queues[to] += 1
            task = asyncio.create_task(self._deliver(session, outbox, notice))
            self._running[number] = task
            task.add_done_callback(partial(self._done, number, to))
        return MAX_SLEEP

    def _forget_replaced(self) -> None:
        """Cancel running attempts if a snapshot was restored."""
        generation = self._platform.store.generation
        if generation != self._generation:
            self._generation = generation
            for task in self._running.values():
                task.cancel()
            self._running.clear()
            self._queues.clear()
            self._overtaken.clear()

    def _next_due(self) -> list[tuple[float, str, Outbox]]:
        """Return the next due notifications of each merchant and receiver, the earliest first."""
        found = [
            (moment, number, outbox)
            for outbox in self._platform.waiting()
            for number, moment in outbox.next_due(2 * MAX_PER_RECEIVER)
        ]
        return sorted(found, key=lambda each: each[:2])

    def _done(self, number: str, to: str, task: asyncio.Task[None]) -> None:
        if self._running.get(number) is task:
            del self._running[number]
            self._queues[to] -= 1
            if not self._queues[to]:
                del self._queues[to]
        self._changed.set()

    async def _wait(self, seconds: float) -> None:
        # Not wait_for, which before Python 3.12 swallows a cancellation at the moment of the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _deliver(
        self, session: aiohttp.ClientSession, outbox: Outbox, notice: Notice
    ) -> None:
        generation = self._generation
        fault = None if notice.get("put_off") else self._fault(notice)
        kind = "" if fault is None else fault.fault
        outcomes: list[dict[str, Any]] = []
        if kind not in PUTTING_OFF:
            count = 2 if kind == "notification_twice" else 1
            headers = [self._headers(outbox, notice, fault) for _ in range(count)]
            posts = [self._post(session, notice, each) for each in headers]
            outcomes = await asyncio.gather(*posts)
        try:
            with self._platform.store.alone():
                if self._platform.store.generation != generation:
                    return  # the notification was replaced by a restore
                written = self._record(outbox, notice, fault, outcomes)
        except Exception as error:  # noqa: BLE001 - the attempt is repeated
            log_failure(logger, f"an attempt to deliver {notice['id']} cannot be kept", error)
            await asyncio.sleep(PAUSE)  # without a pause, the loop would send it continuously
        else:
            self._platform.shared.log.tell("notification", written)

    def _record(
        self, outbox: Outbox, notice: Notice, fault: Fault | None, outcomes: list[dict[str, Any]]
    ) -> Notice:
        """Record the attempts, and return the notification."""
        if fault is not None and not outcomes:
            return self._put_off(outbox, notice, fault)
        written = notice
        probe = fault is not None and fault.fault == "notification_probe"
        probe = probe and notice["protocol"] == "v3"
        for outcome in outcomes:
            written = outbox.record_attempt(notice, **outcome, probe=probe)
        for other, number in self._overtaken.pop(queue_of(notice["url"]), ()):
            other.put_off(number, self._clock.now())
        return written

    def _fault(self, notice: Notice) -> Fault | None:
        faults, host = self._platform.shared.faults, ""
        with contextlib.suppress(ValueError):  # the URL is invalid
            host = urlsplit(notice["url"]).hostname or ""
        return faults.take_for_notification(notice["event"], host)

    def _put_off(self, outbox: Outbox, notice: Notice, fault: Fault) -> Notice:
        """Delay a notification, send it after the next one, or drop it."""
        number, seconds = notice["id"], fault.options.get("seconds", LATE)
        if fault.fault == "notification_never":
            return outbox.give_up(number) or notice
        if fault.fault == "notification_out_of_order":
            self._overtaken.setdefault(queue_of(notice["url"]), []).append((outbox, number))
        return outbox.put_off(number, self._clock.now() + seconds) or notice

    def _headers(self, outbox: Outbox, notice: Notice, fault: Fault | None) -> dict[str, str]:
        headers = outbox.headers(notice)
        if fault is None or "Wechatpay-Signature" not in headers:
            return headers
        if fault.fault == "notification_probe":
            headers["Wechatpay-Signature"] = f"{PROBE}{headers['Wechatpay-Signature']}"
        elif fault.fault == "notification_clock_skew":
            seconds = fault.options.get("seconds", SKEW)
            return skewed_headers(headers, notice["body"].encode(), seconds, outbox.identity)
        return headers

    async def _post(
        self, session: aiohttp.ClientSession, notice: Notice, headers: dict[str, str]
    ) -> dict[str, Any]:
        url, body = notice["url"], notice["body"].encode()
        receivers = list(self._platform.shared.receivers)
        receiver = next((each for each in receivers if each.takes(url)), None)
        try:
            if receiver is not None:
                reply = await receiver.post(url, headers, body)
                text = reply.body[:MAX_RESPONSE].decode("utf-8", "replace")
                return {"status": reply.status, "body": text}
            async with session.post(
                URL(url),
                data=body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                received = await _first_bytes(response)
                return {"status": response.status, "body": received.decode("utf-8", "replace")}
        except Exception as error:  # noqa: BLE001 - any error leads to another attempt
            reason = printable(f"{type(error).__name__}: {error}".rstrip(": "))
            return {"status": None, "body": "", "error": reason}


async def _first_bytes(response: aiohttp.ClientResponse) -> bytes:
    """Read the beginning of a response, which is enough for an acknowledgement."""
    received = b""
    async for piece in response.content.iter_any():
        received += piece
        if len(received) >= MAX_RESPONSE:
            break
    return received


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    # Another thread can close the loop between the check and the call.
    with contextlib.suppress(RuntimeError):
        if not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)
