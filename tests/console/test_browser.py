"""A person with a browser: pays, waits, sends again, breaks things, speaks English."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from wechatpay_chain import ClientError, WeChatPay
from wechatpay_chain.gateway import Gateway

from .person import Person
from .support import order, sent_wrongly

pytestmark = pytest.mark.browser


def test_an_order_is_paid_and_its_shop_told(
    person: Person, gateway: Gateway, wxpay: WeChatPay, shop: Any
) -> None:
    new = order(gateway, wxpay, notify_url=shop.url)
    person.open(new["address"])
    person.sees("待支付", ".badge")
    person.sees("123.45", ".amount")
    person.shoot("cashier")
    person.press("#pay")
    person.sees("支付成功", ".badge")
    assert person.all(".actions") == []
    assert person.run("return document.activeElement.className").startswith("badge")
    person.shoot("cashier-paid")

    query = wxpay.v3.pay.transactions.outTradeNo._n_.get(
        n=new["number"], query={"mchid": gateway.identity.mchid}
    )
    assert query.json()["trade_state"] == "SUCCESS"
    person.until(lambda: shop.received)
    notice = wxpay.notify(*shop.received[0])
    assert notice.resource["out_trade_no"] == new["number"]

    person.press(".top nav a")
    person.sees(new["number"], ".facts")
    person.sees("支付成功", ".title")
    person.sees("已送达", ".block")
    person.press(".block a.row")
    person.sees("HTTP 204", ".attempts")
    person.sees("已确认", ".attempts")
    person.sees("已送达", ".list .rows")
    person.shoot("notification")


def test_a_console_that_is_open_shows_what_happens(
    person: Person, gateway: Gateway, wxpay: WeChatPay, shop: Any
) -> None:
    person.open("orders")
    person.sees("还没有订单")
    new = order(gateway, wxpay, notify_url=shop.url)
    person.sees("待支付", ".rows")
    person.press(".rows a.row")
    person.sees(new["number"], ".facts")
    gateway.pay(new["number"])
    person.sees("支付成功", ".rows")
    person.sees("支付成功", ".title")
    assert person.run("return document.activeElement.getAttribute('href')").endswith(new["number"])


def test_buttons_of_an_order(person: Person, gateway: Gateway, wxpay: WeChatPay) -> None:
    new = order(gateway, wxpay)
    person.open(f"orders/{new['number']}")
    person.press("#fail")
    person.sees("支付失败", ".title .badge")
    person.press("#pay")
    person.sees("支付成功", ".title .badge")
    assert person.all("#pay") == []
    person.press(".row-of a:last-child")
    person.sees("/v3/pay/transactions/native", ".rows")
    assert person.one("#search").get_property("value") == new["number"]


def test_the_language_is_chosen_once_for_all(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    person.open("orders")
    person.sees("订单", "h1")
    person.press("#language")
    person.sees("Orders", "h1")
    person.sees("To be paid", ".rows")
    assert person.run("return [document.documentElement.lang, document.activeElement.id]") == [
        "en", "language",
    ]  # fmt: skip
    person.open(new["address"])
    person.sees("To be paid", ".badge")
    person.press('a[hreflang="zh-CN"]')
    person.sees("待支付", ".badge")
    person.open("connect")
    person.sees("接入", "h1")


def test_a_notification_is_triggered_and_sent_again(person: Person, shop: Any) -> None:
    shop.status = 500
    person.open("notifications")
    person.press("#trigger")
    person.sees("目录中的 112 种通知", ".form")
    assert len(person.all("option")) == 112
    person.write(".form input[type=search]", "refund.success v3")
    person.until(lambda: 0 < len(person.all("option")) < 112)
    person.run(
        "document.querySelector('option[value=\"v3 REFUND.SUCCESS\"]').selected = true;"
        "document.querySelector('select').dispatchEvent(new Event('change'))"
    )
    person.until(lambda: "out_refund_no" in person.one("textarea").get_property("value"))
    person.write(".form input[type=url]", shop.url)
    person.write("textarea", "[]")
    person.press("#send")
    person.sees("内容不是 JSON 对象", ".toast")
    person.write("textarea", '{"out_refund_no": "R-FROM-FORM"}')
    person.press("#send")
    person.sees("REFUND.SUCCESS", ".title")
    person.sees("HTTP 500", ".attempts")
    person.sees("待送达", ".title")
    person.sees("R-FROM-FORM", ".bytes")
    shop.status = 200
    person.press("#resend")
    person.sees("HTTP 200", ".attempts")
    person.sees("已送达", ".title")
    person.open("notifications/new")
    assert person.one(".form input[type=url]").get_property("value") == shop.url


def test_faults_are_set_and_cleared(person: Person, gateway: Gateway, wxpay: WeChatPay) -> None:
    person.open("faults")
    person.sees("没有设置故障")
    person.write("input[list=paths]", "v3/certificates")
    person.run(
        "const s = document.querySelector('select'); s.value = 'frequency_limit';"
        "s.dispatchEvent(new Event('change'))"
    )
    person.write("input[type=number]", "2")
    person.press("#set")
    person.sees("还有 2 次", ".rows")
    with pytest.raises(ClientError, match="429"):
        wxpay.v3.certificates.get()
    person.sees("还有 1 次", ".rows")
    person.press("#clear")
    person.sees("没有设置故障")
    assert gateway.faults.all() == []
    person.run(
        "const s = document.querySelector('select'); s.value = 'delay';"
        "s.dispatchEvent(new Event('change'))"
    )
    assert person.one("input[step=any]").is_displayed()
    assert not person.one("input[max='599']").is_displayed()
    person.run(
        "document.querySelector('input[step=any]').value = -1;"
        "document.querySelector('form').noValidate = true"
    )
    person.press("#set")
    person.sees("seconds -1", ".toast")
    person.expected = ["400"]


def test_time_is_moved_on(person: Person, gateway: Gateway, wxpay: WeChatPay) -> None:
    order(gateway, wxpay)
    person.open("orders")
    person.sees("待支付", ".rows")
    person.press(".clock summary")
    person.press("#advance-day")
    person.sees("已关闭", ".rows")
    person.sees("比实际时间快 1 d", ".ahead")
    assert gateway.state.clock.offset == pytest.approx(86400, abs=10)
    from selenium.webdriver.common.keys import Keys

    person.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not person.one(".clock .menu").is_displayed()
    assert person.run("return document.activeElement.tagName") == "SUMMARY"


def test_keys_are_hidden_until_asked_for(person: Person, gateway: Gateway) -> None:
    person.open("connect")
    identity = gateway.identity
    person.sees(identity.serial, ".card")
    for key in (identity.apiv3_key, identity.secret):
        assert key not in person.driver.page_source
    person.press("#keys")
    person.sees(identity.apiv3_key)
    person.sees(identity.secret)
    person.press("#keys")
    person.until(lambda: identity.secret not in person.driver.page_source)
    assert len(person.all(".files a")) == 5
    person.press(".copied button")
    person.sees("已复制", ".toast")


def test_a_cashier_follows_its_order_and_counts_down(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    person.open(new["address"])
    person.sees("01:59:5", ".countdown")
    person.press("#fail")
    person.sees("支付失败，可再次支付", ".badge")
    assert person.run("return document.activeElement.id") == "fail"
    gateway.pay(new["number"])
    person.sees("支付成功", ".badge")

    other = order(gateway, wxpay)
    person.open(other["address"])
    record = gateway.state.store.get("order", other["number"])
    gateway.state.store.put(
        "order", other["number"], {**record, "expires": gateway.state.clock.now() + 1}
    )
    gateway.state.log.tell("order", record)
    person.sees("已关闭", ".badge")


def test_a_button_pressed_too_late_says_why(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    with person.at_a_page_that_learns_nothing():
        person.open(new["address"])
        record = gateway.state.store.get("order", new["number"])
        gateway.state.store.put("order", new["number"], {**record, "state": "CLOSED"})
        person.press("#pay")
        person.sees("操作未执行: 该订单已关闭", ".alert")
    person.expected = ["409"]


def test_a_cashier_works_without_scripts(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay)
    person.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    person.driver.get(new["address"])
    person.press("#pay")
    person.sees("支付成功", ".badge")
    assert gateway.orders()[0]["state"] == "SUCCESS"


def test_nothing_is_lost_while_the_gateway_is_away(
    person: Person, gateway: Gateway, wxpay: WeChatPay, wechatpay_identity: Any
) -> None:

    person.open("orders")
    person.sees("还没有订单")
    port = urlsplit(gateway.base_uri).port or 0
    gateway.stop()
    person.until(lambda: person.all(".live.off"))
    person.sees("连接中断", ".live")
    with Gateway(port=port, identity=wechatpay_identity) as again, again.client() as client:
        order(again, client)
        person.until(lambda: person.all(".live:not(.off)"))
        person.sees("待支付", ".rows")
        person.driver.get("about:blank")
    person.expected = ["ERR_CONNECTION", "ERR_INCOMPLETE"]


def test_the_list_is_walked_with_the_keyboard(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    from selenium.webdriver.common.keys import Keys

    numbers = [order(gateway, wxpay)["number"] for _ in range(3)]
    person.open("orders")
    person.sees(numbers[0], ".rows")
    person.run("document.querySelector('#search').focus()")
    person.driver.switch_to.active_element.send_keys(Keys.TAB)
    for number in numbers[::-1]:
        focused = person.driver.switch_to.active_element
        assert number in focused.text
        focused.send_keys(Keys.ENTER)
        person.sees(number, ".facts")
        person.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert person.run(outline) == "solid"
    person.run("document.activeElement.blur(); document.querySelector('.skip').focus()")
    person.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert person.run("return document.activeElement.id") == "main"


def test_a_search_is_kept_in_the_address(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    numbers = [order(gateway, wxpay)["number"] for _ in range(2)]
    person.open("orders")
    person.write("#search", numbers[0])
    person.until(lambda: len(person.all(".rows a")) == 1)
    assert f"q={numbers[0]}" in person.driver.current_url
    person.write("#search", "nothing like it")
    person.sees("没有符合的结果")
    person.open("requests/4711")
    person.sees("没有这一条", ".detail")
    person.expected = ["404"]


def test_only_failures_when_asked(person: Person, gateway: Gateway, wxpay: WeChatPay) -> None:
    order(gateway, wxpay)
    sent_wrongly(gateway, "".join)
    person.open("requests")
    person.until(lambda: len(person.all(".rows a")) == 2)
    person.press("#failed-only")
    person.until(lambda: len(person.all(".rows a")) == 1)
    person.sees("未通过：signature", ".rows")
    person.press("#failed-only")
