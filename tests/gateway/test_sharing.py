"""Profit sharing: receivers, amounts, rests and returns, combined with refunds."""

from __future__ import annotations

import pytest

from tests.gateway.support import (
    SUB,
    control,
    new_code,
    new_number,
    paid,
    paid_by_v2,
    paid_to_partner,
)
from wechatpay_chain import APIError, Sensitive

SHARED = {"settle_info": {"profit_sharing": True}}
STAFF = {"type": "PERSONAL_OPENID", "account": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
SUPPLIER = {"type": "MERCHANT_ID", "account": "1900000110"}


@pytest.fixture(autouse=True)
def receivers(gateway, wxpay):
    """Add two receivers for the merchant and for its sub-merchant."""
    post = wxpay.v3.profitsharing.receivers.add.post
    for partner in ({}, SUB):
        for receiver in (STAFF, SUPPLIER):
            appid = gateway.identity.appid
            post(json={**receiver, **partner, "appid": appid, "relation_type": "STAFF"})


def rejected(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def asked(order, *parts, unfreeze=False, **changes):
    parties = order.get("parties", order)
    return {
        "appid": parties.get("appid") or parties["sp_appid"],
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("S"),
        "receivers": [
            {**receiver, "amount": fen, "description": "share"} for receiver, fen in parts
        ],
        "unfreeze_unsplit": unfreeze,
        **changes,
    }


def share(wxpay, order, *parts, **changes):
    return wxpay.v3.profitsharing.orders.post(json=asked(order, *parts, **changes)).json()


def finished(wxpay, order, number, **query):
    return wxpay.v3.profitsharing.orders._out_order_no_.get(
        out_order_no=number, query={"transaction_id": order["transaction_id"], **query}
    ).json()


def unfreeze(wxpay, order, **changes):
    body = {
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("F"),
        "description": "the rest",
        **changes,
    }
    return wxpay.v3.profitsharing.orders.unfreeze.post(json=body).json()


def unsplit(wxpay, order):
    path = wxpay.v3.profitsharing.transactions._transaction_id_.amounts
    response = path.get(transaction_id=order["transaction_id"]).json()
    assert response["transaction_id"] == order["transaction_id"]
    return response["unsplit_amount"]


def give_back(wxpay, shared, fen, **changes):
    body = {
        "out_order_no": shared["out_order_no"],
        "out_return_no": new_number("B"),
        "return_mchid": SUPPLIER["account"],
        "amount": fen,
        "description": "returned goods",
        **changes,
    }
    return wxpay.v3.profitsharing.returnOrders.post(json=body).json()


def refund(wxpay, order, fen, **changes):
    body = {
        "transaction_id": order["transaction_id"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": fen, "total": order["total"], "currency": "CNY"},
        **changes,
    }
    return wxpay.v3.refund.domestic.refunds.post(json=body).json()


def test_an_order_is_shared_in_parts_and_the_rest_unfrozen(gateway, wxpay):
    ledger = gateway.state.ledger
    kept, received = ledger.balance("merchant"), ledger.balance("receiver")
    bought = paid(gateway, wxpay, 100, **SHARED)
    assert (ledger.balance("frozen"), unsplit(wxpay, bought)) == (100, 100)
    accepted = share(wxpay, bought, (STAFF, 10), (SUPPLIER, 20))
    assert accepted["state"] == "PROCESSING"
    assert [each["result"] for each in accepted["receivers"]] == ["PENDING", "PENDING"]
    done = finished(wxpay, bought, accepted["out_order_no"])
    assert (done["state"], done["order_id"]) == ("FINISHED", accepted["order_id"])
    assert [(each["account"], each["amount"], each["result"]) for each in done["receivers"]] == [
        (STAFF["account"], 10, "SUCCESS"),
        (SUPPLIER["account"], 20, "SUCCESS"),
    ]
    assert unsplit(wxpay, bought) == 70
    share(wxpay, bought, (STAFF, 5))
    last = unfreeze(wxpay, bought)
    assert finished(wxpay, bought, last["out_order_no"])["receivers"][0]["amount"] == 65
    assert unsplit(wxpay, bought) == 0
    assert rejected(share, wxpay, bought, (STAFF, 1)).code == "NOT_ENOUGH"
    assert rejected(unfreeze, wxpay, bought).code == "NOT_ENOUGH"
    assert ledger.balance("frozen") == 0
    assert ledger.balance("merchant") - kept == 65
    assert ledger.balance("receiver") - received == 35


def test_sharing_and_unfreezing_in_one(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, bought, (SUPPLIER, 30), unfreeze=True)
    done = finished(wxpay, bought, made["out_order_no"])
    assert [each["amount"] for each in done["receivers"]] == [30, 70]
    assert done["receivers"][1]["account"] == gateway.identity.mchid
    assert done["receivers"][1]["description"] == "解冻给分账方"
    own = {"type": "MERCHANT_ID", "account": gateway.identity.mchid}
    other = paid(gateway, wxpay, 100, **SHARED)
    assert rejected(share, wxpay, other, (own, 1), unfreeze=True).code == "PARAM_ERROR"
    share(wxpay, other, (own, 40))
    assert unsplit(wxpay, other) == 60
    all_of_it = share(wxpay, other, (SUPPLIER, 60), unfreeze=True)
    assert len(all_of_it["receivers"]) == 1


def test_never_more_than_is_left(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    for parts in ([(STAFF, 101)], [(STAFF, 60), (SUPPLIER, 41)], [(STAFF, 10**30)]):
        error = rejected(share, wxpay, bought, *parts)
        assert (error.status_code, error.code) == (403, "NOT_ENOUGH")
    share(wxpay, bought, (STAFF, 60))
    assert rejected(share, wxpay, bought, (STAFF, 41)).code == "NOT_ENOUGH"
    assert unsplit(wxpay, bought) == 40


def test_the_same_number_is_the_same_sharing(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    body = asked(bought, (STAFF, 10))
    post = wxpay.v3.profitsharing.orders.post
    first, second = (post(json=body).json() for _ in range(2))
    assert (second["order_id"], second["state"]) == (first["order_id"], "FINISHED")
    other = asked(bought, (STAFF, 11), out_order_no=body["out_order_no"])
    assert rejected(post, json=other).code == "INVALID_REQUEST"
    assert rejected(unfreeze, wxpay, bought, out_order_no=body["out_order_no"]).status_code == 400
    last = {"out_order_no": new_number("F")}
    assert (
        unfreeze(wxpay, bought, **last)["order_id"] == unfreeze(wxpay, bought, **last)["order_id"]
    )
    assert unsplit(wxpay, bought) == 0


def test_only_orders_that_were_made_for_it(gateway, wxpay):
    plain = paid(gateway, wxpay, 100)
    for order in (plain, {"appid": plain["parties"]["appid"], "transaction_id": "4200nobody"}):
        error = rejected(share, wxpay, order, (STAFF, 1))
        assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
        assert "非分账订单" in error.message
    assert rejected(unsplit, wxpay, plain).code == "INVALID_REQUEST"
    assert rejected(unsplit, wxpay, {"transaction_id": "4200nobody"}).status_code == 404
    by_v2 = paid_by_v2(gateway, wxpay, 100, profit_sharing="Y")
    share(wxpay, by_v2, (STAFF, 1))
    assert unsplit(wxpay, by_v2) == 99


def test_only_to_those_who_were_added(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    somebody = {"type": "PERSONAL_OPENID", "account": new_number("o")}
    error = rejected(share, wxpay, bought, (STAFF, 1), (somebody, 1))
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/receivers/1")
    path, appid = wxpay.v3.profitsharing.receivers, gateway.identity.appid
    added = path.add.post(
        json={
            **somebody,
            "appid": appid,
            "name": Sensitive("张三"),
            "relation_type": "CUSTOM",
            "custom_relation": "friend",
        }
    ).json()
    assert wxpay.decrypt(added["name"]) == "张三"
    assert added["custom_relation"] == "friend"
    share(wxpay, bought, (somebody, 1))
    for _ in range(2):
        deleted = path.delete.post(json={**somebody, "appid": appid}).json()
        assert deleted == somebody
    assert rejected(share, wxpay, bought, (somebody, 1)).code == "PARAM_ERROR"
    assert unsplit(wxpay, bought) == 99


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "PET"}, "/type"),
        ({"account": ""}, "/account"),
        ({"account": "o" * 65}, "/account"),
        ({"relation_type": "CUSTOM"}, "/custom_relation"),
        ({"type": "PERSONAL_SUB_OPENID"}, "/sub_mchid"),
        ({"type": "PERSONAL_SUB_OPENID", **SUB}, "/sub_appid"),
    ],
)
def test_a_receiver_that_cannot_be(gateway, wxpay, changes, field):
    body = {**STAFF, "appid": gateway.identity.appid, "relation_type": "STAFF", **changes}
    error = rejected(wxpay.v3.profitsharing.receivers.add.post, json=body)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"out_order_no": "s/1"}, "/out_order_no"),
        ({"receivers": []}, "/receivers"),
        ({"receivers": None}, "/receivers"),
        ({"receivers": [{**STAFF, "amount": 1, "description": "x"}] * 51}, "/receivers"),
        ({"receivers": [{**STAFF, "amount": 0, "description": "x"}]}, "/receivers/0/amount"),
        ({"receivers": [{**STAFF, "amount": 1}]}, "/receivers/0/description"),
        ({"receivers": ["x"]}, "/receivers/0"),
        ({"unfreeze_unsplit": "yes"}, "/unfreeze_unsplit"),
        ({"transaction_id": ""}, "/transaction_id"),
    ],
)
def test_a_wrong_parameter_is_named(gateway, wxpay, changes, field):
    bought = paid(gateway, wxpay, 100, **SHARED)
    error = rejected(share, wxpay, bought, **{**asked(bought, (STAFF, 1)), **changes})
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)


