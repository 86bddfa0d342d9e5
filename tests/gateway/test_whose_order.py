"""The owner of an order, and its representation in each API."""

from __future__ import annotations

import pytest

from tests.gateway.support import SUB, new_number, order, paid, paid_by_v2, paid_to_partner
from wechatpay_chain import APIError

DIRECT, PARTNER = "v3/pay/transactions", "v3/pay/partner/transactions"


def rejected(call, /, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value


def number(error):
    return int(error.request_id.rpartition("-")[2])


def read(wxpay, base, number_, **query):
    return wxpay[f"{base}/out-trade-no/{{n}}"].get(n=number_, query=query).json()


def partner_order(gateway, **changes):
    return {
        "sp_appid": gateway.identity.appid,
        "sp_mchid": gateway.identity.mchid,
        **SUB,
        "description": "x",
        "out_trade_no": new_number("P"),
        "notify_url": "http://127.0.0.1:9/",
        "amount": {"total": 100, "currency": "CNY"},
        **changes,
    }


# --- partners ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sub", "code", "expected"),
    [
        ({}, "PARAM_ERROR", 268443704),
        ({"sub_mchid": ""}, "PARAM_ERROR", 268443704),
        ({"sub_mchid": "1900000110"}, "INVALID_REQUEST", 268447845),
    ],
)
def test_a_partner_names_the_sub_merchant(gateway, wxpay, sub, code, expected):
    bought = paid_to_partner(gateway, wxpay)
    given = {"sp_mchid": gateway.identity.mchid, **sub}
    waiting = partner_order(gateway)
    wxpay.v3.pay.partner.transactions.native.post(json=waiting)
    calls = (
        (wxpay[f"{PARTNER}/id/{bought['transaction_id']}"].get, {"query": given}),
        (wxpay[f"{PARTNER}/out-trade-no/{bought['out_trade_no']}"].get, {"query": given}),
        (wxpay[f"{PARTNER}/out-trade-no/{waiting['out_trade_no']}/close"].post, {"json": given}),
    )
    for call, options in calls:
        error = rejected(call, **options)
        assert (error.code, number(error)) == (code, expected)
    right = {"sp_mchid": gateway.identity.mchid, **SUB}
    assert read(wxpay, PARTNER, waiting["out_trade_no"], **right)["trade_state"] == "NOTPAY"


def test_a_partner_refunds_for_the_sub_merchant_only(gateway, wxpay):
    bought = paid_to_partner(gateway, wxpay)
    body = {
        "out_trade_no": bought["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 1, "total": 100, "currency": "CNY"},
    }
    refunds = wxpay["v3/refund/domestic/refunds"]
    for sub in ({}, {"sub_mchid": "1900000110"}):
        assert rejected(refunds.post, json={**body, **sub}).code == "INVALID_REQUEST"
    assert refunds.post(json={**body, **SUB}).json()["status"] == "PROCESSING"
    one = wxpay[f"v3/refund/domestic/refunds/{body['out_refund_no']}"]
    for sub in ({}, {"sub_mchid": "1900000110"}):
        assert rejected(one.get, query=sub).code == "RESOURCE_NOT_EXISTS"
    assert one.get(query=SUB).json()["out_refund_no"] == body["out_refund_no"]


def test_the_direct_api_does_not_show_partner_orders(gateway, wxpay):
    bought = paid_to_partner(gateway, wxpay)
    mine = {"mchid": gateway.identity.mchid}
    for call, options in (
        (wxpay[f"{DIRECT}/id/{bought['transaction_id']}"].get, {"query": mine}),
        (wxpay[f"{DIRECT}/out-trade-no/{bought['out_trade_no']}"].get, {"query": mine}),
        (wxpay[f"{DIRECT}/out-trade-no/{bought['out_trade_no']}/close"].post, {"json": mine}),
    ):
        error = rejected(call, **options)
        assert (error.status_code, error.code) == (404, "ORDER_NOT_EXIST")
    parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    fields = {**parties, "out_trade_no": bought["out_trade_no"]}
    assert rejected(wxpay.v2.pay.orderquery.post, xml=fields).code == "ORDERNOTEXIST"


@pytest.mark.parametrize(
    "payer", [{"sub_openid": "o2"}, {"sp_openid": "o1"}, {"sp_openid": "o1", "sub_openid": "o2"}]
)
def test_a_payer_comes_back_as_it_was_given(gateway, wxpay, receiver, payer):
    made = partner_order(gateway, payer=payer, notify_url=receiver.url, sub_appid="wx" + "1" * 16)
    wxpay.v3.pay.partner.transactions.jsapi.post(json=made)
    gateway.pay(made["out_trade_no"])
    given = {"sp_mchid": gateway.identity.mchid, **SUB}
    assert read(wxpay, PARTNER, made["out_trade_no"], **given)["payer"] == payer
    assert receiver.next().resource["payer"] == payer


# --- shapes ------------------------------------------------------------------------------------


def test_an_order_that_is_not_paid(gateway, wxpay):
    made = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=made)
    shown = read(wxpay, DIRECT, made["out_trade_no"], mchid=gateway.identity.mchid)
    assert shown == {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "out_trade_no": made["out_trade_no"],
        "trade_state": "NOTPAY",
        "trade_state_desc": "订单未支付",
        "promotion_detail": [],
        "scene_info": {"device_id": ""},
        "amount": {"total": 100, "currency": "CNY", "payer_currency": "CNY"},
    }


