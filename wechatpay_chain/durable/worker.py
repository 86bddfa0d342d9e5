"""The common base of inbox, outbox and sweeper: processes the due rows of a table."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ..flow import Call
from ..middleware.retry import Retry
from ..utils.display import represented
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .counters import Counters
from .databases import database_of, hide_url
from .drivers import Runner, called_async
from .merchant import Merchant
from .operations import Database, Find, Job, Row, State, Steps, Table, Transaction, Update, Worked

if TYPE_CHECKING:
    from threading import Event

    from ..client import WeChatPay
    from ..merchants import Merchants

__all__ = ["Worker"]

LONGEST_WAIT = 30.0
"""Maximum seconds between two attempts to reach an unavailable database."""
MOST_BUSY = 100
"""Maximum number of ordering keys skipped in one run."""

logger = logging.getLogger("wechatpay_chain")


class Worker(ABC):
    """Processes the rows of a table. Threads and processes can share the work.

    Args:
        engine: a sync or async SQLAlchemy engine; or a `Database`, such as Django's.
        wxpay: the merchant's client, or a `Merchants`.
        retry: when and how often a failed row is processed again.
        clock: returns seconds since 1970, by default `time.time`.
        outcomes: the names of the counters.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    table: ClassVar[Table]
    """The table with its rows."""

    def __init__(
        self,
        engine: Any,
        wxpay: WeChatPay | Merchants,
        retry: Retry,
        clock: Callable[[], float] = time.time,
        outcomes: tuple[str, ...] = (),
    ) -> None:
        engine = hide_url(engine)
        database = database_of(engine)
        if not isinstance(retry, Retry):
            raise ConfigurationError(
                _("retry={represented}: expected a Retry(…)", represented=represented(retry))
            )
        self._runner = Runner(database)
        self.wxpay = wxpay
        self.wake: Callable[[int], Any] | None = None
        self._merchant = Merchant(wxpay, database.is_async)
        self._retry = retry
        self._clock = clock
        self.counters = Counters(*outcomes)

    @property
    def database(self) -> Database:
        """The database that runs its transactions."""
        return self._runner.database

    @abstractmethod
    def _next(self, passed: set[tuple[str, str]]) -> Job[Worked | None]:
        """Process the row that has been due longest; None if none is due.

        Args:
            passed: merchant IDs and ordering keys to skip.
        """

    def run_once(self, limit: int = 100, *, stop: Event | None = None) -> int:
        """Process the due rows.

        Args:
            limit: maximum number of rows.
            stop: ends the processing after the current row.

        Returns:
            The number of processed rows, successful or failed.
        """
        passed: set[tuple[str, str]] = set()
        count = 0
        while count < limit and len(passed) < MOST_BUSY and not (stop and stop.is_set()):
            worked = self._runner.run(self._next(passed))
            if worked is None:
                break
            count += self._noted(worked, passed)
        return count

    async def run_once_async(self, limit: int = 100) -> int:
        """Async variant of `run_once`."""
        passed: set[tuple[str, str]] = set()
        count = 0
        while count < limit and len(passed) < MOST_BUSY:
            worked = await self._runner.run_async(self._next(passed))
            if worked is None:
                break
            count += self._noted(worked, passed)
        return count

    def run(
        self,
        *,
        poll: float = 1.0,
        stop: Event | None = None,
        before: Callable[[], object] | None = None,
    ) -> None:
        """Process due rows in a loop; an unavailable database is retried.

        Args:
            poll: seconds to wait if no row is due.
            stop: ends the loop after the current row; without it, only an exception does.
            before: called before each search for due rows, such as
                `django.db.close_old_connections`.
        """
        from threading import Event  # an event is no I/O

        stop = stop or Event()
        failures = 0
        while not stop.is_set():
            try:
                if before is not None:
                    before()
                wait = 0.0 if self.run_once(stop=stop) else poll
                failures = 0
            except self._runner.database.errors as error:
                failures += 1
                wait = _pause(error, poll, failures)
            if wait:
                stop.wait(wait)

    async def run_async(
        self, *, poll: float = 1.0, before: Callable[[], object] | None = None
    ) -> None:
        """Async variant of `run`, until the task is cancelled.

        Args:
            poll: seconds to wait if no row is due.
            before: called before each search for due rows; an awaitable result is awaited.
        """
        import asyncio  # already loaded by the running loop

        failures = 0
        while True:
            try:
                if before is not None:
                    await called_async(Call(before))
                wait = 0.0 if await self.run_once_async() else poll
                failures = 0
            except self._runner.database.errors as error:
                failures += 1
                wait = _pause(error, poll, failures)
            await asyncio.sleep(wait)

    def find(self, state: State | None = None, *, limit: int = 100) -> list[Row]:
        """Return rows, newest first.

        Args:
            state: `pending`, `done` or `dead`, or None for any.
            limit: maximum number of rows.
        """
        return self._runner.run(self._find(state, limit))

    async def find_async(self, state: State | None = None, *, limit: int = 100) -> list[Row]:
        """Async variant of `find`."""
        return await self._runner.run_async(self._find(state, limit))

    def get(self, id: int) -> Row | None:  # noqa: A002 - the column's name
        """Return a row by its id, or None.

        Args:
            id: the id of the row.
        """
        return self._runner.run(self._get(id))

    async def get_async(self, id: int) -> Row | None:  # noqa: A002 - the column's name
        """Async variant of `get`."""
        return await self._runner.run_async(self._get(id))

    def replay(self, id: int) -> bool:  # noqa: A002 - the column's name
        """Schedule a dead or done row to be processed again.

        Args:
            id: the id of the row.

        Returns:
            Whether the row exists and was not pending.
        """
        return self._runner.run(self._replay(id))

    async def replay_async(self, id: int) -> bool:  # noqa: A002 - the column's name
        """Async variant of `replay`."""
        return await self._runner.run_async(self._replay(id))

    def _noted(self, worked: Worked, passed: set[tuple[str, str]]) -> int:
        if worked.outcome == "busy" and worked.key is not None:
            passed.add(worked.key)
        if worked.outcome not in self.counters:
            return 0
        self.counters.add(worked.outcome)
        return 1

    def _find(self, state: State | None, limit: int) -> Job[list[Row]]:
        def steps(_ignored: Any) -> Steps[list[Row]]:
            equal = {} if state is None else {"state": state}
            return (yield from Find(self.table, equal, limit, newest=True))

        return (yield from Transaction(steps))

    def _get(self, id_: int) -> Job[Row | None]:
        def steps(_ignored: Any) -> Steps[Row | None]:
            return next(iter((yield from Find(self.table, {"id": id_}, 1))), None)

        return (yield from Transaction(steps))

    def _replay(self, id_: int) -> Job[bool]:
        def steps(_ignored: Any) -> Steps[bool]:
            anew = {"state": "pending", "attempts": 0, "due_at": self._now(), "finished_at": None}
            for state in ("dead", "done"):
                if (yield from Update(self.table, id_, anew, {"state": state})):
                    return True
            return False

        return (yield from Transaction(steps))

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _pause(error: Exception, poll: float, failures: int) -> float:
    wait = min(LONGEST_WAIT, max(poll, 0.1) * 2.0 ** min(failures - 1, 10))
    logger.error("the database fails, the worker waits %.1f s: %s", wait, type(error).__name__)
    return wait
