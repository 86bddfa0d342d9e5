"""The console in the browser: the diagram of a day's money, and bills."""

from __future__ import annotations

import pytest

from tests.browser.page import PHONE
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

from .console_page import ConsolePage
from .trade import partner_of, refunded_order, sold, transfer

pytestmark = pytest.mark.browser

BOXES = (
    "return [...document.querySelectorAll('.picture .account rect')].map((each) => {"
    " const box = each.getBoundingClientRect();"
    " return [box.left, box.top, box.right, box.bottom] })"
)


def boxes(console: ConsolePage, count: int) -> list[list[float]]:
    console.wait_until(lambda: len(console.all(".picture .account")) == count)
    found: list[list[float]] = console.run(BOXES)
    return found


def overlapping(found: list[list[float]]) -> list[tuple[list[float], list[float]]]:
    return [
        (one, other)
        for index, one in enumerate(found)
        for other in found[:index]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def test_money_is_drawn_and_an_account_brings_out_its_flows(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    number = refunded_order(gateway, wxpay)
    transfer(gateway, wxpay)
    console.open("money")
    assert overlapping(boxes(console, 6)) == []
    assert len(console.all(".flow")) == 4
    console.wait_for_text("支付 ¥123.45", ".picture")
    console.click("#account-merchant")
    console.wait_until(lambda: len(console.all(".flow.chosen")) == 2)
    assert len(console.all(".flow.quiet")) == 2
    assert len(console.all("ol.rows li")) == 2
    assert console.run("return document.activeElement.id") == "account-merchant"
    console.screenshot("money-chosen")
    console.click("ol.rows a")
    console.wait_for_text(number, ".detail .facts")


@pytest.mark.parametrize("size", [(1440, 900), PHONE])
def test_sixty_accounts_are_told_apart(
    size: tuple[int, int], console: ConsolePage, gateway: Gateway
) -> None:
    partner = partner_of(gateway)
    sold(partner, partner.subs[0], "tea-001")
    state = partner.merchant.state
    with state.store.transaction():
        for index in range(20):
            frozen, own, back = (
                f"{kind}:{1600000000 + index}" for kind in ("frozen", "merchant", "refunding")
            )
            state.ledger.move("payment", 90_000 * (index + 1), "payer", frozen)
            state.ledger.move("unfreeze", 50_000, frozen, own)
            state.ledger.move("refund", 2_000, own, back)
            state.ledger.move("refunded", 1_000, back, "payer")
    console.resize(*size)
    console.open("money")
    console.click(f"#party option[value='{partner.merchant.mchid}']")
    is_phone = size == PHONE
    found = boxes(console, 5 if is_phone else 20 * 5 + 2)
    assert overlapping(found) == []
    assert min(left for left, *_ in found) >= 0
    assert max(right for _, _, right, _ in found) <= size[0]
    assert console.overflowing() == []
    assert console.accessibility_problems() == []
    console.screenshot(f"money-sixty-{size[0]}")


def test_bills_are_filled_and_looked_at(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    refunded_order(gateway, wxpay)
    console.open("bills")
    console.wait_for_text("总交易单数", ".facts")
    console.click("#bill-fundflow-BASIC")
    console.wait_for_text("资金流水单号", ".bill")
    console.fill("form input[type=number]", "250")
    console.click("#fill")
    console.wait_for_text("共 250 笔订单", ".toast")
    console.click("#bill-trade-SUCCESS")
    console.wait_for_text("共 250 行，显示前 200 行", ".card")
    assert len(console.all(".bill tbody tr")) == 200
    assert console.overflowing() == []
    (address,) = {
        each.get_attribute("href")
        for each in console.all(".bills a")
        if "trade-SUCCESS" in each.get_attribute("href")
    }
    assert f"day={gateway.state.clock.date()}" in address
