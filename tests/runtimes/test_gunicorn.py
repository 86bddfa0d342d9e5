"""gunicorn, with each kind of worker, and with a client that was used before it forked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import needs
from .supervised import WebServer, assert_sold

needs("gunicorn", "gevent")

WORKERS = 2
BEFORE = {"SHOP_SELLS_AT_ONCE": "yes"}
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "sync": ("", {}),
    "gthread": ("--worker-class gthread --threads 4", {}),
    "gevent": ("--worker-class gevent", {}),
    "preload": ("--preload", BEFORE),
    "preload_gevent": ("--preload --config python:tests.runtimes.patched -k gevent", BEFORE),
}


@pytest.fixture(scope="module", params=WAYS)
def server(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[WebServer]:
    options, variables = WAYS[request.param]
    command = ("--bind", "127.0.0.1:0", "--workers", str(WORKERS), "--no-control-socket")
    server = WebServer(
        *("gunicorn", *command, *options.split(), "tests.runtimes.shop:wsgi"),
        ready="Booting worker with pid",
        workers=WORKERS,
        environment={**environment, **variables},
    )
    with server:
        yield server


def test_each_worker_sells(server: WebServer) -> None:
    assert_sold(server.sell_in_each_worker())
