"""Refunds of APIv3 and APIv2: amounts, counts, outcomes, and notifications."""

from __future__ import annotations

import pytest

from tests.gateway.support import (
    NOBODY,
    SUB,
    control,
    new_code,
    new_number,
    order,
    paid,
    paid_by_v2,
    paid_to_partner,
)
from tests.servers import VerifyingServer
from wechatpay_chain import APIError, ClientError, Sensitive
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.refunds import records as refunding
from wechatpay_chain.gateway.simulation.schedule import withdraw


def asked(order, fen, **changes):
    return {
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": fen, "total": order["total"], "currency": "CNY"},
        **changes,
    }


def refund(wxpay, order, fen, **changes):
    return wxpay.v3.refund.domestic.refunds.post(json=asked(order, fen, **changes)).json()


def query(wxpay, number, **options):
    path = wxpay.v3.refund.domestic.refunds._out_refund_no_
    return path.get(out_refund_no=number, **options).json()


def state_of(gateway, order):
    return gateway.state.store.get("order", order["out_trade_no"])


def balance(gateway, account):
    """Return the balance of an account in fen, after due changes were stored."""
    refunding.settle_due(gateway.state)
    return gateway.state.ledger.balance(account)


def rejected(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def test_a_refund_is_processed_and_arrives_seconds_later(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    waiting = balance(gateway, "refunding")
    made = refund(wxpay, bought, 100, reason="商品已售完")
    assert made["status"] == "PROCESSING"
    assert "success_time" not in made
    assert made["amount"]["payer_refund"] == made["amount"]["refund"] == 100
    assert made["transaction_id"] == bought["transaction_id"]
    assert query(wxpay, made["out_refund_no"]) == made
    assert balance(gateway, "refunding") == waiting + 100
    gateway.advance(refunding.SETTLING)
    arrived = query(wxpay, made["out_refund_no"])
    assert arrived["status"] == "SUCCESS"
    assert arrived["success_time"] > made["create_time"]
    assert balance(gateway, "refunding") == 0
    shown = wxpay.v3.pay.transactions.id._transaction_id_.get(
        transaction_id=bought["transaction_id"], query={"mchid": gateway.identity.mchid}
    ).json()
    assert shown["trade_state"] == "REFUND"


def test_the_same_number_is_the_same_refund(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    body = asked(bought, 30)
    post = wxpay.v3.refund.domestic.refunds.post
    first = post(json=body).json()
    assert post(json=body).json() == first
    for other in (
        asked(bought, 31, out_refund_no=body["out_refund_no"]),
        {**body, "reason": "another"},
        asked(paid(gateway, wxpay, 100), 30, out_refund_no=body["out_refund_no"]),
    ):
        error = rejected(post, json=other)
        assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
        assert "不一致" in error.message
    assert state_of(gateway, bought)["refunded"] == 30


def test_in_parts_and_never_more_than_was_paid(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    refund(wxpay, bought, 60)
    for amount in (41, 100, 101, 10**30):
        error = rejected(refund, wxpay, bought, amount)
        assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
        assert "超过订单可退金额" in error.message
    by_id = {"out_trade_no": None, "transaction_id": bought["transaction_id"]}
    assert refund(wxpay, bought, 40, **by_id)["out_trade_no"] == bought["out_trade_no"]
    assert "全额退款" in rejected(refund, wxpay, bought, 1).message
    assert state_of(gateway, bought)["refunded"] == 100


def test_fifty_times_at_most(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    for _ in range(refunding.TIMES):
        refund(wxpay, bought, 1)
    assert "最多退款 50 次" in rejected(refund, wxpay, bought, 1).message


def test_an_order_that_cannot_be_refunded(gateway, wxpay):
    made = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=made)
    unpaid = {"out_trade_no": made["out_trade_no"], "total": 100}
    for missing in (unpaid, {"out_trade_no": "nobody-knows", "total": 100}):
        error = rejected(refund, wxpay, missing, 1)
        assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS")
    wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
        out_trade_no=made["out_trade_no"], json={"mchid": gateway.identity.mchid}
    )
    assert rejected(refund, wxpay, unpaid, 1).code == "RESOURCE_NOT_EXISTS"
    one, other = paid(gateway, wxpay), paid(gateway, wxpay)
    error = rejected(refund, wxpay, one, 1, transaction_id=other["transaction_id"])
    assert (error.code, error.status_code) == ("INVALID_REQUEST", 400)


def test_what_was_asked_must_fit_the_order(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    fee = {"refund": 1, "total": 200, "currency": "CNY"}
    assert "不一致" in rejected(refund, wxpay, bought, 1, amount=fee).message
    fee = {"refund": 1, "total": 100, "currency": "USD"}
    assert "不一致" in rejected(refund, wxpay, bought, 1, amount=fee).message
    assert rejected(refund, wxpay, bought, 1, **SUB).code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"out_refund_no": ""}, "/out_refund_no"),
        ({"out_refund_no": "r 1"}, "/out_refund_no"),
        ({"out_refund_no": "r" * 65}, "/out_refund_no"),
        ({"out_refund_no": 5}, "/out_refund_no"),
        ({"out_trade_no": None}, "/transaction_id"),
        ({"amount": {"refund": 0, "total": 100, "currency": "CNY"}}, "/amount/refund"),
        ({"amount": {"refund": True, "total": 100, "currency": "CNY"}}, "/amount/refund"),
        ({"amount": {"refund": 1, "total": "100", "currency": "CNY"}}, "/amount/total"),
        ({"amount": {"refund": 1, "total": 100}}, "/amount/currency"),
        ({"amount": []}, "/amount"),
        ({"notify_url": "shop.example"}, "/notify_url"),
        ({"reason": ["no"]}, "/reason"),
    ],
)
def test_a_wrong_parameter_is_named(gateway, wxpay, changes, field):
    error = rejected(refund, wxpay, {"out_trade_no": "any", "total": 100}, 1, **changes)
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert error.detail["field"] == field


