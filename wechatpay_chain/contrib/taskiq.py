"""taskiq integration: a task processes rows as soon as they are committed.

broker = ListQueueBroker("redis://…")
connect(broker, inbox, outbox, sweeper)

The database rows are authoritative. A lost message only delays a row until the next periodic run,
which a `TaskiqScheduler` with a `LabelScheduleSource` starts every minute.
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
"""Maximum number of rows processed in one run of a task."""
EVERY_MINUTE = [{"cron": "* * * * *"}]


def connect(broker: AsyncBroker, *workers: Worker) -> None:
    """Register a task for each of inbox, outbox and sweeper, and start it when there is work.

    The tasks are called `wechatpay_chain:inbox`, `wechatpay_chain:outbox` and
    `wechatpay_chain:watch`. An inbox starts its task after each stored notification, an outbox
    after each committed transaction with recorded calls.

    Args:
        broker: your taskiq broker.
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on async engines.

    Raises:
        ConfigurationError: an engine is sync, but taskiq's brokers are async.
    """
    for worker in workers:
        if not worker.database.is_async:
            raise ConfigurationError(
                _(
                    "the engine of {type} is sync, but taskiq's brokers are async: use "
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
