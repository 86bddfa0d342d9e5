"""Operations of a platform for a sub-merchant: sharing, subsidies, advances, withdrawals."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, multiple, rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["EcommerceRules"]

BASE = "v3/ecommerce"
SOLD = Bundle("sold")
"""Orders of the sub-merchant with a subsidy: number, transaction and total."""


class EcommerceRules(Machine):
    """A platform and its sub-merchant."""

    @initialize()
    def bring_money_in(self) -> None:
        """Give the platform money for subsidies, and make it a receiver of shares."""
        self.merchant.state.ledger.move("recharge", 500, "bank", "merchant")
        receiver = {"type": "MERCHANT_ID", "account": IDENTITY.mchid}
        body = {**receiver, "appid": IDENTITY.appid, "relation_type": "PLATFORM"}
        assert not self.ask("POST", f"{BASE}/profitsharing/receivers/add", json=body)

    @rule(target=SOLD, fen=FEN, subsidy=st.integers(0, 50))
    def sell(self, fen: int, subsidy: int) -> Any:
        number = new_number("E")
        order = {
            "sp_appid": IDENTITY.appid,
            "sp_mchid": IDENTITY.mchid,
            "sub_mchid": self.sub,
            "description": "x",
            "out_trade_no": number,
            "notify_url": NOBODY,
            "amount": {"total": fen},
            "settle_info": {"profit_sharing": True, "subsidy_amount": subsidy},
        }
        if self.ask("POST", "v3/pay/partner/transactions/native", json=order):
            return multiple()
        return number, self.gateway.pay(number)["transaction_id"], fen

    def of(self, order: Any, **more: Any) -> dict[str, Any]:
        return {"sub_mchid": self.sub, "transaction_id": order[1], "description": "x", **more}

    @rule(order=SOLD, fen=FEN, finish=st.booleans(), back=st.integers(0, 40))
    def share_with_the_platform(self, order: Any, fen: int, finish: bool, back: int) -> None:
        number, path = new_number("S"), f"{BASE}/profitsharing"
        receiver = {"type": "MERCHANT_ID", "receiver_account": IDENTITY.mchid, "amount": fen}
        body = self.of(order, out_order_no=number, finish=finish)
        body["receivers"] = [{**receiver, "description": "x"}]
        code = self.ask("POST", f"{path}/orders", json=body)
        if back and not code:
            returned = {"out_return_no": new_number("B"), "return_mchid": IDENTITY.mchid}
            about = {"sub_mchid": self.sub, "out_order_no": number, "description": "x"}
            code = self.ask(
                "POST", f"{path}/returnorders", json=about | returned | {"amount": back}
            )
            assert back <= fen or code

    @rule(order=SOLD)
    def finish(self, order: Any) -> None:
        body = self.of(order, out_order_no=new_number("F"))
        self.ask("POST", f"{BASE}/profitsharing/finish-order", json=body)

    @rule(order=SOLD, fen=st.integers(1, 60))
    def subsidise(self, order: Any, fen: int) -> None:
        code = self.ask("POST", f"{BASE}/subsidies/create", json=self.of(order, amount=fen))
        known = self.gateway.state.store.get("order", order[0])
        assert known is not None
        assert code or known["subsidy"]

    @rule(
        order=SOLD,
        fen=FEN,
        advance=st.booleans(),
        ending=st.sampled_from(["", "succeed", "fail", "close"]),
        back=st.integers(0, 40),
    )
    def refund_for_it(self, order: Any, fen: int, advance: bool, ending: str, back: int) -> None:
        source = "REFUND_SOURCE_PARTNER_ADVANCE" if advance else "REFUND_SOURCE_SUB_MERCHANT"
        body = self.of(order, out_refund_no=new_number("R"), refund_account=source)
        body |= {"sp_appid": IDENTITY.appid, "amount": {"refund": fen, "total": order[2]}}
        del body["description"]
        if self.ask("POST", f"{BASE}/refunds/apply", json=body):
            return
        refund_id = self.last["refund_id"]
        if ending:
            getattr(self.gateway.refunds, ending)(body["out_refund_no"])
        if back:
            returned = {"out_order_no": new_number("B"), "refund_id": refund_id, "amount": back}
            self.ask("POST", f"{BASE}/subsidies/return", json=self.of(order, **returned))
        if advance:
            path = f"{BASE}/refunds/{{refund_id}}/return-advance"
            code = self.ask("POST", path, refund_id=refund_id, json={"sub_mchid": self.sub})
            assert code or ending == "succeed"
        fee = self.of(order, refund_id=refund_id, amount=7, scene="RETURN_GOODS")
        fee |= {"type": "SERVICE_FEE_INCOME"}
        del fee["description"]
        code = self.ask("POST", f"{BASE}/profitsharing/after-sales-orders", json=fee)
        assert code or ending == "succeed"

    @rule(
        fen=FEN,
        own=st.booleans(),
        ending=st.sampled_from(["", "succeed", "fail", "refund"]),
    )
    def withdraw(self, fen: int, own: bool, ending: str) -> None:
        body = {"out_request_no": new_number("W"), "amount": fen, "account_type": "BASIC"}
        path = "v3/merchant/fund/withdraw" if own else f"{BASE}/fund/withdraw"
        if self.ask("POST", path, json=body if own else {**body, "sub_mchid": self.sub}):
            return
        if ending == "refund":
            self.gateway.withdrawals.succeed(self.last["withdraw_id"])
        if ending:
            ended = getattr(self.gateway.withdrawals, ending)(self.last["withdraw_id"])
            assert ended["state"] != "CREATE_SUCCESS"

    @rule()
    def withdraw_the_balance_of_yesterday(self) -> None:
        body = {"sub_mchid": self.sub, "out_request_no": new_number("W")}
        body["calculate_amount_type"] = "ALLOW_CURRENT_BALANCE"
        path = "v3/platsolution/ecommerce/withdraw/day-end-balance-withdraw"
        code = self.ask("POST", path, json=body)
        assert code or self.last["total_amount"] > 0

    @rule(fen=FEN, paid=st.booleans())
    def recharge(self, fen: int, paid: bool) -> None:
        number, path = new_number("C"), "v3/platsolution/ecommerce/recharges/apply"
        body = {"sub_mchid": self.sub, "out_recharge_no": number, "account_type": "DEPOSIT"}
        body |= {"recharge_scene": "ECOMMERCE_DEPOSIT", "recharge_amount": {"amount": fen}}
        if not self.ask("POST", path, json=body) and paid:
            assert self.gateway.recharges.pay(number)["state"] == "SUCCESS"

    @rule(
        order=SOLD,
        fen=FEN,
        deposit=st.booleans(),
        ending=st.sampled_from(["", "confirm", "fail", "cancel"]),
    )
    def compensate(self, order: Any, fen: int, deposit: bool, ending: str) -> None:
        bought = {"transaction_id": order[1], "type": "WXPAY"}
        body = {"out_bill_no": new_number("X"), "amount": fen, "transfer_remark": "x"}
        body["receiver"] = {"type": "TRANSACTION_USER", "transaction_info": bought}
        path = "v3/platsolution/ecommerce/mch-transfer"
        if deposit:
            path = f"{path}/deposit-after-sales-compensation-bills"
            code = self.ask("POST", path, json={**body, "sub_mchid": self.sub})
            assert code or self.last["state"] in ("ACCEPTED", "CLOSED")
            return
        if self.ask("POST", f"{path}/compensate-bills/pre-transfer", json=body):
            return
        number = body["out_bill_no"]
        if ending == "cancel":
            cancel = f"{path}/compensate-bills/out-bill-no/{{out_bill_no}}/cancel"
            self.ask("POST", cancel, out_bill_no=number)
        elif ending:
            ended = getattr(self.gateway.compensations, ending)(number)
            assert ended["state"] in ("SUCCESS", "CLOSED")