def test_which_account_pays(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    amount = {"refund": 3, "total": 100, "currency": "CNY"}
    split = [{"account": "AVAILABLE", "amount": 2}, {"account": "UNAVAILABLE", "amount": 1}]
    made = refund(wxpay, bought, 3, amount={**amount, "from": split})
    assert made["amount"]["from"] == split
    for wrong in (
        split[:1],
        [{"account": "ELSEWHERE", "amount": 3}],
        [{"account": "AVAILABLE", "amount": 0}],
    ):
        error = rejected(refund, wxpay, bought, 3, amount={**amount, "from": wrong})
        assert error.detail["field"].startswith("/amount/from")


def test_a_year_after_the_payment_it_is_too_late(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    gateway.advance(hours=365 * 24)
    assert rejected(refund, wxpay, bought, 1).code == "TRADE_OVERDUE"


def test_a_merchant_that_has_not_the_money(gateway, wxpay):
    bought = paid(gateway, wxpay, 100)
    ledger = gateway.state.ledger
    gone = ledger.balance("merchant") - 10
    ledger.move("withdraw", gone, "merchant", "bank")
    error = rejected(refund, wxpay, bought, 11)
    assert (error.status_code, error.code) == (403, "NOT_ENOUGH")
    body = asked(bought, 10)
    assert wxpay.v3.refund.domestic.refunds.post(json=body).json()["status"] == "PROCESSING"
    ledger.move("recharge", gone, "bank", "merchant")
    assert refund(wxpay, bought, 90)["status"] == "PROCESSING"


def test_a_partners_refund_says_whose_it_is(gateway, wxpay):
    bought = paid_to_partner(gateway, wxpay, 100)
    assert rejected(refund, wxpay, bought, 10).code == "INVALID_REQUEST"
    made = refund(wxpay, bought, 10, **SUB)
    assert rejected(query, wxpay, made["out_refund_no"]).code == "RESOURCE_NOT_EXISTS"
    assert query(wxpay, made["out_refund_no"], query=SUB) == made
    assert gateway.state.ledger.balance("merchant:1900000109") == 90


def test_an_order_in_a_combined_order(gateway, wxpay):
    numbers = [new_number("C"), new_number("C")]
    combined = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": new_number("K"),
        "notify_url": NOBODY,
        "sub_orders": [
            {
                "mchid": gateway.identity.mchid,
                "out_trade_no": number,
                "description": "one of two",
                "attach": "a",
                "amount": {"total_amount": 100, "currency": "CNY"},
            }
            for number in numbers
        ],
    }
    wxpay.v3.combineTransactions.native.post(json=combined)
    gateway.pay(numbers[0])
    made = refund(wxpay, {"out_trade_no": numbers[1], "total": 100}, 100)
    assert made["out_trade_no"] == numbers[1]


def test_an_unknown_refund(wxpay):
    error = rejected(query, wxpay, "nobody-knows")
    assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS")


def test_the_merchant_is_told_when_it_arrives_not_before(gateway, wxpay, receiver):
    bought = paid(gateway, wxpay, 100)
    made = refund(wxpay, bought, 30, notify_url=receiver.url)
    assert receiver.empty
    assert made["out_refund_no"] not in str(control(gateway, "notifications", "GET"))
    gateway.advance(refunding.SETTLING)
    told = receiver.next()
    arrived = query(wxpay, made["out_refund_no"])
    assert (told.event_type, told.summary) == ("REFUND.SUCCESS", "退款成功")
    assert told.raw["resource"]["original_type"] == "refund"
    assert told.create_time == arrived["success_time"]
    assert told.resource == {
        "mchid": gateway.identity.mchid,
        "transaction_id": bought["transaction_id"],
        "out_trade_no": bought["out_trade_no"],
        "refund_id": made["refund_id"],
        "out_refund_no": made["out_refund_no"],
        "refund_status": "SUCCESS",
        "success_time": arrived["success_time"],
        "user_received_account": "支付用户零钱",
        "amount": {"total": 100, "refund": 30, "payer_total": 100, "payer_refund": 30},
    }


def test_a_script_has_it_arrive_at_once(gateway, wxpay, receiver):
    bought = paid_to_partner(gateway, wxpay, 100)
    made = refund(wxpay, bought, 30, notify_url=receiver.url, **SUB)
    assert control(gateway, f"refunds/{made['out_refund_no']}/succeed")["state"] == "SUCCESS"
    told = receiver.next().resource
    assert (told["sp_mchid"], told["sub_mchid"]) == (gateway.identity.mchid, SUB["sub_mchid"])
    gateway.advance(refunding.SETTLING)
    assert query(wxpay, made["out_refund_no"], query=SUB)["status"] == "SUCCESS"
    status, error = control(gateway, f"refunds/{made['out_refund_no']}/fail")
    assert (status, error["error"]) == (400, "INVALID_REQUEST")
    assert receiver.empty  # notified once


def test_a_closed_refund_gives_the_money_back_and_can_be_asked_for_anew(gateway, wxpay, receiver):
    bought = paid(gateway, wxpay, 100)
    before = gateway.state.ledger.balance("merchant")
    made = refund(wxpay, bought, 100, notify_url=receiver.url)
    assert control(gateway, f"refunds/{made['out_refund_no']}/close")["state"] == "CLOSED"
    told = receiver.next()
    assert (told.event_type, told.resource["refund_status"]) == ("REFUND.CLOSED", "CLOSED")
    gateway.advance(refunding.SETTLING)
    assert query(wxpay, made["out_refund_no"])["status"] == "CLOSED"
    assert gateway.state.ledger.balance("merchant") == before
    assert refund(wxpay, bought, 100)["status"] == "PROCESSING"


@pytest.mark.parametrize("kind", ["USER_BANK_CARD", "MERCHANT_BANK_CARD"])
def test_an_abnormal_refund_is_sent_elsewhere(gateway, wxpay, receiver, kind):
    bought = paid(gateway, wxpay, 100)
    made = refund(wxpay, bought, 30, notify_url=receiver.url)
    number = made["out_refund_no"]
    path = wxpay.v3.refund.domestic.refunds._refund_id_.applyAbnormalRefund
    card = {
        "out_refund_no": number,
        "type": kind,
        "bank_type": "ICBC_DEBIT",
        "bank_account": Sensitive("6222000000000403"),
        "real_name": Sensitive("张三"),
    }
    early = rejected(path.post, refund_id=made["refund_id"], json=card)
    assert (early.code, early.status_code) == ("INVALID_REQUEST", 400)
    control(gateway, f"refunds/{number}/fail")
    assert receiver.next().event_type == "REFUND.ABNORMAL"
    assert query(wxpay, number)["status"] == "ABNORMAL"
    gateway.advance(hours=100)
    assert query(wxpay, number)["status"] == "ABNORMAL"
    assert balance(gateway, "refunding") == 30
    banked = balance(gateway, "bank")
    again = path.post(refund_id=made["refund_id"], json=card).json()
    assert again["status"] == "PROCESSING"
    assert path.post(refund_id=made["refund_id"], json=card).json()["status"] == "PROCESSING"
    gateway.advance(refunding.SETTLING)
    assert receiver.next().event_type == "REFUND.SUCCESS"
    assert query(wxpay, number)["status"] == "SUCCESS"
    assert balance(gateway, "bank") - banked == (30 if kind == "MERCHANT_BANK_CARD" else 0)
    if kind == "USER_BANK_CARD":
        assert again["user_received_account"] == "ICBC_DEBIT0403"
    assert "6222000000000403" not in str(gateway.state.store.get("refund", number))


def test_a_refund_that_fails_twice_is_sent_again(gateway, wxpay):
    made = refund(wxpay, paid(gateway, wxpay, 100), 30)
    number, path = made["out_refund_no"], wxpay.v3.refund.domestic.refunds
    card = {"out_refund_no": number, "type": "MERCHANT_BANK_CARD"}
    for _ in range(2):
        control(gateway, f"refunds/{number}/fail")
        sent = path._refund_id_.applyAbnormalRefund.post(refund_id=made["refund_id"], json=card)
        assert sent.json()["status"] == query(wxpay, number)["status"] == "PROCESSING"
    gateway.advance(refunding.SETTLING)
    assert query(wxpay, number)["status"] == "SUCCESS"


def test_an_abnormal_refund_that_is_not_asked_for_as_it_must_be(gateway, wxpay):
    made = refund(wxpay, paid(gateway, wxpay, 100), 30)
    number, refund_id = made["out_refund_no"], made["refund_id"]
    control(gateway, f"refunds/{number}/fail")
    post = wxpay.v3.refund.domestic.refunds._refund_id_.applyAbnormalRefund.post
    good = {"out_refund_no": number, "type": "MERCHANT_BANK_CARD"}
    for changes, field in (
        ({"type": "POCKET"}, "/type"),
        ({"type": "USER_BANK_CARD"}, "/bank_type"),
        ({"out_refund_no": "another"}, "/out_refund_no"),
    ):
        error = rejected(post, refund_id=refund_id, json={**good, **changes})
        assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)
    for wrong in ({"refund_id": "5030"}, {"refund_id": refund_id, "json": {**good, **SUB}}):
        assert rejected(post, **{"json": good, **wrong}).code == "RESOURCE_NOT_EXISTS"
    assert query(wxpay, number)["status"] == "ABNORMAL"
    assert control(gateway, f"refunds/{number}/explode")[0] == 404
    assert control(gateway, "refunds/nobody-knows/fail")[0] == 404
    assert made["out_refund_no"] in [
        each["out_refund_no"] for each in control(gateway, "refunds", "GET")
    ]


