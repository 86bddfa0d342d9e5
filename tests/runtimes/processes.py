"""Sells before, beside and after the processes that it starts; `test_processes` runs it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from . import shop

CHILDREN = 2
PATIENCE = 60

Sales = list[dict[str, Any]]
kept: dict[int, asyncio.Runner] = {}
"""The loop of each process that is not closed between two sales. A fork copies the parent's."""


async def sell_at_once() -> Sales:
    return list(await asyncio.gather(shop.sell_async(), shop.sell_async()))


def sell() -> Sales:
    """Sell in each way: blocking, on a loop of its own, and on one that is kept."""
    if os.getpid() not in kept:
        kept[os.getpid()] = asyncio.Runner()
    runner = kept[os.getpid()]
    return [shop.sell(), *asyncio.run(sell_at_once()), *runner.run(sell_at_once()), shop.sell()]


def sell_blocking() -> Sales:
    return [shop.sell(), shop.sell()]


def work(results: Any, told: Any) -> None:
    results.put(sell())
    told.wait(PATIENCE)  # so that all of them, and the parent, sell at the same time
    results.put(sell())
    kept[os.getpid()].close()


def main(method: str) -> None:
    context = multiprocessing.get_context(method)
    sold = sell()
    results, told = context.Queue(), context.Event()
    children = [context.Process(target=work, args=(results, told)) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    sold += sell()
    for _ in range(CHILDREN):
        sold += results.get(timeout=PATIENCE)
    told.set()
    sold += sell()
    for _ in range(CHILDREN):
        sold += results.get(timeout=PATIENCE)
    for child in children:
        child.join(PATIENCE)
        assert child.exitcode == 0
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        sold += pool.submit(sell_blocking).result(PATIENCE)
    sold += sell()
    kept[os.getpid()].close()
    for each in sold:
        sys.stdout.write(f"{json.dumps(each)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
