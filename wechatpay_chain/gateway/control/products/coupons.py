"""The controls of coupons and merchants' coupons: a user receives one, and one expires."""

from __future__ import annotations

from ...simulation.busifavor import records as merchants_coupons
from ...simulation.busifavor import stocks as merchants_stocks
from ...simulation.coupons import records, stocks
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["BusifavorCoupons", "BusifavorStocks", "CouponStocks", "Coupons"]


class CouponStocks(Product):
    """Stocks of coupons."""

    label, kind = Label("Stocks of coupons", "代金券批次"), stocks.KIND

    def settle(self, state: State) -> None:
        """Store which stocks have ended."""
        stocks.settle_due(state)

    @of_record(when=(stocks.RUNNING,))
    def receive(self, state: State, stock_id: str, openid: str) -> Record:
        """Have a user receive a coupon, as from a page of the merchant; the coupon.

        Args:
            stock_id: of the stock.
            openid: of the user.

        Raises:
            LookupError: there is no such stock, it sends none, or the user has enough of them.
        """
        return records.send(state, stocks.existing(state, stock_id), openid)

    @of_record(when=(stocks.RUNNING, stocks.PAUSED))
    def stop(self, state: State, stock_id: str) -> Record:
        """Stop a stock, as its merchant does in the merchant platform.

        Args:
            stock_id: of the stock.

        Raises:
            LookupError: there is no such stock, or it is not activated.
        """
        return stocks.stop(state, stocks.existing(state, stock_id))


class Coupons(Product):
    """Coupons of users; `pay` uses them."""

    label, kind = Label("Coupons", "代金券"), records.KIND

    def settle(self, state: State) -> None:
        """Store which coupons have expired."""
        records.settle_due(state)

    @of_record(when=(records.SENT,))
    def expire(self, state: State, coupon_id: str) -> Record:
        """Have a coupon expire now.

        Args:
            coupon_id: of the coupon.

        Raises:
            LookupError: there is no such coupon, or it is used or expired.
        """
        return records.expire(state, coupon_id)


class BusifavorStocks(Product):
    """Stocks of merchants' coupons (商家券)."""

    label, kind = Label("Stocks of merchants' coupons", "商家券批次"), merchants_stocks.KIND
    state_name = "stock_state"

    def settle(self, state: State) -> None:
        """Store which stocks have ended."""
        merchants_stocks.settle_due(state)

    @of_record(when=(merchants_stocks.RUNNING,))
    def receive(self, state: State, stock_id: str, openid: str, coupon_code: str = "") -> Record:
        """Have a user receive a coupon, as from the merchant's mini program; the coupon.

        Args:
            stock_id: of the stock.
            openid: of the user.
            coupon_code: of the coupon, where the stock has `MERCHANT_API`; else empty.

        Raises:
            LookupError: there is no such stock, it sends none, the user has enough of them, or the
                code is not right.
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
        """Stop a stock, as its merchant does in the merchant platform.

        Args:
            stock_id: of the stock.

        Raises:
            LookupError: there is no such stock, or it has stopped.
        """
        return merchants_stocks.stop(state, stock_id)


class BusifavorCoupons(Product):
    """Merchants' coupons (商家券) of users."""

    label, kind = Label("Merchants' coupons", "商家券"), merchants_coupons.KIND
    state_name = "coupon_state"

    def settle(self, state: State) -> None:
        """Store which coupons have expired."""
        merchants_coupons.settle_due(state)

    @of_record(when=(merchants_coupons.SENT,))
    def expire(self, state: State, coupon_code: str) -> Record:
        """Have a coupon expire now.

        Args:
            coupon_code: of the coupon.

        Raises:
            LookupError: there is no such coupon, or it is not `SENDED`.
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
        """Delete a coupon, as its user does in WeChat.

        Args:
            coupon_code: of the coupon.

        Raises:
            LookupError: there is no such coupon, or it is not `SENDED`.
        """
        return merchants_coupons.turn(
            state,
            merchants_coupons.existing(state, coupon_code),
            merchants_coupons.SENT,
            merchants_coupons.DELETED,
        )
