"""The inbox: notifications are stored before they are acknowledged, and handled exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ...middleware.retry import Retry
from ...notifications.notification import Reply
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ..counters import Counters
from ..databases import database_of
from ..drivers import Runner
from ..merchant import Merchant
from ..operations import Find, Job, Row, State, Steps, Transaction, Update
from ..worker import work, work_async
from .handlers import Handlers
from .handling import Handled, handle_next
from .receiving import OUTCOMES, receive

if TYPE_CHECKING:
    import threading

    from ...client import WeChatPay
    from ...merchants import Merchants

__all__ = ["Inbox"]

Function = TypeVar("Function", bound=Callable[..., Any])

RETRY = Retry(attempts=12, initial=5, max=3600, exp_base=3)
"""A failed handler: some twelve times, over about half a day."""
MAX_BODY_SIZE = 256 * 1024
"""Bytes; WeChat Pay's notifications have a few thousand."""
MOST_BUSY = 100
"""Ordering keys that are passed over in one run."""


class Inbox:
    """Receives notifications and hands each to its handler once. Threads and processes may share.

    Args:
        engine: SQLAlchemy's, sync or async; or a `Database`, such as Django's.
        wxpay: the client that verifies notifications, or the `Merchants`.
        retry: when a handler that raised is called again; after the last attempt the notification
            is a dead letter.
        max_body_size: bytes; a larger body is rejected unread.
        wake: called with the row's id after a notification was stored, for example to start a
            task in a queue. What it raises is logged: the row is stored all the same.
        clock: seconds since 1970, as `time.time`.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    def __init__(
        self,
        engine: Any,
        wxpay: WeChatPay | Merchants,
        *,
        retry: Retry = RETRY,
        max_body_size: int = MAX_BODY_SIZE,
        wake: Callable[[int], Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        database = database_of(engine)
        self._runner = Runner(database)
        self._merchant = Merchant(wxpay, database.is_async)
        self._handlers = Handlers(database.is_async)
        if not isinstance(retry, Retry):
            raise ConfigurationError(f"retry={represented(retry)}: a Retry(…) is expected")
        self._retry = retry
        self._max_body_size = max_body_size
        self._wake = wake
        self._clock = clock
        self.counters = Counters(*OUTCOMES, "done", "failed")

    def on(
        self, event_type: str, *, key: str | None = None, unlisted: bool = False
    ) -> Callable[[Function], Function]:
        """Register the handler of an event: `handler(notice, session)`.

        It runs in the transaction that marks the notification as done. `session` is a SQLAlchemy
        connection in that transaction; an ORM session can be bound to it. A handler that raises is
        called again later, with everything it did in the transaction undone.

        Args:
            event_type: such as `TRANSACTION.SUCCESS`; `v2/transaction-success` is one of APIv2's.
            key: the member of the resource, `out_trade_no` say, by which notifications are handled
                one after the other, oldest first.
            unlisted: take an event type that the catalogue does not list.

        Raises:
            ConfigurationError: the event type does not exist or has a handler, or the function
                does not fit.
        """

        def register(function: Function) -> Function:
            self._handlers.add(event_type, function, key, unlisted)
            return function

        return register

    def receive(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        *,
        mchid: str | None = None,
    ) -> Reply:
        """Receive a notification, and say what to reply. It is committed before it is acknowledged.

        Args:
            headers: of the request, as `WeChatPay.notify` takes them.
            body: of the request, as it came, to the byte.
            mchid: the merchant, where your address for notifications says so.

        Returns:
            Status, headers and body of the reply: 204 where it is stored, or was before; 4xx where
            it is not WeChat Pay's; 503 where it cannot be stored or verified now.
        """
        return self._runner.run(self._receive(headers, body, mchid))

    async def receive_async(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        *,
        mchid: str | None = None,
    ) -> Reply:
        """The same on the running event loop."""
        return await self._runner.run_async(self._receive(headers, body, mchid))

    def run_once(self, limit: int = 100) -> int:
        """Handle the notifications that are due.

        Args:
            limit: how many at most.

        Returns:
            How many were handled, or failed.
        """
        passed: set[tuple[str, str]] = set()
        tried = 0
        while tried < limit and len(passed) < MOST_BUSY:
            handled = self._runner.run(self._handle_next(passed))
            if handled is None:
                break
            tried += self._noted(handled, passed)
        return tried

    async def run_once_async(self, limit: int = 100) -> int:
        """The same on the running event loop."""
        passed: set[tuple[str, str]] = set()
        tried = 0
        while tried < limit and len(passed) < MOST_BUSY:
            handled = await self._runner.run_async(self._handle_next(passed))
            if handled is None:
                break
            tried += self._noted(handled, passed)
        return tried

    def run(self, *, poll: float = 1.0, stop: threading.Event | None = None) -> None:
        """Work: handle what is due, wait, and begin again.

        Args:
            poll: seconds to wait when nothing is due.
            stop: ends it after the notification at hand; without it, only an exception does.
        """
        work(self.run_once, self._runner.database.errors, poll=poll, stop=stop)

    async def run_async(self, *, poll: float = 1.0) -> None:
        """The same on the running event loop, until the task is cancelled."""
        await work_async(self.run_once_async, self._runner.database.errors, poll=poll)

    def find(self, state: State | None = None, *, limit: int = 100) -> list[Row]:
        """Rows of the inbox, the newest first.

        Args:
            state: `pending`, `done` or `dead`; None is any.
            limit: how many at most.
        """
        return self._runner.run(_find(state, limit))

    async def find_async(self, state: State | None = None, *, limit: int = 100) -> list[Row]:
        """The same on the running event loop."""
        return await self._runner.run_async(_find(state, limit))

    def replay(self, id: int) -> bool:  # noqa: A002 - the column's name
        """Have a notification handled again: a dead letter, or one that is done.

        Args:
            id: of its row.

        Returns:
            Whether there is such a row, and it was not pending.
        """
        return self._runner.run(self._replay(id))

    async def replay_async(self, id: int) -> bool:  # noqa: A002 - the column's name
        """The same on the running event loop."""
        return await self._runner.run_async(self._replay(id))

    def _receive(self, headers: Any, body: Any, mchid: str | None) -> Job[Reply]:
        return receive(
            headers,
            body,
            mchid,
            merchant=self._merchant,
            handlers=self._handlers,
            max_body_size=self._max_body_size,
            now=self._now(),
            errors=self._runner.database.errors,
            count=self.counters.add,
            wake=self._wake,
        )

    def _handle_next(self, passed: set[tuple[str, str]]) -> Job[Handled | None]:
        return handle_next(
            merchant=self._merchant,
            handlers=self._handlers,
            retry=self._retry,
            clock=self._now,
            without=passed,
        )

    def _noted(self, handled: Handled, passed: set[tuple[str, str]]) -> int:
        if handled.outcome == "busy" and handled.key is not None:
            passed.add(handled.key)
        if handled.outcome not in self.counters:
            return 0
        self.counters.add(handled.outcome)
        return 1

    def _replay(self, id_: int) -> Job[bool]:
        def steps(_: Any) -> Steps[bool]:
            anew = {"state": "pending", "attempts": 0, "due_at": self._now(), "finished_at": None}
            for state in ("dead", "done"):
                if (yield from Update("inbox", id_, anew, {"state": state})):
                    return True
            return False

        return (yield from Transaction(steps))

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _find(state: State | None, limit: int) -> Job[list[Row]]:
    def steps(_: Any) -> Steps[list[Row]]:
        equal = {} if state is None else {"state": state}
        return (yield from Find("inbox", equal, limit, newest=True))

    return (yield from Transaction(steps))
