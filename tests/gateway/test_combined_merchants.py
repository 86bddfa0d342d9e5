"""Combined orders of several merchants; each is paid for its own order, and sees only that."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.support import NOBODY, control, new_number
from tests.servers import VerifyingServer
from wechatpay_chain import APIError, WeChatPay
from wechatpay_chain.gateway import Gateway, Merchant

COMBINED = "v3/combine-transactions"
QUERY = f"{COMBINED}/out-trade-no/{{combine_out_trade_no}}"
ORDER = "v3/pay/transactions/out-trade-no/{out_trade_no}"
REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture(scope="module")
def tea(gateway: Gateway) -> Merchant:
    return gateway.add_merchant(apps=["wx00000000000000a1", gateway.identity.appid], name="Tea")


@pytest.fixture(scope="module")
def coffee(gateway: Gateway) -> Merchant:
    return gateway.add_merchant(apps=[gateway.identity.appid], name="Coffee")


@pytest.fixture
def theirs(tea: Merchant) -> Iterator[WeChatPay]:
    with tea.client(retry=None) as wxpay:
        yield wxpay


def sub_order(mchid: str, total: int, **changes: Any) -> dict[str, Any]:
    return {
        "mchid": mchid,
        "attach": "x",
        "out_trade_no": new_number("C"),
        "description": "tea",
        "amount": {"total_amount": total, "currency": "CNY"},
        **changes,
    }


def combined(gateway: Gateway, *orders: Any, **changes: Any) -> dict[str, Any]:
    return {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": new_number("K"),
        "sub_orders": list(orders),
        "notify_url": NOBODY,
        **changes,
    }


def in_v2(gateway: Gateway, *orders: Any, **changes: Any) -> dict[str, Any]:
    fields = {
        "combine_appid": gateway.identity.appid,
        "combine_mch_id": gateway.identity.mchid,
        "sign_type": "HMAC-SHA256",
        "combine_out_trade_no": new_number("K"),
        "spbill_create_ip": "127.0.0.1",
        "notify_url": NOBODY,
        "trade_type": "NATIVE",
        "scene_info": json.dumps({"payer_client_ip": "127.0.0.1"}),
        "sub_order_list": json.dumps({"order_num": len(orders), "order_list": orders}),
    }
    return fields | changes


def v2_order(merchant: Any, total: int, **changes: Any) -> dict[str, Any]:
    return {
        "appid": merchant.identity.appid,
        "mch_id": merchant.identity.mchid,
        "body": "tea",
        "attach": "x",
        "out_trade_no": new_number("C"),
        "fee_type": "CNY",
        "total_fee": total,
        **changes,
    }


def rejected(call: Any, /, **options: Any) -> tuple[int, str]:
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.status_code, caught.value.code


def balance(merchant: Merchant) -> int:
    merchant.state.ledger.check()
    return merchant.balance()


def test_each_merchant_is_paid_its_own_order(
    gateway: Gateway, wxpay: WeChatPay, tea: Merchant, coffee: Merchant, receiver: VerifyingServer
) -> None:
    first = gateway.merchants[gateway.identity.mchid]
    before = [balance(each) for each in (first, tea, coffee)]
    orders = [sub_order(each.mchid, 10 + n) for n, each in enumerate((tea, first, coffee))]
    body = combined(gateway, *orders, notify_url=receiver.url)
    number = body["combine_out_trade_no"]
    wxpay[f"{COMBINED}/native"].post(json=body)
    wxpay[f"{COMBINED}/native"].post(json=body)  # a repetition
    gateway.pay(number, "oPayer")
    after = [balance(each) for each in (first, tea, coffee)]
    assert [new - old for new, old in zip(after, before, strict=True)] == [11, 10, 12]
    shown = wxpay[QUERY].get(combine_out_trade_no=number).json()
    assert [each["mchid"] for each in shown["sub_orders"]] == [
        each["mchid"] for each in body["sub_orders"]
    ]
    assert {each["trade_state"] for each in shown["sub_orders"]} == {"SUCCESS"}
    assert rejected(wxpay[f"{COMBINED}/native"].post, json=body) == (400, "INVALID_REQUEST")
    headers, content = receiver.take()  # one for all orders, to the creating merchant
    told = wxpay.notify(headers, content).resource
    assert told["combine_out_trade_no"] == number
    assert [each["transaction_id"] for each in told["sub_orders"]] == [
        each["transaction_id"] for each in shown["sub_orders"]
    ]
    assert all(number not in str(each) for each in tea.notifications())


def test_a_merchant_queries_and_refunds_its_own_order_only(
    gateway: Gateway, wxpay: WeChatPay, theirs: WeChatPay, tea: Merchant
) -> None:
    own, other = sub_order(gateway.identity.mchid, 7), sub_order(tea.mchid, 30)
    body = combined(gateway, own, other)
    wxpay[f"{COMBINED}/native"].post(json=body)
    paid = tea.pay(other["out_trade_no"])  # pays all orders
    assert (paid["out_trade_no"], paid["total"]) == (other["out_trade_no"], 30)
    query = {"mchid": tea.mchid}
    shown = theirs[ORDER].get(out_trade_no=other["out_trade_no"], query=query).json()
    assert (shown["mchid"], shown["trade_state"]) == (tea.mchid, "SUCCESS")
    by_id = theirs["v3/pay/transactions/id/{transaction_id}"]
    found = by_id.get(transaction_id=shown["transaction_id"], query=query).json()
    assert found["out_trade_no"] == other["out_trade_no"]
    hidden = rejected(theirs[ORDER].get, out_trade_no=own["out_trade_no"], query=query)
    assert hidden == (404, "ORDER_NOT_EXIST")
    number = body["combine_out_trade_no"]
    assert rejected(theirs[QUERY].get, combine_out_trade_no=number) == (404, "ORDER_NOT_EXIST")
    refund = {
        "out_trade_no": other["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 30, "total": 30, "currency": "CNY"},
    }
    assert rejected(wxpay[REFUNDS].post, json=refund) == (404, "RESOURCE_NOT_EXISTS")
    theirs[REFUNDS].post(json=refund)
    states = wxpay[QUERY].get(combine_out_trade_no=number).json()["sub_orders"]
    assert [each["trade_state"] for each in states] == ["SUCCESS", "REFUND"]


def test_each_order_is_in_the_bill_of_its_merchant(
    gateway: Gateway, wxpay: WeChatPay, theirs: WeChatPay, tea: Merchant
) -> None:
    own, other = sub_order(gateway.identity.mchid, 7), sub_order(tea.mchid, 30)
    wxpay[f"{COMBINED}/native"].post(json=combined(gateway, own, other))
    gateway.pay(own["out_trade_no"])
    day = {"bill_date": gateway.state.clock.date(), "bill_type": "ALL"}
    bills = []
    for client in (wxpay, theirs):
        url = client.v3.bill.tradebill.get(query=day).json()["download_url"]
        bills.append(client.chain(url[url.index("v3/") :]).get().text)
    numbers = (own["out_trade_no"], other["out_trade_no"])
    assert [[number in bill for number in numbers] for bill in bills] == [
        [True, False],
        [False, True],
    ]


def test_two_merchants_can_use_the_same_number(
    gateway: Gateway, wxpay: WeChatPay, tea: Merchant, coffee: Merchant
) -> None:
    same = new_number("C")
    orders = [sub_order(each.mchid, 5, out_trade_no=same) for each in (tea, coffee)]
    body = combined(gateway, *orders)
    wxpay[f"{COMBINED}/native"].post(json=body)
    gateway.pay(body["combine_out_trade_no"])
    assert {each.orders()[-1]["state"] for each in (tea, coffee)} <= {"SUCCESS", "NOTPAY"}
    query = wxpay[QUERY].get(combine_out_trade_no=body["combine_out_trade_no"]).json()
    assert {each["trade_state"] for each in query["sub_orders"]} == {"SUCCESS"}
    again = combined(gateway, sub_order(tea.mchid, 5, out_trade_no=same))
    assert rejected(wxpay[f"{COMBINED}/native"].post, json=again) == (403, "OUT_TRADE_NO_USED")


def test_the_cashier_page_pays_all_orders(
    gateway: Gateway, wxpay: WeChatPay, tea: Merchant, coffee: Merchant
) -> None:
    orders = [sub_order(tea.mchid, 5), sub_order(coffee.mchid, 6)]
    body = combined(gateway, *orders)
    page = wxpay[f"{COMBINED}/native"].post(json=body).json()["code_url"]
    with urllib.request.urlopen(page) as response:
        text = response.read().decode()
    assert "0.11" in text
    urllib.request.urlopen(f"{page}/pay", data=b"").close()
    query = wxpay[QUERY].get(combine_out_trade_no=body["combine_out_trade_no"]).json()
    assert {each["trade_state"] for each in query["sub_orders"]} == {"SUCCESS"}
    number = orders[0]["out_trade_no"]
    told = control(gateway, f"orders/{number}?mchid={tea.mchid}", "GET")
    assert [each["mchid"] for each in told["together"]] == [coffee.mchid]


def test_all_orders_are_closed_or_expire_together(
    gateway: Gateway, wxpay: WeChatPay, tea: Merchant, coffee: Merchant
) -> None:
    orders = [sub_order(tea.mchid, 5), sub_order(coffee.mchid, 6)]
    body = combined(gateway, *orders)
    number = body["combine_out_trade_no"]
    wxpay[f"{COMBINED}/native"].post(json=body)
    named = [{name: each[name] for name in ("mchid", "out_trade_no")} for each in orders]
    wrong = [named[0], {**named[1], "mchid": tea.mchid}]
    for given in (wrong, named[:1], []):
        asked = {"combine_appid": gateway.identity.appid, "sub_orders": given}
        close = wxpay[f"{QUERY}/close"].post
        code = rejected(close, combine_out_trade_no=number, json=asked)[1]
        assert code in ("INVALID_REQUEST", "PARAM_ERROR")
    asked = {"combine_appid": gateway.identity.appid, "sub_orders": named}
    wxpay[f"{QUERY}/close"].post(combine_out_trade_no=number, json=asked)
    shown = wxpay[QUERY].get(combine_out_trade_no=number).json()["sub_orders"]
    assert {each["trade_state"] for each in shown} == {"CLOSED"}
    other = combined(gateway, sub_order(tea.mchid, 5), sub_order(coffee.mchid, 6))
    wxpay[f"{COMBINED}/native"].post(json=other)
    coffee.expire(other["sub_orders"][1]["out_trade_no"])
    shown = wxpay[QUERY].get(combine_out_trade_no=other["combine_out_trade_no"]).json()
    assert {each["trade_state"] for each in shown["sub_orders"]} == {"CLOSED"}


def test_what_a_merchant_needs_to_take_part(
    gateway: Gateway, wxpay: WeChatPay, theirs: WeChatPay, tea: Merchant
) -> None:
    unbound = gateway.add_merchant()
    payments = gateway.add_merchant(apps=[gateway.identity.appid], permissions=["payments"])
    only = gateway.add_merchant(apps=[gateway.identity.appid], permissions=["combined"])
    partner = gateway.add_merchant("partner", apps=[gateway.identity.appid])
    frozen = gateway.add_merchant(apps=[gateway.identity.appid])
    gateway.change_merchant(frozen, frozen=True)
    before = len(gateway.orders())
    for mchid, more, expected in (
        ("1999999999", {}, (400, "MCH_NOT_EXISTS")),
        (unbound.mchid, {}, (400, "APPID_MCHID_NOT_MATCH")),
        (payments.mchid, {}, (403, "NO_AUTH")),
        (only.mchid, {}, (403, "NO_AUTH")),
        (partner.mchid, {}, (403, "NO_AUTH")),
        (frozen.mchid, {}, (403, "NO_AUTH")),
        (tea.mchid, {"sub_mchid": "1900000109"}, (403, "NO_AUTH")),
    ):
        orders = [sub_order(gateway.identity.mchid, 5), sub_order(mchid, 5, **more)]
        body = combined(gateway, *orders)
        assert rejected(wxpay[f"{COMBINED}/native"].post, json=body) == expected, mchid
    assert len(gateway.orders()) == before
    gateway.change_merchant(tea, permissions=["payments", "refunds"])
    body = combined(gateway, sub_order(tea.mchid, 5))
    named = {"combine_appid": gateway.identity.appid, "combine_mchid": tea.mchid}
    assert rejected(theirs[f"{COMBINED}/native"].post, json=body | named) == (403, "NO_AUTH")
    gateway.change_merchant(tea, permissions=None)


def test_in_v2(
    gateway: Gateway, wxpay: WeChatPay, tea: Merchant, theirs: WeChatPay, receiver: VerifyingServer
) -> None:
    orders = [v2_order(gateway, 7), v2_order(tea, 30, appid=tea.apps[0])]
    fields = in_v2(gateway, *orders, notify_url=receiver.url)
    before = balance(tea)
    wxpay.v2.pay.combinedorder.post(xml=fields)
    gateway.pay(fields["combine_out_trade_no"], "oPayer")
    assert balance(tea) - before == 30
    headers, content = receiver.take()
    assert headers
    told = json.loads(wxpay.notify_v2(content).resource["sub_order_list"])["order_list"]
    assert [each["mch_id"] for each in told] == [gateway.identity.mchid, tea.mchid]
    asked = {"appid": tea.apps[0], "out_trade_no": orders[1]["out_trade_no"]}
    shown = theirs.v2.pay.orderquery.post(xml={**asked, "mch_id": tea.mchid}).xml()
    assert (shown["trade_state"], shown["mch_id"]) == ("SUCCESS", tea.mchid)
    unbound = gateway.add_merchant()
    create = wxpay.v2.pay.combinedorder.post
    for wrong, code in (
        (v2_order(unbound, 5), "APPID_MCHID_NOT_MATCH"),
        (v2_order(tea, 5, appid=unbound.appid), "APPID_MCHID_NOT_MATCH"),
        (v2_order(tea, 5, mch_id="1999999999", appid=gateway.identity.appid), "MCHID_NOT_EXIST"),
    ):
        assert rejected(create, xml=in_v2(gateway, wrong))[1] == code
    named = [{"mchid": each["mch_id"], "out_trade_no": each["out_trade_no"]} for each in orders]
    asked = {
        name: fields[name]
        for name in ("combine_appid", "combine_mch_id", "sign_type", "combine_out_trade_no")
    }
    asked["sub_order_list"] = json.dumps({"order": named})
    assert rejected(wxpay.v2.pay.closecombinedorder.post, xml=asked)[1] == "ORDERPAID"
    other = in_v2(gateway, *(v2_order(each, 5) for each in (gateway, tea)))
    wxpay.v2.pay.combinedorder.post(xml=other)


def test_a_combined_order_survives_a_restart(tmp_path: Any) -> None:
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant(apps=[gateway.identity.appid])
        body = combined(gateway, sub_order(tea.mchid, 5), sub_order(gateway.identity.mchid, 6))
        with gateway.client(retry=None) as wxpay:
            wxpay[f"{COMBINED}/native"].post(json=body)
    with Gateway(data=tmp_path) as gateway:
        gateway.pay(body["combine_out_trade_no"])
        assert gateway.merchants[tea.mchid].balance() == 5
