"""Rows handed to Celery: a task works them off as soon as they are committed.

app = Celery("shop", broker="redis://…")
connect(app, inbox, outbox, sweeper)

The row in the database is the truth. A message that is lost costs the time until the next periodic
run (`celery beat`), and nothing else.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from ..utils.exceptions import ConfigurationError

if TYPE_CHECKING:
    from celery import Celery

    from ..durable.worker import Worker

__all__ = ["connect"]

LIMIT = 100
"""Rows that one run of a task works off."""

logger = logging.getLogger("wechatpay_chain")


def connect(app: Celery, *workers: Worker, every: float = 10.0) -> None:
    """Register a task for each of inbox, outbox and sweeper, and start it when there is work.

    The tasks are called `wechatpay_chain.inbox`, `wechatpay_chain.outbox` and
    `wechatpay_chain.watch`. An inbox starts its task after each notification that it stores,
    an outbox after the commit of a transaction in which it recorded calls.

    Args:
        app: your Celery application.
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on sync engines.
        every: seconds between two periodic runs, which `celery beat` starts.

    Raises:
        ConfigurationError: an engine is async: Celery's workers are sync.
    """
    for worker in workers:
        if worker.database.is_async:
            raise ConfigurationError(
                f"the engine of {type(worker).__name__} is async, and Celery's workers are sync: "
                "use create_engine"
            )
        _connect(app, worker, every)


def _connect(app: Celery, worker: Worker, every: float) -> None:
    name = f"wechatpay_chain.{worker.table}"

    @app.task(name=name, ignore_result=True, shared=False)  # type: ignore[untyped-decorator]
    def work() -> None:
        if worker.run_once(LIMIT) >= LIMIT:
            work.apply_async()

    worker.wake = _Start(work)
    schedule = dict(app.conf.beat_schedule or {})
    app.conf.beat_schedule = {**schedule, name: {"task": name, "schedule": every}}


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

    def __call__(self, _: int) -> None:
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
