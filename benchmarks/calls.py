"""CPU and wall time of one signed and verified call, beside the floor and beside `wechatpayv3`."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from statistics import median

from . import contenders
from .contenders import AsyncCall, Call
from .merchant import Keys
from .racing import CALLS, Laps, race, ratio
from .report import Figure, heading, line
from .serving import serving

AT_ONCE = 50
OURS, OVER_CURL, THEIRS = "wechatpay_chain", "… over libcurl", "wechatpayv3"


def measure(quick: bool) -> list[Figure]:
    """Run both races.

    Args:
        quick: fewer rounds.
    """
    rounds = 5 if quick else 31
    keys = Keys.generate()
    heading(f"calls: POST v3/pay/transactions/native, {rounds} rounds of {CALLS}, microseconds")
    with serving(keys) as base:
        sync = _race_sync(base, keys, rounds)
        at_once = _race_async(base, keys, rounds)
    return [
        *_figures("sync call", "urllib3", sync, 1.00, 0.85, 2.5),
        *_figures(f"async call, {AT_ONCE} at once", "aiohttp", at_once, 1.12, 1.08, 4.5),
    ]


def _race_sync(base: str, keys: Keys, rounds: int) -> dict[str, Laps]:
    with ExitStack() as stack:
        runners: dict[str, Call] = {
            "urllib3": stack.enter_context(contenders.urllib3_floor(base, keys)),
            OURS: stack.enter_context(contenders.chain(base, keys)),
            OVER_CURL: stack.enter_context(contenders.chain_over_curl(base, keys)),
            THEIRS: stack.enter_context(contenders.wechatpayv3_sync(base, keys)),
        }

        def run(name: str) -> None:
            call = runners[name]
            for _ in range(CALLS):
                call()

        return race(list(runners), rounds, run)


def _race_async(base: str, keys: Keys, rounds: int) -> dict[str, Laps]:
    # One loop for the whole race, entered anew for each round: sessions live as long as their loop.
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def enter() -> dict[str, AsyncCall]:
            await stack.__aenter__()
            return {
                "aiohttp": await stack.enter_async_context(contenders.aiohttp_floor(base, keys)),
                OURS: await stack.enter_async_context(contenders.chain_async(base, keys)),
                OVER_CURL: await stack.enter_async_context(
                    contenders.chain_over_curl_async(base, keys)
                ),
                THEIRS: await stack.enter_async_context(contenders.wechatpayv3_async(base, keys)),
            }

        async def at_once(call: AsyncCall) -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(repeated(call))

        async def repeated(call: AsyncCall) -> None:
            for _ in range(CALLS // AT_ONCE):
                await call()

        runners = runner.run(enter())
        try:
            return race(list(runners), rounds, lambda name: runner.run(at_once(runners[name])))
        finally:
            runner.run(stack.aclose())


def _figures(
    what: str,
    floor: str,
    laps: dict[str, Laps],
    over_floor: float,
    curl_over_floor: float,
    under_theirs: float,
) -> list[Figure]:
    line(what, "CPU", "wall", f"CPU / {floor}", f"CPU / {THEIRS}")
    for name, lap in laps.items():
        line(
            f"  {name}",
            f"{median(lap.cpu):.0f}",
            f"{median(lap.wall):.0f}",
            f"{ratio(lap, laps[floor]):.3f}",
            f"{ratio(lap, laps[THEIRS]):.3f}",
        )
    return [
        Figure(f"CPU per {what} / {floor} floor", ratio(laps[OURS], laps[floor]), over_floor),
        Figure(
            f"CPU per {what} over libcurl / {floor} floor",
            ratio(laps[OVER_CURL], laps[floor]),
            curl_over_floor,
        ),
        Figure(
            f"CPU per {what}: {THEIRS} / ours",
            ratio(laps[THEIRS], laps[OURS]),
            under_theirs,
            at_most=False,
        ),
    ]
