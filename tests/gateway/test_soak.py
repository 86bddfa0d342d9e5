"""A short storm: nothing is done twice, and nothing is lost whose call returned."""

from __future__ import annotations

from tests.soak.storm import run


def test_a_storm() -> None:
    storm, weather, _ = run(1200, threads=4, tasks=8)
    assert weather.outages == 1
    assert weather.rotations == 1
    assert storm.returned.total() > 900
    assert storm.unverified == 0
    assert storm.failed, "no fault had an effect"
