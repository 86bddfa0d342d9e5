"""Contenders that take turns in short rounds, so that a slow moment falls on all of them.

Each round has another order, and a ratio is the median of the ratios within each round.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

CALLS = 300
"""In one round of one contender: few, so that those beside it saw the same machine."""


@dataclass
class Laps:
    """Microseconds per call of one contender, one entry a round."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def race(names: list[str], rounds: int, run: Callable[[str], None]) -> dict[str, Laps]:
    """Let each contender make its calls, round by round.

    Args:
        names: of the contenders.
        rounds: how many are counted.
        run: makes the calls of the contender of that name, `CALLS` of them.
    """
    laps = {name: Laps() for name in names}
    for name in names:
        run(name)  # connections, caches and lazy imports belong to nobody's first round
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            run(name)
            laps[name].cpu.append((time.process_time() - cpu) / CALLS * 1e6)
            laps[name].wall.append((time.perf_counter() - wall) / CALLS * 1e6)
    return laps


def ratio(above: Laps, below: Laps) -> float:
    """CPU of one contender beside another's."""
    return median(one / other for one, other in zip(above.cpu, below.cpu, strict=True))
