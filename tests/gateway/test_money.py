"""All operations that move money, in any order: the ledger matches a simple model."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
)

from tests.gateway.support import new_number, paid
from wechatpay_chain import APIError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.refunds import records as refunding
from wechatpay_chain.gateway.simulation.transfers import records as transfers
from wechatpay_chain.gateway.store.identity import Identity

SUPPLIER = {"type": "MERCHANT_ID", "account": "1900000110"}
IDENTITY = Identity.new()
FEN = st.integers(1, 60)


class Order:
    """An order in the model."""

    def __init__(self, record, *, shared):
        self.record = record
        self.total = record["total"]
        self.shared = shared
        self.frozen = self.total if shared else 0
        self.refunded = 0
        self.finished = False


class Refund:
    def __init__(self, order, number, fen, refund_id):
        self.order, self.number, self.fen, self.refund_id = order, number, fen, refund_id
        self.state, self.target = "PROCESSING", "payer"


class Share:
    def __init__(self, number, fen):
        self.number, self.fen = number, fen


class Money(RuleBasedStateMachine):
    """A merchant, its customers, and one receiver."""

    orders = Bundle("orders")
    refunds = Bundle("refunds")
    shares = Bundle("shares")
    sent = Bundle("sent")

    def __init__(self):
        super().__init__()
        self.gateway = Gateway(identity=IDENTITY, time_scale=0.001).start()
        self.wxpay = self.gateway.client()
        self.wxpay.v3.profitsharing.receivers.add.post(
            json={**SUPPLIER, "appid": IDENTITY.appid, "relation_type": "SUPPLIER"}
        )
        self.known = []
        self.asked_for = []
        names = ("payer", "merchant", "frozen", "refunding", "receiver", "user", "transit")
        self.accounts = dict.fromkeys((*names, "operation", "bank"), 0)

    def teardown(self):
        self.wxpay.close()
        self.gateway.stop()

    def move(self, fen, source, target):
        self.accounts[source] -= fen
        self.accounts[target] += fen

    def told(self, call, **options):
        """Return the code of a rejection; empty if the request succeeds."""
        try:
            self.answer = call(**options).json()
        except APIError as error:
            assert error.verified
            return error.code
        return ""

    # Orders and refunds

    @rule(target=orders, total=st.integers(1, 100), shared=st.booleans())
    def buy(self, total, shared):
        settle = {"settle_info": {"profit_sharing": shared}}
        order = Order(paid(self.gateway, self.wxpay, total, **settle), shared=shared)
        self.known.append(order)
        self.move(total, "payer", "frozen" if shared else "merchant")
        return order

    @rule(target=refunds, order=orders, fen=FEN)
    def refund(self, order, fen):
        number = new_number("R")
        body = {
            "out_trade_no": order.record["out_trade_no"],
            "out_refund_no": number,
            "amount": {"refund": fen, "total": order.total, "currency": "CNY"},
        }
        code = self.told(self.wxpay.v3.refund.domestic.refunds.post, json=body)
        assert code == self.expected(order, fen)
        if code:
            return multiple()
        if order.frozen:
            order.frozen -= fen
            self.move(fen, "frozen", "refunding")
        else:
            self.move(fen, "merchant", "refunding")
        order.refunded += fen
        refund = Refund(order, number, fen, self.answer["refund_id"])
        self.asked_for.append(refund)
        return refund

    def expected(self, order, fen):
        if fen > order.total - order.refunded:
            return "INVALID_REQUEST"
        if order.frozen:
            return "RULE_LIMIT" if fen > order.frozen else ""
        return "NOT_ENOUGH" if fen > self.accounts["merchant"] else ""

    def arrive(self, refund):
        refund.state = "SUCCESS"
        self.move(refund.fen, "refunding", refund.target)

    @rule()
    def wait(self):
        self.gateway.advance(refunding.SETTLING)
        for refund in self.asked_for:
            if refund.state == "PROCESSING":
                self.arrive(refund)

    @rule(refund=refunds, way=st.sampled_from(["succeed", "fail", "close"]))
    def decide(self, refund, way):
        state = self.gateway.state
        try:
            with state.store.transaction():
                getattr(refunding, way)(state, refund.number)
        except refunding.Rejection:
            assert refund.state != "PROCESSING"
            return
        assert refund.state == "PROCESSING"
        if way == "succeed":
            self.arrive(refund)
        elif way == "fail":
            refund.state = "ABNORMAL"
        else:
            refund.state = "CLOSED"
            refund.order.refunded -= refund.fen
            again = refund.order.shared and not refund.order.finished
            refund.order.frozen += refund.fen if again else 0
            self.move(refund.fen, "refunding", "frozen" if again else "merchant")

    @rule(refund=refunds)
    def send_elsewhere(self, refund):
        path = self.wxpay.v3.refund.domestic.refunds._refund_id_.applyAbnormalRefund
        body = {"out_refund_no": refund.number, "type": "MERCHANT_BANK_CARD"}
        code = self.told(path.post, refund_id=refund.refund_id, json=body)
        if refund.state == "ABNORMAL":
            refund.state, refund.target = "PROCESSING", "bank"
        assert (code == "") == (refund.target == "bank")

    @rule(refund=refunds)
    def ask_about(self, refund):
        path = self.wxpay.v3.refund.domestic.refunds._out_refund_no_
        assert path.get(out_refund_no=refund.number).json()["status"] == refund.state

    # Sharing

    @rule(target=shares, order=orders, fen=FEN, last=st.booleans())
    def share(self, order, fen, last):
        number = new_number("S")
        body = {
            "appid": IDENTITY.appid,
            "transaction_id": order.record["transaction_id"],
            "out_order_no": number,
            "receivers": [{**SUPPLIER, "amount": fen, "description": "share"}],
            "unfreeze_unsplit": last,
        }
        code = self.told(self.wxpay.v3.profitsharing.orders.post, json=body)
        if not order.shared:
            assert code == "INVALID_REQUEST"
        elif fen > order.frozen:
            assert code == "NOT_ENOUGH"
        else:
            assert code == ""
            order.frozen -= fen
            self.move(fen, "frozen", "receiver")
            if last:
                self.finish(order)
            return Share(number, fen)
        return multiple()

    @rule(order=orders)
    def unfreeze(self, order):
        body = {
            "transaction_id": order.record["transaction_id"],
            "out_order_no": new_number("F"),
            "description": "the rest",
        }
        code = self.told(self.wxpay.v3.profitsharing.orders.unfreeze.post, json=body)
        if not order.shared:
            assert code == "INVALID_REQUEST"
        elif not order.frozen:
            assert code == "NOT_ENOUGH"
        else:
            assert code == ""
            self.finish(order)

    def finish(self, order):
        if order.frozen:
            self.move(order.frozen, "frozen", "merchant")
        order.frozen, order.finished = 0, True

    @rule(share=shares, fen=FEN)
    def give_back(self, share, fen):
        body = {
            "out_order_no": share.number,
            "out_return_no": new_number("B"),
            "return_mchid": SUPPLIER["account"],
            "amount": fen,
            "description": "returned",
        }
        code = self.told(self.wxpay.v3.profitsharing.returnOrders.post, json=body)
        assert code == ("INVALID_REQUEST" if fen > share.fen else "")
        if not code:
            share.fen -= fen
            self.move(fen, "receiver", "merchant")

    # Transfers

    @rule(target=sent, fen=st.integers(10, 60))
    def transfer(self, fen):
        body = {
            "appid": IDENTITY.appid,
            "out_bill_no": new_number("T"),
            "transfer_scene_id": "1000",
            "openid": "o",
            "transfer_amount": fen,
            "transfer_remark": "thanks",
            "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
        }
        assert self.told(self.wxpay.v3.fundApp.mchTransfer.transferBills.post, json=body) == ""
        lacking = max(0, fen - self.accounts["operation"])
        self.move(lacking, "bank", "operation")
        self.move(fen, "operation", "transit")
        return body["out_bill_no"], fen

    @rule(transfer=consumes(sent), confirmed=st.booleans())
    def end_transfer(self, transfer, confirmed):
        number, fen = transfer
        state = self.gateway.state
        with state.store.transaction():
            (transfers.confirm if confirmed else transfers.fail)(state, number)
        self.move(fen, "transit", "user" if confirmed else "operation")

    # Invariants

    @invariant()
    def the_books_balance(self):
        refunding.settle_due(self.gateway.state)
        ledger = self.gateway.state.ledger
        ledger.check()
        assert {name: fen for name, fen in self.accounts.items() if fen} == {
            name: fen for name, fen in ledger.balances().items() if fen
        }

    @precondition(lambda self: self.known)
    @invariant()
    def an_order_is_worth_what_was_paid(self):
        order = self.known[-1]
        path = self.wxpay.v3.profitsharing.transactions._transaction_id_.amounts
        code = self.told(path.get, transaction_id=order.record["transaction_id"])
        assert (code == "") == order.shared
        if order.shared:
            assert self.answer["unsplit_amount"] == order.frozen
        assert 0 <= order.refunded <= order.total
        assert 0 <= order.frozen <= order.total


TestMoney = Money.TestCase
TestMoney.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