def test_a_partner_shares_for_its_sub_merchant(gateway, wxpay, receiver):
    control(gateway, "profitsharing/notify", notify_url=receiver.url)
    bought = paid_to_partner(gateway, wxpay, 100, **SHARED)
    assert rejected(share, wxpay, bought, (STAFF, 1)).code == "INVALID_REQUEST"
    ledger = gateway.state.ledger
    frozen, kept = (ledger.balance(f"{name}:1900000109") for name in ("frozen", "merchant"))
    made = share(wxpay, bought, (SUPPLIER, 30), **SUB)
    assert made["sub_mchid"] == SUB["sub_mchid"]
    told = receiver.next()
    assert told.event_type == "PROFITSHARING.SUCCESS"
    assert (told.resource["sp_mchid"], told.resource["sub_mchid"]) == (
        gateway.identity.mchid,
        SUB["sub_mchid"],
    )
    assert rejected(finished, wxpay, bought, made["out_order_no"]).status_code == 404
    assert finished(wxpay, bought, made["out_order_no"], **SUB)["state"] == "FINISHED"
    unfreeze(wxpay, bought, **SUB)
    assert ledger.balance("frozen:1900000109") == frozen - 100
    assert ledger.balance("merchant:1900000109") == kept + 70
    back = give_back(wxpay, made, 30, **SUB)
    assert back["sub_mchid"] == SUB["sub_mchid"]
    assert receiver.next().event_type == "PROFITSHARING.RETURN"
    assert ledger.balance("merchant:1900000109") == kept + 100
    control(gateway, "profitsharing/notify", notify_url="")
    assert control(gateway, "profitsharing/notify", notify_url="shop")[0] == 400


