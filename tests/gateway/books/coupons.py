"""Coupons: sent, used, refunded and expired, and stopped stocks."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["CouponRules"]

CUSTOMER = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
CREATOR = {"stock_creator_mchid": IDENTITY.mchid}
FAVOR = "v3/marketing/favor"


class CouponRules(Machine):
    """A merchant with customers that pay with coupons, with or without cash."""

    @rule(
        amount=st.integers(1, 40),
        total=st.integers(41, 300),
        refunds=st.lists(st.integers(1, 300), max_size=3),
        no_cash=st.booleans(),
        shared=st.booleans(),
        closed=st.booleans(),
        stopped=st.booleans(),
        expired=st.booleans(),
        how=st.sampled_from(["order", "code", "reversed code"]),
    )
    def coupon(
        self,
        amount: int,
        total: int,
        refunds: list[int],
        no_cash: bool,
        shared: bool,
        closed: bool,
        stopped: bool,
        expired: bool,
        how: str,
    ) -> None:
        number = self._stock(amount, no_cash=no_cash)
        if not number or self.ask("POST", f"{FAVOR}/stocks/{number}/start", json=CREATOR):
            return
        with contextlib.suppress(LookupError):  # for example, the stock has ended after a day
            used, kept = (
                self.gateway.coupon_stocks.receive(number, CUSTOMER)["coupon_id"] for _ in range(2)
            )
            if stopped:
                self.ask("POST", f"{FAVOR}/stocks/{number}/stop", json=CREATOR)
            if how == "order":
                self._buy(used, total, refunds, shared=shared, closed=closed)
            else:
                self._pay_by_code(used, total, refunds, reversed_=how == "reversed code")
            if expired:
                self.gateway.coupons.expire(kept)

    def _stock(self, amount: int, *, no_cash: bool) -> str:
        clock = self.merchant.state.clock
        made: dict[str, Any] = {
            "stock_name": "x",
            "available_begin_time": clock.rfc3339(clock.now() - 60),
            "available_end_time": clock.rfc3339(clock.now() + 86400),
            "stock_use_rule": {
                "max_coupons": 3,
                "max_amount": 3 * amount,
                "max_coupons_per_user": 2,
                "natural_person_limit": False,
                "prevent_api_abuse": False,
            },
            "coupon_use_rule": {
                "fixed_normal_coupon": {"coupon_amount": amount, "transaction_minimum": 41}
            },
            "no_cash": no_cash,
            "stock_type": "NORMAL",
            "belong_merchant": IDENTITY.mchid,
            "out_request_no": new_number("S"),
        }
        code = self.ask("POST", f"{FAVOR}/coupon-stocks", json=made)
        return "" if code else str(self.last["stock_id"])

    def _pay_by_code(self, coupon: str, total: int, refunds: list[int], *, reversed_: bool) -> None:
        own = {"appid": IDENTITY.appid, "mchid": IDENTITY.mchid}
        order = {
            **own,
            "description": "x",
            "out_trade_no": new_number("P"),
            "payer": {"auth_code": self.gateway.payment_codes.show(coupons=[coupon])["code"]},
            "amount": {"total": total},
            "scene_info": {"store_info": {"id": "1"}},
        }
        self.ask("POST", "v3/pay/transactions/codepay", json=order)
        for fen in refunds:
            self._refund(order["out_trade_no"], fen, total)
        if reversed_:
            path = f"v3/pay/transactions/out-trade-no/{order['out_trade_no']}/reverse"
            self.ask("POST", path, json=own)

    def _refund(self, number: str, fen: int, total: int, *, closed: bool = False) -> None:
        asked = {
            "out_trade_no": number,
            "out_refund_no": new_number("R"),
            "amount": {"refund": fen, "total": total, "currency": "CNY"},
        }
        code = self.ask("POST", "v3/refund/domestic/refunds", json=asked)
        if closed and not code:
            self.gateway.refunds.close(asked["out_refund_no"])

    def _buy(
        self, coupon: str, total: int, refunds: list[int], *, shared: bool, closed: bool
    ) -> None:
        order = {
            "appid": IDENTITY.appid,
            "mchid": IDENTITY.mchid,
            "description": "x",
            "out_trade_no": new_number(),
            "notify_url": NOBODY,
            "amount": {"total": total},
            "settle_info": {"profit_sharing": shared},
        }
        self.ask("POST", "v3/pay/transactions/native", json=order)
        self.gateway.pay(order["out_trade_no"], coupons=[coupon])
        for fen in refunds:
            self._refund(order["out_trade_no"], fen, total, closed=closed)
