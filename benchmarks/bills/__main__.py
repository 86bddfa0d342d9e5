"""`python -m benchmarks.bills [--quick] [PART …]`: measure, and compare with what is wanted."""

from __future__ import annotations

import argparse

from ..report import machine, table
from . import reconciliation, rows, tables

PARTS = {
    "rows": rows.measure,
    "tables": tables.measure,
    "reconciliation": reconciliation.measure,
}


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bills", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="smaller, and less exact")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {' '.join(sorted(unknown))}; there are {' '.join(PARTS)}")
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
