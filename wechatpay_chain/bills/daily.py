"""The daily bill: each day's is downloaded and reconciled once, whoever asks, and how often."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..utils.display import printable, represented
from ..utils.exceptions import ConfigurationError, WeChatPayError
from ..utils.translation import _
from .downloading import days
from .downloading.api import download

if TYPE_CHECKING:
    from threading import Event

    from ..client import WeChatPay
    from .reconciliation.result import Reconciliation

__all__ = ["Daily"]

LONGEST = 90
"""Days that WeChat Pay has bills of."""

logger = logging.getLogger("wechatpay_chain")


class Daily:
    """Reconciles each day's trade bill once; to be run beside the workers, or by cron.

    The report `trade-ALL-MCHID-DAY.html` beside the bill says that a day is done. Days that were
    missed are caught up.

    Args:
        wxpay: the merchant's client.
        orders: as `bills.reconcile` takes them; or a function that is called with the day and
            returns them. Of a table or `select` of SQLAlchemy with a column `paid_at`, the rows of
            the day alone are read.
        refunds: the same, with `refunded_at`; by default there are none.
        to: the folder of bills and reports; it is made if it is missing.
        on_result: called with each reconciliation before its report is written. By default
            differences are logged as a warning.
        days: how many days back bills are looked for, yesterday included.
        fund_flow: download the fund flow as well, and compare the balance with it.
        columns: what `orders` calls its columns; see `bills.reconcile`.
        refund_columns: the same for `refunds`.
        rate: the agreed fee, `"0.6%"` say.
        clock: seconds since 1970; by default the time is this machine's.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    def __init__(
        self,
        wxpay: WeChatPay,
        orders: object,
        refunds: object = (),
        *,
        to: str | os.PathLike[str],
        on_result: Callable[[Reconciliation], Any] | None = None,
        days: int = 3,
        fund_flow: bool = False,
        columns: Mapping[str, str] | None = None,
        refund_columns: Mapping[str, str] | None = None,
        rate: Decimal | str | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if isinstance(days, bool) or not (isinstance(days, int) and 0 < days <= LONGEST):
            raise ConfigurationError(
                _(
                    "days={represented}: a number from 1 to {longest} is expected",
                    represented=represented(days),
                    longest=LONGEST,
                )
            )
        self.wxpay = wxpay
        self.folder = Path(to)
        self._orders, self._refunds = orders, refunds
        self._on_result = on_result or _warn
        self._days, self._fund_flow = days, fund_flow
        self._columns, self._refund_columns, self._rate = columns, refund_columns, rate
        self._clock = clock

    def report(self, day: date) -> Path:
        """Where the report of a day is, once it is reconciled.

        Args:
            day: in China.
        """
        return self.folder / f"trade-ALL-{self.wxpay.mchid}-{day}.html"

    def due(self) -> list[date]:
        """The days that are to be reconciled, the oldest first: their bills are to be had.

        WeChat Pay has the bill of a day from 10:00 of the next day on.
        """
        now = days.now()
        if self._clock is not None:
            now = datetime.fromtimestamp(self._clock(), days.CHINA)
        past = (now.date() - timedelta(days=back) for back in range(self._days, 0, -1))
        return [day for day in past if days.ready(day) <= now and not self.report(day).exists()]

    def reconcile(self, day: date) -> Reconciliation:
        """Reconcile a day, done or not, and write its report.

        Args:
            day: in China.

        Raises:
            BillNotReady: WeChat Pay has not made the bill yet.
            WeChatPayError: as `bills.download` and `bills.reconcile` raise.
        """
        from .reconciliation.reconcile import reconcile  # it needs the extra `bills`

        bill = download(self.wxpay, day, to=self.folder)
        flow = None
        if self._fund_flow and not bill.empty:
            flow = download(self.wxpay, day, kind="fund_flow", to=self.folder)
        result = reconcile(
            bill,
            _of(day, self._orders, "paid_at", self._columns),
            _of(day, self._refunds, "refunded_at", self._refund_columns),
            columns=self._columns,
            refund_columns=self._refund_columns,
            fund_flow=flow,
            rate=self._rate,
            date=day,
        )
        self._on_result(result)
        result.to_html(self.report(day))
        return result

    def run_once(self, limit: int = LONGEST, *, stop: Event | None = None) -> int:
        """Reconcile the days that are due. Where one fails, the others are tried all the same.

        Args:
            limit: how many at most.
            stop: ends it after the day at hand.

        Returns:
            How many were reconciled.

        Raises:
            Exception: what the first that failed raised, `BillNotReady` say.
        """
        count, failures = 0, list[Exception]()
        for day in self.due()[:limit]:
            if stop is not None and stop.is_set():
                break
            try:
                self.reconcile(day)
                count += 1
            except Exception as error:  # noqa: BLE001 - it is raised below
                failures.append(error)
        if failures:
            raise failures[0]
        return count

    def run(self, *, poll: float = 1800.0, stop: Event | None = None) -> None:
        """Reconcile what is due, wait, and begin again. What fails is logged, and tried again.

        Args:
            poll: seconds to wait in between.
            stop: ends it after the day at hand; without it, only an interrupt does.
        """
        from threading import Event  # an event is no I/O

        stop = stop or Event()
        while not stop.is_set():
            try:
                self.run_once(stop=stop)
            except Exception as error:  # noqa: BLE001 - the user's functions may raise anything
                # What others raise may quote rows.
                told = str(error) if isinstance(error, WeChatPayError) else type(error).__name__
                logger.warning("a daily bill is tried again in %g s: %s", poll, printable(told))
            stop.wait(poll)


def _of(day: date, source: Any, time: str, columns: Mapping[str, str] | None) -> Any:
    """The records of a day.

    Args:
        day: in China.
        source: as the user gave it.
        time: our name of the column that says on which day a record is.
        columns: what the source calls its columns.
    """
    if callable(source):
        return source(day)
    if not (isinstance(source, tuple) and len(source) == 2):
        return source
    import sqlalchemy as sa  # whoever has an engine has it

    engine, what = source
    rows = what.subquery() if isinstance(what, sa.Select) else what
    column = (
        rows.c.get((columns or {}).get(time, time)) if isinstance(rows, sa.FromClause) else None
    )
    return (
        source
        if column is None
        else (engine, sa.select(rows).where(column.between(*days.bounds(day))))
    )


def _warn(result: Reconciliation) -> None:
    if not result.ok:
        logger.warning("a daily bill has differences: %r", result)
