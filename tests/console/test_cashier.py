"""The cashier page over real sockets: content, buttons, rejections."""

from __future__ import annotations

import sys

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain.gateway.console import cashier_page, money, qr
from wechatpay_chain.gateway.simulation.payments import records as payments
from wechatpay_chain.messages import canonical

from .support import HTML, SCENE, ask, combined, order, page

ATTACK = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"


def press(gateway, address, action, **headers):
    return ask(gateway, f"{address}/{action}", "POST", headers={**HTML, **headers})


def state(gateway, number):
    return payments.existing(gateway.state, number)["state"]


def test_the_page_says_what_is_paid_to_whom_and_how_much(gateway, wxpay):
    new = order(gateway, wxpay, attach="table-7")
    reply = page(gateway, new["address"])
    assert reply.status == 200
    for word in ("Image形象店", "123.45", new["number"], gateway.identity.mchid, "table-7"):
        assert word in reply.text
    assert 'data-state="NOTPAY"' in reply.text
    assert new["address"] in reply.text
    assert reply.text.count("<form ") == 3


@pytest.mark.parametrize("kind", ["h5", "native"])
def test_a_code_is_of_the_pages_own_address(kind, gateway, wxpay):
    new = order(gateway, wxpay, kind)
    drawn = qr.svg(new["address"], "x")
    path = drawn.partition("<path stroke")[2]
    assert len(path) > 500
    assert path in page(gateway, new["address"]).text
    assert segno.make(new["address"], error="m", micro=False).version >= 3


def test_a_gateway_without_segno_has_cashiers_without_codes(gateway, wxpay, monkeypatch):
    monkeypatch.setitem(sys.modules, "segno", None)
    new = order(gateway, wxpay)
    reply = page(gateway, new["address"], **{"Accept-Language": "en"})
    assert "<svg" not in reply.text
    assert "Install wechatpay-chain[gateway]" in reply.text
    assert new["address"] in reply.text


def test_nobody_draws_an_endless_address():
    assert qr.svg("x" * 5000, "x") == ""


def test_whatever_a_client_sent_is_text(gateway, wxpay):
    new = order(gateway, wxpay, description=ATTACK, attach=ATTACK)
    text = page(gateway, new["address"]).text
    assert "<img src=x" not in text
    assert "alert(1)</script>" not in text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text
    assert text.count("<script") == 1


def test_an_order_is_paid_once(gateway, wxpay):
    new = order(gateway, wxpay)
    reply = press(gateway, new["address"], "pay", Origin=gateway.base_uri.rstrip("/"))
    assert (reply.status, 'data-state="SUCCESS"' in reply.text) == (200, True)
    assert "<form " not in reply.text
    assert state(gateway, new["number"]) == "SUCCESS"
    again = press(gateway, new["address"], "pay")
    assert again.status == 409
    assert "该订单已支付" in again.text
    assert gateway.state.ledger.balance("merchant") == 12345


def test_a_payment_fails_and_is_made_after_all(gateway, wxpay):
    new = order(gateway, wxpay)
    assert 'data-state="PAYERROR"' in press(gateway, new["address"], "fail").text
    assert state(gateway, new["number"]) == "PAYERROR"
    assert 'data-state="SUCCESS"' in press(gateway, new["address"], "pay").text
    assert press(gateway, new["address"], "fail").status == 409


def test_an_order_expires_and_no_other_with_it(gateway, wxpay):
    first, second = order(gateway, wxpay), order(gateway, wxpay)
    ahead = gateway.state.clock.offset
    assert 'data-state="CLOSED"' in press(gateway, first["address"], "expire").text
    assert (state(gateway, first["number"]), state(gateway, second["number"])) == (
        "CLOSED",
        "NOTPAY",
    )
    assert gateway.state.clock.offset - ahead < 1
    assert press(gateway, first["address"], "expire").status == 409


def test_the_time_of_an_order_runs_out(gateway, wxpay):
    new = order(gateway, wxpay)
    gateway.advance(hours=3)
    assert 'data-state="CLOSED"' in page(gateway, new["address"]).text
    assert gateway.state.store.get("order", new["number"])["state"] == "NOTPAY"  # unchanged
    assert press(gateway, new["address"], "pay").status == 409


@pytest.mark.parametrize(
    ("action", "outcome"), [("pay", "SUCCESS"), ("fail", "PAYERROR"), ("expire", "CLOSED")]
)
def test_the_orders_of_a_combined_one_go_together(action, outcome, gateway, wxpay):
    new = combined(gateway, wxpay)
    text = page(gateway, new["address"]).text
    assert "30.03" in text
    for index, number in enumerate(new["numbers"]):
        assert number in text
        assert f"第{index}件" in text
    press(gateway, new["address"], action)
    assert {state(gateway, number) for number in new["numbers"]} == {outcome}


def test_when_one_order_cannot_fail_none_does(gateway, wxpay):
    new = combined(gateway, wxpay)
    payments.close(gateway.state, new["numbers"][2])
    for action in ("fail", "expire"):
        assert press(gateway, new["address"], action).status == 409
    assert state(gateway, new["numbers"][0]) == "NOTPAY"


