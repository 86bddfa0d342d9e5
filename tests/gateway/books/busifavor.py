"""Merchants' coupons: subsidies of orders, and their returns after refunds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, ORDERS, Machine
from tests.gateway.support import new_number

__all__ = ["BusifavorRules"]

BASE = "v3/marketing/busifavor"


class BusifavorRules(Machine):
    """A merchant that pays subsidies for its own and its sub-merchant's orders."""

    @rule(order=ORDERS, fen=FEN, refunded=FEN, returns=st.lists(FEN, max_size=2))
    def subsidy(self, order: tuple[str, str], fen: int, refunded: int, returns: list[int]) -> None:
        number, sub = order
        paid = self.merchant.state.store.get("order", number)
        named = self._used_coupon()
        if paid is None or not named:
            return
        named |= {
            "transaction_id": paid["transaction_id"],
            "payer_merchant": IDENTITY.mchid,
            "payee_merchant": sub or IDENTITY.mchid,
            "description": "x",
        }
        asked = {**named, "amount": fen, "out_subsidy_no": new_number("Y")}
        self.ask("POST", f"{BASE}/subsidy/pay-receipts", json=asked)
        refund: dict[str, Any] = {
            "out_trade_no": number,
            "out_refund_no": new_number("R"),
            "amount": {"refund": refunded, "total": paid["total"], "currency": "CNY"},
            **({"sub_mchid": sub} if sub else {}),
        }
        if self.ask("POST", "v3/refund/domestic/refunds", json=refund):
            return
        refund_id = self.last["refund_id"]
        for amount in returns:
            back = {**named, "amount": amount, "refund_id": refund_id}
            back["out_subsidy_return_no"] = new_number("Z")
            self.ask("POST", f"{BASE}/subsidy/return-receipts", json=back)

    def _used_coupon(self) -> dict[str, str]:
        """Return the stock and the code of a used coupon; empty if a fault prevents it."""
        clock = self.merchant.state.clock
        times = {
            "available_begin_time": clock.rfc3339(clock.now() - 60),
            "available_end_time": clock.rfc3339(clock.now() + 86400),
        }
        stock = {
            "stock_name": "x",
            "belong_merchant": IDENTITY.mchid,
            "goods_name": "x",
            "stock_type": "NORMAL",
            "coupon_use_rule": {
                "coupon_available_time": times,
                "fixed_normal_coupon": {"discount_amount": 1, "transaction_minimum": 2},
                "use_method": "OFF_LINE",
            },
            "stock_send_rule": {"max_coupons": 1, "max_coupons_per_user": 1},
            "coupon_code_mode": "WECHATPAY_MODE",
            "subsidy": True,
            "out_request_no": new_number("S"),
        }
        if self.ask("POST", f"{BASE}/stocks", json=stock):
            return {}
        number = str(self.last["stock_id"])
        code = self.gateway.busifavor_stocks.receive(number, "o1")["coupon_code"]
        used = {
            "coupon_code": code,
            "appid": IDENTITY.appid,
            "use_time": clock.rfc3339(),
            "use_request_no": new_number("U"),
        }
        self.ask("POST", f"{BASE}/coupons/use", json=used)
        return {"stock_id": number, "coupon_code": code}
