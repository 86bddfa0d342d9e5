"""The sweeper: it queries what no notification tells of, and closes what is not paid in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ...middleware.retry import Retry
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..functions import assert_fitting
from ..operations import Job, Row, Steps, Worked
from ..worker import Worker
from .end import End
from .sweeping import OUTCOMES, sweep_next
from .watching import followed, watch, watch_row

if TYPE_CHECKING:
    from ..inbox import Inbox
    from ..outbox import Outbox

__all__ = ["Sweeper"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Sweeper(Worker):
    """Queries orders, refunds and transfers until they end. Threads and processes may share.

    It queries after 10 and 30 seconds, 1, 3, 5, 10 and 30 minutes, then hourly. What a query tells
    goes through the inbox: its handlers run once, whether a notification or the sweeper is first.

    Args:
        inbox: whose engine and client are used, and whose handlers run.
        outbox: on the same database. What its calls make is watched, from the transaction on that
            records their outcome: refunds, transfers, profit sharing orders.
        deadline: seconds for a request.
        clock: seconds since 1970, as `time.time`.

    Raises:
        ConfigurationError: another sweeper watches the outbox's.
    """

    table = "watch"

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox | None = None,
        *,
        deadline: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(inbox.database, inbox.wxpay, Retry(), clock, OUTCOMES)
        self._inbox = inbox
        self._deadline = deadline
        self._on_end: Callable[[End, Any], Any] | None = None
        if outbox is not None:
            outbox.follow(self._follow)

    def on_end(self, function: Function) -> Function:
        """Register what runs where a watch ends: `function(end, session)`, in the same transaction.

        It is how an order is told that was closed, which no notification tells.

        Raises:
            ConfigurationError: there is one already, or it does not fit.
        """
        if self._on_end is not None:
            raise ConfigurationError(_("on_end has a function: call both from one"))
        assert_fitting(function, "end", is_async=self.database.is_async)
        self._on_end = function
        return function

    def watch(
        self,
        session: Any,
        *,
        until: datetime | None = None,
        mchid: str | None = None,
        **number: str,
    ) -> int:
        """Watch an order, refund or transfer from the commit of a transaction of yours on.

        Args:
            session: a SQLAlchemy connection or ORM session; of Django, the alias of the database.
            until: when an order that is not paid is closed; with a timezone.
            mchid: whose it is; needed where there are many merchants.
            number: one of `out_trade_no` (an order), `combine_out_trade_no` (a combined order),
                `out_refund_no`, `out_bill_no` (a transfer) and `out_order_no` (profit sharing, with
                `transaction_id`); `sub_mchid` beside it where a service provider asks.

        Returns:
            The id of its row.

        Raises:
            ConfigurationError: it is not said what to watch, or not completely.
        """
        return self._runner.within(session, self._watch(until, mchid, number))

    async def watch_async(
        self,
        session: Any,
        *,
        until: datetime | None = None,
        mchid: str | None = None,
        **number: str,
    ) -> int:
        """The same with an async connection or session."""
        return await self._runner.within_async(session, self._watch(until, mchid, number))

    def _watch(
        self, until: datetime | None, mchid: str | None, number: dict[str, str]
    ) -> Steps[int]:
        whose = self._merchant.number(mchid)
        return (yield from watch(watch_row(whose, until, number, self._now())))

    def _follow(self, row: Row, body: Any) -> Steps[None]:
        """Watch what a call of the outbox made."""
        new = followed(row, body, self._now())
        if new is not None:
            yield from watch(new)

    def _next(self, passed: set[tuple[str, str]]) -> Job[Worked | None]:
        return sweep_next(
            merchant=self._merchant,
            handlers=self._inbox.handlers,
            deadline=self._deadline,
            clock=self._now,
            on_end=self._on_end,
            wake=self._inbox.wake,
        )
