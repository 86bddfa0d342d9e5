"""The console in the browser: on a phone, in dark mode, and with hostile text."""

from __future__ import annotations

import json
import re

import pytest

from tests.browser import audit
from tests.browser.chromium import skip_or_fail
from tests.servers import NotificationServer
from wechatpay_chain import ClientError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import canonical

from .console_page import ConsolePage
from .support import ask, combined, order, sent_wrongly
from .test_cashier import ATTACK

pytestmark = pytest.mark.browser

VIEWS = [
    *("requests", "orders", "records", "notifications", "notifications/new", "merchants"),
    *("money", "bills", "faults", "connect", "search?q=0001"),
]
SMALL_PHONE = (360, 740)
WINDOW = "window.hacked = 1"
ATTACKS = [
    f"<script>{WINDOW}</script>",
    f"\"'><img src=x onerror='{WINDOW}'>",
    f"</script></textarea></title><svg onload='{WINDOW}'>",
    f"javascript:{WINDOW}//",
]


@pytest.mark.parametrize("attack", [*ATTACKS, ATTACK])
def test_what_a_client_sends_stays_text(
    attack: str, console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = order(gateway, wxpay, description=attack, attach=attack)
    number = new["number"]
    named = {"Accept": "*/*", "User-Agent": attack}
    headers = {**named, "X-Attack": attack, "Authorization": attack}
    assert ask(gateway, "v3/pay/transactions/native", "POST", attack, headers).status == 401
    with pytest.raises(ClientError, match="/out_trade_no must match"):
        order(gateway, wxpay, out_trade_no=f"{canonical.nonce(8)}{attack}"[:32])
    gateway.pay(number)
    gateway.trigger("TRANSACTION.SUCCESS", "http://127.0.0.1:1/<b>", {"out_trade_no": attack})
    gateway.faults.add(f"v3/{attack}", "status", body=attack)
    complaint = gateway.complaints.complain(number, attack)["complaint_id"]
    notice = gateway.notifications()[0]["id"]
    console.open(new["address"])
    console.wait_for_text(attack, "h1")
    assert console.run("return [window.hacked, document.querySelectorAll('main img').length]") == [
        None, 0,
    ]  # fmt: skip
    for view, shown in {
        "orders": ".rows",
        f"orders/{number}": "h2",
        "records": ".rows",
        f"records/complaints/{complaint}": ".members",
        f"search?q={number}": ".results",
        "requests/1": ".bytes",
        "requests/2": ".bytes",
        "requests/3": ".bytes",
        f"notifications/{notice}": ".bytes",
        "faults": ".rows",
    }.items():
        console.open(view)
        console.wait_for_text(attack[:20], shown)
        found = "return [window.hacked, document.querySelectorAll('main img, main script').length]"
        assert console.run(found) == [None, 0]


def busy(gateway: Gateway, wxpay: WeChatPay, url: str) -> dict[str, str]:
    """Return the URLs of records by name, in a gateway with many records."""
    long = "一件名字很长的商品 with-a-word-that-has-no-end-" + "x" * 60
    first = order(gateway, wxpay, description=long, attach="x" * 120, notify_url=url)
    second = order(gateway, wxpay, notify_url="http://127.0.0.1:1/" + "n" * 200)
    together = combined(gateway, wxpay)
    for number in (first["number"], second["number"]):
        gateway.pay(number)
    wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": first["number"],
            "out_refund_no": "R-0001",
            "amount": {"refund": 45, "total": 12345, "currency": "CNY"},
        }
    )
    sent_wrongly(gateway, "\n".join, body=json.dumps({"a": "x" * 200}))
    sent_wrongly(gateway, lambda _: "?", target="/v3/" + "long/" * 40)
    gateway.faults.add("v3/none/*", "status", times=3, status=502, body={"code": "X" * 80})
    notices = {each["url"]: each["id"] for each in gateway.notifications()}
    requests = gateway.state.log.all()
    return {
        "cashier": together["address"],
        "cashier-paid": first["address"],
        "order": f"orders/{first['number']}",
        "order-together": f"orders/{together['numbers'][0]}",
        "refund": "records/refunds/R-0001",
        "request": f"requests/{requests[-1]['number']}",
        "request-refused": f"requests/{requests[1]['number']}",
        "request-long": f"requests/{requests[0]['number']}",
        "notification": f"notifications/{notices[url]}",
        **{re.sub(r"\W", "-", name): name for name in VIEWS},
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_telephone_needs_no_sideways_scrolling(
    language: str,
    console: ConsolePage,
    gateway: Gateway,
    wxpay: WeChatPay,
    shop: NotificationServer,
) -> None:
    console.resize(*SMALL_PHONE)
    places = busy(gateway, wxpay, shop.url)
    console.open(f"{places['cashier']}?lang={language}")
    for name, address in places.items():
        console.open(address)
        console.first("h1, h2")
        assert console.run("return document.documentElement.lang")[:2] == language
        console.wait_until(lambda: console.all(".title, .rows li, .card, .code, form"))
        assert console.overflowing() == [], name
        assert len(console.screenshot(f"phone-{language}-{name}")) > 5_000


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_all_is_legible_by_day_and_by_night_and_has_a_name(
    scheme: str,
    is_dark: bool,
    console: ConsolePage,
    gateway: Gateway,
    wxpay: WeChatPay,
    shop: NotificationServer,
) -> None:
    console.color_scheme(scheme)
    for name, address in busy(gateway, wxpay, shop.url).items():
        console.open(address)
        console.wait_until(lambda: console.all(".title, .rows li, .card, .code, form"))
        low, brightness = console.low_contrast()
        assert low == [], name
        assert (brightness < 0.2) is is_dark
        assert console.accessibility_problems() == [], name
        assert console.overflowing() == [], name
        console.screenshot(f"{scheme}-{name}")


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_axe_has_no_serious_finding(
    language: str,
    scheme: str,
    console: ConsolePage,
    gateway: Gateway,
    wxpay: WeChatPay,
    shop: NotificationServer,
) -> None:
    skip_or_fail(audit.missing())
    console.color_scheme(scheme)
    places = busy(gateway, wxpay, shop.url)
    console.open(f"{places['cashier']}?lang={language}")
    found: list[tuple[str, str]] = []
    for name, address in places.items():
        console.open(address)
        console.wait_until(lambda: console.all(".title, .rows li, .card, .code, form"))
        found += [(name, each) for each in audit.serious(console.driver)]
    assert found == []


def test_nothing_is_fetched_from_elsewhere(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    for address in (*VIEWS, order(gateway, wxpay)["address"]):
        console.open(address)
        fetched = console.run("return performance.getEntriesByType('resource').map((e) => e.name)")
        assert fetched
        assert [each for each in fetched if not each.startswith(gateway.base_uri)] == []
