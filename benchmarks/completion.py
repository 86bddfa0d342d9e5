"""What a tab costs: `dir()` of chains, and the first one, which loads a part of the catalogue."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from wechatpay_chain import Chain, WeChatPay, catalogue

from .merchant import MCHID
from .report import Figure, heading, line

FIRST = """
import time
from wechatpay_chain import WeChatPay
wxpay = WeChatPay(mchid="{mchid}")
cpu, wall = time.process_time(), time.perf_counter()
{statement}
print((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)
"""
STATEMENTS = {
    "dir(wxpay.v3)": "dir(wxpay.v3)",
    "dir(wxpay.v3.pay.transactions)": "dir(wxpay.v3.pay.transactions)",
    "dir(wxpay.v3.marketing), the largest document": "dir(wxpay.v3.marketing)",
    'wxpay["<TAB>: every path': "wxpay._ipython_key_completions_()",
    "help(wxpay.v3.pay.transactions.native.post)": "wxpay.v3.pay.transactions.native.post.__doc__",
}


def measure(quick: bool) -> list[Figure]:
    """The first of each in interpreters of their own, then `dir()` of every place there is.

    Args:
        quick: fewer times.
    """
    times = 3 if quick else 11
    heading(f"completion: the first time, median of {times} fresh interpreters, milliseconds")
    line("", "CPU", "wall")
    slowest = 0.0
    for name, statement in STATEMENTS.items():
        _first(statement)  # writes the .pyc files, and warms the file cache
        runs = [_first(statement) for _ in range(times)]
        cpu, wall = (median(column) for column in zip(*runs, strict=True))
        line(f"  {name}", f"{cpu:.1f}", f"{wall:.1f}")
        slowest = max(slowest, cpu)
    laps = _every_place(times)
    heading(f"completion: dir() of all {len(laps)} places once loaded, milliseconds")
    line("", "median", "longest")
    line("  dir()", f"{median(laps):.3f}", f"{max(laps):.3f}")
    return [
        Figure("CPU of the first completion, the slowest kind", slowest, 100, "ms"),
        Figure("dir() of a chain once loaded, the slowest", max(laps), 1, "ms"),
    ]


def _first(statement: str) -> tuple[float, float]:
    """Milliseconds of CPU and of wall time."""
    program = FIRST.format(mchid=MCHID, statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    cpu, wall = map(float, done.stdout.split())
    return cpu, wall


def _every_place(times: int) -> list[float]:
    """Milliseconds for each place, the best of some: what else the machine does is not asked."""
    wxpay = WeChatPay(mchid=MCHID)
    places = {
        "/".join(operation.segments[:depth])
        for operation in catalogue.operations()
        for depth in range(1, len(operation.segments) + 1)
    }
    return [min(_lap(wxpay[place]) for _ in range(times)) for place in sorted(places)]


def _lap(chain: Chain) -> float:
    begin = time.perf_counter()
    dir(chain)
    return (time.perf_counter() - begin) * 1e3
