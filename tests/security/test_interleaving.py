"""For any sequence of stray, informational and broken responses: no success but a call's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .interleaving import ACTIONS, CALLS, Interleaving

SEQUENCES = st.lists(st.sampled_from(sorted(set(ACTIONS))), min_size=2, max_size=CALLS)
EXAMPLES = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def run(keys) -> Iterator[Interleaving]:
    made = Interleaving(keys)
    with made.server:
        yield made


def test_sync(run):
    @EXAMPLES
    @given(SEQUENCES)
    def check(actions):
        run.sync(actions)

    with run.wxpay:
        check()


def test_async(run):
    with asyncio.Runner() as runner:

        @EXAMPLES
        @given(SEQUENCES)
        def check(actions):
            runner.run(run.asynchronous(actions))

        check()
        runner.run(run.wxpay.aclose())
