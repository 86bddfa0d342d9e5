"""Forks while other threads make calls, blocking and on an event loop; `test_processes` runs it."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import sys
import threading
import warnings
from typing import Any

from . import shop

ROUNDS = 2
AT_ONCE = 4
PATIENCE = 60

sold: list[dict[str, Any]] = []
stopping = threading.Event()


def sell(rounds: threading.Semaphore) -> None:
    while not stopping.is_set():
        sold.append(shop.sell())
        rounds.release()


async def sell_async(rounds: threading.Semaphore) -> None:
    while not stopping.is_set():
        sold.extend(await asyncio.gather(*(shop.sell_async() for _ in range(AT_ONCE))))
        rounds.release()


def fork() -> int:
    """A child sells, and ends as a program does, or at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this is about such programs
        child = os.fork()
    if child:
        return child
    shop.sell()
    asyncio.run(shop.sell_async())
    gc.collect()
    sys.exit(0)


if __name__ == "__main__":
    rounds, rounds_async = threading.Semaphore(0), threading.Semaphore(0)
    threads = [
        threading.Thread(target=sell, args=[rounds]),
        threading.Thread(target=lambda: asyncio.run(sell_async(rounds_async))),
    ]
    for thread in threads:
        thread.start()
    # A child cannot import what another thread imports as it forks: that is done by now.
    assert rounds.acquire(timeout=PATIENCE)
    assert rounds_async.acquire(timeout=PATIENCE)
    children = []
    for _, each in itertools.product(range(ROUNDS), (rounds, rounds_async)):
        assert each.acquire(timeout=PATIENCE)
        children.append(fork())
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stopping.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert codes == [0] * len(children)
    for sale in sold:
        sys.stdout.write(f"{json.dumps(sale)}\n")