def test_it_arrives_by_itself_as_time_passes(identity):
    with (
        Gateway(identity=identity, time_scale=1000) as quick,
        quick.client() as wxpay,
        VerifyingServer(quick) as shop,
    ):
        made = refund(wxpay, paid(quick, wxpay, 100), 30, notify_url=shop.url)
        told = shop.next().resource
        assert (told["refund_status"], told["refund_id"]) == ("SUCCESS", made["refund_id"])
        assert query(wxpay, made["out_refund_no"])["success_time"] == told["success_time"]
        quick.state.ledger.check()


def test_what_is_processed_goes_on_after_a_restart(tmp_path):
    with (
        Gateway(data=tmp_path, time_scale=0.001) as before,
        before.client() as wxpay,
        VerifyingServer(before) as shop,
    ):
        bought = paid(before, wxpay, 100)
        made = refund(wxpay, bought, 30, notify_url=shop.url)
        before.stop()
        with Gateway(data=tmp_path, time_scale=0.001) as after, after.client() as again:
            number = made["out_refund_no"]
            assert query(again, number)["status"] == "PROCESSING"
            after.advance(refunding.SETTLING)
            assert shop.next().event_type == "REFUND.SUCCESS"
            assert query(again, number)["status"] == "SUCCESS"
            after.state.ledger.check()