def test_each_receiver_is_told(gateway, wxpay, receiver):
    bought = paid(gateway, wxpay, 100, **SHARED, notify_url=receiver.url)
    assert receiver.next().event_type == "TRANSACTION.SUCCESS"
    made = share(wxpay, bought, (STAFF, 10), (SUPPLIER, 20), unfreeze=True)
    told = sorted((receiver.next().resource for _ in range(2)), key=lambda r: str(r["receiver"]))
    assert [each["receiver"]["amount"] for each in told] == [20, 10]
    assert {each["order_id"] for each in told} == {made["order_id"]}
    assert told[0]["mchid"] == gateway.identity.mchid
    give_back(wxpay, made, 7)
    told = receiver.next()
    assert (told.event_type, told.resource["receiver"]["amount"]) == ("PROFITSHARING.RETURN", 7)
    assert receiver.empty


def test_what_was_shared_comes_back_in_parts(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, bought, (SUPPLIER, 30), (STAFF, 5), unfreeze=True)
    body = {
        "order_id": made["order_id"],
        "out_return_no": new_number("B"),
        "return_mchid": SUPPLIER["account"],
        "amount": 20,
        "description": "returned goods",
    }
    post = wxpay.v3.profitsharing.returnOrders.post
    first = post(json=body).json()
    assert (first["result"], first["out_order_no"]) == ("SUCCESS", made["out_order_no"])
    assert post(json=body).json() == first
    assert rejected(post, json={**body, "amount": 1}).code == "INVALID_REQUEST"
    error = rejected(give_back, wxpay, made, 11)
    assert (error.code, error.message.split(":")[0]) == ("INVALID_REQUEST", "剩余可回退的金额不足")
    give_back(wxpay, made, 10)
    assert rejected(give_back, wxpay, made, 1).code == "INVALID_REQUEST"
    path = wxpay.v3.profitsharing.returnOrders._out_return_no_
    number = {"out_return_no": body["out_return_no"]}
    assert path.get(**number, query={"out_order_no": made["out_order_no"]}).json() == first
    assert rejected(path.get, **number, query={"out_order_no": "another"}).status_code == 404
    assert rejected(path.get, **number).code == "PARAM_ERROR"


