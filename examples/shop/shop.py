"""Orders, and what WeChat Pay tells of them. Money is in fen.

No transaction is open while WeChat Pay is called: the shop commits what it wants, the outbox and
the sweeper act on it, and the inbox hands in what came of it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from wechatpay_chain import WeChatPay
from wechatpay_chain.durable import End, Inbox, Notice, Outbox, Result, Sweeper

from .tables import entries, orders

if TYPE_CHECKING:
    from wechatpay_chain.typed.notifications import RefundSuccessDirect, TransactionSuccessDirect

__all__ = ["CHINA", "REFUND", "Shop"]

CHINA = timezone(timedelta(hours=8))
LIFETIME = timedelta(minutes=30)
"""An order that is not paid by then is closed."""
REFUND = "R"
"""What a refund's number begins with; the order's number follows, so an order has one refund."""
NEVER_PAID = ("CLOSED", "PAYERROR", "NOT_EXIST")
"""How a watch of an order ends that was not paid."""


class Shop:
    """A shop.

    Args:
        engine: of its database, with the tables of `tables.create`.
        wxpay: the merchant's client.
        appid: of the merchant's app.
        notify_url: where WeChat Pay posts notifications to.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        engine: sa.Engine,
        wxpay: WeChatPay,
        *,
        appid: str,
        notify_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine, self.wxpay, self.clock = engine, wxpay, clock
        self._appid, self._notify_url = appid, notify_url
        self.inbox = Inbox(engine, wxpay, clock=clock)
        self.outbox = Outbox(engine, wxpay, clock=clock)
        self.sweeper = Sweeper(self.inbox, clock=clock)
        self.inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")(self._paid)
        self.inbox.on("REFUND.SUCCESS", key="out_trade_no")(self._refunded)
        self.inbox.on("REFUND.ABNORMAL", key="out_trade_no")(self._not_refunded)
        self.inbox.on("REFUND.CLOSED", key="out_trade_no")(self._not_refunded)
        self.outbox.on_result(self._refund_sent)
        self.sweeper.on_end(self._ended)

    def order(self, description: str, total: int) -> str:
        """Make an order, and ask WeChat Pay for its QR code.

        If this process dies in between, the sweeper ends the order.

        Args:
            description: what the customer reads.
            total: fen.

        Returns:
            Its number.

        Raises:
            WeChatPayError: WeChat Pay rejected it, or cannot be reached.
        """
        now = datetime.fromtimestamp(self.clock(), CHINA)
        number, until = f"{now:%Y%m%d}{secrets.token_hex(10)}", now + LIFETIME
        order = {"number": number, "description": description, "total": total}
        with self.engine.begin() as session:
            session.execute(sa.insert(orders).values(**order, state="unpaid", created_at=now))
            self.sweeper.watch(session, out_trade_no=number, until=until)
        made = self.wxpay.v3.pay.transactions.native.post(
            json={
                "appid": self._appid,
                "mchid": self.wxpay.mchid,
                "description": description,
                "out_trade_no": number,
                "time_expire": until.isoformat(timespec="seconds"),
                "notify_url": self._notify_url,
                "amount": {"total": total, "currency": "CNY"},
            }
        ).json()
        with self.engine.begin() as session:
            update = sa.update(orders).where(orders.c.number == number)
            session.execute(update.values(code_url=made["code_url"]))
        return number

    def refund(self, number: str) -> bool:
        """Refund an order, once, however often this is called.

        Args:
            number: of the order.

        Returns:
            Whether it will be refunded: False where it is not paid, or is being refunded already.
        """
        now = datetime.fromtimestamp(self.clock(), CHINA)
        with self.engine.begin() as session:
            if not _move(session, number, "refunding", before=("paid",), refunded_at=now):
                return False
            found = sa.select(orders.c.total).where(orders.c.number == number)
            total = session.execute(found).scalar_one()
            self.outbox.call(
                session,
                "POST",
                "v3/refund/domestic/refunds",
                json={
                    "out_trade_no": number,
                    "out_refund_no": REFUND + number,
                    "notify_url": self._notify_url,
                    "amount": {"refund": total, "total": total, "currency": "CNY"},
                },
            )
        return True

    # What follows runs in the transaction that marks the notification, call or watch as done.

    def _paid(self, notice: Notice[TransactionSuccessDirect], session: sa.Connection) -> None:
        number, amount = notice.resource["out_trade_no"], notice.resource["amount"]["total"]
        found = sa.select(orders.c.total).where(orders.c.number == number)
        if session.execute(found).scalar() != amount:
            raise LookupError(f"there is no order {number} of {amount} fen")
        paid_at = datetime.fromisoformat(notice.resource["success_time"]).astimezone(CHINA)
        _move(session, number, "paid", before=("unpaid", "closed"), paid_at=paid_at)
        session.execute(sa.insert(entries).values(order_number=number, amount=amount))

    def _refund_sent(self, result: Result, session: sa.Connection) -> None:
        if result.outcome == "failed":
            _move(session, result.number.removeprefix(REFUND), "refund failed")
        else:
            self.sweeper.watch(session, out_refund_no=result.number)

    def _refunded(self, notice: Notice[RefundSuccessDirect], session: sa.Connection) -> None:
        number, amount = notice.resource["out_trade_no"], notice.resource["amount"]["refund"]
        _move(session, number, "refunded")
        session.execute(sa.insert(entries).values(order_number=number, amount=-amount))

    def _not_refunded(self, notice: Notice[Any], session: sa.Connection) -> None:
        _move(session, notice.resource["out_trade_no"], "refund failed")

    def _ended(self, end: End, session: sa.Connection) -> None:
        if end.kind == "order" and end.outcome in NEVER_PAID:
            _move(session, end.number, "closed", before=("unpaid",))


def _move(
    session: sa.Connection,
    number: str,
    state: str,
    before: tuple[str, ...] | None = None,
    **more: datetime,
) -> bool:
    """Give an order a new state, if it is in one of those before; whether it was."""
    update = sa.update(orders).where(orders.c.number == number)
    if before is not None:
        update = update.where(orders.c.state.in_(before))
    return session.execute(update.values(state=state, **more)).rowcount == 1
