"""Despite failures, an order is paid once, refunded once, or closed."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from wechatpay_chain import WeChatPay
from wechatpay_chain.durable import create_tables, work_off
from wechatpay_chain.gateway import Gateway

from .shop import Shop
from .tables import metadata
from .web import create_app


class Desk(Shop):
    """A shop that uses the gateway's time, with a browser."""

    def __init__(self, gateway: Gateway, wxpay: WeChatPay, folder: Path) -> None:
        engine = sa.create_engine(f"sqlite:///{folder}/shop.db")
        super().__init__(engine, wxpay, folder, gateway.time)
        create_tables(engine, metadata)
        self.gateway, self.browser = gateway, TestClient(create_app(self))

    def ordered(self) -> str:
        page = self.browser.post("/orders?item=doll")
        assert "<svg" in page.text
        return page.url.path.rpartition("/")[2]

    def shown(self, number: str) -> list[str]:
        """Return what the pages show: the order's state and the sum of the ledger."""
        pages = self.browser.get(f"/orders/{number}").text + self.browser.get("/").text
        return re.findall('<b id="(?:state|received)">(.*?)</b>', pages)

    def work(self, event: str = "", *, minutes: int = 0) -> None:
        """Let time pass, wait for a notification, and process what is due."""
        self.gateway.advance(minutes=minutes)
        if event:
            self.gateway.wait_for(event)
        work_off(self.outbox, self.sweeper, self.inbox)


@pytest.fixture
def desk(wechatpay_gateway: Gateway, tmp_path: Path) -> Generator[Desk]:
    notify_url = "https://shop.example/wechatpay/notify"
    with wechatpay_gateway.client(notify_url=notify_url, fill=True) as wxpay:
        desk = Desk(wechatpay_gateway, wxpay, tmp_path)
        with wechatpay_gateway.deliver_to(desk.browser.app):
            yield desk
        desk.engine.dispose()


def test_an_order_is_paid_once_and_refunded_once(desk: Desk) -> None:
    number = desk.ordered()
    desk.gateway.faults.add("TRANSACTION.SUCCESS", "notification_twice", times=1)
    desk.gateway.pay(number)
    desk.work("TRANSACTION.SUCCESS")
    assert desk.shown(number) == ["paid", "¥1.00"]
    desk.gateway.faults.add("v3/refund/*", "reset", times=1)  # processed, but the response is lost
    for _ in range(2):  # a user clicks twice
        desk.browser.post(f"/orders/{number}/refund")
    desk.work()
    assert desk.shown(number) == ["refunding", "¥1.00"]
    desk.work(minutes=5)
    assert desk.shown(number) == ["refunded", "¥0.00"]


def test_a_payment_whose_notification_does_not_come_is_found(desk: Desk) -> None:
    number = desk.ordered()
    desk.gateway.faults.add("TRANSACTION.SUCCESS", "notification_never")
    desk.gateway.pay(number)
    desk.work(minutes=1)
    assert desk.shown(number) == ["paid", "¥1.00"]


def test_an_order_that_is_not_paid_is_closed_after_30_minutes(desk: Desk) -> None:
    number = desk.ordered()
    desk.work(minutes=29)
    assert desk.shown(number) == ["unpaid", "¥0.00"]
    desk.work(minutes=2)
    assert desk.shown(number) == ["closed", "¥0.00"]


def test_the_daily_bill_is_reconciled(desk: Desk) -> None:
    desk.gateway.pay(desk.ordered())
    desk.work("TRANSACTION.SUCCESS")
    desk.gateway.advance(days=1, hours=10)
    day = desk.daily.due()[-1]
    result = desk.daily.reconcile(day)
    assert (result.ok, result.counts["matched"]) == (True, 1)
    assert desk.daily.report(day).name in desk.browser.get("/").text
