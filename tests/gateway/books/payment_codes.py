"""Payments by code with each outcome, and their reversals."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import new_code, new_number
from wechatpay_chain.gateway.simulation.payments.codes import OUTCOMES

__all__ = ["PaymentCodeRules"]

PATH = "v3/pay/transactions"


class PaymentCodeRules(Machine):
    """A customer pays by code, and the merchant can reverse the payment."""

    @rule(
        fen=FEN,
        ending=st.sampled_from(["9999", *OUTCOMES]),
        then=st.sampled_from(["", "enter_password", "cancel"]),
        reversals=st.integers(0, 2),
    )
    def pay_by_code(self, fen: int, ending: str, then: str, reversals: int) -> None:
        number = new_number("V")
        body = {
            "appid": IDENTITY.appid,
            "mchid": IDENTITY.mchid,
            "description": "x",
            "out_trade_no": number,
            "payer": {"auth_code": new_code(ending)},
            "amount": {"total": fen, "currency": "CNY"},
            "scene_info": {"store_info": {"id": "x"}},
        }
        self.ask("POST", f"{PATH}/codepay", json=body)
        if then:
            with contextlib.suppress(LookupError):  # the order may not wait for the customer
                getattr(self.gateway.payment_codes, then)(number)
        for _ in range(reversals):
            path = f"{PATH}/out-trade-no/{{out_trade_no}}/reverse"
            parties = {"appid": IDENTITY.appid, "mchid": IDENTITY.mchid}
            code = self.ask("POST", path, out_trade_no=number, json=parties)
        if reversals and not code:
            assert self.gateway.state.store.get("order", number)["state"] == "REVOKED"
