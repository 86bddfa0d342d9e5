"""How many typed rows a second come out of a trade bill, and how much memory that takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import NamedTuple

from wechatpay_chain.testing.bills import generate

from ..report import Figure, heading, line

PROGRAM = """
import json, sys, time
from wechatpay_chain import bills
path, begin, worked = sys.argv[1], time.perf_counter(), time.process_time()
rows = sum(1 for row in bills.read(path, kind="trade"))
read, worked = time.perf_counter() - begin, time.process_time() - worked
begin = time.perf_counter()
assert bills.check(path).count == rows
checked = time.perf_counter() - begin
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(json.dumps([rows, read, worked, checked, int(peak)]))
"""


class Run(NamedTuple):
    """One process that reads a bill twice: as rows, and for its sums alone."""

    rows: int
    read: float
    """Seconds."""
    worked: float
    """Of the processor."""
    checked: float
    kib: int
    """The most memory that the process had."""


def measure(quick: bool) -> list[Figure]:
    """Read a bill of 200,000 rows, and a small one, in processes of their own.

    Args:
        quick: fewer rows, and fewer times.
    """
    many, times = (50_000, 3) if quick else (200_000, 7)
    with tempfile.TemporaryDirectory() as folder:
        small = generate(orders=2_000, seed=1).write(f"{folder}/small").trade
        large = generate(orders=many, seed=1).write(f"{folder}/large").trade
        before = _run(str(small))
        runs = [_run(str(large)) for _ in range(times)]
    best = min(runs, key=lambda run: run.read)
    checked = min(run.checked for run in runs)
    growth = max(run.kib for run in runs) - before.kib
    heading(f"rows: a trade bill of {best.rows:,} rows, best of {times} processes")
    line("", "rows/s", "of processor time", "peak MiB")
    line(
        "  bills.read, every row typed",
        f"{best.rows / best.read:,.0f}",
        f"{best.rows / min(run.worked for run in runs):,.0f}",
        f"{best.kib / 1024:.0f}",
    )
    line("  bills.check, sums alone", f"{best.rows / checked:,.0f}")
    return [
        Figure("typed rows a second", best.rows / best.read / 1000, 120, "thousand", at_most=False),
        Figure(
            f"memory that {best.rows:,} rows take more than {before.rows:,}",
            growth / 1024,
            8,
            "MiB",
        ),
    ]


def _run(path: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True
    )
    return Run(*json.loads(done.stdout))
