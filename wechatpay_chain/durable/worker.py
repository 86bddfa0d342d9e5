"""The loop of a worker: it works while there is work, waits a moment, and outlives the database."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

__all__ = ["Errors", "work", "work_async"]

LONGEST_WAIT = 30.0
"""Seconds between two attempts to reach a database that is down."""

Errors = tuple[type[Exception], ...]

logger = logging.getLogger("wechatpay_chain")


def work(once: Callable[[], int], errors: Errors, *, poll: float, stop: Event | None) -> None:
    """Work until told to stop, blocking.

    Args:
        once: does what is due, and returns how much it did.
        errors: what the database raises.
        poll: seconds to wait when nothing is due.
        stop: ends the loop after the work at hand.
    """
    from threading import Event  # an event is no I/O

    stop = stop or Event()
    failures = 0
    while not stop.is_set():
        try:
            wait = 0.0 if once() else poll
            failures = 0
        except errors as error:
            failures += 1
            wait = _pause(error, poll, failures)
        if wait:
            stop.wait(wait)


async def work_async(once: Callable[[], Awaitable[int]], errors: Errors, *, poll: float) -> None:
    """Work until the task is cancelled."""
    import asyncio  # a running loop has loaded it

    failures = 0
    while True:
        try:
            wait = 0.0 if await once() else poll
            failures = 0
        except errors as error:
            failures += 1
            wait = _pause(error, poll, failures)
        await asyncio.sleep(wait)


def _pause(error: Exception, poll: float, failures: int) -> float:
    wait = min(LONGEST_WAIT, max(poll, 0.1) * 2.0 ** min(failures - 1, 10))
    logger.error("the database fails, the worker waits %.1f s: %s", wait, type(error).__name__)
    return wait
