"""One client before and after a fork, and in processes that are started anew."""

from __future__ import annotations

import multiprocessing
from collections import Counter

import pytest

from .conftest import Run, lines
from .supervised import assert_sold

METHODS = multiprocessing.get_all_start_methods()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_calls_in_parent_and_children(run: Run, method: str) -> None:
    """No response goes to another process, and no warning is shown in any of them."""
    if method not in METHODS:
        pytest.skip(f"this system has no {method}")
    done = run("processes", method)
    assert (done.returncode, done.stderr) == (0, "")
    sold = lines(done.stdout)
    assert_sold(sold)
    assert sorted(Counter(each["pid"] for each in sold).values()) == [2, 12, 12, 24]


@pytest.mark.skipif("fork" not in METHODS, reason="this system does not fork")
def test_a_fork_amid_calls(run: Run) -> None:
    """The child has no part in the calls that other threads of its parent make."""
    done = run("busy")
    assert (done.returncode, done.stderr) == (0, "")
    assert_sold(lines(done.stdout))
