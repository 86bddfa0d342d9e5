"""Combined orders of APIv2: created, paid at once, notified once, closed, separate by merchant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.catalogue.test_examples import coerced, errors
from tests.gateway.support import NOBODY, new_number
from tests.gateway.test_notifications import schema
from wechatpay_chain import APIError, catalogue
from wechatpay_chain.gateway import Gateway


def inner(gateway: Any, **changes: Any) -> dict[str, Any]:
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "tea",
        "attach": "x",
        "out_trade_no": new_number("C"),
        "fee_type": "CNY",
        "total_fee": 100,
        **changes,
    }


def parties(gateway: Any) -> dict[str, str]:
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    return {"combine_appid": appid, "combine_mch_id": mchid, "sign_type": "HMAC-SHA256"}


def combined(gateway: Any, *orders: Any, **changes: Any) -> dict[str, Any]:
    orders = orders or (inner(gateway), inner(gateway))
    return {
        **parties(gateway),
        "combine_out_trade_no": new_number("C"),
        "spbill_create_ip": "127.0.0.1",
        "notify_url": NOBODY,
        "trade_type": "NATIVE",
        "scene_info": json.dumps({"payer_client_ip": "127.0.0.1"}),
        "sub_order_list": json.dumps({"order_num": len(orders), "order_list": orders}),
        **changes,
    }


def create(wxpay: Any, fields: Any) -> dict[str, str]:
    made: dict[str, str] = wxpay.v2.pay.combinedorder.post(xml=fields).xml()
    return made


def query(gateway: Any, wxpay: Any, number: str) -> dict[str, Any]:
    asked = {**parties(gateway), "combine_out_trade_no": number}
    shown = wxpay.v2.pay.querycombinedorder.post(xml=asked).xml()
    return {**shown, "orders": json.loads(shown["sub_order_list"])["order_list"]}


def close(gateway: Any, wxpay: Any, number: str, *numbers: str) -> None:
    named = [{"mchid": gateway.identity.mchid, "out_trade_no": each} for each in numbers]
    asked = {"combine_out_trade_no": number, "sub_order_list": json.dumps({"order": named})}
    wxpay.v2.pay.closecombinedorder.post(xml={**parties(gateway), **asked})


def rejected(call: Any, *arguments: Any) -> str:
    with pytest.raises(APIError) as caught:
        call(*arguments)
    assert caught.value.verified
    return caught.value.code


def test_several_orders_are_paid_at_once_and_notified_once(gateway, wxpay, receiver):
    orders = [inner(gateway), inner(gateway, total_fee=7)]
    fields = combined(gateway, *orders, notify_url=receiver.url)
    number, before = fields["combine_out_trade_no"], gateway.state.ledger.balance("merchant")
    made = create(wxpay, fields)
    assert made["code_url"].startswith(gateway.base_uri)
    assert create(wxpay, fields)["prepay_id"] == made["prepay_id"]
    assert query(gateway, wxpay, number)["trade_state"] == "NOTPAY"
    gateway.pay(number, "oPayer")
    assert gateway.state.ledger.balance("merchant") - before == 107
    shown = query(gateway, wxpay, number)
    assert (shown["trade_state"], shown["combine_openid"]) == ("SUCCESS", "oPayer")
    assert [each["amount"]["total_amount"] for each in shown["orders"]] == [100, 7]
    assert create_code(wxpay, fields) == "ORDERPAID"
    received = [wxpay.notify_v2(body).resource for _, body in [receiver.take()]]
    assert [each["combine_out_trade_no"] for each in received] == [number]
    webhook = catalogue.webhook("combined-transactions-success", "v2")
    assert webhook is not None
    wanted = schema(webhook.resource)
    assert list(errors(coerced(received[0], wanted), wanted)) == []
    told = json.loads(received[0]["sub_order_list"])
    assert [each["total_fee"] for each in told["order_list"]] == [100, 7]
    assert [each["transaction_id"] for each in told["order_list"]] == [
        each["transaction_id"] for each in shown["orders"]
    ]


def create_code(wxpay: Any, fields: Any) -> str:
    return rejected(create, wxpay, fields)


def test_a_combined_order_is_closed_with_its_orders(gateway, wxpay):
    orders = [inner(gateway), inner(gateway)]
    fields = combined(gateway, *orders)
    number, numbers = fields["combine_out_trade_no"], [each["out_trade_no"] for each in orders]
    create(wxpay, fields)
    assert rejected(close, gateway, wxpay, number, numbers[0], "C0") == "INVALID_REQUEST"
    assert query(gateway, wxpay, number)["trade_state"] == "NOTPAY"
    close(gateway, wxpay, number, *numbers)
    assert query(gateway, wxpay, number)["trade_state"] == "CLOSED"
    assert create_code(wxpay, fields) == "ORDERCLOSED"
    paid = combined(gateway)
    create(wxpay, paid)
    gateway.pay(paid["combine_out_trade_no"])
    own = [each["out_trade_no"] for each in json.loads(paid["sub_order_list"])["order_list"]]
    code = rejected(close, gateway, wxpay, paid["combine_out_trade_no"], *own)
    assert code == "ORDERPAID"


def test_numbers_are_used_once(gateway, wxpay):
    one = inner(gateway)
    fields = combined(gateway, one)
    create(wxpay, fields)
    assert create_code(wxpay, {**fields, "notify_url": f"{NOBODY}/x"}) == "OUT_TRADE_NO_USED"
    assert create_code(wxpay, combined(gateway, one)) == "OUT_TRADE_NO_USED"
    other = inner(gateway)
    assert create_code(wxpay, combined(gateway, other, other)) == "OUT_TRADE_NO_USED"


@pytest.mark.parametrize(
    "changes",
    [
        {"sub_order_list": "x"},
        {"sub_order_list": "[]"},
        {"sub_order_list": json.dumps({"order_num": 0, "order_list": []})},
        {"sub_order_list": json.dumps({"order_num": 1, "order_list": [{}]})},
        {"trade_type": "BARTER"},
        {"trade_type": "JSAPI"},
        {"sign_type": "MD5"},
        {"notify_url": "shop"},
        {"combine_out_trade_no": "中"},
    ],
)
def test_what_is_rejected(gateway, wxpay, changes):
    assert create_code(wxpay, combined(gateway, **changes)) == "PARAM_ERROR"
    for wrong in ({"total_fee": 0}, {"fee_type": "USD"}, {"body": "x" * 128}):
        fields = combined(gateway, inner(gateway, **wrong))
        assert create_code(wxpay, fields) == "PARAM_ERROR"


def test_each_protocol_sees_its_own(gateway, wxpay):
    fields = combined(gateway)
    create(wxpay, fields)
    number = fields["combine_out_trade_no"]
    path = wxpay.v3.combineTransactions.outTradeNo._combine_out_trade_no_
    with pytest.raises(APIError, match="ORDER_NOT_EXIST"):
        path.get(combine_out_trade_no=number)
    assert rejected(query, gateway, wxpay, "C0") == "ORDERNOTEXIST"


def test_parties_inside_the_json_are_the_callers(identity):
    with Gateway(identity=identity) as gateway:
        partner, other = gateway.add_merchant("partner"), gateway.add_merchant("partner")
        sub, foreign = gateway.add_sub_merchant(partner), gateway.add_sub_merchant(other)
        with partner.client() as wxpay:
            create(wxpay, combined(partner, inner(partner, sub_mch_id=sub.mchid)))
            wrong = combined(partner, inner(partner, sub_mch_id=foreign.mchid))
            assert create_code(wxpay, wrong) == "NOAUTH"
            wrong = combined(partner, inner(partner, sub_mch_id=sub.mchid, mch_id=other.mchid))
            assert create_code(wxpay, wrong) == "PARAM_ERROR"