def test_what_cannot_come_back(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, bought, (SUPPLIER, 30), (STAFF, 5), unfreeze=True)
    own = gateway.identity.mchid
    for wrong in (STAFF["account"], own, "1900000111"):
        assert rejected(give_back, wxpay, made, 1, return_mchid=wrong).code == "PARAM_ERROR"
    for changes, code in (
        ({"amount": 0}, "PARAM_ERROR"),
        ({"out_order_no": None}, "PARAM_ERROR"),
        ({"out_order_no": "another"}, "INVALID_REQUEST"),
        ({"out_order_no": "another", "order_id": made["order_id"]}, "INVALID_REQUEST"),
        ({"order_id": "3000nobody"}, "INVALID_REQUEST"),
        (SUB, "INVALID_REQUEST"),
    ):
        assert rejected(give_back, wxpay, made, 1, **changes).code == code
    gateway.advance(hours=181 * 24)
    assert "180 天" in rejected(give_back, wxpay, made, 1).message


def test_fifty_requests_and_fifty_returns_at_most(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = [share(wxpay, bought, (SUPPLIER, 2)) for _ in range(50)][-1]
    error = rejected(unfreeze, wxpay, bought)
    assert (error.status_code, error.code) == (403, "RULE_LIMIT")
    other = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, other, (SUPPLIER, 60))
    for _ in range(50):
        give_back(wxpay, made, 1)
    assert "最多回退 50 次" in rejected(give_back, wxpay, made, 1).message


def test_after_thirty_days_nothing_is_frozen(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    share(wxpay, bought, (STAFF, 10))
    kept = gateway.state.ledger.balance("merchant")
    gateway.advance(hours=30 * 24)
    assert rejected(share, wxpay, bought, (STAFF, 10)).code == "NOT_ENOUGH"
    assert unsplit(wxpay, bought) == 0
    assert gateway.state.ledger.balance("merchant") - kept == 90


def test_a_query_that_asks_for_something_else(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, bought, (STAFF, 10))
    path = wxpay.v3.profitsharing.orders._out_order_no_
    assert rejected(path.get, out_order_no=made["out_order_no"]).code == "PARAM_ERROR"
    other = {"transaction_id": "4200nobody"}
    assert rejected(finished, wxpay, other, made["out_order_no"]).code == "RESOURCE_NOT_EXISTS"
    assert rejected(finished, wxpay, bought, "nobody").code == "RESOURCE_NOT_EXISTS"


# Beside refunds


def test_a_refund_takes_what_is_frozen(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = refund(wxpay, bought, 40)
    assert made["funds_account"] == "UNSETTLED"
    assert unsplit(wxpay, bought) == 60
    control(gateway, f"refunds/{made['out_refund_no']}/close")
    assert unsplit(wxpay, bought) == 100
    refund(wxpay, bought, 100)
    assert unsplit(wxpay, bought) == 0
    assert rejected(share, wxpay, bought, (STAFF, 1)).code == "NOT_ENOUGH"


def test_a_refund_of_what_is_shared_waits_until_the_rest_is_unfrozen(gateway, wxpay):
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = share(wxpay, bought, (SUPPLIER, 30))
    error = rejected(refund, wxpay, bought, 71)
    assert (error.status_code, error.code) == (403, "RULE_LIMIT")
    before = refund(wxpay, bought, 20)
    unfreeze(wxpay, bought)
    control(gateway, f"refunds/{before['out_refund_no']}/close")  # which makes it available
    assert unsplit(wxpay, bought) == 0
    give_back(wxpay, made, 30)
    assert refund(wxpay, bought, 100)["funds_account"] == "AVAILABLE"


def test_a_refund_from_the_other_account(gateway, wxpay):
    paid(gateway, wxpay, 100)
    bought = paid(gateway, wxpay, 100, **SHARED)
    made = refund(wxpay, bought, 40, funds_account="AVAILABLE")
    assert made["funds_account"] == "AVAILABLE"
    assert unsplit(wxpay, bought) == 100


def test_a_payment_by_code_is_shared_until_it_is_reversed(gateway, wxpay):
    parties = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    number = {"out_trade_no": new_number("M")}
    order = {
        **parties,
        **number,
        "body": "by code",
        "total_fee": 100,
        "auth_code": new_code(),
        "spbill_create_ip": "127.0.0.1",
        "profit_sharing": "Y",
    }
    bought = wxpay.v2.pay.micropay.post(xml=order).xml()
    made = share(wxpay, bought, (SUPPLIER, 10))  # no notification without a notify_url
    give_back(wxpay, made, 10)
    assert unsplit(wxpay, bought) == 90
    wxpay.v2.secapi.pay.reverse.post(xml={**parties, **number}, security=True)
    error = rejected(share, wxpay, bought, (SUPPLIER, 1))
    assert (error.code, error.message) == ("INVALID_REQUEST", "订单已撤销")
    assert unsplit(wxpay, bought) == 0
