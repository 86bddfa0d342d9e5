"""The inbox: notifications are stored before they are acknowledged, and handled exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ...middleware.retry import Retry
from ...notifications.notification import Reply
from ..databases import hide_url
from ..operations import Job, Worked
from ..worker import Worker
from .handlers import Handlers
from .handling import handle_next
from .receiving import OUTCOMES, receive

if TYPE_CHECKING:
    from ...client import WeChatPay
    from ...merchants import Merchants
    from ...typed.handlers import On

__all__ = ["Inbox"]

Function = TypeVar("Function", bound=Callable[..., Any])

RETRY = Retry(attempts=12, initial=5, max=3600, exp_base=3)
"""A failed handler: some twelve times, over about half a day."""
MAX_BODY_SIZE = 256 * 1024
"""Bytes; WeChat Pay's notifications have a few thousand."""


class Inbox(Worker):
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

    table = "inbox"

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
        engine = hide_url(engine)
        super().__init__(engine, wxpay, retry, clock, (*OUTCOMES, "done", "failed"))
        self.handlers = Handlers(self._runner.database.is_async)
        self.max_body_size = max_body_size
        self.wake = wake

    if TYPE_CHECKING:
        on: On  # it knows what the handler of each event type gets
    else:

        def on(
            self, event_type: str, *, key: str | None = None, unlisted: bool = False
        ) -> Callable[[Function], Function]:
            """Register the handler of an event: `handler(notice, session)`.

            It runs in the transaction that marks the notification as done. `session` is a
            SQLAlchemy connection in that transaction, to which an ORM session can be bound; with
            Django, it is the alias of the database. A handler that raises is called again later,
            with everything that it did in the transaction undone.

            Args:
                event_type: such as `TRANSACTION.SUCCESS`; `v2/transaction-success` is one of
                    APIv2's.
                key: the member of the resource, `out_trade_no` say, by which notifications are
                    handled one after the other, oldest first.
                unlisted: take an event type that the catalogue does not list.

            Raises:
                ConfigurationError: the event type does not exist or has a handler, or the function
                    does not fit.
            """

            def register(function: Function) -> Function:
                self.handlers.add(event_type, function, key, unlisted)
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

    def _receive(self, headers: Any, body: Any, mchid: str | None) -> Job[Reply]:
        return receive(
            headers,
            body,
            mchid,
            merchant=self._merchant,
            handlers=self.handlers,
            max_body_size=self.max_body_size,
            now=self._now(),
            errors=self._runner.database.errors,
            count=self.counters.add,
            wake=self.wake,
        )

    def _next(self, passed: set[tuple[str, str]]) -> Job[Worked | None]:
        return handle_next(
            merchant=self._merchant,
            handlers=self.handlers,
            retry=self._retry,
            clock=self._now,
            without=passed,
        )