def test_what_is_withdrawn_twice_is_gone(gateway):
    withdraw(gateway.state, "no such number")


# APIv2


def asked_v2(gateway, order, amount, **changes):
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": new_number("V"),
        "total_fee": order["total"],
        "refund_fee": amount,
        **changes,
    }


def refund_v2(gateway, wxpay, order, amount, **changes):
    body = asked_v2(gateway, order, amount, **changes)
    return wxpay.v2.secapi.pay.refund.post(xml=body, security=True).xml()


def query_v2(gateway, wxpay, **by):
    identity = gateway.identity
    body = {"appid": identity.appid, "mch_id": identity.mchid, **by}
    return wxpay.v2.pay.refundquery.post(xml=body).xml()


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_v2_in_parts(gateway, wxpay, kind):
    bought = paid_by_v2(gateway, wxpay, 100)
    made = refund_v2(gateway, wxpay, bought, 60, sign_type=kind)
    assert (made["refund_fee"], made["total_fee"], made["cash_refund_fee"]) == ("60", "100", "60")
    rest = {"out_trade_no": None, "transaction_id": bought["transaction_id"]}
    error = rejected(refund_v2, gateway, wxpay, bought, 41, **rest)
    assert (error.code, error.message) == (
        "INVALID_REQUEST",
        "申请退款金额超过订单可退金额: 41 > 40",
    )
    refund_v2(gateway, wxpay, bought, 40, **rest)
    assert rejected(refund_v2, gateway, wxpay, bought, 1).code == "ERROR"
    gateway.advance(refunding.SETTLING)
    everything = query_v2(gateway, wxpay, out_trade_no=bought["out_trade_no"])
    assert (everything["refund_count"], everything["refund_fee_0"]) == ("2", "60")
    assert everything["refund_status_0"] == everything["refund_status_1"] == "SUCCESS"
    assert everything["refund_success_time_1"]
    shown = wxpay.v2.pay.orderquery.post(
        xml={
            "appid": gateway.identity.appid,
            "mch_id": gateway.identity.mchid,
            "out_trade_no": bought["out_trade_no"],
        }
    ).xml()
    assert shown["trade_state"] == "REFUND"


