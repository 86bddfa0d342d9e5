"""Many bills at once: in threads, or as tasks of an event loop, by the same rules."""

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
    """A bill, or what was raised for it."""
    try:
        return (yield from fetch(job, plan))
    except WeChatPayError as error:
        plan.reporter.tell(job, "failed")
        return error


def run_all(
    jobs: Sequence[Job], plan: Plan, concurrency: int, stop: Callable[[], object]
) -> list[Outcome]:
    """Download bills in threads; their outcomes in order.

    Args:
        jobs: the bills.
        plan: what they have in common.
        concurrency: how many at once.
        stop: gives up those under way, where the caller is interrupted.
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
            gate.close()  # the executor does not know of a thread whose start was interrupted
            raise


class Gate:
    """Counts the threads at work; once it is closed, none begins.

    Args:
        condition: guards the count.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self._condition = condition
        self._working = 0
        self._is_closed = False

    def __enter__(self) -> None:
        """Begin work.

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
        """Let no thread begin, and wait for those at work."""
        with self._condition:
            self._is_closed = True
            self._condition.wait_for(lambda: self._working == 0)


async def run_all_async(jobs: Sequence[Job], plan: Plan, concurrency: int) -> list[Outcome]:
    """The same as tasks of the running event loop."""
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
