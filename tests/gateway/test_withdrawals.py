"""Withdrawals of the platform and its sub-merchants, of day-end balances, and their outcomes."""

from __future__ import annotations

import gzip

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import SUB, new_number
from wechatpay_chain import APIError

DAY = 86400
MONEY = "merchant:1900000109"


@pytest.fixture(autouse=True)
def rich(gateway):
    """There is something to withdraw."""
    gateway.state.ledger.move("recharge", 1000, "bank", "merchant")
    gateway.state.ledger.move("recharge", 1000, "bank", MONEY)


def rejected(call, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.code


def asked(fen=100, **changes):
    return {**SUB, "out_request_no": new_number("W"), "amount": fen, **changes}


def withdraw(wxpay, body):
    return wxpay.v3.ecommerce.fund.withdraw.post(json=body).json()


def found(wxpay, made):
    path = wxpay.v3.ecommerce.fund.withdraw._withdraw_id_
    return path.get(withdraw_id=made["withdraw_id"], query=SUB).json()


def test_a_withdrawal_arrives_by_itself(gateway, wxpay):
    ledger = gateway.state.ledger
    before, at_the_bank = ledger.balance(MONEY), ledger.balance("bank")
    body = asked(remark="sales", bank_memo="memo")
    made = withdraw(wxpay, body)
    assert withdraw(wxpay, body) == made
    assert (made["account_type"], ledger.balance(MONEY)) == ("BASIC", before - 100)
    shown = found(wxpay, made)
    assert (shown["status"], shown["amount"]) == ("CREATE_SUCCESS", 100)
    assert (shown["remark"], shown["bank_memo"]) == ("sales", "memo")
    assert shown["sp_mchid"] == gateway.identity.mchid
    gateway.advance(5)
    path = wxpay.v3.ecommerce.fund.withdraw.outRequestNo._out_request_no_
    shown = path.get(out_request_no=body["out_request_no"], query=SUB).json()
    assert (shown["status"], shown["withdraw_id"]) == ("SUCCESS", made["withdraw_id"])
    assert ledger.balance("bank") == at_the_bank + 100


def test_who_sees_a_withdrawal(wxpay):
    made = withdraw(wxpay, asked())
    path = wxpay.v3.ecommerce.fund.withdraw._withdraw_id_
    other = {"sub_mchid": "1900000118"}
    named = {"withdraw_id": made["withdraw_id"]}
    assert rejected(path.get, **named, query=other) == "RESOURCE_NOT_EXISTS"
    own = wxpay.v3.merchant.fund.withdraw.withdrawId._withdraw_id_
    assert rejected(own.get, **named) == "RESOURCE_NOT_EXISTS"
    assert rejected(path.get, **named, query={}) == "PARAM_ERROR"


@pytest.mark.parametrize(
    ("control", "state", "reason"),
    [("succeed", "SUCCESS", ""), ("fail", "FAIL", "卡号错误")],
)
def test_how_a_withdrawal_ends(gateway, wxpay, receiver, control, state, reason):
    before = gateway.state.ledger.balance(MONEY)
    made = withdraw(wxpay, asked(notify_url=receiver.url))
    getattr(gateway.withdrawals, control)(made["withdraw_id"])
    shown = found(wxpay, made)
    assert (shown["status"], shown["reason"]) == (state, reason)
    returned = 100 if state == "FAIL" else 0
    assert gateway.state.ledger.balance(MONEY) == before - 100 + returned
    told = receiver.next()
    assert_fits(told, "sub-merchant")
    assert (told.event_type, told.resource["status"]) == ("MCHWITHDRAW.CHANGE", state)
    with pytest.raises(LookupError, match=f"提现单状态是 {state}"):
        gateway.withdrawals.fail(made["withdraw_id"])
    gateway.advance(5)
    assert found(wxpay, made)["status"] == state


def test_the_bank_sends_money_back(gateway, wxpay, receiver):
    body = {"out_request_no": new_number("W"), "amount": 70, "account_type": "BASIC"}
    body |= {"notify_url": receiver.url}
    before = gateway.state.ledger.balance("merchant")
    made = wxpay.v3.merchant.fund.withdraw.post(json=body).json()
    with pytest.raises(LookupError, match="不是 SUCCESS"):
        gateway.withdrawals.refund(made["withdraw_id"])
    gateway.advance(5)
    first = receiver.next()
    assert_fits(first, "direct")
    gateway.withdrawals.refund(made["withdraw_id"], "户名不符")
    assert (first.resource["status"], receiver.next().resource["status"]) == ("SUCCESS", "REFUND")
    path = wxpay.v3.merchant.fund.withdraw.outRequestNo._out_request_no_
    shown = path.get(out_request_no=body["out_request_no"]).json()
    assert (shown["status"], shown["reason"]) == ("REFUND", "户名不符")
    assert shown["solution"]
    assert gateway.state.ledger.balance("merchant") == before


def test_an_account_with_too_little(gateway, wxpay):
    have = gateway.state.ledger.balance(MONEY)
    body = asked(have + 1)
    assert rejected(withdraw, wxpay=wxpay, body=body) == "NOT_ENOUGH"
    path = wxpay.v3.ecommerce.fund.withdraw.outRequestNo._out_request_no_
    named = {"out_request_no": body["out_request_no"]}
    assert path.get(**named, query=SUB).json()["status"] == "INIT"
    gateway.state.ledger.move("recharge", 1, "bank", MONEY)
    withdraw(wxpay, body)
    assert path.get(**named, query=SUB).json()["status"] == "CREATE_SUCCESS"
    late = asked(have + 1)
    assert rejected(withdraw, wxpay=wxpay, body=late) == "NOT_ENOUGH"
    gateway.advance(7 * DAY)
    assert rejected(withdraw, wxpay=wxpay, body=late) == "INVALID_REQUEST"


def test_what_is_no_withdrawal(wxpay):
    body = asked()
    withdraw(wxpay, body)
    assert rejected(withdraw, wxpay=wxpay, body={**body, "amount": 99}) == "INVALID_REQUEST"
    for wrong in ({"amount": 0}, {"amount": 80_000_000_001}, {"account_type": "DEPOSIT"}):
        assert rejected(withdraw, wxpay=wxpay, body=asked(**wrong)) == "PARAM_ERROR"
    assert rejected(withdraw, wxpay=wxpay, body=asked(out_request_no="a-b")) == "PARAM_ERROR"


def test_the_balance_of_yesterday(gateway, wxpay, receiver):
    post = wxpay.v3.platsolution.ecommerce.withdraw.dayEndBalanceWithdraw.post
    have = gateway.state.ledger.balance(MONEY)
    gateway.advance(DAY)
    gateway.state.ledger.move("recharge", 50, "bank", MONEY)
    way = {"calculate_amount_type": "ONLY_DAY_END_BALANCE", "reserve_amount": 30}
    body = {**SUB, **way, "out_request_no": new_number("W"), "notify_url": receiver.url}
    made = post(json=body).json()
    assert (made["status"], made["total_amount"]) == ("PROCESSING", have - 30)
    assert gateway.state.ledger.balance(MONEY) == 80
    again = {**body, "out_request_no": new_number("W")}
    assert rejected(post, json=again) == "NOT_ENOUGH"
    again |= {"calculate_amount_type": "ALLOW_CURRENT_BALANCE"}
    again |= {"out_request_no": new_number("W")}
    assert post(json=again).json()["total_amount"] == 50
    gateway.withdrawals.fail(made["withdraw_id"])
    told = receiver.next()
    assert_fits(told, "day-end-balance")
    path = wxpay.v3.platsolution.ecommerce.withdraw.dayEndBalanceWithdraw.outRequestNo
    named = {"out_request_no": body["out_request_no"], "query": SUB}
    shown = path._out_request_no_.get(**named).json()
    assert (shown["status"], shown["fail_amount"]) == ("ABNORMAL", have - 30)
    other = wxpay.v3.ecommerce.fund.withdraw.outRequestNo._out_request_no_
    assert rejected(other.get, **named) == "RESOURCE_NOT_EXISTS"


def test_the_file_of_failed_withdrawals(gateway, wxpay):
    path = wxpay.v3.merchant.fund.withdraw.billType._bill_type_
    gateway.advance(DAY)
    query = {"bill_date": gateway.state.clock.date(), "tar_type": "GZIP"}
    assert rejected(path.get, bill_type="NO_SUCC", query=query) == "NO_STATEMENT_EXIST"
    assert rejected(path.get, bill_type="ALL", query=query) == "PARAM_ERROR"
    made = withdraw(wxpay, asked())
    gateway.withdrawals.fail(made["withdraw_id"], "卡号错误")
    withdraw(wxpay, asked())
    told = path.get(bill_type="NO_SUCC", query=query).json()
    lines = gzip.decompress(wxpay[told["download_url"]].get().content).decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"`{made['withdraw_id']},")
    assert ",`1.00,`FAIL,`卡号错误," in lines[1]


def test_a_withdrawal_in_the_fund_flow_bill(gateway, wxpay):
    made = withdraw(wxpay, asked())
    gateway.withdrawals.fail(made["withdraw_id"])
    query = {**SUB, "bill_date": gateway.state.clock.date(), "account_type": "BASIC"}
    told = wxpay.v3.bill.fundflowbill.get(query=query).json()
    text = wxpay[told["download_url"]].get().content.decode()
    rows = [line for line in text.splitlines() if made["withdraw_id"] in line]
    assert [",`提现," in rows[0], ",`提现退回," in rows[1]] == [True, True]