def test_v2_over_tls_shows_the_merchants_certificate(gateway):
    with gateway.client(tls=True) as wxpay:
        bought = paid_by_v2(gateway, wxpay, 100)
        assert refund_v2(gateway, wxpay, bought, 1)["refund_fee"] == "1"


def test_v2_the_same_number_with_other_content(gateway, wxpay):
    bought = paid_by_v2(gateway, wxpay, 100)
    body = asked_v2(gateway, bought, 10)
    first = wxpay.v2.secapi.pay.refund.post(xml=body, security=True).xml()
    second = wxpay.v2.secapi.pay.refund.post(xml=body, security=True).xml()
    assert first["refund_id"] == second["refund_id"]
    other = {**body, "refund_fee": 11}
    error = rejected(wxpay.v2.secapi.pay.refund.post, xml=other, security=True)
    assert error.code == "REFUND_FEE_MISMATCH"
    error = rejected(refund_v2, gateway, wxpay, bought, 1, total_fee=99)
    assert error.code == "REFUND_FEE_MISMATCH"
    v3 = rejected(refund, wxpay, bought, 10, out_refund_no=body["out_refund_no"])
    assert v3.code == "INVALID_REQUEST"  # a merchant's numbers are unique across both APIs


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"total_fee": "1.00"}, "PARAM_ERROR"),
        ({"refund_fee": "0"}, "PARAM_ERROR"),
        ({"refund_fee": "٣"}, "PARAM_ERROR"),
        ({"refund_fee": "9" * 13}, "PARAM_ERROR"),
        ({"refund_fee": 101}, "INVALID_REQUEST"),
        ({"out_refund_no": "r/1"}, "PARAM_ERROR"),
        ({"out_trade_no": None}, "PARAM_ERROR"),
        ({"out_trade_no": "nobody-knows"}, "ORDERNOTEXIST"),
        ({"notify_url": "ftp://shop"}, "PARAM_ERROR"),
        ({"refund_fee_type": "USD"}, "INVALID_REQUEST"),
    ],
)
def test_v2_wrong_parameters(gateway, wxpay, changes, code):
    bought = paid_by_v2(gateway, wxpay, 100)
    assert rejected(refund_v2, gateway, wxpay, bought, 1, **changes).code == code


def test_v2_without_the_money(gateway, wxpay):
    bought = paid_by_v2(gateway, wxpay, 100)
    ledger = gateway.state.ledger
    gone = ledger.balance("merchant")
    ledger.move("withdraw", gone, "merchant", "bank")
    assert rejected(refund_v2, gateway, wxpay, bought, 1).code == "NOTENOUGH"
    ledger.move("recharge", gone, "bank", "merchant")


