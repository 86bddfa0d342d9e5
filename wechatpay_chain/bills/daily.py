"""Downloads and reconciles each day's bill once, however many processes run it."""

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
"""The number of days for which WeChat Pay keeps bills."""

logger = logging.getLogger("wechatpay_chain")


class Daily:
    """Reconciles each day's trade bill once; run it next to your workers, or by cron.

    The report `trade-ALL-MCHID-DAY.html` next to the bill marks a day as done. Missed days are
    processed later.

    Args:
        wxpay: the merchant's client.
        orders: the orders, in any form that `bills.reconcile` accepts; or a function that takes the
            day and returns them. For a SQLAlchemy table or `select` with a column `paid_at`, only
            the rows of the day are read.
        refunds: the same for refunds, with `refunded_at`; by default none.
        to: the folder for bills and reports; it is created if it does not exist.
        on_result: called with each reconciliation before its report is written. By default,
            differences are logged as a warning.
        days: the number of past days to process, including yesterday.
        fund_flow: also download the fund flow bill and compare the balance with it.
        columns: the column names of `orders`; see `bills.reconcile`.
        refund_columns: the column names of `refunds`.
        rate: the agreed fee, such as `"0.6%"`.
        clock: returns seconds since 1970; by default the machine's clock.

    Raises:
        ConfigurationError: an argument is invalid.
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
                    "days={represented}: expected a number from 1 to {longest}",
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
        """Return the path of a day's report, which exists after the reconciliation.

        Args:
            day: the date in China.
        """
        return self.folder / f"trade-ALL-{self.wxpay.mchid}-{day}.html"

    def due(self) -> list[date]:
        """Return the days to reconcile, oldest first, for which bills are available.

        WeChat Pay provides the bill of a day from 10:00 of the next day.
        """
        now = days.now()
        if self._clock is not None:
            now = datetime.fromtimestamp(self._clock(), days.CHINA)
        past = (now.date() - timedelta(days=back) for back in range(self._days, 0, -1))
        return [day for day in past if days.ready(day) <= now and not self.report(day).exists()]

    def reconcile(self, day: date) -> Reconciliation:
        """Reconcile a day, done or not, and write its report.

        Args:
            day: the date in China.

        Raises:
            BillNotReady: WeChat Pay has not created the bill yet.
            WeChatPayError: as in `bills.download` and `bills.reconcile`.
        """
        from .reconciliation.reconcile import reconcile  # requires the extra `bills`

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
        """Reconcile the due days; if one fails, the others are still processed.

        Args:
            limit: maximum number of days.
            stop: ends the processing after the current day.

        Returns:
            The number of reconciled days.

        Raises:
            Exception: the first error, such as `BillNotReady`.
        """
        count, failures = 0, list[Exception]()
        for day in self.due()[:limit]:
            if stop is not None and stop.is_set():
                break
            try:
                self.reconcile(day)
                count += 1
            except Exception as error:  # noqa: BLE001 - raised below
                failures.append(error)
        if failures:
            raise failures[0]
        return count

    def run(self, *, poll: float = 1800.0, stop: Event | None = None) -> None:
        """Reconcile due days in a loop; errors are logged, and failed days are tried again.

        Args:
            poll: seconds to wait between two runs.
            stop: ends the loop after the current day; without it, only an interrupt does.
        """
        from threading import Event  # an event is no I/O

        stop = stop or Event()
        while not stop.is_set():
            try:
                self.run_once(stop=stop)
            except Exception as error:  # noqa: BLE001 - the user's functions may raise anything
                # Messages of other exceptions may quote rows.
                told = str(error) if isinstance(error, WeChatPayError) else type(error).__name__
                logger.warning("a daily bill is tried again in %g s: %s", poll, printable(told))
            stop.wait(poll)


def _of(day: date, source: Any, time: str, columns: Mapping[str, str] | None) -> Any:
    """Return the records of a day.

    Args:
        day: the date in China.
        source: the user's source.
        time: our name of the column with the date of a record.
        columns: the column names of the source.
    """
    if callable(source):
        return source(day)
    if not (isinstance(source, tuple) and len(source) == 2):
        return source
    import sqlalchemy as sa  # loaded by any program with an engine

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
