"""Rows handed to taskiq: a task works them off as soon as they are committed.

broker = ListQueueBroker("redis://…")
connect(broker, inbox, outbox, sweeper)

The row in the database is the truth. A message that is lost costs the time until the next periodic
run, which a `TaskiqScheduler` with a `LabelScheduleSource` starts every minute, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

if TYPE_CHECKING:
    from taskiq import AsyncBroker

    from ..durable.worker import Worker

__all__ = ["connect"]

LIMIT = 100
"""Rows that one run of a task works off."""
EVERY_MINUTE = [{"cron": "* * * * *"}]


def connect(broker: AsyncBroker, *workers: Worker) -> None:
    """Register a task for each of inbox, outbox and sweeper, and start it when there is work.

    The tasks are called `wechatpay_chain:inbox`, `wechatpay_chain:outbox` and
    `wechatpay_chain:watch`. An inbox starts its task after each notification that it stores,
    an outbox after the commit of a transaction in which it recorded calls.

    Args:
        broker: your taskiq broker.
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on async engines.

    Raises:
        ConfigurationError: an engine is sync: taskiq's brokers are async.
    """
    for worker in workers:
        if not worker.database.is_async:
            raise ConfigurationError(
                _(
                    "the engine of {type} is sync, and taskiq's brokers are async: use "
                    "create_async_engine",
                    type=type(worker).__name__,
                )
            )
        _connect(broker, worker)


def _connect(broker: AsyncBroker, worker: Worker) -> None:
    async def work() -> None:
        if await worker.run_once_async(LIMIT) >= LIMIT:
            await task.kiq()

    async def start(_ignored: int) -> None:
        await task.kiq()

    name = f"wechatpay_chain:{worker.table}"
    task = broker.register_task(work, task_name=name, schedule=EVERY_MINUTE)
    worker.wake = start
