"""examples/shop: whatever goes wrong, an order is paid once, refunded once, or closed."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import httpx
import pytest
import segno
import sqlalchemy as sa

from examples.shop.bills import reconcile_yesterday
from examples.shop.shop import CHINA
from examples.shop.tables import entries, orders

MINUTES = 60


def paid(desk):
    """An order that is paid, and that the shop knows to be paid."""
    number = desk.order()
    desk.gateway.pay(number)
    assert desk.replied() == [204]
    assert desk.shop.inbox.run_once() == 1
    return number


def of(desk, number):
    """The order as WeChat Pay has it."""
    (order,) = [each for each in desk.gateway.orders() if each["out_trade_no"] == number]
    return order


def test_an_order_is_shown_with_its_qr_code_and_paid_once(desk):
    number = desk.order()
    page = desk.browser.get(f"/orders/{number}").text
    cashier = f"{desk.gateway.base_uri}_gateway/pay/{of(desk, number)['token']}"
    assert segno.make(cashier, error="m", micro=False).svg_inline(scale=6) in page
    assert httpx.get(cashier, trust_env=False).status_code == 200
    assert desk.state(number) == "unpaid"

    desk.gateway.pay(number)
    assert desk.replied() == [204]
    assert desk.shop.inbox.run_once() == 1
    assert (desk.state(number), desk.received()) == ("paid", "¥1.00")
    assert desk.shop.inbox.run_once() == 0


def test_a_notification_that_comes_twice_is_handled_once(desk):
    desk.gateway.faults.add("TRANSACTION.SUCCESS", "notification_twice", times=1)
    number = desk.order()
    desk.gateway.pay(number)
    assert desk.replied(2) == [204, 204]
    assert (desk.shop.inbox.counters["stored"], desk.shop.inbox.counters["duplicate"]) == (1, 1)
    assert desk.shop.inbox.run_once() == 1
    assert (desk.state(number), desk.received()) == ("paid", "¥1.00")


def test_an_order_is_refunded_once(desk):
    number = paid(desk)
    for _ in range(2):  # somebody is impatient
        assert desk.browser.post(f"/orders/{number}/refund").status_code == 200
    assert desk.state(number) == "refunding"
    desk.gateway.faults.add("v3/refund/*", "reset", times=1)  # carried out, and nobody knows
    assert desk.shop.outbox.run_once() == 1
    desk.now += 10
    assert desk.shop.outbox.run_once() == 1
    assert desk.shop.outbox.counters["done"] == 1
    desk.gateway.advance(minutes=1)
    assert desk.replied() == [204]
    assert desk.shop.inbox.run_once() == 1
    assert (desk.state(number), desk.received()) == ("refunded", "¥0.00")
    assert of(desk, number)["refunds"] == [f"R{number}"]
    desk.now += 30
    assert desk.shop.sweeper.run_once() == 2  # the order and the refund: both have ended
    assert desk.shop.inbox.run_once() == 0


def test_a_refund_that_wechat_pay_rejects_is_shown(desk):
    number = paid(desk)
    desk.shop.wxpay.v3.refund.domestic.refunds.post(  # somebody refunds it by hand
        json={
            "out_trade_no": number,
            "out_refund_no": f"by-hand-{number}",
            "amount": {"refund": 100, "total": 100, "currency": "CNY"},
        }
    )
    desk.browser.post(f"/orders/{number}/refund")
    desk.shop.outbox.run_once()
    assert (desk.state(number), desk.received()) == ("refund failed", "¥1.00")


def test_an_order_that_is_not_paid_is_closed_after_30_minutes(desk):
    number = desk.order()
    desk.now += 29 * MINUTES
    assert desk.shop.sweeper.run_once() == 1
    assert (desk.state(number), of(desk, number)["state"]) == ("unpaid", "NOTPAY")
    desk.now += 1 * MINUTES
    assert desk.shop.sweeper.run_once() == 1
    assert of(desk, number)["state"] == "CLOSED"
    desk.now += 1 * MINUTES  # a payment might have been under way
    assert desk.shop.sweeper.run_once() == 1
    assert desk.state(number) == "closed"
    with pytest.raises(LookupError, match="ORDER_CLOSED"):
        desk.gateway.pay(number)


def test_a_payment_whose_notification_does_not_come_is_found(desk):
    number = desk.order()
    desk.entrance.is_down = True
    desk.gateway.pay(number)
    assert desk.replied() == [503]
    assert desk.shop.inbox.run_once() == 0
    desk.now += 10
    assert desk.shop.sweeper.run_once() == 1
    assert desk.shop.inbox.run_once() == 1
    assert (desk.state(number), desk.received()) == ("paid", "¥1.00")

    desk.entrance.is_down = False
    desk.gateway.advance(seconds=15)  # WeChat Pay sends it again
    assert desk.replied() == [204]
    assert desk.shop.inbox.run_once() == 0
    assert desk.received() == "¥1.00"


def test_an_order_that_wechat_pay_did_not_get_is_closed(desk):
    desk.gateway.faults.add("v3/pay/transactions/native", "status", times=1, status=500)
    page = desk.browser.post("/orders?item=doll")
    assert page.status_code == 502
    assert "did not do it" in page.text
    desk.now += 30 * MINUTES
    assert desk.shop.sweeper.run_once() == 1
    assert ", closed</li>" in desk.browser.get("/").text


def test_a_payment_of_another_amount_is_not_booked(desk):
    number = desk.order()
    with desk.engine.begin() as session:
        session.exec_driver_sql(f"UPDATE orders SET total = 1 WHERE number = '{number}'")
    desk.gateway.pay(number)
    desk.replied()
    assert desk.shop.inbox.run_once() == 1
    assert (desk.state(number), desk.received()) == ("unpaid", "¥0.00")
    (row,) = desk.shop.inbox.find("pending")
    assert "LookupError" in row["error"]


def test_the_daily_bill_is_downloaded(desk):
    number = paid(desk)
    day = date.fromisoformat(desk.gateway.state.clock.date())
    for _ in range(2):
        bill = desk.browser.get(f"/bills/{day}")
        assert (bill.status_code, bill.text.count(f"`{number},`")) == (200, 1)
    disposition = bill.headers["Content-Disposition"]
    assert re.fullmatch(f'attachment; filename="trade-ALL-[0-9]+-{day}.csv"', disposition)


def test_the_daily_bill_is_reconciled(desk):
    numbers = [paid(desk) for _ in range(3)]
    desk.browser.post(f"/orders/{numbers[0]}/refund")
    assert desk.shop.outbox.run_once() == 1
    day = date.fromisoformat(desk.gateway.state.clock.date())
    before = datetime(day.year, day.month, day.day, 9, 59, tzinfo=CHINA) + timedelta(days=1)
    assert reconcile_yesterday(desk.shop, before, desk.bills) is None
    morning, report = before + timedelta(minutes=1), desk.bills / f"{day}.html"

    def differences():
        """Those of this shop: others sell on the same gateway."""
        result = reconcile_yesterday(desk.shop, morning, desk.bills)
        own = [each for each in result.differences if each.out_trade_no in numbers]
        assert result.counts["matched"] == 4 - len(own)
        return [(each.kind, each.out_trade_no) for each in own]

    assert differences() == []
    assert "微信支付对账" in report.read_text("utf-8")
    assert reconcile_yesterday(desk.shop, morning, desk.bills) is None
    report.unlink()
    with desk.engine.begin() as session:
        session.execute(sa.update(orders).where(orders.c.number == numbers[1]).values(total=5))
        session.execute(sa.delete(entries).where(entries.c.order_number == numbers[2]))
        session.execute(sa.delete(orders).where(orders.c.number == numbers[2]))
    assert differences() == [("missing_here", numbers[2]), ("amount", numbers[1])]


def test_a_bill_whose_digest_is_wrong_is_not_kept(desk):
    paid(desk)
    desk.gateway.faults.add("v3/billdownload/*", "wrong_body")
    assert desk.browser.get(f"/bills/{desk.gateway.state.clock.date()}").status_code == 502
    assert list(desk.bills.glob("*.csv")) == []


def test_what_is_not_there(desk):
    a_month_ago = date.fromisoformat(desk.gateway.state.clock.date()) - timedelta(days=30)
    assert desk.browser.get(f"/bills/{a_month_ago}").status_code == 404
    assert desk.browser.get("/bills/yesterday").status_code == 422
    assert desk.browser.get("/orders/none").status_code == 404
    assert desk.browser.post("/orders?item=none").status_code == 404
    assert desk.browser.post("/orders/none/refund").status_code == 404
    assert desk.shop.outbox.find() == []
