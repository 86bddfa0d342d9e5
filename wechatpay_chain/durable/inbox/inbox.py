"""The inbox stores notifications before it acknowledges them, and handles each exactly once."""

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
"""The retries of a failed handler: twelve attempts in about half a day."""
MAX_BODY_SIZE = 256 * 1024
"""Bytes; WeChat Pay's notifications have a few thousand."""


class Inbox(Worker):
    """Receives notifications and calls each handler once. Threads and processes can share the work.

    Args:
        engine: a sync or async SQLAlchemy engine; or a `Database`, such as Django's.
        wxpay: the client that verifies notifications, or a `Merchants`.
        retry: when a failed handler is called again; after the last attempt, the notification is a
            dead letter.
        max_body_size: maximum bytes of a body; a larger one is rejected unread.
        wake: called with the row's id after a notification was stored, for example to start a task
            in a queue. Its errors are logged; the row is stored in any case.
        clock: returns seconds since 1970, by default `time.time`.

    Raises:
        ConfigurationError: an argument is invalid.
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
        on: On  # typed with the resource of each event type
    else:

        def on(
            self, event_type: str, *, key: str | None = None, unlisted: bool = False
        ) -> Callable[[Function], Function]:
            """Register the handler of an event: `handler(notice, session)`.

            It runs in the transaction that marks the notification as done. `session` is a
            SQLAlchemy connection in that transaction, to which you can bind an ORM session; with
            Django, it is the database alias. If the handler raises an error, the transaction is
            rolled back and the handler is called again later.

            Args:
                event_type: such as `TRANSACTION.SUCCESS`, or `v2/transaction-success` for APIv2.
                key: the member of the resource, such as `out_trade_no`, by which notifications are
                    handled in sequence, oldest first.
                unlisted: accept an event type that the catalogue does not list.

            Raises:
                ConfigurationError: the event type does not exist or already has a handler, or the
                    function has the wrong signature.
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
        """Verify, store and commit a notification, and return the reply.

        Args:
            headers: the request headers, in any form that `WeChatPay.notify` accepts.
            body: the raw request body.
            mchid: the merchant ID, if your notification URL contains it.

        Returns:
            Status, headers and body of the reply: 204 if the notification is stored, now or before;
                4xx if it is not from WeChat Pay; 503 if it cannot be stored or verified at the
                moment.
        """
        return self._runner.run(self._receive(headers, body, mchid))

    async def receive_async(
        self,
        headers: Any,
        body: str | bytes | Mapping[str, Any] | None = None,
        *,
        mchid: str | None = None,
    ) -> Reply:
        """Async variant of `receive`."""
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
