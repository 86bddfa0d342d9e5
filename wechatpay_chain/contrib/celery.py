"""Rows handed to Celery: a task works them off as soon as they are committed.

app = Celery("shop", broker="redis://…")
connect(app, inbox, outbox, sweeper, daily)

The row in the database is the truth. A message that is lost costs the time until the next periodic
run (`celery beat`), and nothing else.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

if TYPE_CHECKING:
    from celery import Celery

    from ..bills.daily import Daily
    from ..durable.worker import Worker

__all__ = ["application", "connect"]

LIMIT = 100
"""Rows that one run of a task works off."""
HALF_AN_HOUR = 1800.0
"""Seconds between two looks for a daily bill."""

logger = logging.getLogger("wechatpay_chain")


def application(
    name: str, broker: str, *workers: Worker | Daily, every: float = 10.0, key_prefix: str = ""
) -> Celery:
    """A Celery application for these workers alone, on China's time.

    Args:
        name: of the application.
        broker: the URL of Redis or RabbitMQ.
        workers: as `connect` takes them.
        every: likewise.
        key_prefix: what its keys in Redis begin with, where others use the same database.

    Raises:
        ConfigurationError: an engine is async: Celery's workers are sync.
    """
    from celery import Celery

    app = Celery(name, broker=broker)
    app.conf.timezone = "Asia/Shanghai"
    if key_prefix:
        app.conf.broker_transport_options = {"global_keyprefix": key_prefix}
    connect(app, *workers, every=every)
    return app


def connect(app: Celery, *workers: Worker | Daily, every: float = 10.0) -> None:
    """Register a task for each of inbox, outbox and sweeper, and start it when there is work.

    The tasks are called `wechatpay_chain.inbox`, `wechatpay_chain.outbox`,
    `wechatpay_chain.watch` and `wechatpay_chain.bills`. An inbox starts its task after each
    notification that it stores, an outbox after the commit of a transaction in which it recorded
    calls. Daily bills are looked for every half hour.

    Args:
        app: your Celery application.
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on sync engines; a `bills.Daily`.
        every: seconds between two periodic runs, which `celery beat` starts.

    Raises:
        ConfigurationError: an engine is async: Celery's workers are sync.
    """
    from ..durable.worker import Worker

    for worker in workers:
        if not isinstance(worker, Worker):
            _schedule(app, "wechatpay_chain.bills", worker.run_once, HALF_AN_HOUR)
            continue
        if worker.database.is_async:
            raise ConfigurationError(
                _(
                    "the engine of {type} is async, and Celery's workers are sync: use "
                    "create_engine",
                    type=type(worker).__name__,
                )
            )
        _connect(app, worker, every)


def _connect(app: Celery, worker: Worker, every: float) -> None:
    name = f"wechatpay_chain.{worker.table}"

    def work() -> None:
        if worker.run_once(LIMIT) >= LIMIT:
            task.apply_async()

    task = _schedule(app, name, work, every)
    worker.wake = _Start(task)


def _schedule(app: Celery, name: str, function: Callable[[], object], every: float) -> Any:
    """A task that `celery beat` starts from time to time."""

    def work() -> None:
        function()

    task = app.task(work, name=name, ignore_result=True, shared=False)
    schedule = dict(app.conf.beat_schedule or {})
    app.conf.beat_schedule = {**schedule, name: {"task": name, "schedule": every}}
    return task


class _Start:
    """Starts a task from a thread: a broker that is down must not delay an acknowledgement.

    Several rows that are committed while a message is being sent are one message more.

    Args:
        task: of Celery.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self._sending = threading.Lock()
        self._waiting = threading.Event()

    def __call__(self, _ignored: int) -> None:
        self._waiting.set()
        threading.Thread(target=self._send, name=self._task.name, daemon=True).start()

    def _send(self) -> None:
        with self._sending:
            if not self._waiting.is_set():
                return
            self._waiting.clear()
            try:
                self._task.apply_async(retry=False)
            except Exception as error:  # noqa: BLE001 - the next periodic run finds the row
                logger.warning("%s is not started: %s", self._task.name, type(error).__name__)
