"""Service orders of pay score: paid, failed, cancelled and refunded."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["PayScoreRules"]


class PayScoreRules(Machine):
    """A merchant with service orders that end in each way."""

    @rule(
        fen=FEN,
        partner=st.booleans(),
        shared=st.booleans(),
        ending=st.sampled_from(["", "pay", "fail", "cancel", "wait"]),
    )
    def serve(self, fen: int, partner: bool, shared: bool, ending: str) -> None:
        number = new_number("S")
        base = "v3/payscore/partner/serviceorder" if partner else "v3/payscore/serviceorder"
        whose = {"appid": IDENTITY.appid, "service_id": "500001"}
        if partner:
            whose["sub_mchid"] = self.sub
        order = {
            **whose,
            "out_order_no": number,
            "service_introduction": "x",
            "time_range": {"start_time": "OnAccept", "end_time": "20301225121010"},
            "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": fen},
            "notify_url": NOBODY,
        }
        if self.ask("POST", base, json=order):
            return
        self.gateway.payscore.confirm(number)
        charged = {"post_payments": [{"name": "x", "amount": fen}], "total_amount": fen}
        completed = {**whose, **charged, "profit_sharing": shared}
        code = self.ask("POST", f"{base}/{number}/complete", json=completed)
        if ending == "wait":
            self.gateway.advance(10)
            if not code:
                assert self.gateway.payscore.get(number)["state"] == "DONE"
        elif ending == "cancel":
            self.ask("POST", f"{base}/{number}/cancel", json={**whose, "reason": "x"})
        elif ending:
            with contextlib.suppress(LookupError) if code else contextlib.nullcontext():
                getattr(self.gateway.payscore, ending)(number)
