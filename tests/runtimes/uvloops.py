"""Sells on event loops of uvloop's; `test_uvloop` runs it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvloop

from . import shop

AT_ONCE = 8


async def sell() -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(shop.sell_async() for _ in range(AT_ONCE))))


if __name__ == "__main__":
    sold = uvloop.run(sell()) + uvloop.run(sell())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for _ in range(2):
            sold += runner.run(sell())
    for each in sold:
        sys.stdout.write(f"{json.dumps(each)}\n")
