"""Celery's prefork workers, forked from a process that made calls before."""

from __future__ import annotations

from tests.services import Namespace

from .conftest import needs
from .supervised import PATIENCE, ROUNDS, Sale, Supervised, assert_sold

needs("celery", "redis")

WORKERS = 2


def test_each_worker_sells(environment: dict[str, str], redis_server: Namespace) -> None:
    from .queued import SELL, SELL_ASYNC, new_app

    queue = {"SHOP_BROKER": redis_server.url, "SHOP_PREFIX": redis_server.name}
    options = f"--pool prefork --concurrency {WORKERS} --loglevel INFO"
    worker = Supervised(
        *("celery", "--app", "tests.runtimes.queued", "worker", *options.split()),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ready=" ready.",
        times=1,
        environment={**environment, **queue},
    )
    with worker, new_app(redis_server.url, redis_server.name) as app:
        sold: list[Sale] = []
        for _ in range(ROUNDS):
            results = [app.send_task(name) for name in (SELL, SELL_ASYNC) * WORKERS]
            sold += [each.get(timeout=PATIENCE) for each in results]
            if len({each["pid"] for each in sold}) == WORKERS:
                break
    assert_sold(sold)
    assert len({each["pid"] for each in sold} - {worker.pid}) == WORKERS
