"""A fleet: processes that share certificates through a store while the platform's keys rotate."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wechatpay_chain import WeChatPay, WeChatPayError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.keys.redis_store import RedisKeyStore

from .platform import count_fetches, merchant, rotate

PATH = "v3/merchant-service/complaints-v2?begin_date=2026-01-01&end_date=2026-01-02"
THREADS, TASKS = 4, 8
"""That call at once, in each process."""
STARTED_WITHIN = 120


@dataclass
class Fleet:
    """What a fleet did.

    Attributes:
        processes: how many there were.
        rotations: how often the platform's keys were replaced.
        calls: how many were made, in all processes.
        failures: the errors of those that failed.
        fetches: the statuses of the responses to requests for certificates.
    """

    processes: int
    rotations: int
    calls: int = 0
    failures: list[str] = field(default_factory=list)
    fetches: list[int] = field(default_factory=list)


def redis_store(url: str, prefix: str) -> RedisKeyStore:
    """A store in Redis, for a process of its own."""
    import redis

    return RedisKeyStore(redis.Redis.from_url(url), prefix)


def run(
    gateway: Gateway,
    store: Callable[[], Any],
    *,
    processes: int = 4,
    rotations: int = 5,
    pause: float = 60.0,
) -> Fleet:
    """Let a fleet call without a pause, and replace the platform's keys under it.

    Args:
        gateway: signs with a platform certificate.
        store: makes a process's key store; it is pickled.
        processes: how many.
        rotations: how many, each when every process has verified responses after the last one.
        pause: seconds between two fetches that an unknown serial number may cause. A rotation
            follows another a little later than that.
    """
    fleet = Fleet(processes, rotations, fetches=count_fetches(gateway))
    given = merchant(gateway)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    counts = [context.Value("Q", 0) for _ in range(processes)]
    workers = [
        context.Process(target=_work, args=(given, store, pause, count, stop, results), daemon=True)
        for count in counts
    ]
    try:
        for worker in workers:
            worker.start()
        _wait_until_all_call(counts, workers)
        for _ in range(rotations):
            time.sleep(pause * 1.05)
            rotate(gateway)
            _wait_until_all_call(counts, workers)
        stop.set()
        for _ in workers:
            fleet.failures += results.get(timeout=STARTED_WITHIN)
        fleet.calls = sum(count.value for count in counts)
    finally:
        for worker in workers:
            worker.join(10)
            worker.kill()
    return fleet


def _wait_until_all_call(counts: list[Any], workers: list[Any]) -> None:
    """Wait until each process has made calls that begin after now, and that are over."""
    before = [count.value for count in counts]
    end = time.monotonic() + STARTED_WITHIN
    while any(
        count.value < known + 2 * (THREADS + TASKS)
        for count, known in zip(counts, before, strict=True)
    ):
        dead = [worker.name for worker in workers if not worker.is_alive()]
        if dead or time.monotonic() > end:
            raise AssertionError(f"a process makes no calls: {dead or before}")
        time.sleep(0.01)


def _work(
    given: dict[str, Any],
    store: Callable[[], Any],
    pause: float,
    count: Any,
    stop: Any,
    results: Any,
) -> None:
    """A process that calls, in threads and tasks, until it is told to stop."""
    failures: list[str] = []

    def note(error: WeChatPayError | None) -> None:
        with count.get_lock():
            count.value += 1
        if error is not None:
            failures.append(repr(error))

    with WeChatPay(**given, key_store=store()) as wxpay:
        wxpay.platform_keys.pause = pause

        def call() -> None:
            while not stop.is_set():
                error = None
                try:
                    wxpay[PATH].get()
                except WeChatPayError as caught:
                    error = caught
                note(error)

        async def call_async() -> None:
            while not stop.is_set():
                error = None
                try:
                    await wxpay[PATH].get_async()
                except WeChatPayError as caught:
                    error = caught
                note(error)

        async def tasks() -> None:
            await asyncio.gather(*(call_async() for _ in range(TASKS)))
            await wxpay.aclose()

        threads = [threading.Thread(target=call) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        asyncio.run(tasks())
        for thread in threads:
            thread.join()
    results.put(failures)
