"""The console in the browser: merchants, records of all products, timelines, search."""

from __future__ import annotations

import pytest

from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

from .console_page import ConsolePage
from .support import order
from .trade import partner_of, refunded_order, sold, transfer

pytestmark = pytest.mark.browser


def test_merchants_are_added_and_chosen(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    own = order(gateway, wxpay)["number"]
    console.open("merchants")
    console.wait_for_text(gateway.identity.mchid, ".cards")
    assert not console.first("#party").is_displayed()
    console.run("document.querySelector('.page > form select').value = 'partner'")
    console.fill(".page > form input[maxlength]", "茶馆")
    console.click("#add-merchant")
    console.wait_for_text("茶馆", ".cards h2")
    mchid = list(gateway.merchants)[1]
    assert gateway.merchants[mchid].kind == "partner"
    console.click(".card:last-child summary")
    console.fill(".card:last-child details input[maxlength]", "一号店")
    console.click(f"#add-sub-{mchid}")
    console.wait_for_text("一号店", ".cards .rows")
    sub = next(iter(gateway.merchants[mchid].state.profile.sub_merchants))
    console.screenshot("merchants-added")
    console.run(f"document.querySelector('#change-{sub}').closest('details').open = true")
    console.run(
        f"document.querySelector('#change-{sub}').form.querySelector('[type=checkbox]').click()"
    )
    console.click(f"#change-{sub}")
    console.wait_for_text("已限制收款", ".cards .rows")
    assert gateway.merchants[mchid].sub_merchants[sub].collecting.frozen
    gateway.change_merchant(sub, frozen=False)

    console.open("orders")
    console.wait_for_text(own, ".rows")
    console.click(f"#party option[value='{mchid}/{sub}']")
    console.wait_for_text("还没有订单")
    console.open("merchants")
    console.click(".cards .rows a")
    console.wait_for_text("还没有订单")
    assert console.first("#party").get_property("value") == f"{mchid}/{sub}"
    console.click("#party option[value='']")
    console.wait_for_text(own, ".rows")


def test_a_record_is_found_read_and_controlled(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    refunded_order(gateway, wxpay)
    console.open("records/refunds/R-0001")
    console.wait_for_text("处理中", ".title .badge")
    gateway.refunds.fail("R-0001")  # outside the page, which receives an event
    console.wait_for_text("异常", ".title .badge")
    transfer(gateway, wxpay)
    console.open("records")
    console.wait_for_text("商家转账 · 新会员开通有礼", ".rows")
    console.wait_for_text("不想要了", ".rows")
    console.click("#product option[value=transfers]")
    console.wait_until(lambda: len(console.all(".rows a")) == 1)
    console.click(".rows a")
    console.wait_for_text("待用户确认", ".title .badge")
    console.wait_for_text("out_bill_no", ".members")
    console.click("#do-fail")
    console.wait_for_text("置为失败", ".acting h3")
    console.click("#carry-out")
    console.wait_for_text("失败", ".title .badge")
    assert console.all("#do-confirm") == []
    assert gateway.transfers.get("T0001")["state"] == "FAIL"
    console.open("records?product=payment_codes")
    console.click(".more a")
    console.fill(".card input", "no_money")
    console.click("#carry-out")
    console.wait_for_text("付款码", ".rows")
    assert len(gateway.payment_codes.all()) == 1


def test_a_timeline_leads_to_what_it_tells_of(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    number = refunded_order(gateway, wxpay)
    console.open(f"orders/{number}")
    for text in (
        "POST /v3/pay/transactions/native",
        "创建订单",
        "退款 · R-0001",
        "付款用户 → 商户账户",
    ):
        console.wait_for_text(text.partition(" · ")[0], ".timeline")
    console.click("#do-complain")
    console.fill(".acting input", "还没有退款")
    console.click("#carry-out")
    console.wait_until(lambda: len(gateway.complaints.all()) == 2)
    console.wait_until(lambda: len(console.all(".timeline .record")) == 3)
    console.click(".timeline a[href*='refunds']")
    console.wait_for_text("R-0001", ".title h2")
    console.click(".row-of a[href*='orders']")
    console.click(".timeline .request a")
    console.wait_for_text("/v3/pay/transactions/native", ".title h2")


def test_everything_is_searched_from_the_keyboard(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    from selenium.webdriver.common.keys import Keys

    number = refunded_order(gateway, wxpay)
    partner = partner_of(gateway)
    sold(partner, partner.subs[0], "tea-001")
    console.open("orders")
    console.wait_for_text(number, ".rows")
    console.run("document.querySelector('main').focus()")
    console.driver.switch_to.active_element.send_keys("/")
    console.wait_until(lambda: console.run("return document.activeElement.id") == "everything")
    console.driver.switch_to.active_element.send_keys("tea-001")
    console.wait_for_text("乌龙茶", ".results .rows")
    console.wait_for_text("TRANSACTION.SUCCESS", ".results .rows")
    console.driver.switch_to.active_element.send_keys(Keys.TAB, Keys.ENTER)
    console.wait_for_text("tea-001", ".detail .facts")
    assert f"mchid={partner.merchant.mchid}" in console.driver.current_url
    console.open("search?q=R-0001")
    console.wait_for_text("退款", ".results h2")
    console.click(".results a[href*='refunds']")
    console.wait_for_text("R-0001", ".title h2")


def test_the_colour_of_a_state_says_how_it_stands(console: ConsolePage) -> None:
    states = {
        "SUCCESS": "good",
        "APPLYMENT_STATE_FINISHED": "good",
        "APPLYMENT_STATE_TO_BE_SIGNED": "PENDING",
        "ACCOUNT_NEED_VERIFY": "PENDING",
        "UNSIGNED": "PENDING",
        "PROCESSING": "PENDING",
        "UNAUTHORIZED": "other",
        "REVOKED": "other",
        "APPLYMENT_STATE_REJECTED": "bad",
        "BANK_FAIL": "bad",
    }
    console.open("records")
    for state, kind in states.items():
        found = console.evaluate_in_module("records", "m.stateBadge(a[0]).className", state)
        assert found == f"badge state-{kind}", state
