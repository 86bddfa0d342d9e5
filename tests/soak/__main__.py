"""`python -m tests.soak`: a storm, then a fleet whose keys rotate, and what was counted."""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import time

from tests import services
from wechatpay_chain.gateway import Gateway

from .fleet import Fleet, redis_store
from .fleet import run as run_fleet
from .platform import Elsewhere
from .storm import MADE, Storm
from .storm import run as run_storm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000, help="of the storm; 0 leaves it out")
    parser.add_argument("--threads", type=int, default=32, help="of the storm")
    parser.add_argument("--tasks", type=int, default=64, help="of the storm")
    parser.add_argument("--rotations", type=int, default=5, help="of the fleet; 0 leaves it out")
    parser.add_argument("--processes", type=int, default=4, help="of the fleet")
    given = parser.parse_args()
    if given.calls:
        begun = time.monotonic()
        with Elsewhere(ctx=multiprocessing.get_context("spawn")) as elsewhere:
            storm = run_storm(elsewhere.Platform(), given.calls, given.threads, given.tasks)
        _print(*_told_of_storm(storm, time.monotonic() - begun))
    if given.rotations:
        begun = time.monotonic()
        with services.own_keys() as redis, Gateway(signs_with="certificate") as gateway:
            store = functools.partial(redis_store, redis.url, redis.name)
            fleet = run_fleet(gateway, store, processes=given.processes, rotations=given.rotations)
        _print(*_told_of_fleet(fleet, time.monotonic() - begun))
        assert not fleet.failures
        assert len(fleet.fetches) <= fleet.rotations + 1


def _told_of_storm(storm: Storm, seconds: float) -> list[str]:
    made = ", ".join(f"{len(storm.returned[path])} {kind}s" for kind, path in MADE.items())
    return [
        f"{storm.calls} calls returned, {storm.failed.total()} failed, in {seconds:.0f} s",
        f"  {storm.outages} outages of the first host, {storm.rotations} rotations of the keys, "
        f"{len(storm.fetches)} fetches of certificates",
        *(
            f"  failed: {count} x {what}, the first: {storm.examples[what]}…"
            for what, count in storm.failed.most_common()
        ),
        f"  attempts of failed calls: {dict(sorted(storm.attempts.items()))}",
        f"  {made}: none twice, none lost whose call returned, {storm.unverified} unverified "
        "responses, the ledger balances",
        f"  memory grew by {storm.growth} KiB over the last 60 %",
    ]


def _told_of_fleet(fleet: Fleet, seconds: float) -> list[str]:
    return [
        f"{fleet.processes} processes that share certificates in Redis: {fleet.calls} calls, "
        f"{len(fleet.failures)} failed, in {seconds:.0f} s",
        f"  {fleet.rotations} rotations of the keys, {len(fleet.fetches)} fetches of certificates "
        "in all, the first one included",
        *(f"  failed: {failure}" for failure in fleet.failures[:10]),
    ]


def _print(*lines: str) -> None:
    print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
