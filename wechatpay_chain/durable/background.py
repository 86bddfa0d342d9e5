"""Runs workers in the background of a program, in one thread or task each, until a block ends."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .failures import described
from .worker import Worker

if TYPE_CHECKING:
    from threading import Event

__all__ = ["Runs", "running", "running_async", "work_off"]

PAUSE = 30.0
"""Seconds until a failed worker is restarted."""

logger = logging.getLogger("wechatpay_chain")


class Runs(Protocol):
    """A worker that can run in a thread: an `Inbox`, an `Outbox`, a `Sweeper`, a `bills.Daily`."""

    def run(self, *, stop: Event) -> None:
        """Run until the event is set."""


def work_off(*workers: Worker) -> int:
    """Process all due rows of the workers, one worker after the other, until none are left.

    Rows recorded by handlers are processed as well. The function is useful in tests.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, on sync engines.

    Returns:
        The number of processed rows.
    """
    count = 0
    while done := sum(each.run_once() for each in workers):
        count += done
    return count


@contextmanager
def running(*workers: Runs) -> Generator[None]:
    """Run workers in one thread each until the block ends; each then finishes its current row.

        with running(inbox, outbox, sweeper):
            serve()

    A failed worker is logged and restarted after half a minute.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper` on sync engines, a `bills.Daily`.

    Raises:
        ConfigurationError: an engine is async; use `running_async`.
    """
    from threading import Event, Thread

    for each in workers:
        if _is_async(each):
            raise ConfigurationError(
                _(
                    "the engine of {name} is async: use running_async, in an event loop",
                    name=_name(each),
                )
            )
    stop = Event()
    threads = [
        Thread(target=_kept, args=(each, stop), name=f"wechatpay_chain.{_name(each).lower()}")
        for each in workers
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@asynccontextmanager
async def running_async(*workers: Runs) -> AsyncGenerator[None]:
    """Async variant of `running`: async engines run as tasks, sync ones in threads.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper`, a `bills.Daily`.
    """
    import asyncio  # already loaded by the running loop

    threads = running(*(each for each in workers if not _is_async(each)))
    threads.__enter__()
    tasks = [
        asyncio.create_task(_kept_async(each), name=f"wechatpay_chain.{_name(each).lower()}")
        for each in workers
        if isinstance(each, Worker) and _is_async(each)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(threads.__exit__, None, None, None)


def _is_async(worker: object) -> bool:
    return isinstance(worker, Worker) and worker.database.is_async


def _name(worker: object) -> str:
    return type(worker).__name__


def _kept(worker: Runs, stop: Event) -> None:
    while not stop.is_set():
        try:
            worker.run(stop=stop)
        except Exception as error:  # noqa: BLE001 - user functions may raise anything
            _tell(worker, error)
            stop.wait(PAUSE)


async def _kept_async(worker: Worker) -> None:
    import asyncio

    while True:
        try:
            await worker.run_async()
        except Exception as error:  # noqa: BLE001
            _tell(worker, error)
            await asyncio.sleep(PAUSE)


def _tell(worker: object, error: Exception) -> None:
    logger.error(
        "%s failed, and is started again in %g s: %s", _name(worker), PAUSE, described(error)
    )
