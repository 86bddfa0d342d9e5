"""One client before and after a fork, and in processes that are started anew."""

from __future__ import annotations

import multiprocessing
from collections import Counter

import pytest

from wechatpay_chain.gateway import Gateway

from .conftest import Run, lines

METHODS = multiprocessing.get_all_start_methods()
needs_fork = pytest.mark.skipif("fork" not in METHODS, reason="this system does not fork")


@pytest.mark.parametrize(
    ("method", "way"),
    [
        pytest.param("fork", "sync", marks=needs_fork),
        pytest.param("fork", "loop_each", marks=needs_fork),
        pytest.param("fork", "one_loop", marks=needs_fork),
        ("spawn", "sync"),
        ("spawn", "loop_each"),
        pytest.param("forkserver", "sync", marks=needs_fork),
    ],
)
def test_calls_in_parent_and_children(run: Run, gateway: Gateway, method: str, way: str) -> None:
    """No response goes to another process, and no warning is shown in any of them."""
    done = run("processes", method, way)
    assert (done.returncode, done.stderr) == (0, "")
    sold = lines(done.stdout)
    assert len({each["out_trade_no"] for each in sold}) == len(sold) == 18
    assert sorted(Counter(each["pid"] for each in sold).values()) == [2, 4, 4, 8]
    assert {each["trade_state"] for each in sold} == {"NOTPAY"}
