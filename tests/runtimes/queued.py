"""The shop's tasks for Celery."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

SELL, SELL_ASYNC = "tests.runtimes.sell", "tests.runtimes.sell_async"


def new_app(url: str, prefix: str) -> Celery:
    """An application on Redis.

    Args:
        url: of the server.
        prefix: of all its keys.
    """
    app = Celery("shop", broker=url, backend=url, set_as_current=False)
    options = {"global_keyprefix": prefix}
    app.conf.update(
        broker_transport_options=options,
        result_backend_transport_options=options,
        broker_connection_retry_on_startup=True,
        worker_hijack_root_logger=False,
    )
    return app


if "SHOP_BROKER" in os.environ:  # in a worker
    from . import shop

    app = new_app(os.environ["SHOP_BROKER"], os.environ["SHOP_PREFIX"])
    app.task(shop.sell, name=SELL)

    @app.task(name=SELL_ASYNC)
    def sell_async() -> Any:
        return asyncio.run(shop.sell_async())

    @worker_init.connect
    def sell_before_the_fork(**_: object) -> None:
        """Leave an open connection in the process that forks the workers."""
        shop.sell()
