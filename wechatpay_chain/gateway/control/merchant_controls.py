"""What a test does with one merchant's orders besides calling the API: pay, complain, notify.

All of it may be done from any thread, while the gateway runs, before, or after.
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
        state: what the gateway knows of the merchant.
    """

    state: State

    @property
    def identity(self) -> Identity:
        """The merchant with all keys that it and the platform use."""
        return self.state.identity

    def state_of(self, kinds: Iterable[str], key: str) -> State:
        """The state of the merchant that has a record.

        Args:
            kinds: that the record may be of: `order`, say.
            key: of the record.
        """
        return self.state

    def states(self) -> list[State]:
        """The states of the merchants whose records are listed."""
        return [self.state]

    def pay(self, out_trade_no: str, openid: str = "", coupons: Sequence[str] = ()) -> OrderRecord:
        """Pay an order, as its customer would; the order as the gateway has it now.

        Args:
            out_trade_no: the merchant's number of it.
            openid: of the customer.
            coupons: the numbers of the customer's coupons that lower what the customer pays.

        Raises:
            LookupError: there is no such order, it cannot be paid any more, or not with these
                coupons.
        """
        state = self.state_of(("order", "combined"), out_trade_no)
        return _order(
            controlled(state, lambda: payments.pay(state, out_trade_no, openid, coupons=coupons))
        )

    def fail(self, out_trade_no: str) -> OrderRecord:
        """Let a payment fail, as it does when the card has no money; the order.

        It can be paid again until it expires.

        Args:
            out_trade_no: the merchant's number of it.

        Raises:
            LookupError: there is no such order, or it is not open.
        """
        state = self.state_of(("order",), out_trade_no)
        return _order(controlled(state, lambda: payments.fail(state, out_trade_no)))

    def expire(self, out_trade_no: str) -> OrderRecord:
        """Let an order expire now, with all orders of its combined order; the order.

        The gateway's time stays as it is.

        Args:
            out_trade_no: the merchant's number of it.

        Raises:
            LookupError: there is no such order, or it is not open.
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
        """Complain about a paid order, as its customer would; the merchant is told.

        Args:
            out_trade_no: the merchant's number of the order.
            text: what the customer writes.
            phone: of the customer.
            problem: `REFUND`, `SERVICE_NOT_WORK` or `OTHERS`.

        Raises:
            LookupError: there is no such order, or it is not paid.
        """
        return self.complaints.complain(out_trade_no, text, phone=phone, problem=problem)

    def sign_contract(self, presign_token: str) -> dict[str, Any]:
        """Sign a contract for face payment, as a user does in WeChat; the contract.

        Args:
            presign_token: of `v3/offlineface/contracts/presign`.

        Raises:
            LookupError: there is no such token, or it was used.
        """
        state = self.state_of(("presign",), presign_token)
        return controlled(state, lambda: face.sign_contract(state, presign_token))

    def orders(self) -> list[OrderRecord]:
        """All orders as the gateway has them now, the oldest first."""
        with self.state.store.transaction():
            every = [
                payments.existing(state, order["out_trade_no"])
                for state in self.states()
                for order in state.store.all("order")
            ]
        return sorted(map(_order, every), key=lambda order: order["created"])

    def notifications(self) -> list[Notice]:
        """All notifications with their attempts, the newest first."""
        now = self.state.clock.now()
        every = [notice for each in self.states() for notice in each.outbox.all(limit=-1)]
        # Those of what will happen, when a refund has arrived say, are in the outbox already.
        told = [notice for notice in every if notice["created"] <= now]
        return sorted(map(_notice, told), key=lambda notice: notice["id"], reverse=True)

    def resend(self, notification_id: str) -> Notice:
        """Deliver a notification once more; the notification.

        Args:
            notification_id: its `id` in `notifications`.

        Raises:
            LookupError: there is no such notification.
        """
        outbox = self.state_of(("notice",), notification_id).outbox
        if not outbox.resend(notification_id):
            raise LookupError(f"there is no notification {represented(notification_id)}")
        return _notice(outbox.get(notification_id))

    def wait_for(self, event: str, *, timeout: float = 10, **members: Any) -> Notice:
        """Wait until a notification was acknowledged; the newest one that fits.

        Args:
            event: its type, `TRANSACTION.SUCCESS` say.
            timeout: real seconds.
            members: that its resource has, at any depth: `out_trade_no="1"`.

        Raises:
            TimeoutError: there was none in that time; the error says what was delivered.
        """
        return wait_for(self.notifications, self.state.log, event, members, timeout)

    async def wait_for_async(
        self,
        event: str,
        *,
        timeout: float = 10,  # noqa: ASYNC109 - it is that of `wait_for`
        **members: Any,
    ) -> Notice:
        """The same, while the event loop goes on."""
        return await asyncio.to_thread(self.wait_for, event, timeout=timeout, **members)

    def ledger(self, day: str | None = None) -> list[LedgerEntry]:
        """The movements of money of a merchant, the oldest first.

        Args:
            day: such as `2026-11-25`, in Beijing; None is all.
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
        """A notification as it would be posted, for a test that hands it to the receiver itself.

        Args:
            event: its type, `TRANSACTION.SUCCESS` say.
            resource: members that replace those of the catalogue's example.
            variant: the form of a type that several products share, such as `partner`.
            protocol: `v3`, or `v2`.

        Returns:
            Header fields and body: `wxpay.notify(*signed)`.

        Raises:
            ConfigurationError: there is no such type or form, or the resource cannot be sent.
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
        """Send a notification of any type of the catalogue; as `notifications` has it.

        Args:
            event: its type, `TRANSACTION.SUCCESS` say.
            to: the address it is posted to.
            resource: members that replace the generated ones.
            protocol: `v3`, or `v2`.
            variant: the form of a type that several products share, such as `partner` or `combine`;
                by default that of a merchant of its own.

        Raises:
            LookupError: there is no such type or form, or the address is none.
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
        """Fill a day with generated payments and refunds; its bills are those of that day.

        They are in the bills alone, of any number: none of them can be queried. The day's own
        orders are not in its trade bill and its fund flow bill any more. What is returned has the
        merchant's own orders, and what a reconciliation has to find.

        Args:
            orders: how many are paid.
            date: of the day, such as `2026-11-25`; empty is yesterday.
            differences: what differs between the bill and the merchant's orders: a number for each
                class, or `every`.
            options: see `wechatpay_chain.testing.bills.Options`.

        Raises:
            ValueError: an argument is not what it must be.
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
        """Change how bills are; what is not given stays.

        Args:
            fee_rate: the fee for payments from now on, as a fraction such as `0.0060`; at first 0.
            next_day: whether a day's bill is ready at 10 o'clock of the next day, and before that
                `STATEMENT_CREATING`; at first today's can be had, as far as the day has come.
            parts: in how many files an encrypted bill comes; at first 1.

        Raises:
            ValueError: an argument is not what it must be.
        """
        settings.change(self.state, fee_rate, next_day, parts)


def _order(record: Mapping[str, Any]) -> OrderRecord:
    return cast("OrderRecord", record)


def _notice(record: Mapping[str, Any] | None) -> Notice:
    return cast("Notice", record)
