"""Sells before, beside and after the processes that it starts; `test_processes` runs it."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from . import shop

CHILDREN = 2
PATIENCE = 60


async def sell_twice() -> list[dict[str, Any]]:
    return list(await asyncio.gather(shop.sell_async(), shop.sell_async()))


def sync() -> list[dict[str, Any]]:
    return [shop.sell(), shop.sell()]


def loop_each() -> list[dict[str, Any]]:
    return asyncio.run(sell_twice())


def one_loop() -> list[dict[str, Any]]:
    """Sell on a loop that is kept; a child that a fork made has one of its own."""
    process = multiprocessing.current_process().name
    if process not in runners:
        runners[process] = asyncio.Runner()
    return runners[process].run(sell_twice())


runners: dict[str, asyncio.Runner] = {}
WAYS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    each.__name__: each for each in (sync, loop_each, one_loop)
}


def work(way: str, results: Any, told: Any) -> None:
    results.put(WAYS[way]())
    told.wait(PATIENCE)  # so that all of them, and the parent, sell at the same time
    results.put(WAYS[way]())
    for runner in runners.values():
        if runner is runners.get(multiprocessing.current_process().name):
            runner.close()


def main(method: str, way: str) -> None:
    context = multiprocessing.get_context(method)
    sold = WAYS[way]()
    results, told = context.Queue(), context.Event()
    children = [context.Process(target=work, args=(way, results, told)) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    sold += WAYS[way]()
    for _ in range(CHILDREN):
        sold += results.get(timeout=PATIENCE)
    told.set()
    sold += WAYS[way]()
    for _ in range(CHILDREN):
        sold += results.get(timeout=PATIENCE)
    for child in children:
        child.join(PATIENCE)
        assert child.exitcode == 0
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        sold += pool.submit(WAYS[way]).result(PATIENCE)
    sold += WAYS[way]()
    for runner in runners.values():
        runner.close()
    for each in sold:
        sys.stdout.write(f"{json.dumps(each)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
