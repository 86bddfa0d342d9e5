"""examples/shop where its own tests do not reach: what is wrong, rejected, or not there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from examples.shop.tables import entries, orders
from examples.shop.test_shop import Desk, desk

__all__ = ["desk"]


@pytest.fixture
def paid(desk: Desk) -> str:
    """The number of an order that is paid, and that the shop knows to be paid."""
    number = desk.ordered()
    desk.gateway.pay(number)
    desk.work("TRANSACTION.SUCCESS")
    return number


def test_an_order_that_wechat_pay_did_not_get_is_closed(desk: Desk) -> None:
    desk.gateway.faults.add("v3/pay/transactions/native", "status", status=400)
    page = desk.browser.post("/orders?item=doll")
    assert (page.status_code, "not available" in page.text) == (502, True)
    desk.work(minutes=31)
    assert ", closed</p>" in desk.browser.get("/").text


def test_a_payment_of_another_amount_is_not_booked(desk: Desk) -> None:
    number = desk.ordered()
    with desk.engine.begin() as session:
        session.execute(sa.update(orders).values(total=1))
    desk.gateway.pay(number)
    desk.work("TRANSACTION.SUCCESS")
    assert desk.shown(number) == ["unpaid", "¥0.00"]
    (row,) = desk.inbox.find("pending")
    assert "LookupError" in row["error"]


def test_a_refund_that_wechat_pay_rejects_is_shown(desk: Desk, paid: str) -> None:
    amount = {"refund": 100, "total": 100, "currency": "CNY"}
    desk.wxpay.v3.refund.domestic.refunds.post(  # somebody refunds it by hand
        json={"out_trade_no": paid, "out_refund_no": "by-hand", "amount": amount}
    )
    desk.browser.post(f"/orders/{paid}/refund")
    desk.work()
    assert desk.shown(paid) == ["refund failed", "¥1.00"]


def test_a_bill_shows_what_the_shop_does_not_have(desk: Desk, paid: str) -> None:
    desk.browser.post(f"/orders/{paid}/refund")
    desk.work()
    desk.gateway.advance(days=1, hours=10)
    day = desk.daily.due()[-1]
    result = desk.daily.reconcile(day)
    assert (result.ok, result.counts["matched"]) == (True, 2)
    with desk.engine.begin() as session:
        session.execute(sa.delete(entries))
        session.execute(sa.delete(orders))
    assert [each.kind for each in desk.daily.reconcile(day).differences] == [
        "missing_here",
        "refund_missing_here",
    ]
    report = desk.browser.get(f"/bills/{desk.daily.report(day).name}")
    assert "微信支付对账" in report.text


def test_what_is_not_there(desk: Desk) -> None:
    assert desk.browser.get("/bills/yesterday").status_code == 404
    assert desk.browser.get("/orders/none").status_code == 404
    assert desk.browser.post("/orders?item=none").status_code == 404
    desk.browser.post("/orders/none/refund")
    assert desk.outbox.find() == []
