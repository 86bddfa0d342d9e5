"""Celery integration: a task processes rows as soon as they are committed.

app = Celery("shop", broker="redis://…")
connect(app, inbox, outbox, sweeper, daily)

The database rows are authoritative. A lost message only delays a row until the next periodic run
(`celery beat`).
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
"""Maximum number of rows processed in one run of a task."""
HALF_AN_HOUR = 1800.0
"""Seconds between two checks for a daily bill."""

logger = logging.getLogger("wechatpay_chain")


def application(
    name: str, broker: str, *workers: Worker | Daily, every: float = 10.0, key_prefix: str = ""
) -> Celery:
    """Create a Celery application only for these workers, in China's time zone.

    Args:
        name: the name of the application.
        broker: the URL of Redis or RabbitMQ.
        workers: as in `connect`.
        every: as in `connect`.
        key_prefix: a prefix for its keys in Redis, if other programs use the same database.

    Raises:
        ConfigurationError: an engine is async, but Celery's workers are sync.
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

    The tasks are called `wechatpay_chain.inbox`, `wechatpay_chain.outbox`, `wechatpay_chain.watch`
    and `wechatpay_chain.bills`. An inbox starts its task after each stored notification, an outbox
    after each committed transaction with recorded calls. Daily bills are checked every half hour.

    Args:
        app: your Celery application.
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on sync engines; a `bills.Daily`.
        every: seconds between two periodic runs, which `celery beat` starts.

    Raises:
        ConfigurationError: an engine is async, but Celery's workers are sync.
    """
    from ..durable.worker import Worker

    for worker in workers:
        if not isinstance(worker, Worker):
            _schedule(app, "wechatpay_chain.bills", worker.run_once, HALF_AN_HOUR)
            continue
        if worker.database.is_async:
            raise ConfigurationError(
                _(
                    "the engine of {type} is async, but Celery's workers are sync: use "
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
    """Return a task that `celery beat` starts periodically."""

    def work() -> None:
        function()

    task = app.task(work, name=name, ignore_result=True, shared=False)
    schedule = dict(app.conf.beat_schedule or {})
    app.conf.beat_schedule = {**schedule, name: {"task": name, "schedule": every}}
    return task


class _Start:
    """Starts a task in a thread, so that an unavailable broker does not delay an acknowledgement.

    Rows committed while a message is being sent cause only one further message.

    Args:
        task: a Celery task.
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
