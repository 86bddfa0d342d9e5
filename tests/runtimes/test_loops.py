"""A loop that ends without `aclose` leaves no socket open and no warning behind."""

from __future__ import annotations

import pytest

from tests.support import need_pycurl

from .conftest import Run


@pytest.mark.parametrize(
    ("scheme", "transport"),
    [("http", "default"), ("tls", "default"), ("tls", "curl")],
)
def test_nothing_is_warned_of(run: Run, connection_file: str, scheme: str, transport: str) -> None:
    if transport == "curl":
        need_pycurl()
    done = run("loops", connection_file, scheme, transport)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "with_asyncio_run",
        "with_a_runner",
        "loop_closed_first",
        "client_dropped_first",
        "client_dropped_within_a_loop",
        "client_dropped_by_another_thread",
        "calls_cancelled",
        "sync_client",
        "at_exit_with_global_clients",
    ]
