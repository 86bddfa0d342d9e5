"""A short storm and a small fleet, which `make soak` runs at full size."""

from __future__ import annotations

import functools

import pytest

from tests.soak.fleet import redis_store
from tests.soak.fleet import run as run_fleet
from tests.soak.platform import Platform
from tests.soak.storm import ORDERS
from tests.soak.storm import run as run_storm
from wechatpay_chain.keys.stores import FileKeyStore


def test_a_storm() -> None:
    """Nothing is done twice, and nothing is lost whose call returned."""
    storm = run_storm(Platform(), 1400, threads=4, tasks=8)
    assert (storm.outages, storm.rotations) == (1, 2)
    assert storm.calls > 1000
    assert storm.returned[ORDERS]
    assert storm.failed, "no fault had an effect"


@pytest.mark.parametrize("kind", ["file", "redis"])
def test_processes_fetch_once_a_rotation(platform, tmp_path, kind, request) -> None:
    if kind == "file":
        store = functools.partial(FileKeyStore, tmp_path / "keys")
    else:
        server = request.getfixturevalue("redis_server")
        store = functools.partial(redis_store, server.url, server.name)
    fleet = run_fleet(platform, store, rotations=2, pause=0)
    assert fleet.failures == []
    assert fleet.fetches == [200] * 3
