"""Combined orders of two merchants, each of which refunds its own order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["CombinedRules"]


class CombinedRules(Machine):
    """A second merchant binds the app of the first one, and takes part in its combined orders."""

    def __init__(self) -> None:
        super().__init__()
        self.other = self.gateway.add_merchant(apps=[IDENTITY.appid])

    @rule(fen=FEN, theirs=FEN, refunded=st.integers(0, 300))
    def combine(self, fen: int, theirs: int, refunded: int) -> None:
        """Pay two merchants at once; one of them refunds a part."""
        numbers = [new_number("C"), new_number("C")]
        orders = [
            {
                "mchid": mchid,
                "attach": "x",
                "out_trade_no": number,
                "description": "x",
                "amount": {"total_amount": total, "currency": "CNY"},
            }
            for mchid, number, total in zip(
                (IDENTITY.mchid, self.other.mchid), numbers, (fen, theirs), strict=True
            )
        ]
        body = {
            "combine_appid": IDENTITY.appid,
            "combine_mchid": IDENTITY.mchid,
            "combine_out_trade_no": new_number("K"),
            "sub_orders": orders,
            "notify_url": NOBODY,
        }
        before = self.other.balance()
        if self.ask("POST", "v3/combine-transactions/native", json=body):
            return
        self.gateway.pay(numbers[0])
        assert self.other.balance() == before + theirs
        if refunded:
            refund = {
                "out_trade_no": numbers[1],
                "out_refund_no": new_number("R"),
                "amount": {"refund": min(refunded, theirs), "total": theirs, "currency": "CNY"},
            }
            assert self.ask("POST", "v3/refund/domestic/refunds", json=refund)  # it is another's
            with self.other.client(retry=None) as wxpay:
                own, self.wxpay = self.wxpay, wxpay
                self.ask("POST", "v3/refund/domestic/refunds", json=refund)
                self.wxpay = own
