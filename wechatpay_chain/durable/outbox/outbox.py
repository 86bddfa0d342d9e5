"""The outbox records a call in your transaction, and makes it once after the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from ...middleware.retry import Retry
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.secret import hide
from ...utils.translation import _
from ..databases import hide_url
from ..functions import assert_fitting
from ..operations import AfterCommit, Job, Steps, Worked
from ..waking import started
from ..worker import Worker
from .calling import OUTCOMES, Follow, call_next
from .recording import cipher_of, record, row_of
from .refunds import REFUNDS, Refund, body_of_refund
from .result import Result

if TYPE_CHECKING:
    from ...client import WeChatPay
    from ...merchants import Merchants

__all__ = ["Outbox"]

Function = TypeVar("Function", bound=Callable[..., Any])

RETRY = Retry(attempts=20, initial=1, max=3600, exp_base=2)
"""The retries of a call without a result: twenty attempts in about half a day."""


class Outbox(Worker):
    """Records calls in your transactions, and makes each once. Threads and processes can share it.

    A recorded call must contain a merchant-assigned number (`out_refund_no`, …), by which WeChat
    Pay recognizes a repetition. If the result of a call is unknown, it is queried by that number
    before the call is sent again.

    Args:
        engine: a sync or async SQLAlchemy engine; or a `Database`, such as Django's.
        wxpay: the client that makes the calls, or a `Merchants`.
        retry: when and how often a call without a result is attempted again.
        deadline: seconds for a request. If a worker dies, others take over its call after three
            times this duration.
        encryption_key: a key from `cryptography.fernet.Fernet.generate_key()`, or a list of keys,
            the first of which encrypts; required for calls with sensitive fields.
        wake: called with a row's id after a transaction with recorded calls was committed, for
            example to start a task in a queue. With SQLAlchemy, it is called once for all calls of
            a transaction. Its errors are logged; the calls are recorded in any case.
        clock: returns seconds since 1970, by default `time.time`.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    table = "outbox"

    def __init__(
        self,
        engine: Any,
        wxpay: WeChatPay | Merchants,
        *,
        retry: Retry = RETRY,
        deadline: float = 60.0,
        encryption_key: str | bytes | list[str | bytes] | None = None,
        wake: Callable[[int], Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        engine, encryption_key = hide_url(engine), hide(encryption_key)
        super().__init__(engine, wxpay, retry, clock, OUTCOMES)
        if not (isinstance(deadline, int | float) and 0 < deadline < float("inf")):
            raise ConfigurationError(
                _(
                    "deadline={represented}: expected a number of seconds above 0",
                    represented=represented(deadline),
                )
            )
        self.wake = wake
        self._deadline = deadline
        self._cipher = cipher_of(encryption_key)
        self._on_result: Callable[[Result, Any], Any] | None = None
        self._follow: Follow | None = None

    def on_result(self, function: Function) -> Function:
        """Register a function for results: `function(result, session)`.

        It runs in the transaction that records the result. If it raises an error, the result is
        recorded again later.

        Raises:
            ConfigurationError: there already is one, or it has the wrong signature.
        """
        if self._on_result is not None:
            raise ConfigurationError(
                _("on_result already has a function: call both from one function")
            )
        assert_fitting(function, "result", is_async=self._runner.database.is_async)
        self._on_result = function
        return function

    def follow(self, steps: Follow) -> None:
        """Watch the objects that calls create; `Sweeper(inbox, outbox)` uses this.

        Args:
            steps: run in the transaction that records the result of a call that WeChat Pay has
                processed or may have processed.

        Raises:
            ConfigurationError: steps are already registered.
        """
        if self._follow is not None:
            raise ConfigurationError(_("another sweeper already watches this outbox's calls"))
        self._follow = steps

    def call(
        self, session: Any, method: str, path: str, *, mchid: str | None = None, **options: Any
    ) -> int:
        """Record a call in your transaction; it is made only after you commit.

        Recording the same call again returns the same row, so repeated code records it once.

        Args:
            session: a SQLAlchemy connection or ORM session; with Django, the database alias.
            method: the HTTP method, such as `POST`.
            path: the path, in any form that `WeChatPay.chain` accepts, such as
                `v3/refund/domestic/refunds`.
            mchid: the merchant ID; required if there are many merchants.
            options: `json`, `xml`, `query`, `headers`, `security`, `nonceless`, `base_uri`, and the
                variables of the path.

        Returns:
            The id of its row in the outbox.

        Raises:
            ConfigurationError: WeChat Pay may process the call twice if it is repeated, or its
                number was recorded with other content.
        """
        return self._runner.within(session, self._record(method, path, mchid, options))

    async def call_async(
        self, session: Any, method: str, path: str, *, mchid: str | None = None, **options: Any
    ) -> int:
        """Variant of `call` for an async connection or session."""
        steps = self._record(method, path, mchid, options)
        return await self._runner.within_async(session, steps)

    def refund(self, session: Any, **refund: Unpack[Refund]) -> int:
        """Record a refund in your transaction, as `call` does.

            outbox.refund(session, out_trade_no="native-1", out_refund_no="R1", total=100)

        Args:
            session: as in `call`.
            refund: `out_refund_no`, the order's `total` in fen, and `out_trade_no` or
                `transaction_id`. Optional: `refund` in fen (by default the total), `reason`,
                `notify_url` (by default the client's), `currency` (by default CNY), `sub_mchid`,
                and `mchid` if there are many merchants.

        Returns:
            The id of its row in the outbox.

        Raises:
            ConfigurationError: an amount is not an integer or exceeds the total, the order is not
                identified, or `out_refund_no` was recorded with other content.
        """
        return self._runner.within(session, self._refund(refund))

    async def refund_async(self, session: Any, **refund: Unpack[Refund]) -> int:
        """Variant of `refund` for an async connection or session."""
        return await self._runner.within_async(session, self._refund(refund))

    def _refund(self, refund: Refund) -> Steps[int]:
        body = body_of_refund(refund, self._merchant.notify_url)
        return (yield from self._record("POST", REFUNDS, refund.get("mchid"), {"json": body}))

    def _record(
        self, method: str, path: str, mchid: str | None, options: Mapping[str, Any]
    ) -> Steps[int]:
        whose = self._merchant.number(mchid)
        row = row_of(whose, method.upper(), path, options, self._cipher, self._now())
        id_ = yield from record(row, self._cipher)
        if self.wake is not None:
            yield from AfterCommit(self._committed, (id_,))
        return id_

    def _committed(self, id_: int) -> None:
        if self.wake is not None:
            started(self.wake, id_)

    def _next(self, passed: set[tuple[str, str]]) -> Job[Worked | None]:
        return call_next(
            merchant=self._merchant,
            cipher=self._cipher,
            retry=self._retry,
            deadline=self._deadline,
            clock=self._now,
            on_result=self._on_result,
            follow=self._follow,
        )
