"""The drivers of the durable package, which perform the effects of a rule, sync or async."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar, cast

from ..flow import Call
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .operations import BlockingDatabase, Database, Job, Steps, Transaction

__all__ = ["Runner", "called", "called_async", "drive", "drive_async"]

T = TypeVar("T")


class Runner:
    """Runs jobs on a database, sync or on an event loop.

    Args:
        database: runs the transactions.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, job: Job[T]) -> T:
        """Run a job to its end and block until then.

        Raises:
            ConfigurationError: the engine is async.
        """
        if self.database.is_async:
            job.close()
            raise ConfigurationError(_("the engine is async: await the method's _async form"))

        def perform(effect: Transaction[Any] | Call) -> Any:
            if isinstance(effect, Transaction):
                return self.database.transact(effect.steps)
            return called(effect)

        return drive(job, perform)

    def within(self, session: Any, steps: Steps[T]) -> T:
        """Run steps in the transaction of a user's session.

        Raises:
            ConfigurationError: the engine is async.
        """
        if self.database.is_async:
            steps.close()
            raise ConfigurationError(_("the engine is async: await the method's _async form"))
        return cast("T", self.database.within(session, steps))

    async def within_async(self, session: Any, steps: Steps[T]) -> T:
        """Run steps in the transaction of a user's async session.

        Raises:
            ConfigurationError: the engine and its session are sync.
        """
        if not self.database.is_async:
            steps.close()
            raise ConfigurationError(
                _(
                    "the engine is sync: call the method without _async, next to your use of "
                    "the session"
                )
            )
        return await cast("Awaitable[T]", self.database.within(session, steps))

    async def run_async(self, job: Job[T]) -> T:
        """Run a job to its end without blocking the running event loop.

        With a sync engine, the whole job runs in a thread.
        """
        if not self.database.is_async:
            return await cast("BlockingDatabase", self.database).to_thread(self.run, job)

        async def perform(effect: Transaction[Any] | Call) -> Any:
            if isinstance(effect, Transaction):
                return await cast("Awaitable[Any]", self.database.transact(effect.steps))
            return await called_async(effect)

        return await drive_async(job, perform)


def drive(steps: Generator[Any, Any, T], perform: Callable[[Any], Any]) -> T:
    """Run a generator to its end.

    Args:
        steps: the generator.
        perform: performs a yielded effect, and returns its outcome.
    """
    try:
        effect = next(steps)
        while True:
            try:
                outcome = perform(effect)
            except BaseException as error:  # noqa: BLE001 - the rule handles it
                effect = steps.throw(error)
            else:
                effect = steps.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def drive_async(steps: Generator[Any, Any, T], perform: Callable[[Any], Awaitable[Any]]) -> T:
    """Async variant of `drive`."""
    try:
        effect = next(steps)
        while True:
            try:
                outcome = await perform(effect)
            except BaseException as error:  # noqa: BLE001 - the rule handles it
                effect = steps.throw(error)
            else:
                effect = steps.send(outcome)
    except StopIteration as stop:
        result: T = stop.value
        return result


def called(effect: Call) -> Any:
    """Call the function of an effect, and return its result.

    Raises:
        ConfigurationError: it returned an awaitable, which cannot be awaited here.
    """
    outcome = effect.function(*effect.args)
    if hasattr(outcome, "__await__"):
        if hasattr(outcome, "close"):
            outcome.close()
        name = getattr(effect.function, "__qualname__", "a function")
        raise ConfigurationError(
            _(
                "{name} returned an awaitable, but the engine is sync: pass a blocking function, "
                "or use an engine from create_async_engine",
                name=name,
            )
        )
    return outcome


async def called_async(effect: Call) -> Any:
    """Call the function of an effect, and return its result; an awaitable result is awaited."""
    outcome = effect.function(*effect.args)
    return await outcome if hasattr(outcome, "__await__") else outcome
