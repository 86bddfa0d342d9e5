"""Orders and the results that WeChat Pay reports. Money is in fen.

No transaction is open during a call to WeChat Pay. The shop commits its rows, the outbox and the
sweeper make the calls, and the inbox passes the results to the handlers.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wechatpay_chain import WeChatPay
from wechatpay_chain.bills import Daily
from wechatpay_chain.durable import End, Inbox, Notice, Outbox, Result, Sweeper
from wechatpay_chain.typed.notifications import RefundSuccessDirect, TransactionSuccessDirect

from .tables import entries, orders

CHINA = timezone(timedelta(hours=8))
LIFETIME = timedelta(minutes=30)  # an unpaid order is closed after this time


class Shop:
    """A shop. Its client has `notify_url=` and `fill=True`; `bills` is the folder for bills."""

    def __init__(
        self, engine: sa.Engine, wxpay: WeChatPay, bills: Path, clock: Callable[[], float]
    ) -> None:
        self.engine, self.wxpay, self.clock = engine, wxpay, clock
        self.inbox = Inbox(engine, wxpay, clock=clock)
        self.outbox = Outbox(engine, wxpay, clock=clock)
        self.sweeper = Sweeper(self.inbox, self.outbox, clock=clock)
        own = (engine, orders)
        self.daily = Daily(
            wxpay, own, own, to=bills, refund_columns={"refund": "total"}, clock=clock
        )
        self.workers = (self.inbox, self.outbox, self.sweeper, self.daily)
        self.inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")(self._paid)
        self.inbox.on("REFUND.SUCCESS", key="out_trade_no")(self._refunded)
        self.inbox.on("REFUND.ABNORMAL", key="out_trade_no")(self._not_refunded)
        self.inbox.on("REFUND.CLOSED", key="out_trade_no")(self._not_refunded)
        self.outbox.on_result(self._refund_sent)
        self.sweeper.on_end(self._ended)

    def order(self, description: str, total: int) -> str:
        """Create an order with its QR code, and return its number.

        If the process dies before WeChat Pay responds, the sweeper closes the order.
        """
        now = datetime.fromtimestamp(self.clock(), CHINA)
        number, until = f"{now:%Y%m%d}{secrets.token_hex(10)}", now + LIFETIME
        with self.engine.begin() as session:
            order = {"description": description, "total": total, "state": "unpaid"}
            numbers = {"out_trade_no": number, "out_refund_no": f"R{number}"}
            session.execute(sa.insert(orders).values(**order, **numbers, created_at=now))
            self.sweeper.watch(session, out_trade_no=number, until=until)
        wanted = {
            "description": description,
            "out_trade_no": number,
            "time_expire": until.isoformat(timespec="seconds"),
            "amount": {"total": total, "currency": "CNY"},
        }
        made = self.wxpay.v3.pay.transactions.native.post(json=wanted).json()
        with self.engine.begin() as session:
            _change(session, number, code_url=made["code_url"])
        return number

    def refund(self, number: str) -> None:
        """Refund a paid order; repeated calls have no effect."""
        now = datetime.fromtimestamp(self.clock(), CHINA)
        with self.engine.begin() as session:
            order = _change(session, number, "paid", state="refunding", refunded_at=now)
            if order is None:
                return
            self.outbox.refund(
                session, out_trade_no=number, out_refund_no=order.out_refund_no, total=order.total
            )

    # These handlers run in the transaction that marks the notification, call or watch as done.

    def _paid(self, notice: Notice[TransactionSuccessDirect], session: sa.Connection) -> None:
        number, amount = notice.resource["out_trade_no"], notice.resource["amount"]["total"]
        paid_at = datetime.fromisoformat(notice.resource["success_time"]).astimezone(CHINA)
        order = _change(session, number, "unpaid", "closed", state="paid", paid_at=paid_at)
        if order is None or order.total != amount:
            raise LookupError(f"there is no order {number} of {amount} fen")
        session.execute(sa.insert(entries).values(out_trade_no=number, amount=amount))

    def _refunded(self, notice: Notice[RefundSuccessDirect], session: sa.Connection) -> None:
        number, amount = notice.resource["out_trade_no"], notice.resource["amount"]["refund"]
        _change(session, number, state="refunded")
        session.execute(sa.insert(entries).values(out_trade_no=number, amount=-amount))

    def _not_refunded(self, notice: Notice[Any], session: sa.Connection) -> None:
        _change(session, notice.resource["out_trade_no"], state="refund failed")

    def _refund_sent(self, result: Result, session: sa.Connection) -> None:
        if result.outcome == "failed":
            _change(session, result.number.removeprefix("R"), state="refund failed")

    def _ended(self, end: End, session: sa.Connection) -> None:
        if end.kind == "order" and end.outcome in ("CLOSED", "NOT_EXIST"):
            _change(session, end.number, "unpaid", state="closed")


def _change(session: sa.Connection, number: str, *before: str, **values: Any) -> sa.Row[Any] | None:
    """Change an order and return it; None if it is in none of the states `before`."""
    update = sa.update(orders).where(orders.c.out_trade_no == number)
    if before:
        update = update.where(orders.c.state.in_(before))
    return session.execute(update.values(**values).returning(orders)).one_or_none()