@pytest.mark.parametrize(
    ("changes", "shown", "words"),
    [
        ({"state": "CLOSED"}, "CLOSED", "已关闭"),
        ({"state": "REVOKED"}, "REVOKED", "已撤销"),
        ({"state": "USERPAYING"}, "USERPAYING", "等待用户确认"),
        ({"state": "REFUND", "refunded": 12345}, "REFUND", "已退款"),
        ({"state": "REFUND", "refunded": 45}, "REFUND_PART", "¥0.45"),
        ({"currency": "HKD"}, "NOTPAY", "123.45 HKD"),
    ],
)
def test_other_standings(changes, shown, words, gateway, wxpay):
    new = order(gateway, wxpay)
    record = gateway.state.store.get("order", new["number"])
    gateway.state.store.put("order", new["number"], record | changes)
    text = page(gateway, new["address"], **{"Accept-Language": "zh"}).text
    assert f'data-state="{shown}"' in text
    assert words in text


@pytest.mark.parametrize("path", ["_gateway/pay/nothing", "_gateway/pay/nothing/pay"])
def test_an_unknown_token(path, gateway):
    for method in ("GET", "POST") if path.endswith("pay/pay") else ("GET",):
        reply = ask(gateway, path, method, headers={**HTML, "Accept-Language": "en"})
        assert reply.status == 404
        assert "Order not found" in reply.text
    assert ask(gateway, "_gateway/pay/nothing/pay", "POST").json()["error"]
    assert ask(gateway, "_gateway/pay/nothing/events").status == 404


def test_a_browser_without_scripts_may_load_the_page_again(gateway, wxpay):
    new = order(gateway, wxpay)
    assert page(gateway, f"{new['address']}/pay").status == 200
    assert state(gateway, new["number"]) == "NOTPAY"


@pytest.mark.parametrize(
    ("added", "shown"),
    [
        (
            "&redirect_url=https%3A%2F%2Fshop.example%2Fdone%3Fa%3D1",
            "https://shop.example/done?a=1",
        ),
        ("&redirect_url=https://shop.example/done", "https://shop.example/done"),
        ("&redirect_url=javascript:alert(1)", None),
        ("&redirect_url=", None),
        ("&other=1", None),
    ],
)
def test_where_a_shop_sends_its_customer_is_shown_and_not_followed(added, shown, gateway, wxpay):
    new = order(gateway, wxpay, "h5", scene_info=SCENE)
    reply = page(gateway, new["address"] + added, **{"Accept-Language": "en"})
    assert reply.status == 200
    assert "Location" not in reply.headers
    assert ("After a real payment, returns to" in reply.text) is bool(shown)
    if shown:
        assert f"<dd>{shown}</dd>" in reply.text
    assert "javascript:" not in reply.text


def test_the_language(gateway, wxpay):
    address = order(gateway, wxpay)["address"]
    chinese, english = '<html lang="zh-CN">', '<html lang="en">'
    assert english in page(gateway, address).text
    for header, expected in {
        "zh-CN,zh;q=0.9,en;q=0.8": chinese,
        "zh-TW": chinese,
        "en-US,en;q=0.9,zh;q=0.8": english,
        "fr, zh;q=0.4, en;q=0.5": english,
        "fr, zh;q=0.5, en;q=x": chinese,
        "de": english,
    }.items():
        assert expected in page(gateway, address, **{"Accept-Language": header}).text, header
    chosen = page(gateway, f"{address}?lang=zh", **{"Accept-Language": "en"})
    assert chinese in chosen.text
    cookie = chosen.headers["Set-Cookie"].partition(";")[0]
    assert chinese in page(gateway, address, Cookie=cookie, **{"Accept-Language": "en"}).text
    assert english in page(gateway, f"{address}?lang=<b>").text


def test_what_it_costs_is_never_computed_with_fractions(gateway, wxpay):
    assert money.shown(1) == "¥0.01"
    assert money.shown(123456789) == "¥1,234,567.89"
    assert money.shown(-5) == "¥-0.05"
    huge = 10**30 + 7
    assert f"{huge // 100:,}.07" in money.shown(huge)
    assert cashier_page._amount("1.00 HKD") == '<span class="sign"></span>1.00 HKD'


@given(st.integers(min_value=0, max_value=10**18))
def test_an_amount_can_be_read_back(fen):
    assert int(money.shown(fen).translate(str.maketrans("", "", "¥,."))) == fen


def test_every_kind_of_order_has_a_page(gateway, wxpay):
    fields = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "a < b & c",
        "out_trade_no": f"U{canonical.nonce(12)}",
        "total_fee": 100,
        "notify_url": "https://shop.example/notify",
        "spbill_create_ip": "127.0.0.1",
    }
    made = wxpay.v2.pay.unifiedorder.post(xml={**fields, "trade_type": "NATIVE"}).xml()
    assert "a &lt; b &amp; c" in page(gateway, made["code_url"]).text
    order(gateway, wxpay, "jsapi", payer={"openid": "o1"})
    for each in ask(gateway, "_gateway/orders").json():
        reply = page(gateway, f"_gateway/pay/{each['token']}")
        assert (reply.status, each["out_trade_no"] in reply.text) == (200, True)
