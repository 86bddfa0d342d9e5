"""The daily bill: downloaded, and reconciled with the shop's own orders."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from wechatpay_chain import bills

from .shop import CHINA, REFUND, Shop
from .tables import orders

__all__ = ["READY", "download_bill", "reconcile_yesterday"]

READY = time(10)
"""By which time in China WeChat Pay has made the bill of the day before."""


def download_bill(shop: Shop, day: date, folder: Path) -> bills.BillFile:
    """Download the trade bill of a day.

    Args:
        shop: whose bill it is.
        day: in China.
        folder: where the bills are.

    Raises:
        BillNotReady: WeChat Pay has not made it yet.
        BillError: it is not the one that WeChat Pay announced. Nothing is kept of it.
    """
    return bills.download(shop.wxpay, day, to=folder, force=True)


def reconcile_yesterday(shop: Shop, now: datetime, folder: Path) -> bills.Reconciliation | None:
    """Reconcile yesterday's bill, unless that was done; to be called every hour or so.

    Args:
        shop: that it is of.
        now: in China.
        folder: where the bills are. The report goes there as well, `2026-11-26.html` say.

    Returns:
        What was found; None where it was done before, is too early, or nothing was paid.
    """
    day = now.date() - timedelta(days=1)
    report = folder / f"{day}.html"
    if now.time() < READY or report.exists():
        return None
    bill = download_bill(shop, day, folder)
    if bill.empty:
        return None
    result = bills.reconcile(bill, (shop.engine, paid(day)), (shop.engine, refunded(day)))
    result.to_html(report)
    return result


def paid(day: date) -> sa.Select[tuple[str, int, datetime]]:
    """The orders of a day that are paid, under the API's names."""
    return sa.select(orders.c.number.label("out_trade_no"), orders.c.total, orders.c.paid_at).where(
        orders.c.paid_at.between(*_bounds(day))
    )


def refunded(day: date) -> sa.Select[tuple[str, int, str, datetime]]:
    """The refunds of a day; an order is refunded as a whole."""
    return sa.select(
        (sa.literal(REFUND) + orders.c.number).label("out_refund_no"),
        orders.c.total.label("refund"),
        orders.c.number.label("out_trade_no"),
        orders.c.refunded_at,
    ).where(orders.c.refunded_at.between(*_bounds(day)))


def _bounds(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time.min, CHINA), datetime.combine(day, time.max, CHINA)
