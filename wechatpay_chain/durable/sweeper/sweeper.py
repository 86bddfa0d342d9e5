"""The sweeper queries objects without a notification, and closes orders not paid in time."""

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
    """Queries orders, refunds and transfers until they end. Threads and processes can share it.

    It queries after 10 and 30 seconds, 1, 3, 5, 10 and 30 minutes, then hourly. The results go
    through the inbox, whose handlers run once, whether the notification or the sweeper is first.

    Args:
        inbox: supplies the engine, the client and the handlers.
        outbox: an outbox on the same database. Refunds, transfers and profit sharing orders created
            by its calls are watched from the transaction that records their result.
        deadline: seconds for a request.
        clock: returns seconds since 1970, by default `time.time`.

    Raises:
        ConfigurationError: another sweeper already uses the outbox.
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
        """Register a function for the end of a watch: `function(end, session)`.

        It runs in the transaction that ends the watch. Use it to learn that an order was closed,
        for which there is no notification.

        Raises:
            ConfigurationError: there already is one, or it has the wrong signature.
        """
        if self._on_end is not None:
            raise ConfigurationError(
                _("on_end already has a function: call both from one function")
            )
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
        """Watch an order, refund or transfer, starting with the commit of your transaction.

        Args:
            session: a SQLAlchemy connection or ORM session; with Django, the database alias.
            until: when to close an unpaid order; a datetime with a time zone.
            mchid: the merchant ID; required if there are many merchants.
            number: one of `out_trade_no` (an order), `combine_out_trade_no` (a combined order),
                `out_refund_no`, `out_bill_no` (a transfer) and `out_order_no` (profit sharing, with
                `transaction_id`); for a service provider, also `sub_mchid`.

        Returns:
            The id of its row.

        Raises:
            ConfigurationError: the object is not, or not completely, identified.
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
        """Variant of `watch` for an async connection or session."""
        return await self._runner.within_async(session, self._watch(until, mchid, number))

    def _watch(
        self, until: datetime | None, mchid: str | None, number: dict[str, str]
    ) -> Steps[int]:
        whose = self._merchant.number(mchid)
        return (yield from watch(watch_row(whose, until, number, self._now())))

    def _follow(self, row: Row, body: Any) -> Steps[None]:
        """Watch the object that a call of the outbox created."""
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
