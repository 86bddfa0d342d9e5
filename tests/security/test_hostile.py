"""Hostile answers of many kinds: only errors of the library come out, and no secret."""

from __future__ import annotations

import pytest

from .hostile import KINDS, Run, open_descriptors

COUNT = 5 * len(KINDS)


@pytest.mark.parametrize("world_name", ["sync", "asynchronous"])
@pytest.mark.parametrize("seed", [1])
def test_whatever_a_server_sends(keys, world_name, seed):
    before = open_descriptors()
    run = Run(keys, seed)
    getattr(run, world_name)(COUNT)
    assert sum(run.outcomes.values()) == COUNT
    assert len({name for name, _ in run.outcomes}) == len(KINDS) >= 22
    assert "verified" in {outcome for _, outcome in run.outcomes}, "nothing ever succeeds"
    assert open_descriptors() <= before + 2