def test_v2_queries(gateway, wxpay):
    bought = paid_by_v2(gateway, wxpay, 100)
    error = rejected(query_v2, gateway, wxpay, out_trade_no=bought["out_trade_no"])
    assert error.code == "REFUNDNOTEXIST"
    made = [refund_v2(gateway, wxpay, bought, 1) for _ in range(12)]
    control(gateway, f"refunds/{made[1]['out_refund_no']}/fail")
    control(gateway, f"refunds/{made[2]['out_refund_no']}/close")
    page = query_v2(gateway, wxpay, transaction_id=bought["transaction_id"])
    assert (page["total_refund_count"], page["refund_count"]) == ("12", "10")
    found = [page[f"refund_status_{n}"] for n in range(3)]
    assert found == ["PROCESSING", "CHANGE", "REFUNDCLOSE"]
    rest = query_v2(gateway, wxpay, transaction_id=bought["transaction_id"], offset=10)
    assert rest["refund_count"] == "2"
    assert rest["out_refund_no_1"] == made[11]["out_refund_no"]
    for by in ({"refund_id": made[3]["refund_id"]}, {"out_refund_no": made[3]["out_refund_no"]}):
        one = query_v2(gateway, wxpay, **by)
        assert (one["refund_count"], one["refund_id_0"]) == ("1", made[3]["refund_id"])
    for by, code in (
        ({"refund_id": "no"}, "REFUNDNOTEXIST"),
        ({"out_refund_no": "no"}, "REFUNDNOTEXIST"),
        ({"transaction_id": "no"}, "REFUNDNOTEXIST"),
        ({}, "PARAM_ERROR"),
        ({"out_trade_no": bought["out_trade_no"], "offset": "-1"}, "PARAM_ERROR"),
    ):
        assert rejected(query_v2, gateway, wxpay, **by).code == code


def test_v2_the_notice_is_sealed(gateway, wxpay, receiver):
    bought = paid_by_v2(gateway, wxpay, 100)
    made = refund_v2(gateway, wxpay, bought, 30, notify_url=receiver.url)
    gateway.advance(refunding.SETTLING)
    told = receiver.next().resource
    assert told["refund_status"] == "SUCCESS"
    assert told["refund_id"] == made["refund_id"]
    assert (told["refund_fee"], told["total_fee"]) == ("30", "100")
    shown = query_v2(gateway, wxpay, refund_id=made["refund_id"])
    assert told["success_time"] == shown["refund_success_time_0"]


def micropay(gateway, wxpay, total=100, **changes):
    body = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "by code",
        "out_trade_no": new_number("M"),
        "total_fee": total,
        "auth_code": new_code(),
        "spbill_create_ip": "127.0.0.1",
        **changes,
    }
    return wxpay.v2.pay.micropay.post(xml=body).xml()


def reverse(gateway, wxpay, number):
    identity = gateway.identity
    body = {"appid": identity.appid, "mch_id": identity.mchid, "out_trade_no": number}
    return wxpay.v2.secapi.pay.reverse.post(xml=body, security=True).xml()


@pytest.mark.parametrize("shared", ["N", "Y"])
def test_a_reversal_pays_back_what_was_not_refunded(gateway, wxpay, shared):
    gateway.advance(refunding.SETTLING)
    spent = balance(gateway, "payer")
    number = micropay(gateway, wxpay, profit_sharing=shared)["out_trade_no"]
    bought = {"out_trade_no": number, "total": 100}
    refund_v2(gateway, wxpay, bought, 30)
    assert reverse(gateway, wxpay, number)["recall"] == "N"
    gateway.advance(refunding.SETTLING)
    assert balance(gateway, "payer") == spent
    assert reverse(gateway, wxpay, number)["recall"] == "N"
    assert balance(gateway, "payer") == spent
    error = rejected(refund_v2, gateway, wxpay, bought, 1)
    assert (error.code, error.message.split(":")[0]) == ("INVALID_REQUEST", "订单已撤销")


def test_a_reversal_that_comes_too_late_or_finds_no_money(gateway, wxpay):
    number = micropay(gateway, wxpay)["out_trade_no"]
    ledger = gateway.state.ledger
    gone = ledger.balance("merchant")
    ledger.move("withdraw", gone, "merchant", "bank")
    assert rejected(reverse, gateway, wxpay, number).code == "NOTENOUGH"
    ledger.move("recharge", gone, "bank", "merchant")
    gateway.advance(hours=7 * 24 + 1)
    assert rejected(reverse, gateway, wxpay, number).code == "REVERSE_EXPIRE"


def test_wrong_members_are_rejected_whatever_they_are(gateway, wxpay):
    body = '{"out_trade_no": "\\ud800", "out_refund_no": "R1", "amount": {"refund": 1}}'
    with pytest.raises(ClientError, match="PARAM_ERROR"):
        wxpay.v3.refund.domestic.refunds.post(body=body)
