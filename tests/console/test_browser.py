"""The console in the browser: payments, updates, notifications, faults, languages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.servers import NotificationServer
from wechatpay_chain import ClientError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing import fault_names

from .console_page import ConsolePage
from .support import order, sent_wrongly

pytestmark = pytest.mark.browser

CHOOSE = (
    "const s = document.querySelector('form select'); s.value = arguments[0];"
    "s.dispatchEvent(new Event('change'))"
)


def test_an_order_is_paid_and_its_shop_told(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay, shop: NotificationServer
) -> None:
    new = order(gateway, wxpay, notify_url=shop.url)
    console.open(new["address"])
    console.wait_for_text("待支付", ".badge")
    console.wait_for_text("123.45", ".amount")
    console.screenshot("cashier")
    console.click("#pay")
    console.wait_for_text("支付成功", ".badge")
    assert console.all(".actions") == []
    assert console.run("return document.activeElement.className").startswith("badge")
    console.screenshot("cashier-paid")

    query = wxpay.v3.pay.transactions.outTradeNo._n_.get(
        n=new["number"], query={"mchid": gateway.identity.mchid}
    )
    assert query.json()["trade_state"] == "SUCCESS"
    notice = wxpay.notify(*shop.take())
    assert notice.resource["out_trade_no"] == new["number"]

    console.click(".top nav a")
    console.wait_for_text(new["number"], ".facts")
    console.wait_for_text("支付成功", ".title")
    console.wait_for_text("已送达", ".timeline")
    console.click(".timeline .notification a")
    console.wait_for_text("HTTP 204", ".attempts")
    console.wait_for_text("已确认", ".attempts")
    console.wait_for_text("已送达", ".list .rows")
    console.screenshot("notification")


def test_a_console_that_is_open_shows_what_happens(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay, shop: NotificationServer
) -> None:
    console.open("orders")
    console.wait_for_text("还没有订单")
    new = order(gateway, wxpay, notify_url=shop.url)
    console.wait_for_text("待支付", ".rows")
    console.click(".rows a.row")
    console.wait_for_text(new["number"], ".facts")
    gateway.pay(new["number"])
    console.wait_for_text("支付成功", ".rows")
    console.wait_for_text("支付成功", ".title")
    assert console.run("return document.activeElement.getAttribute('href')").endswith(new["number"])


def test_buttons_of_an_order(console: ConsolePage, gateway: Gateway, wxpay: WeChatPay) -> None:
    new = order(gateway, wxpay)
    console.open(f"orders/{new['number']}")
    console.click("#fail")
    console.wait_for_text("支付失败", ".title .badge")
    console.click("#pay")
    console.wait_for_text("支付成功", ".title .badge")
    assert console.all("#pay") == []
    console.click(".row-of a[href*=requests]")
    console.wait_for_text("/v3/pay/transactions/native", ".rows")
    assert console.first("#search").get_property("value") == new["number"]


def test_the_language_is_chosen_once_for_all(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    console.open("orders")
    console.wait_for_text("订单", "h1")
    console.click("#language")
    console.wait_for_text("Orders", "h1")
    console.wait_for_text("Unpaid", ".rows")
    assert console.run("return [document.documentElement.lang, document.activeElement.id]") == [
        "en", "language",
    ]  # fmt: skip
    console.open(new["address"])
    console.wait_for_text("Unpaid", ".badge")
    console.click('a[hreflang="zh-CN"]')
    console.wait_for_text("待支付", ".badge")
    console.open("connect")
    console.wait_for_text("接入", "h1")


def test_a_notification_is_triggered_and_sent_again(
    console: ConsolePage, shop: NotificationServer
) -> None:
    shop.response = (500, b"")
    console.open("notifications")
    console.click("#trigger")
    console.wait_for_text("接口目录收录 112 种通知", ".form")
    assert len(console.all(".form option")) == 112
    console.fill(".form input[type=search]", "refund.success v3")
    console.wait_until(lambda: 0 < len(console.all(".form option")) < 112)
    console.run(
        "document.querySelector('option[value=\"v3 REFUND.SUCCESS\"]').selected = true;"
        "document.querySelector('form select').dispatchEvent(new Event('change'))"
    )
    console.wait_until(lambda: "out_refund_no" in console.first("textarea").get_property("value"))
    console.fill(".form input[type=url]", shop.url)
    console.fill("textarea", "[]")
    console.click("#send")
    console.wait_for_text("内容不是 JSON 对象", ".toast")
    console.fill("textarea", '{"out_refund_no": "R-FROM-FORM"}')
    console.click("#send")
    console.wait_for_text("REFUND.SUCCESS", ".title")
    console.wait_for_text("HTTP 500", ".attempts")
    console.wait_for_text("待送达", ".title")
    console.wait_for_text("R-FROM-FORM", ".bytes")
    shop.response = (200, b"")
    console.click("#resend")
    console.wait_for_text("HTTP 200", ".attempts")
    console.wait_for_text("已送达", ".title")
    console.open("notifications/new")
    assert console.first(".form input[type=url]").get_property("value") == shop.url


def test_faults_are_set_and_cleared(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    console.open("faults")
    console.wait_for_text("未设置故障")
    console.fill("input[list=paths]", "v3/certificates")
    console.run(CHOOSE, "frequency_limit")
    console.fill("input[type=number]", "2")
    console.click("#set")
    console.wait_for_text("剩余 2 次", ".rows")
    with pytest.raises(ClientError, match="429"):
        wxpay.v3.certificates.get()
    console.wait_for_text("剩余 1 次", ".rows")
    console.click("#clear")
    console.wait_for_text("未设置故障")
    assert gateway.faults.all() == []
    console.run(CHOOSE, "delay")
    assert console.first("input[step=any]").is_displayed()
    assert not console.first("input[max='599']").is_displayed()
    console.run(
        "document.querySelector('input[step=any]').value = -1;"
        "document.querySelector('form').noValidate = true"
    )
    console.click("#set")
    console.wait_for_text("seconds -1", ".toast")
    console.expected_errors = ["400"]


def test_faults_take_all_their_options(console: ConsolePage, gateway: Gateway) -> None:
    console.open("faults")
    console.wait_for_text("未设置故障")
    console.run(CHOOSE, "rate_limit")
    console.click("form details summary")
    host = "*.mch.weixin.qq.com"
    options = {"requests": 3, "seconds": 2.5, "share": 0.25, "seed": 7, "host": host}
    for name, value in options.items():
        console.fill(f"input[name={name}]", str(value))
    console.click("#set")
    console.wait_for_text("share: 0.25", ".rows")
    assert gateway.faults.all()[0].options == options
    console.click("#clear")
    console.wait_for_text("未设置故障")
    console.open("faults")
    console.run(CHOOSE, "notification_late")
    assert console.first("input[list=paths]").get_property("value") == "TRANSACTION.*"
    console.click("#set")
    console.wait_for_text("seconds: 60", ".rows")
    (late,) = gateway.faults.all()
    assert (late.match, late.fault) == ("TRANSACTION.*", "notification_late")
    assert late.options == {"seconds": 60}
    console.run(CHOOSE, "probe")
    assert console.first("input[list=paths]").get_property("value") == "v3/pay/*"


def test_the_console_offers_every_fault(console: ConsolePage) -> None:
    console.open("faults")
    console.wait_for_text("未设置故障")
    options = console.run(
        "return [...document.querySelectorAll('form select option')].map((each) => each.value)"
    )
    assert sorted(options) == sorted(fault_names.NAMES)


def test_time_is_moved_on(console: ConsolePage, gateway: Gateway, wxpay: WeChatPay) -> None:
    order(gateway, wxpay)
    console.open("orders")
    console.wait_for_text("待支付", ".rows")
    console.click(".clock summary")
    console.click("#advance-day")
    console.wait_for_text("已关闭", ".rows")
    console.wait_for_text("比实际时间快 1 d", ".ahead")
    assert gateway.state.clock.offset == pytest.approx(86400, abs=10)
    from selenium.webdriver.common.keys import Keys

    console.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not console.first(".clock .menu").is_displayed()
    assert console.run("return document.activeElement.tagName") == "SUMMARY"


def test_keys_are_hidden_until_asked_for(console: ConsolePage, gateway: Gateway) -> None:
    console.open("connect")
    identity = gateway.identity
    console.wait_for_text(identity.serial, ".card")
    for key in (identity.apiv3_key, identity.secret):
        assert key not in console.driver.page_source
    console.click("#keys")
    console.wait_for_text(identity.apiv3_key)
    console.wait_for_text(identity.secret)
    console.click("#keys")
    console.wait_until(lambda: identity.secret not in console.driver.page_source)
    assert len(console.all(".files a")) == 5
    console.click(".copied button")
    console.wait_for_text("已复制", ".toast")


def test_a_cashier_follows_its_order_and_counts_down(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    console.open(new["address"])
    console.wait_for_text("01:59:5", ".countdown")
    console.click("#fail")
    console.wait_for_text("支付失败，可重新支付", ".badge")
    assert console.run("return document.activeElement.id") == "fail"
    gateway.pay(new["number"])
    console.wait_for_text("支付成功", ".badge")

    other = order(gateway, wxpay)
    console.open(other["address"])
    record = gateway.state.store.get("order", other["number"])
    gateway.state.store.put(
        "order", other["number"], {**record, "expires": gateway.state.clock.now() + 1}
    )
    gateway.state.log.tell("order", record)
    console.wait_for_text("已关闭", ".badge")


def test_a_button_pressed_too_late_says_why(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    with console.without_updates():
        console.open(new["address"])
        record = gateway.state.store.get("order", new["number"])
        gateway.state.store.put("order", new["number"], {**record, "state": "CLOSED"})
        console.click("#pay")
        console.wait_for_text("操作被拒绝: 该订单已关闭", ".alert")
    console.expected_errors = ["409"]


def test_a_cashier_works_without_scripts(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    console.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    console.driver.get(new["address"])
    console.click("#pay")
    console.wait_for_text("支付成功", ".badge")
    assert gateway.orders()[0]["state"] == "SUCCESS"


def test_nothing_is_lost_while_the_gateway_is_away(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay, wechatpay_identity: Any
) -> None:

    console.open("orders")
    console.wait_for_text("还没有订单")
    port = urlsplit(gateway.base_uri).port or 0
    gateway.stop()
    console.wait_until(lambda: console.all(".live.off"))
    console.wait_for_text("连接中断", ".live")
    with Gateway(port=port, identity=wechatpay_identity) as again, again.client() as client:
        order(again, client)
        console.wait_until(lambda: console.all(".live:not(.off)"))
        console.wait_for_text("待支付", ".rows")
        console.driver.get("about:blank")
    console.expected_errors = ["ERR_CONNECTION", "ERR_INCOMPLETE"]


def test_the_list_is_walked_with_the_keyboard(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    from selenium.webdriver.common.keys import Keys

    numbers = [order(gateway, wxpay)["number"] for _ in range(3)]
    console.open("orders")
    console.wait_for_text(numbers[0], ".rows")
    console.run("document.querySelector('#search').focus()")
    console.driver.switch_to.active_element.send_keys(Keys.TAB)
    for number in numbers[::-1]:
        focused = console.driver.switch_to.active_element
        assert number in focused.text
        focused.send_keys(Keys.ENTER)
        console.wait_for_text(number, ".facts")
        console.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert console.run(outline) == "solid"
    console.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
    console.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert console.run("return document.activeElement.id") == "main"


def test_a_search_is_kept_in_the_address(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    numbers = [order(gateway, wxpay)["number"] for _ in range(2)]
    console.open("orders")
    console.fill("#search", numbers[0])
    console.wait_until(lambda: len(console.all(".rows a")) == 1)
    assert f"q={numbers[0]}" in console.driver.current_url
    console.fill("#search", "nothing like it")
    console.wait_for_text("没有匹配的结果")
    console.open("requests/4711")
    console.wait_for_text("记录不存在", ".detail")
    console.expected_errors = ["404"]


def test_only_failures_when_asked(console: ConsolePage, gateway: Gateway, wxpay: WeChatPay) -> None:
    order(gateway, wxpay)
    sent_wrongly(gateway, "".join)
    console.open("requests")
    console.wait_until(lambda: len(console.all(".rows a")) == 2)
    console.click("#failed-only")
    console.wait_until(lambda: len(console.all(".rows a")) == 1)
    console.wait_for_text("未通过：signature", ".rows")
    console.click("#failed-only")
