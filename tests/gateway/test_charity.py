"""Charity budgets: confirmed, donated from, unlocked; and the receipts of their donations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import new_number
from tests.gateway.test_bills import download
from tests.gateway.test_receipts import downloaded
from tests.gateway.test_transfers import rejected
from wechatpay_chain.gateway import Gateway

BASE = "v3/fund-app/mch-transfer/partner"
SPONSOR = {"sponsor_mchid": "1900000121"}


def budget(wxpay: Any, amount: int = 1000) -> dict[str, Any]:
    body = {
        **SPONSOR,
        "out_budget_no": new_number("G"),
        "sponsor_subject_name": "示例公司",
        "activity_name": "助学",
        "activity_remark": "捐赠",
        "amount": amount,
    }
    apply = wxpay[f"{BASE}/charity-budget"]
    made = apply.post(json=body).json()
    assert apply.post(json=body).json() == made
    assert rejected(apply.post, json={**body, "amount": 1}).code == "ALREADY_EXISTS"
    return made


def donation(made: dict[str, Any], amount: int, **changes: Any) -> dict[str, Any]:
    return {
        **SPONSOR,
        "out_budget_no": made["out_budget_no"],
        "out_transfer_no": new_number("H"),
        "receive_mchid": "1900000122",
        "amount": amount,
        "transfer_remark": "捐赠",
        **changes,
    }


def test_a_budget_is_donated_from_and_unlocked(gateway, wxpay):
    ledger, donate = gateway.state.ledger, wxpay[f"{BASE}/charity-transfer-bills"]
    made = budget(wxpay)
    number = made["out_budget_no"]
    assert made["state"] == "PENDING"
    assert rejected(donate.post, json=donation(made, 1)).code == "INVALID_REQUEST"
    gateway.charity_budgets.confirm(number)
    received = ledger.balance("receiver")
    body = donation(made, 400)
    first = donate.post(json=body).json()
    assert donate.post(json=body).json() == first
    assert first["state"] == "ACCEPTED"
    query = {**SPONSOR, "out_budget_no": number}
    path = wxpay[f"{BASE}/charity-transfer-bills/out-transfer-no/{body['out_transfer_no']}"]
    assert path.get(query=query).json()["state"] == "SUCCESS"
    assert rejected(path.get, query={**query, "sponsor_mchid": "1"}).code == "NOT_FOUND"
    assert rejected(donate.post, json=donation(made, 601)).code == "NOT_ENOUGH"
    one = wxpay[f"{BASE}/charity-budget/{number}"]
    shown = one.get(query=SPONSOR).json()
    assert (shown["state"], shown["remain_amount"]) == ("LOCKED", 600)
    ended = wxpay[f"{one}/unlock"].post(json={**SPONSOR, "activity_remark": "结束"}).json()
    assert (ended["state"], ended["unlocked_amount"]) == ("FINISHED", 600)
    assert ledger.balance("receiver") - received == 400
    assert ledger.balance(f"budget:{SPONSOR['sponsor_mchid']}") == 0


def test_donations_arrive_at_merchants_of_the_gateway(identity):
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        own = gateway.add_sub_merchant(gateway.identity.mchid).mchid
        partner, direct = gateway.add_merchant("partner"), gateway.add_merchant("direct")
        shop = gateway.add_sub_merchant(partner).mchid
        made = budget(wxpay)
        gateway.charity_budgets.confirm(made["out_budget_no"])
        donate = wxpay[f"{BASE}/charity-transfer-bills"]
        receivers = (direct.mchid, shop, own, gateway.identity.mchid)
        ledger = gateway.state.ledger
        before = ledger.balance("merchant"), ledger.balance("receiver")
        for fen, receiver in zip((10, 20, 30, 40), receivers, strict=True):
            body = donation(made, fen, receive_mchid=receiver)
            first = donate.post(json=body).json()
            assert donate.post(json=body).json() == first  # a repetition is not paid again
        assert (direct.balance(), partner.balance(shop), partner.balance()) == (10, 20, 0)
        assert ledger.balance(f"merchant:{own}") == 30
        after = ledger.balance("merchant"), ledger.balance("receiver")
        assert (after[0] - before[0], after[1] - before[1]) == (40, 30)  # external for this ledger
        numbers = {each["kind"]: each["out_transfer_no"] for each in direct.state.ledger.entries()}
        assert list(numbers) == ["donation"]
        for merchant in gateway.merchants.values():
            merchant.state.ledger.check()
        today = gateway.state.clock.date()
        gateway.advance(hours=24)
        with direct.client() as receiving:
            bill = download(receiving, "v3/bill/fundflowbill", bill_date=today)
        assert [row for row in bill.splitlines() if "公益捐赠" in row and "`0.10," in row]


def test_a_sponsor_declines(gateway, wxpay):
    number = budget(wxpay)["out_budget_no"]
    gateway.charity_budgets.close(number)
    assert wxpay[f"{BASE}/charity-budget/{number}"].get(query=SPONSOR).json()["closed_time"]
    with pytest.raises(LookupError, match="CLOSED"):
        gateway.charity_budgets.confirm(number)
    unlock = wxpay[f"{BASE}/charity-budget/{number}/unlock"]
    body = {**SPONSOR, "activity_remark": "结束"}
    assert rejected(unlock.post, json=body).code == "INVALID_REQUEST"


def test_the_receipt_of_donations(gateway, wxpay):
    made = budget(wxpay)
    gateway.charity_budgets.confirm(made["out_budget_no"])
    today = gateway.state.clock.date()
    donate = wxpay[f"{BASE}/charity-transfer-bills"]
    for fen, receiver in ((100, "1900000122"), (23, "1900000123")):
        donate.post(json=donation(made, fen, receive_mchid=receiver))
    path = wxpay[f"{BASE}/budget/{made['out_budget_no']}/electronic-receipts"]
    days = {**SPONSOR, "start_date": today, "end_date": today}
    assert rejected(path.post, json=days).detail["field"] == "/start_date"  # not before tomorrow
    gateway.advance(hours=24)
    for more, amount in (({}, "1.23"), ({"receiver_mchid": "1900000122"}, "1.00")):
        applied = path.post(json={**days, **more}).json()
        assert applied["receipt_state"] == "ACCEPTED"
        gateway.advance(seconds=5)
        receipt = path.get(query={"accept_id": applied["accept_id"]}).json()
        assert receipt["receipt_state"] == "FINISHED"
        assert f"转账金额: {amount} 元" in downloaded(wxpay, receipt)
    assert rejected(path.get, query={"accept_id": "nothing"}).code == "NOT_FOUND"
