"""Deposits: refunded, consumed and reversed."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import new_code, new_number

__all__ = ["DepositRules"]

OWN = {"appid": IDENTITY.appid, "mch_id": IDENTITY.mchid}


class DepositRules(Machine):
    """A customer pays a deposit, and gets a part back."""

    @rule(
        fen=FEN,
        refunded=st.integers(0, 300),
        closed=st.booleans(),
        consumed=st.integers(0, 300),
        reversed_=st.booleans(),
    )
    def deposit(
        self, fen: int, refunded: int, closed: bool, consumed: int, reversed_: bool
    ) -> None:
        number, refund = new_number("D"), new_number("R")
        paid = {
            "auth_code": new_code(),
            "deposit": "Y",
            "body": "x",
            "spbill_create_ip": "127.0.0.1",
        }
        named = {**OWN, "out_trade_no": number, "total_fee": fen, "fee_type": "CNY"}
        self.ask("POST", "v2/deposit/micropay", xml={**named, **paid})
        if refunded:
            asked = {**OWN, "out_trade_no": number, "total_fee": fen, "out_refund_no": refund}
            code = self.ask(
                "POST",
                "v2/deposit/refund",
                xml={**asked, "refund_fee": refunded},
                security=True,
            )
            if closed and not code:
                self.gateway.refunds.close(refund)
        if consumed:
            asked = {**named, "consume_fee": consumed, "sign_type": "HMAC-SHA256"}
            code = self.ask("POST", "v2/deposit/consume", xml=asked, security=True)
            assert code or consumed <= fen
        if reversed_:
            asked = {**OWN, "out_trade_no": number}
            self.ask("POST", "v2/deposit/reverse", xml=asked, security=True)
