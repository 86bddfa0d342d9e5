"""Controls of coupons and merchants' coupons: a user receives one, or one expires."""

from __future__ import annotations

from ...simulation.busifavor import records as merchants_coupons
from ...simulation.busifavor import stocks as merchants_stocks
from ...simulation.coupons import records, stocks
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["BusifavorCoupons", "BusifavorStocks", "CouponStocks", "Coupons"]


class CouponStocks(Product):
    """Batches of coupons (代金券)."""

    label, kind = Label("Stocks of coupons", "代金券批次"), stocks.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        stocks.settle_due(state)

    @of_record(when=(stocks.RUNNING,))
    def receive(self, state: State, stock_id: str, openid: str) -> Record:
        """Receive a coupon for a user, and return the coupon.

        Args:
            stock_id: id of the batch.
            openid: openid of the user.

        Raises:
            LookupError: the batch does not exist, sends no coupons, or the user has reached the
                limit.
        """
        return records.send(state, stocks.existing(state, stock_id), openid)

    @of_record(when=(stocks.RUNNING, stocks.PAUSED))
    def stop(self, state: State, stock_id: str) -> Record:
        """Stop a batch for its merchant.

        Args:
            stock_id: id of the batch.

        Raises:
            LookupError: the batch does not exist, or is not activated.
        """
        return stocks.stop(state, stocks.existing(state, stock_id))


class Coupons(Product):
    """Coupons of users; `pay` accepts them."""

    label, kind = Label("Coupons", "代金券"), records.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        records.settle_due(state)

    @of_record(when=(records.SENT,))
    def expire(self, state: State, coupon_id: str) -> Record:
        """Make a coupon expire immediately.

        Args:
            coupon_id: id of the coupon.

        Raises:
            LookupError: the coupon does not exist, or is used or expired.
        """
        return records.expire(state, coupon_id)


class BusifavorStocks(Product):
    """Batches of merchants' coupons (商家券)."""

    label, kind = Label("Stocks of merchants' coupons", "商家券批次"), merchants_stocks.KIND
    state_name = "stock_state"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        merchants_stocks.settle_due(state)

    @of_record(when=(merchants_stocks.RUNNING,))
    def receive(self, state: State, stock_id: str, openid: str, coupon_code: str = "") -> Record:
        """Receive a merchant's coupon for a user, and return the coupon.

        Args:
            stock_id: id of the batch.
            openid: openid of the user.
            coupon_code: code of the coupon for a batch with `MERCHANT_API`; otherwise empty.

        Raises:
            LookupError: the batch does not exist, sends no coupons, the user has reached the
                limit, or the code is invalid.
        """
        return merchants_coupons.send(
            state,
            merchants_stocks.existing(state, stock_id),
            openid,
            state.profile.apps[0],
            number=merchants_stocks.new_number(),
            code=coupon_code,
            channel=merchants_coupons.MINI_PROGRAM,
        )

    @of_record(when=(merchants_stocks.RUNNING,))
    def stop(self, state: State, stock_id: str) -> Record:
        """Stop a batch for its merchant.

        Args:
            stock_id: id of the batch.

        Raises:
            LookupError: the batch does not exist, or has stopped.
        """
        return merchants_stocks.stop(state, stock_id)


class BusifavorCoupons(Product):
    """Merchants' coupons (商家券) of users."""

    label, kind = Label("Merchants' coupons", "商家券"), merchants_coupons.KIND
    state_name = "coupon_state"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        merchants_coupons.settle_due(state)

    @of_record(when=(merchants_coupons.SENT,))
    def expire(self, state: State, coupon_code: str) -> Record:
        """Make a coupon expire immediately.

        Args:
            coupon_code: code of the coupon.

        Raises:
            LookupError: the coupon does not exist, or is not `SENDED`.
        """
        return merchants_coupons.turn(
            state,
            merchants_coupons.existing(state, coupon_code),
            merchants_coupons.SENT,
            merchants_coupons.EXPIRED,
            ends=state.clock.now(),
        )

    @of_record(when=(merchants_coupons.SENT,))
    def delete(self, state: State, coupon_code: str) -> Record:
        """Delete a coupon for its user.

        Args:
            coupon_code: code of the coupon.

        Raises:
            LookupError: the coupon does not exist, or is not `SENDED`.
        """
        return merchants_coupons.turn(
            state,
            merchants_coupons.existing(state, coupon_code),
            merchants_coupons.SENT,
            merchants_coupons.DELETED,
        )
