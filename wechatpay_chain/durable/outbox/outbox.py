"""The outbox: a call is recorded in your transaction, and made once after it is committed."""

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
"""A call without an outcome: some twenty times, over about half a day."""


class Outbox(Worker):
    """Records calls in your transactions, and makes each once. Threads and processes may share.

    What it records must carry the merchant's own number (`out_refund_no`, …), by which WeChat Pay
    knows a repetition. Where nobody knows what became of a call, it is queried by that number
    before it is sent again.

    Args:
        engine: SQLAlchemy's, sync or async; or a `Database`, such as Django's.
        wxpay: the client that makes the calls, or the `Merchants`.
        retry: when a call without an outcome is attempted again, and how often.
        deadline: seconds for a request. A worker that dies leaves its call to others after three
            times that.
        encryption_key: of `cryptography.fernet.Fernet.generate_key()`, or a list of them, the first
            of which encrypts: for calls with fields that travel encrypted.
        wake: called with a row's id after a transaction that recorded calls was committed, for
            example to start a task in a queue. With SQLAlchemy it is called once for all calls of a
            transaction. What it raises is logged: the calls are recorded all the same.
        clock: seconds since 1970, as `time.time`.

    Raises:
        ConfigurationError: an argument is not what it must be.
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
                    "deadline={represented}: a number of seconds above 0 is expected",
                    represented=represented(deadline),
                )
            )
        self.wake = wake
        self._deadline = deadline
        self._cipher = cipher_of(encryption_key)
        self._on_result: Callable[[Result, Any], Any] | None = None
        self._follow: Follow | None = None

    def on_result(self, function: Function) -> Function:
        """Register what runs where an outcome is recorded: `function(result, session)`.

        It runs in the same transaction. If it raises, the outcome is recorded again later.

        Raises:
            ConfigurationError: there is one already, or it does not fit.
        """
        if self._on_result is not None:
            raise ConfigurationError(_("on_result has a function: call both from one"))
        assert_fitting(function, "result", is_async=self._runner.database.is_async)
        self._on_result = function
        return function

    def follow(self, steps: Follow) -> None:
        """Have what a call made be watched; `Sweeper(inbox, outbox)` does it.

        Args:
            steps: taken in the transaction that records the outcome of a call which WeChat Pay
                carried out, or may have.

        Raises:
            ConfigurationError: something follows already.
        """
        if self._follow is not None:
            raise ConfigurationError(_("another sweeper watches what this outbox's calls make"))
        self._follow = steps

    def call(
        self, session: Any, method: str, path: str, *, mchid: str | None = None, **options: Any
    ) -> int:
        """Record a call in a transaction of yours. It is made after you commit, or not at all.

        The same call recorded again is the same row, so code that is repeated records it once.

        Args:
            session: a SQLAlchemy connection or ORM session; of Django, the alias of the database.
            method: `POST`, say.
            path: as `WeChatPay.chain` takes it, `v3/refund/domestic/refunds` say.
            mchid: whose call it is; needed where there are many merchants.
            options: `json`, `xml`, `query`, `headers`, `security`, `nonceless`, `base_uri`, and
                the variables of the path.

        Returns:
            The id of its row in the outbox.

        Raises:
            ConfigurationError: WeChat Pay may carry it out twice if it is repeated, or its number
                was recorded with another content.
        """
        return self._runner.within(session, self._record(method, path, mchid, options))

    async def call_async(
        self, session: Any, method: str, path: str, *, mchid: str | None = None, **options: Any
    ) -> int:
        """The same with an async connection or session."""
        steps = self._record(method, path, mchid, options)
        return await self._runner.within_async(session, steps)

    def refund(self, session: Any, **refund: Unpack[Refund]) -> int:
        """Record a refund in a transaction of yours, as `call` does.

            outbox.refund(session, out_trade_no="native-1", out_refund_no="R1", total=100)

        Args:
            session: as `call` takes it.
            refund: `out_refund_no`, the order's `total` in fen, and `out_trade_no` or
                `transaction_id`; `refund` in fen where it is less than the total; `reason`,
                `notify_url` (by default the client's), `currency` (by default CNY), `sub_mchid`,
                `mchid` where there are many merchants.

        Returns:
            The id of its row in the outbox.

        Raises:
            ConfigurationError: an amount is not whole or more than the total, or it is not said
                which order; or `out_refund_no` was recorded with another content.
        """
        return self._runner.within(session, self._refund(refund))

    async def refund_async(self, session: Any, **refund: Unpack[Refund]) -> int:
        """The same with an async connection or session."""
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
