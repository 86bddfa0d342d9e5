"""A notification that arrives twice at the same time, and is handled once.

The shop has an inbox in its own SQLite database.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ... import WeChatPay
from ...durable import Inbox, Notice
from ...notifications.notification import Reply
from ..gateway import Gateway
from .receiver import TIMEOUT, receiver

__all__ = ["run_notified_twice"]

OUT_TRADE_NO, TOTAL = "shop-0002", 100

Show = Callable[[str], None]


def run_notified_twice(gateway: Gateway, wxpay: WeChatPay, show: Show) -> int:
    """Send two notifications of a payment at the same time; return the number of failed steps.

    Args:
        gateway: the running gateway.
        wxpay: a client of the gateway.
        show: prints a line.
    """
    try:
        import sqlalchemy as sa

        from ...durable import create_tables
    except ImportError:
        show('   (pip install "wechatpay-chain[durable]" shows it)')
        return 0
    with TemporaryDirectory(prefix="shop-") as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'shop.db'}")
        create_tables(engine)
        books = sa.Table(
            "books",
            sa.MetaData(),
            sa.Column("order_number", sa.String(32), nullable=False),
            sa.Column("amount", sa.Integer, nullable=False),
        )
        books.create(engine)
        inbox = Inbox(engine, wxpay)

        @inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")
        def paid(notice: Notice[Any], session: sa.Connection) -> None:
            number, amount = notice.resource["out_trade_no"], notice.resource["amount"]["total"]
            show(f"   {notice.event_type} of {number}: {amount} fen are booked")
            session.execute(sa.insert(books).values(order_number=number, amount=amount))

        try:
            failures = _receive_twice(gateway, wxpay, inbox, show)
            show("\n2. A worker handles what the inbox has")
            inbox.run_once()
            with engine.connect() as session:
                booked = session.execute(sa.select(books.c.amount)).scalars().all()
        finally:
            engine.dispose()
    show(f"   in the books  {', '.join(f'{amount} fen' for amount in booked)}")
    return failures + (booked != [TOTAL])


def _receive_twice(gateway: Gateway, wxpay: WeChatPay, inbox: Inbox, show: Show) -> int:
    """Pay an order with a duplicate notification; return the number of missing notifications."""
    show("\n1. The customer pays, and WeChat Pay sends the notification twice at the same time")

    def receive(headers: Any, body: bytes) -> tuple[Reply, int]:
        reply = inbox.receive(headers, body)
        return reply, reply.status

    missing = 0
    with receiver(receive) as (notify_url, statuses):
        wxpay.v3.pay.transactions.native.post(
            json={
                "appid": gateway.identity.appid,
                "mchid": gateway.identity.mchid,
                "description": "QQ 公仔",
                "out_trade_no": OUT_TRADE_NO,
                "notify_url": notify_url,
                "amount": {"total": TOTAL, "currency": "CNY"},
            }
        )
        gateway.faults.add("TRANSACTION.SUCCESS", "notification_twice", times=1)
        gateway.pay(OUT_TRADE_NO)
        for _ in range(2):
            try:
                show(f"   POST /notify  {statuses.get(timeout=TIMEOUT)}")
            except queue.Empty:
                show(f"   received nothing in {TIMEOUT} s")
                missing += 1
    counted = ", ".join(f"{name} {many}" for name, many in inbox.counters.items() if many)
    show(f"   in the inbox  {counted}")
    return missing
