"""The queries of the console over products and merchants: records, timelines, search."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.control.products import PRODUCTS
from wechatpay_chain.messages import canonical

from .support import ask, combined, order
from .trade import partner_of, refunded_order, sold, transfer


def told(gateway: Gateway, path: str) -> Any:
    reply = ask(gateway, f"_gateway/{path}")
    assert reply.status == 200, reply.text
    return reply.json()


def test_every_product_is_there_with_its_names_and_controls(gateway: Gateway) -> None:
    found = {each["name"]: each for each in told(gateway, "console/products")}
    assert found.keys() == PRODUCTS.keys()
    assert found["transfers"]["label"] == {"en": "Transfers", "zh": "商家转账"}
    controls = {each["name"]: each for each in found["complaints"]["controls"]}
    assert controls["complain"]["kinds"] == ["order"]
    assert controls["say"]["kinds"] == ["complaint"]
    assert {each["name"]: each["kinds"] for each in found["payment_codes"]["controls"]} == {
        "cancel": ["order"],
        "enter_password": ["order"],
        "show": [],
    }


def test_records_of_all_products_are_in_one_list(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = refunded_order(gateway, wxpay)
    transfer(gateway, wxpay)
    lines = told(gateway, "console/records")
    assert [each["product"] for each in lines] == ["transfers", "complaints", "refunds"]
    assert (lines[0]["key"], lines[0]["amount"]) == ("T0001", "¥2,000.00")
    assert (lines[1]["about"], lines[1]["state"]) == ("味道不对", "PENDING")
    assert (lines[2]["key"], lines[2]["about"], lines[2]["amount"]) == (
        "R-0001", "<b>不想要了", "¥0.45",
    )  # fmt: skip
    assert told(gateway, "console/records?product=refunds") == lines[2:]
    assert told(gateway, f"console/records?q={number}") == lines[1:]
    assert told(gateway, "console/records?limit=1") == lines[:1]
    counts = {each["name"]: each["count"] for each in told(gateway, "console/products")}
    assert (counts["refunds"], counts["payscore"]) == (1, 0)


def test_a_record_is_shown_as_it_is_now(gateway: Gateway, wxpay: WeChatPay) -> None:
    refunded_order(gateway, wxpay)
    assert told(gateway, "console/records/refunds/R-0001")["state"] == "PROCESSING"
    gateway.advance(minutes=5)
    found = told(gateway, "console/records/refunds/R-0001")
    assert (found["state"], found["record"]["state"]) == ("SUCCESS", "SUCCESS")
    assert ask(gateway, "_gateway/console/records/refunds/none").status == 404
    assert ask(gateway, "_gateway/console/records/nothing/R-0001").status == 404


def test_plaintext_of_encrypted_fields_is_masked(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = refunded_order(gateway, wxpay)
    (complaint,) = gateway.complaints.all()
    one = f"console/records/complaints/{complaint['complaint_id']}"
    assert told(gateway, one)["record"]["phone"] == "1**"
    for path in (one, "console/records", f"console/search?q={number}"):
        assert "13800000000" not in ask(gateway, f"_gateway/{path}").text


def test_lists_are_of_the_merchant_that_is_in_view(gateway: Gateway, wxpay: WeChatPay) -> None:
    own = order(gateway, wxpay)["number"]
    partner = partner_of(gateway)
    for number, sub in zip(("tea-001", "tea-002"), partner.subs, strict=True):
        sold(partner, sub, number)
        partner.merchant.complain(number, "味道不对")

    def orders(query: str) -> list[str]:
        return [each["out_trade_no"] for each in told(gateway, f"orders{query}")]

    mchid = partner.merchant.mchid
    assert orders("") == ["tea-002", "tea-001", own]
    assert orders(f"?mchid={mchid}") == ["tea-002", "tea-001"]
    assert orders(f"?mchid={mchid}&sub_mchid={partner.subs[0]}") == ["tea-001"]
    records = told(gateway, f"console/records?mchid={mchid}&sub_mchid={partner.subs[1]}")
    assert [(each["product"], each["sub_mchid"]) for each in records] == [
        ("complaints", partner.subs[1])
    ]
    assert told(gateway, f"console/records?mchid={gateway.identity.mchid}") == []
    scopes = {"": 2, f"?mchid={mchid}&sub_mchid={partner.subs[1]}": 1, "?mchid=none": 2}
    for query, count in scopes.items():
        products = told(gateway, f"console/products{query}")
        assert {each["count"] for each in products if each["name"] == "complaints"} == {count}
    requests = told(gateway, f"console/requests?mchid={mchid}")
    assert [each["target"] for each in requests] == ["/v3/pay/partner/transactions/native"] * 2


def test_a_timeline_has_all_that_happened_to_an_order(
    gateway: Gateway, wxpay: WeChatPay, shop: Any
) -> None:
    number = str(order(gateway, wxpay, notify_url=shop.url)["number"])
    order(gateway, wxpay, out_trade_no=f"{number}-2")
    gateway.advance(minutes=10)
    gateway.pay(number)
    shop.take()
    gateway.complaints.complain(number, "味道不对")
    gateway.advance(minutes=10)
    events = told(gateway, f"console/timeline/{number}")
    assert [(each["what"], each["title"]) for each in events if each["what"] != "attempt"] == [
        ("request", "POST /v3/pay/transactions/native"),
        ("order", "created"),
        ("order", "paid_at"),
        ("entry", "payment"),
        ("notification", "TRANSACTION.SUCCESS"),
        ("record", "created"),
    ]
    assert [each["time"] for each in events] == sorted(each["time"] for each in events)
    made, paid = (each["time"] for each in events if each["what"] == "order")
    assert 600 <= paid - made < 660
    (entry,) = (each for each in events if each["what"] == "entry")
    assert (entry["amount"], entry["source"], entry["target"]) == ("¥123.45", "payer", "merchant")
    assert ask(gateway, "_gateway/console/timeline/none").status == 404


def test_a_timeline_tells_of_what_is_over(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = refunded_order(gateway, wxpay)
    waiting = str(order(gateway, wxpay)["number"])
    gateway.advance(hours=3)
    events = told(gateway, f"console/timeline/{number}")
    refunds = [each for each in events if each.get("product") == "refunds"]
    assert [(each["title"], each["state"]) for each in refunds] == [
        ("created", ""), ("succeeded", "SUCCESS"),
    ]  # fmt: skip
    assert [each["title"] for each in events if each["what"] == "entry"] == [
        "payment", "refund", "refunded",
    ]  # fmt: skip
    assert told(gateway, f"console/timeline/{waiting}")[-1]["state"] == "CLOSED"


def test_a_combined_order_has_its_notification_in_each_timeline(
    gateway: Gateway, wxpay: WeChatPay
) -> None:
    new = combined(gateway, wxpay)
    gateway.pay(new["numbers"][1])
    for number in new["numbers"]:
        events = told(gateway, f"console/timeline/{number}")
        assert [each["what"] for each in events].count("notification") == 1


def test_a_search_finds_everything_in_all_merchants(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = refunded_order(gateway, wxpay)
    partner = partner_of(gateway)
    sold(partner, partner.subs[0], "tea-001")

    def kinds(words: str) -> dict[str, list[str]]:
        found = told(gateway, f"console/search?q={quote(words)}")
        return {each["kind"]: [str(item["id"]) for item in each["items"]] for each in found}

    assert kinds(number).keys() == {"orders", "refunds", "complaints", "notifications", "requests"}
    assert kinds("TEA-001")["orders"] == ["tea-001"]
    assert kinds("味道")["complaints"]
    assert kinds("二号") == {"merchants": [partner.subs[1]]}
    openid = gateway.orders()[0]["openid"]
    assert kinds(openid)["orders"] == [number]
    entry = gateway.state.log.all(1)[0]
    assert kinds(entry["answer_headers"]["Request-ID"]) == {"requests": [str(entry["number"])]}
    assert kinds("") == kinds("nothing-like-it") == {}
    assert kinds("100%_") == {}


def test_a_search_shows_some_and_says_that_there_are_more(gateway: Gateway) -> None:
    for index in range(25):
        record = {
            "out_trade_no": f"M{index}", "description": "many of it", "total": 1, "state": "CLOSED",
            "created": gateway.state.clock.now(), "expires": 0, "parties": {},
        }  # fmt: skip
        gateway.state.store.put("order", f"M{index}", record)
    (found,) = told(gateway, "console/search?q=many+of")
    assert (len(found["items"]), found["more"]) == (20, True)
    assert found["items"][0]["id"] == "M24"


@pytest.mark.parametrize("word", ["%", "_", "^", "'", '"', "\\", "<b>", "😀", "\u00e9"])
def test_words_are_looked_for_as_they_are(word: str, gateway: Gateway) -> None:
    store, key = gateway.state.store, canonical.nonce()
    store.put("order", "other", {"text": "a b", "created": 1})
    store.put("order", key, {"text": f"a{word}b", "created": 2})
    assert [each.key for each in store.find("order", (f"a{word}b",))] == [key]
    assert [each.key for each in store.find("order", ("b", "A", key[:9].lower()))] == [key]
