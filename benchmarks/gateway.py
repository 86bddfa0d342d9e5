"""The gateway: its start, also from a snapshot, an order's CPU beside a signature's, many at once.

Orders are created by the library's own async client; the gateway has a process of its own, which
says what CPU it has taken. Signatures are timed in that process too, by turns with the orders.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.gateway.load import audit, load
from tests.gateway.load_scenarios import LoadResult
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

from .merchant import NATIVE, ORDER
from .report import Figure, heading, line

AT_ONCE = 64
ORDERS = 500
"""In one round."""
SETTLED = 0.4
"""The part of the load after which what fills up once (caches, the log) is full."""


class Process:
    """The gateway's process, and what it says of itself."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self.description = folder / "gateway.json"

    def ask(self, what: str) -> dict[str, Any]:
        """Its answer to a line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def measure(quick: bool) -> list[Figure]:
    """Start it, create orders, then run many scenarios at once.

    Args:
        quick: fewer of all.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "gateway")
        with _running(folder) as process:
            laps = process.ask("start")["milliseconds"]
            heading(f"gateway: start with keys that are there, {len(laps)} times, milliseconds")
            line("", "median", "longest")
            line("  Gateway(data=DIR).start()", f"{median(laps):.1f}", f"{max(laps):.1f}")
            snapshot = _snapshots(process)
            ratio = asyncio.run(_orders(process, 5 if quick else 21))
        figures = [
            Figure("gateway: start with cached keys, the longest", max(laps), 300, "ms"),
            Figure("gateway: start with a snapshot of 10,000 orders", snapshot, 300, "ms"),
            Figure("gateway: CPU per created order / one RSA-2048 sign", ratio, 3.0),
        ]
        return [*figures, *_load(Path(name, "load"), 2_000 if quick else 10_000)]


def _snapshots(process: Process) -> float:
    """Milliseconds of a start from a snapshot: the median."""
    told = process.ask("snapshot")
    heading(f"gateway: a snapshot of {told['orders']:,} paid orders, milliseconds")
    line("", "median", "longest")
    measured = {"Gateway(snapshot=FILE).start()": told["starts"], "restore": told["restores"]}
    for name, laps in measured.items():
        line(f"  {name}", f"{median(laps):.1f}", f"{max(laps):.1f}")
    return float(median(told["starts"]))


@contextmanager
def _running(folder: Path) -> Iterator[Process]:
    # A session of its own: on Ctrl-C it ends because its standard input does, without a traceback.
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway_process", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        yield Process(process, folder)
        process.stdin.close()


async def _orders(process: Process, rounds: int) -> float:
    """CPU of a created order by that of a signature: the median of the ratios of each round."""
    numbers = itertools.count(1)
    laps = []
    async with WeChatPay.from_gateway(process.description) as wxpay:
        create = wxpay[NATIVE].post_async
        described = json.loads(process.description.read_bytes())
        order = {**ORDER, **{name: described[name] for name in ("mchid", "appid")}}

        async def repeated() -> None:
            for _ in range(ORDERS // AT_ONCE):
                await create(json={**order, "out_trade_no": f"benchmark{next(numbers):012}"})

        for _ in range(rounds + 1):
            sign = process.ask("sign")["microseconds"]
            made, before, begin = next(numbers), process.ask("cpu")["cpu"], time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(repeated())
            wall, made = time.perf_counter() - begin, next(numbers) - made - 1
            cpu = (process.ask("cpu")["cpu"] - before) / made * 1e6
            sign = (sign + process.ask("sign")["microseconds"]) / 2
            laps.append((cpu, sign, wall / made * 1e6))
    laps = laps[1:]  # connections, caches and lazy imports belong to nobody's round
    ratio: float = median(cpu / sign for cpu, sign, _ in laps)
    heading(f"gateway: POST {NATIVE}, {rounds} rounds of {made}, {AT_ONCE} at once, microseconds")
    line("", "CPU", "wall", "CPU / sign")
    line("  a created order, kept on disk", *_medians(laps, 0, 2), f"{ratio:.2f}")
    line("  one RSA-2048 signature", *_medians(laps, 1))
    return ratio


def _medians(laps: list[tuple[float, float, float]], *columns: int) -> list[str]:
    return [f"{median(lap[column] for lap in laps):.0f}" for column in columns]


def _load(folder: Path, requests: int) -> list[Figure]:
    """Run scenarios, and audit what the gateway has afterwards."""
    resident: dict[int, int] = {}
    with _running(folder) as process:

        def look(calls: int) -> None:
            if calls % (requests // 10) == 0:
                resident[calls] = process.ask("memory")["resident"]

        begin = time.perf_counter()
        result = asyncio.run(load(process.description, requests, AT_ONCE, look))
        seconds = time.perf_counter() - begin
    gateway = Gateway(data=folder)  # what counts is what is on the disk
    try:
        lost = 0
        audit(gateway, result)
    except AssertionError as error:
        lost = 1
        line(f"  NOT as it must be: {error}")
    finally:
        gateway.stop()
    settled = [size for calls, size in resident.items() if calls >= requests * SETTLED]
    growth = (settled[-1] - settled[0]) / 2**20
    _tell(result, requests, seconds, resident)
    return [
        Figure(f"gateway: {requests:,} requests, lost or done twice", lost, 0, ""),
        Figure("gateway: growth of resident memory in the last 60 %", growth, 8, "MiB"),
    ]


def _tell(result: LoadResult, requests: int, seconds: float, resident: dict[int, int]) -> None:
    heading(f"gateway: {requests:,} mixed requests, {AT_ONCE} at once, one in ten with a fault")
    line("  seconds", f"{seconds:.1f}")
    line("  requests sent, repeated ones included", f"{result.attempts:,}")
    line("  faults", f"{result.faults:,}")
    line("  answers that were none", f"{result.errors.total():,}")
    line("  orders", f"{len(result.orders):,}")
    line("  orders that were paid", f"{len(result.paid):,}")
    line("  payments that a notification told of", f"{len(result.notifications):,}")
    sizes = "  ".join(f"{size / 2**20:.1f}" for size in resident.values())
    print(f"  resident memory, MiB, after each tenth: {sizes}")
