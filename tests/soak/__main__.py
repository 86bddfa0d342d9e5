"""`python -m tests.soak --calls 50000`: a storm, and what was counted."""

from __future__ import annotations

import argparse
import time

from .storm import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=64)
    given = parser.parse_args()
    begun = time.monotonic()
    storm, weather, growth = run(given.calls, given.threads, given.tasks)
    lines = [
        f"{sum(storm.returned.values())} calls returned, {sum(storm.failed.values())} failed, "
        f"in {time.monotonic() - begun:.0f} s",
        f"{weather.outages} outages of the first host, {weather.rotations} rotations of the key",
        *(f"  failed: {count} x {what}" for what, count in storm.failed.most_common()),
        f"  attempts of failed calls: {dict(sorted(storm.attempts.items()))}",
        f"{len(storm.orders)} orders, {len(storm.refunds)} refunds: none twice, none lost whose "
        f"call returned, {storm.unverified} unverified responses, the ledger balances",
        f"memory grew by {growth} KiB over the last 60 %",
    ]
    print("\n".join(lines))  # noqa: T201


if __name__ == "__main__":
    main()
