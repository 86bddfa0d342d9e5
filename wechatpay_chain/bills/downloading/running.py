"""Downloads several bills in parallel, in threads or as tasks, with the same rules."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ...flow import Effect, Transport, run, run_async
from ...utils.exceptions import WeChatPayError
from ..file import BillFile
from .jobs import Job
from .rules import Plan, fetch

if TYPE_CHECKING:
    import threading

__all__ = ["Outcome", "run_all", "run_all_async"]

Outcome: TypeAlias = BillFile | WeChatPayError

NO_TRANSPORT = cast(Transport, None)  # the client sends


def _fetched(job: Job, plan: Plan) -> Generator[Effect, Any, Outcome]:
    """Return a bill, or the error raised for it."""
    try:
        return (yield from fetch(job, plan))
    except WeChatPayError as error:
        plan.reporter.tell(job, "failed")
        return error


def run_all(
    jobs: Sequence[Job], plan: Plan, concurrency: int, stop: Callable[[], object]
) -> list[Outcome]:
    """Download bills in threads; return the outcomes in order.

    Args:
        jobs: the bills.
        plan: the settings that they share.
        concurrency: number of parallel downloads.
        stop: stops the running downloads if the caller is interrupted.
    """
    if len(jobs) == 1 or concurrency == 1:
        return [run(_fetched(job, plan), NO_TRANSPORT) for job in jobs]
    import threading
    from concurrent.futures import Future, ThreadPoolExecutor

    gate = Gate(threading.Condition())

    def work(job: Job) -> Outcome:
        with gate:
            return run(_fetched(job, plan), NO_TRANSPORT)

    with ThreadPoolExecutor(min(concurrency, len(jobs)), "wechatpay-bills") as executor:
        futures: list[Future[Outcome]] = []
        try:
            futures.extend(
                executor.submit(contextvars.copy_context().run, work, job) for job in jobs
            )
            return [future.result() for future in futures]
        except BaseException:
            stop()
            executor.shutdown(wait=False, cancel_futures=True)
            gate.close()  # the executor does not know a thread whose start was interrupted
            raise


class Gate:
    """Counts the working threads; after `close`, no thread starts to work.

    Args:
        condition: guards the count.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._working = 0
        self._is_closed = False

    def __enter__(self) -> None:
        """Begin to work.

        Raises:
            CancelledError: the gate is closed.
        """
        from concurrent.futures import CancelledError

        with self._condition:
            if self._is_closed:
                raise CancelledError
            self._working += 1

    def __exit__(self, *_: object) -> None:
        with self._condition:
            self._working -= 1
            self._condition.notify_all()

    def close(self) -> None:
        """Prevent threads from starting, and wait for working ones."""
        with self._condition:
            self._is_closed = True
            self._condition.wait_for(lambda: self._working == 0)


async def run_all_async(jobs: Sequence[Job], plan: Plan, concurrency: int) -> list[Outcome]:
    """Download bills as tasks of the running event loop; return the outcomes in order."""
    import asyncio

    slots = asyncio.Semaphore(concurrency)

    async def work(job: Job) -> Outcome:
        async with slots:
            return await run_async(_fetched(job, plan), NO_TRANSPORT)

    if len(jobs) == 1:
        return [await work(jobs[0])]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(job)) for job in jobs]
    return [task.result() for task in tasks]
