"""uvloop in place of asyncio's own event loop."""

from __future__ import annotations

from .conftest import Run, lines, needs
from .supervised import assert_sold

needs("uvloop")


def test_one_loop_after_another(run: Run) -> None:
    """No `aclose`, and nothing is left open."""
    done = run("uvloops")
    assert (done.returncode, done.stderr) == (0, "")
    assert_sold(lines(done.stdout))
