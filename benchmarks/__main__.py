"""`python -m benchmarks [--quick] [PART …]`: measure, and say how it compares to what is wanted."""

from __future__ import annotations

import argparse
import os

from . import (
    calls,
    checkers,
    completion,
    download,
    exchanges,
    gateway,
    memory,
    merchants,
    startup,
)
from .report import machine, table

PARTS = {
    "calls": calls.measure,
    "exchanges": exchanges.measure,
    "startup": startup.measure,
    "download": download.measure,
    "memory": memory.measure,
    "merchants": merchants.measure,
    "completion": completion.measure,
    "gateway": gateway.measure,
    "checkers": checkers.measure,
}


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smaller, and less exact")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {' '.join(sorted(unknown))}; there are {' '.join(PARTS)}")
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # nothing here may leave this machine
    machine()
    figures = [
        figure
        for name, measure in PARTS.items()
        if not arguments.parts or name in arguments.parts
        for figure in measure(arguments.quick)
    ]
    table(figures)


if __name__ == "__main__":
    main()
