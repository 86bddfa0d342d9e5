"""uvicorn with two workers, on the event loop of asyncio and on uvloop's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import needs
from .supervised import WebServer, assert_sold

needs("uvicorn", "uvloop")

WORKERS = 2


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def server(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[WebServer]:
    command = ("--port", "0", "--workers", str(WORKERS), "--loop", request.param)
    server = WebServer(
        *("uvicorn", *command, "tests.runtimes.shop:asgi"),
        ready="Application startup complete",
        workers=WORKERS,
        environment=environment,
    )
    with server:
        yield server


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_each_worker_sells(server: WebServer, path: str) -> None:
    assert_sold(server.sell_in_each_worker(path))
