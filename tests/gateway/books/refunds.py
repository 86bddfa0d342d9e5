"""Refunds of orders: successful, failed and closed."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, ORDERS, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["RefundRules"]


class RefundRules(Machine):
    """A merchant refunds orders, with each outcome."""

    @rule(order=ORDERS, fen=FEN, ending=st.sampled_from(["", "succeed", "fail", "close"]))
    def refund(self, order: Any, fen: int, ending: str) -> None:
        number, sub = order
        known = self.gateway.state.store.get("order", number)
        total = 1 if known is None else known["total"]
        refund = new_number("R")
        code = self.ask(
            "POST",
            "v3/refund/domestic/refunds",
            json={
                "out_trade_no": number,
                "out_refund_no": refund,
                "notify_url": NOBODY,
                "amount": {"refund": fen, "total": total, "currency": "CNY"},
                **({"sub_mchid": sub} if sub else {}),
            },
        )
        assert fen <= total or code
        if not code and ending:
            ended = getattr(self.gateway.refunds, ending)(refund)
            assert ended["state"] != "PROCESSING"
