"""Recharges of the platform and its sub-merchants, and the bank transfers of a day."""

from __future__ import annotations

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import NOBODY, SUB, new_number
from wechatpay_chain import APIError

DAY = 86400
CNY = {"currency": "CNY"}


def rejected(call, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.code


def asked(fen=500, **changes):
    return {
        **SUB,
        "out_recharge_no": new_number("C"),
        "recharge_scene": "ECOMMERCE_DEPOSIT",
        "account_type": "DEPOSIT",
        "recharge_amount": {"amount": fen, **CNY},
        **changes,
    }


def apply(wxpay, body):
    return wxpay.v3.platsolution.ecommerce.recharges.apply.post(json=body).json()


def found(wxpay, body, query=SUB):
    path = wxpay.v3.platsolution.ecommerce.recharges.outRechargeNo._out_recharge_no_
    return path.get(out_recharge_no=body["out_recharge_no"], query=query).json()


@pytest.mark.parametrize(
    ("channel", "info"),
    [
        ("BANK_TRANSFER", "bank_transfer_info"),
        ("QR_RECHARGE", "qr_recharge_info"),
        ("ONLINE_BANK", "online_bank_recharge_info"),
    ],
)
def test_a_recharge_is_paid(gateway, wxpay, receiver, channel, info):
    body = asked(notify_url=receiver.url, remark="deposit")
    made = apply(wxpay, body)
    assert apply(wxpay, body) == made
    assert found(wxpay, body)["recharge_state"] == "RECHARGING"
    before = gateway.state.ledger.balance("deposit:1900000109")
    gateway.recharges.pay(body["out_recharge_no"], channel)
    shown = found(wxpay, body)
    assert (shown["recharge_state"], shown["recharge_channel"]) == ("SUCCESS", channel)
    assert shown[info]
    assert gateway.state.ledger.balance("deposit:1900000109") == before + 500
    told = receiver.next()
    assert_fits(told)
    assert (told.event_type, told.resource["remark"]) == ("RECHARGE.SUCCESS", "deposit")
    with pytest.raises(LookupError, match="充值单状态是 SUCCESS"):
        gateway.recharges.pay(body["out_recharge_no"])


def test_a_recharge_that_nobody_pays(gateway, wxpay, receiver):
    body = asked(notify_url=receiver.url)
    apply(wxpay, body)
    gateway.advance(7 * DAY)
    assert found(wxpay, body)["recharge_state"] == "CLOSED"
    told = receiver.next()
    assert_fits(told)
    assert told.event_type == "RECHARGE.CLOSED"
    with pytest.raises(LookupError, match="CLOSED"):
        gateway.recharges.pay(body["out_recharge_no"])


def test_the_merchant_closes_a_recharge(gateway, wxpay):
    body = asked(available_recharge_channels=["QR_RECHARGE"], notify_url=NOBODY)
    apply(wxpay, body)
    with pytest.raises(LookupError, match="QR_RECHARGE"):
        gateway.recharges.pay(body["out_recharge_no"], "BANK_TRANSFER")
    path = wxpay.v3.platsolution.ecommerce.recharges.outRechargeNo._out_recharge_no_.close
    named = {"out_recharge_no": body["out_recharge_no"]}
    other = {"sub_mchid": "1900000118"}
    assert rejected(path.post, **named, query=other) == "RESOURCE_NOT_EXISTS"
    closed = path.post(**named, query=SUB).json()
    assert (closed["recharge_state"], path.post(**named, query=SUB).json()) == ("CLOSED", closed)
    paid = asked()
    apply(wxpay, paid)
    gateway.recharges.pay(paid["out_recharge_no"])
    named = {"out_recharge_no": paid["out_recharge_no"]}
    assert rejected(path.post, **named, query=SUB) == "INVALID_REQUEST"


def test_what_is_no_recharge(wxpay):
    body = asked()
    apply(wxpay, body)
    amount = {"recharge_amount": {"amount": 501, **CNY}}
    assert rejected(apply, wxpay=wxpay, body={**body, **amount}) == "INVALID_REQUEST"
    for wrong in (
        {"account_type": "OPERATION"},
        {"recharge_scene": "GIFT"},
        {"recharge_amount": {"amount": 0}},
        {"recharge_amount": {"amount": 5, "currency": "USD"}},
        {"available_recharge_channels": ["CASH"]},
    ):
        assert rejected(apply, wxpay=wxpay, body=asked(**wrong)) == "PARAM_ERROR"


def test_a_bank_transfer_of_the_platform_and_its_record(gateway, wxpay):
    gateway.advance(DAY)
    path = wxpay.v3.platsolution.ecommerce.bankTransferRecharges
    numbers = [new_number("C") for _ in range(3)]
    for number in numbers:
        body = {
            "out_recharge_no": number,
            "recharge_scene": "ECOMMERCE_BANK_TRANSFER",
            "account_type": "OPERATION",
            "recharge_amount": {"amount": 700, **CNY},
        }
        made = path.apply.post(json=body).json()
        assert made["transfer_in_account"]["bank_account_no"]
        gateway.recharges.pay(number)
    query = path.outRechargeNo._out_recharge_no_
    shown = query.get(out_recharge_no=number).json()
    assert (shown["mchid"], shown["recharge_state"]) == (gateway.identity.mchid, "SUCCESS")
    records = wxpay.v3.merchantfund.merchant.incomeRecords
    day = {"account_type": "OPERATION", "date": gateway.state.clock.date(), "limit": 2}
    page = records.get(query=day).json()
    assert (page["total_count"], len(page["data"])) == (3, 2)
    last = wxpay[page["links"]["next"]].get().json()
    assert [each["income_record_id"] for each in last["data"]] == [made["recharge_id"]]
    assert last["data"][0]["amount"] == 700
    of_sub = wxpay.v3.merchantfund.partner.incomeRecords
    assert of_sub.get(query={**day, **SUB}).json()["total_count"] == 0
    assert rejected(records.get, query={**day, "limit": 101}) == "PARAM_ERROR"
    assert rejected(records.get, query={**day, "date": "today"}) == "PARAM_ERROR"


def test_a_recharge_of_a_sub_merchant_in_the_records(gateway, wxpay):
    gateway.advance(DAY)
    body = asked(recharge_scene="ECOMMERCE_PAYMENT", account_type="OPERATION")
    apply(wxpay, body)
    gateway.recharges.pay(body["out_recharge_no"])
    query = {**SUB, "account_type": "OPERATION", "date": gateway.state.clock.date(), "limit": 10}
    page = wxpay.v3.merchantfund.partner.incomeRecords.get(query=query).json()
    assert [each["amount"] for each in page["data"]] == [500]
