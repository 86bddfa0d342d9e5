"""What the inbox, the outbox and the sweeper have in common: rows that are worked off when due."""

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
"""Seconds between two attempts to reach a database that is down."""
MOST_BUSY = 100
"""Ordering keys that are passed over in one run."""

logger = logging.getLogger("wechatpay_chain")


class Worker(ABC):
    """Works off the rows of a table. Threads and processes may share the work.

    Args:
        engine: SQLAlchemy's, sync or async; or a `Database`, such as Django's.
        wxpay: the merchant's client, or the `Merchants`.
        retry: when what failed is tried again, and how often.
        clock: seconds since 1970, as `time.time`.
        outcomes: what `counters` counts.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    table: ClassVar[Table]
    """The table of its rows."""

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
                _("retry={represented}: a Retry(…) is expected", represented=represented(retry))
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
        """What runs its transactions."""
        return self._runner.database

    @abstractmethod
    def _next(self, passed: set[tuple[str, str]]) -> Job[Worked | None]:
        """Work off the row that is due for longest; None where none is due.

        Args:
            passed: merchant numbers and ordering keys to pass over.
        """

    def run_once(self, limit: int = 100, *, stop: Event | None = None) -> int:
        """Work off the rows that are due.

        Args:
            limit: how many at most.
            stop: ends it after the row at hand.

        Returns:
            How many were worked off, whether that succeeded or failed.
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
        """The same on the running event loop."""
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
        """Work off what is due, wait, and begin again; a database that is down is waited for.

        Args:
            poll: seconds to wait when nothing is due.
            stop: ends it after the row at hand; without it, only an exception does.
            before: called before each look for what is due, `django.db.close_old_connections` say.
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
        """The same on the running event loop, until the task is cancelled.

        Args:
            poll: seconds to wait when nothing is due.
            before: called before each look for what is due; what it returns to await is awaited.
        """
        import asyncio  # a running loop has loaded it

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
        """Rows, the newest first.

        Args:
            state: `pending`, `done` or `dead`; None is any.
            limit: how many at most.
        """
        return self._runner.run(self._find(state, limit))

    async def find_async(self, state: State | None = None, *, limit: int = 100) -> list[Row]:
        """The same on the running event loop."""
        return await self._runner.run_async(self._find(state, limit))

    def get(self, id: int) -> Row | None:  # noqa: A002 - the column's name
        """A row by its id; None where there is none.

        Args:
            id: of the row.
        """
        return self._runner.run(self._get(id))

    async def get_async(self, id: int) -> Row | None:  # noqa: A002 - the column's name
        """The same on the running event loop."""
        return await self._runner.run_async(self._get(id))

    def replay(self, id: int) -> bool:  # noqa: A002 - the column's name
        """Have a row worked off again: a dead one, or one that is done.

        Args:
            id: of the row.

        Returns:
            Whether there is such a row, and it was not pending.
        """
        return self._runner.run(self._replay(id))

    async def replay_async(self, id: int) -> bool:  # noqa: A002 - the column's name
        """The same on the running event loop."""
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
