"""Controls of one merchant: pay its orders, file complaints, send notifications.

You can use them from any thread, while the gateway runs and while it does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, Unpack, cast

from ...testing.bills import Day, Options
from ...testing.bills.differences import Differences
from ...testing.notices.signing import (
    NotificationKeys,
    SignedNotification,
    signed_notification,
)
from ...utils.display import represented
from ...utils.translation import _
from ..simulation.bills import filled, settings
from ..simulation.face import v3 as face
from ..simulation.payments import records as payments
from ..simulation.payments import together
from ..simulation.stubs.responses import party_of
from ..state import State
from ..store.identity import Identity
from .products import ProductControls
from .products.product import controlled
from .results import LedgerEntry, Notice, OrderRecord
from .triggers import trigger
from .waiting import wait_for

__all__ = ["MerchantControls"]


class MerchantControls(ProductControls):
    """The controls of one merchant.

    Attributes:
        state: state of the merchant in the gateway.
    """

    state: State

    @property
    def identity(self) -> Identity:
        """The keys of the merchant and of the platform."""
        return self.state.identity

    def state_of(self, kinds: Iterable[str], key: str) -> State:
        """Return the state of the merchant that has a record.

        Args:
            kinds: possible kinds of the record, such as `order`.
            key: key of the record.
        """
        return self.state

    def states(self) -> list[State]:
        """Return the states of the merchants to list records of."""
        return [self.state]

    def pay(self, out_trade_no: str, openid: str = "", coupons: Sequence[str] = ()) -> OrderRecord:
        """Pay an order as its customer, and return the order.

        Args:
            out_trade_no: the merchant's order number.
            openid: openid of the customer.
            coupons: numbers of the customer's coupons to use for the payment.

        Raises:
            LookupError: the order does not exist, is not open, or cannot be paid with these
                coupons.
        """
        state = self.state_of(("order", "combined"), out_trade_no)
        return _order(
            controlled(state, lambda: payments.pay(state, out_trade_no, openid, coupons=coupons))
        )

    def fail(self, out_trade_no: str) -> OrderRecord:
        """Make the payment of an order fail, as with an insufficient balance, and return the order.

        The customer can pay the order again until it expires.

        Args:
            out_trade_no: the merchant's order number.

        Raises:
            LookupError: the order does not exist, or is not open.
        """
        state = self.state_of(("order",), out_trade_no)
        return _order(controlled(state, lambda: payments.fail(state, out_trade_no)))

    def expire(self, out_trade_no: str) -> OrderRecord:
        """Make an order expire immediately, and return the order.

        If the order is part of a combined order, all of its orders expire. The gateway's clock does
        not change.

        Args:
            out_trade_no: the merchant's order number.

        Raises:
            LookupError: the order does not exist, or is not open.
        """
        state = self.state_of(("order",), out_trade_no)
        controlled(state, lambda: together.expire(state, out_trade_no))
        return _order(controlled(state, lambda: payments.existing(state, out_trade_no)))

    def complain(
        self,
        out_trade_no: str,
        text: str,
        *,
        phone: str = "13800000000",
        problem: str = "OTHERS",
    ) -> dict[str, Any]:
        """File a complaint about a paid order as its customer, and return the complaint.

        The gateway notifies the merchant.

        Args:
            out_trade_no: the merchant's order number.
            text: text of the complaint.
            phone: phone number of the customer.
            problem: `REFUND`, `SERVICE_NOT_WORK` or `OTHERS`.

        Raises:
            LookupError: the order does not exist, or is not paid.
        """
        return self.complaints.complain(out_trade_no, text, phone=phone, problem=problem)

    def sign_contract(self, presign_token: str) -> dict[str, Any]:
        """Sign a contract for face payment as the user, and return the contract.

        Args:
            presign_token: token from `v3/offlineface/contracts/presign`.

        Raises:
            LookupError: the token does not exist, or has been used.
        """
        state = self.state_of(("presign",), presign_token)
        return controlled(state, lambda: face.sign_contract(state, presign_token))

    def orders(self) -> list[OrderRecord]:
        """Return all orders, oldest first."""
        with self.state.store.transaction():
            every = [
                payments.existing(state, order["out_trade_no"])
                for state in self.states()
                for order in state.store.all("order")
            ]
        return sorted(map(_order, every), key=lambda order: order["created"])

    def notifications(self) -> list[Notice]:
        """Return all notifications with their attempts, newest first."""
        now = self.state.clock.now()
        every = [notice for each in self.states() for notice in each.outbox.all(limit=-1)]
        # The outbox also contains scheduled notifications, such as for a refund in progress.
        told = [notice for notice in every if notice["created"] <= now]
        return sorted(map(_notice, told), key=lambda notice: notice["id"], reverse=True)

    def resend(self, notification_id: str) -> Notice:
        """Deliver a notification again, and return the notification.

        Args:
            notification_id: `id` of the notification in `notifications`.

        Raises:
            LookupError: the notification does not exist.
        """
        outbox = self.state_of(("notice",), notification_id).outbox
        if not outbox.resend(notification_id):
            raise LookupError(
                _("this gateway has no notification {id}", id=represented(notification_id))
            )
        return _notice(outbox.get(notification_id))

    def wait_for(self, event: str, *, timeout: float = 10, **members: Any) -> Notice:
        """Wait until the receiver has acknowledged a notification, and return the notification.

        If several notifications match, it returns the newest one.

        Args:
            event: type of the notification, such as `TRANSACTION.SUCCESS`.
            timeout: seconds of real time.
            members: fields that the resource contains at any depth, such as `out_trade_no="1"`.

        Raises:
            TimeoutError: no such notification was acknowledged in time. The message lists the last
                notifications.
        """
        return wait_for(self.notifications, self.state.log, event, members, timeout)

    async def wait_for_async(
        self,
        event: str,
        *,
        timeout: float = 10,  # noqa: ASYNC109 - the same argument as in `wait_for`
        **members: Any,
    ) -> Notice:
        """Wait like `wait_for`, without blocking the event loop."""
        return await asyncio.to_thread(self.wait_for, event, timeout=timeout, **members)

    def ledger(self, day: str | None = None) -> list[LedgerEntry]:
        """Return the movements of the merchant's money, oldest first.

        Args:
            day: a day in Beijing time, such as `2026-11-25`; None returns all.
        """
        return cast("list[LedgerEntry]", self.state_of((), "").ledger.entries(day))

    def signed_notification(
        self,
        event: str,
        resource: Mapping[str, Any] | None = None,
        *,
        variant: str = "",
        protocol: Literal["v3", "v2"] = "v3",
    ) -> SignedNotification:
        """Create a signed notification without sending it.

        Use it in a test that passes the notification to the receiver itself.

        Args:
            event: type of the notification, such as `TRANSACTION.SUCCESS`.
            resource: fields that replace those of the catalogue's example.
            variant: variant of a type that several products share, such as `partner`.
            protocol: `v3` or `v2`.

        Returns:
            Headers and body, for `wxpay.notify(*signed)`.

        Raises:
            ConfigurationError: the type or variant does not exist, or the resource is invalid.
        """
        identity, party = self.identity, party_of(self.state_of((), ""))
        keys = NotificationKeys(
            serial=identity.signing_key_name,
            platform_key=identity.platform_key,
            apiv3_key=identity.apiv3_key,
            secret=identity.secret,
            mchid=identity.mchid,
            appid=identity.appid,
            merchant_key=identity.merchant_key.public_key(),
            sub_mchid=party.sub_mchid,
            sub_appid=party.sub_appid,
        )
        return signed_notification(keys, event, resource, variant=variant, protocol=protocol)

    def trigger(
        self,
        event: str,
        to: str,
        resource: Mapping[str, Any] | None = None,
        *,
        protocol: Literal["v2", "v3"] = "v3",
        variant: str = "",
    ) -> Notice:
        """Send a notification of any type of the catalogue, and return the notification.

        Args:
            event: type of the notification, such as `TRANSACTION.SUCCESS`.
            to: address that receives the notification.
            resource: fields that replace the generated ones.
            protocol: `v3` or `v2`.
            variant: variant of a type that several products share, such as `partner` or `combine`.
                The default is the variant for direct merchants.

        Raises:
            LookupError: the type or variant does not exist, or the address is invalid.
        """

        def sent() -> Notice:
            number = trigger(self.state, event, to, resource, protocol, variant)
            return _notice(self.state.outbox.get(number))

        return controlled(self.state, sent)

    def fill(
        self,
        orders: int,
        date: str = "",
        *,
        differences: Differences = None,
        **options: Unpack[Options],
    ) -> Day:
        """Fill the bills of a day with generated payments and refunds.

        The generated payments exist only in the bills; they cannot be queried. They replace the
        day's real orders in the trade bill and the fund flow bill.

        Args:
            orders: number of payments.
            date: the day, such as `2026-11-25`; empty selects yesterday.
            differences: differences between the bill and the merchant's orders: a number for each
                class, or `every`.
            options: see `wechatpay_chain.testing.bills.Options`.

        Returns:
            The day, with the merchant's own orders and the differences that a reconciliation must
            find.

        Raises:
            ValueError: an argument is invalid.
        """
        given = {"differences": differences, **options}
        return filled.fill(self.state, orders, date, given)

    def set_bills(
        self,
        *,
        fee_rate: str | Decimal | None = None,
        next_day: bool | None = None,
        parts: int | None = None,
    ) -> None:
        """Set the options of bills. Options that you omit do not change.

        Args:
            fee_rate: fee rate of later payments, as a fraction such as `0.0060`; initially 0.
            next_day: True makes a day's bill available at 10:00 on the next day, and returns
                `STATEMENT_CREATING` before that. Initially False: the current day's bill is
                available at any time, with the entries up to that moment.
            parts: number of files of an encrypted bill; initially 1.

        Raises:
            ValueError: an argument is invalid.
        """
        settings.change(self.state, fee_rate, next_day, parts)


def _order(record: Mapping[str, Any]) -> OrderRecord:
    return cast("OrderRecord", record)


def _notice(record: Mapping[str, Any] | None) -> Notice:
    return cast("Notice", record)