def test_an_order_that_is_paid(gateway, wxpay, receiver):
    bought = paid(gateway, wxpay, notify_url=receiver.url, attach="a")
    shown = read(wxpay, DIRECT, bought["out_trade_no"], mchid=gateway.identity.mchid)
    assert shown == receiver.next().resource
    assert shown["promotion_detail"] == []
    assert shown["trade_state_desc"] == "支付成功"
    assert shown["amount"] == {
        "total": 100,
        "payer_total": 100,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    assert shown["success_time"].endswith("+08:00")


def test_an_order_of_apiv2_that_is_not_paid(gateway, wxpay):
    parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    made = {
        **parties,
        "body": "x",
        "out_trade_no": new_number("U"),
        "total_fee": 7,
        "notify_url": "http://127.0.0.1:9/",
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
        "device_info": "WEB",
    }
    wxpay.v2.pay.unifiedorder.post(xml=made)
    fields = {**parties, "out_trade_no": made["out_trade_no"]}
    shown = wxpay.v2.pay.orderquery.post(xml=fields).xml()
    assert (shown["trade_state"], shown["trade_state_desc"]) == ("NOTPAY", "订单未支付")
    assert (shown["device_info"], shown["total_fee"]) == ("WEB", "7")


# --- made by one API, read by another ----------------------------------------------------------


def test_an_order_of_apiv2_in_apiv3(gateway, wxpay):
    bought = paid_by_v2(gateway, wxpay)
    shown = read(wxpay, DIRECT, bought["out_trade_no"], mchid=gateway.identity.mchid)
    assert (shown["mchid"], shown["appid"]) == (gateway.identity.mchid, gateway.identity.appid)
    assert "mch_id" not in shown
    assert shown["payer"] == {"openid": bought["openid"]}


def test_an_order_of_apiv3_in_apiv2(gateway, wxpay):
    bought = paid(gateway, wxpay)
    parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    fields = {**parties, "out_trade_no": bought["out_trade_no"]}
    shown = wxpay.v2.pay.orderquery.post(xml=fields).xml()
    assert {name: shown[name] for name in parties} == parties
    assert "mchid" not in shown
    assert shown["openid"] == bought["openid"]


def test_a_partners_order_in_both(gateway, wxpay):
    identity = gateway.identity
    bought = paid_to_partner(gateway, wxpay)
    fields = {
        "appid": identity.appid,
        "mch_id": identity.mchid,
        "sub_mch_id": SUB["sub_mchid"],
        "out_trade_no": bought["out_trade_no"],
    }
    shown = wxpay.v2.pay.orderquery.post(xml=fields).xml()
    assert {name: shown[name] for name in fields} == fields
    assert not {"sp_mchid", "sp_appid", "sub_mchid"} & set(shown)
    old = paid_by_v2(gateway, wxpay, sub_mch_id=SUB["sub_mchid"])
    new = read(wxpay, PARTNER, old["out_trade_no"], sp_mchid=identity.mchid, **SUB)
    assert (new["sp_mchid"], new["sp_appid"], new["sub_mchid"]) == (
        identity.mchid,
        identity.appid,
        SUB["sub_mchid"],
    )
    assert not {"mch_id", "mchid", "appid", "sub_mch_id"} & set(new)
