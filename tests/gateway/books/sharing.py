"""Profit sharing with another merchant of the gateway, and its returns."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.gateway.books.machine import FEN, IDENTITY, ORDERS, Machine
from tests.gateway.support import new_number

__all__ = ["SharingRules"]


class SharingRules(Machine):
    """A merchant that shares its income with another merchant."""

    @initialize()
    def have_a_receiver(self) -> None:
        """Add another merchant to the receivers of both."""
        self.other = self.gateway.add_merchant()
        body = {"appid": IDENTITY.appid, "type": "MERCHANT_ID", "account": self.other.mchid}
        for whose in ({}, {"sub_mchid": self.sub}):
            given = {**body, **whose, "relation_type": "PARTNER"}
            assert not self.ask("POST", "v3/profitsharing/receivers/add", json=given)

    @rule(order=ORDERS, fen=FEN, back=st.integers(0, 300), last=st.booleans())
    def share(self, order: Any, fen: int, back: int, last: bool) -> None:
        number, sub = order
        known = self.gateway.state.store.get("order", number)
        if known is None:
            return
        whose = {"sub_mchid": sub} if sub else {}
        before, shared = self.other.balance(), new_number("P")
        receiver = {"type": "MERCHANT_ID", "account": self.other.mchid}
        body = {
            **whose,
            "appid": IDENTITY.appid,
            "transaction_id": known["transaction_id"],
            "out_order_no": shared,
            "receivers": [{**receiver, "amount": fen, "description": "x"}],
            "unfreeze_unsplit": last,
        }
        code = self.ask("POST", "v3/profitsharing/orders", json=body)
        if code:
            assert self.other.balance() in (before, before + fen)
            return
        assert self.other.balance() == before + fen
        if back:
            given = {
                **whose,
                "out_order_no": shared,
                "out_return_no": new_number("Q"),
                "return_mchid": self.other.mchid,
                "amount": back,
                "description": "x",
            }
            code = self.ask("POST", "v3/profitsharing/return-orders", json=given)
            assert back <= fen or code
        sums = self.other.state.ledger.balances()
        assert sums.get("sharer", 0) == -sums.get("merchant", 0)
