"""Payments of APIv2 to users and bank accounts: repeated, with a fee, failed and returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.gateway.support import new_number
from wechatpay_chain import APIError
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.gateway.simulation.payouts.records import SETTLING

POCKET = "v2/mmpaymkttransfers/promotion/transfers"
EMPLOYEE = "v2/mmpaymkttransfers/promotion/paywwsptrans2pocket"
QUERIES = {
    POCKET: "v2/mmpaymkttransfers/gettransferinfo",
    EMPLOYEE: "v2/mmpaymkttransfers/promotion/querywwsptrans2pocket",
}
BANK = "v2/mmpaysptrans/pay_bank"


def pocket(gateway: Any, path: str = POCKET, **changes: Any) -> dict[str, Any]:
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    parties = (
        {"mch_appid": appid, "mchid": mchid}
        if path == POCKET
        else {"appid": appid, "mch_id": mchid}
    )
    return {
        **parties,
        "partner_trade_no": new_number("E")[:20],
        "openid": "oUser",
        "check_name": "FORCE_CHECK",
        "re_user_name": "张三",
        "amount": 500,
        "desc": "welcome",
        "spbill_create_ip": "127.0.0.1",
        **changes,
    }


def ask(wxpay: Any, path: str, fields: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    shown: dict[str, Any] = wxpay.chain(path).post(xml=fields, security=True, **options).xml()
    return shown


def rejected(*arguments: Any, **options: Any) -> str:
    with pytest.raises(APIError) as caught:
        ask(*arguments, **options)
    return caught.value.code


def balances(gateway: Any) -> dict[str, int]:
    ledger = gateway.state.ledger
    return {name: ledger.balance(name) for name in ("user", "transit", "wechatpay")}


def change(gateway: Any, before: Mapping[str, int]) -> tuple[int, int, int]:
    now = balances(gateway)
    user, transit, fee = (now[name] - before[name] for name in ("user", "transit", "wechatpay"))
    return user, transit, fee


def key_of(gateway: Any, wxpay: Any) -> str:
    asked = {"mch_id": gateway.identity.mchid, "sign_type": "MD5"}
    base_uri = gateway.base_uris["https://fraud.mch.weixin.qq.com/"]
    base_uri = base_uri.replace(gateway.base_uri, gateway.tls_base_uri)
    return str(ask(wxpay, "v2/risk/getpublickey", asked, base_uri=base_uri)["pub_key"])


def to_bank(gateway: Any, wxpay: Any, **changes: Any) -> dict[str, Any]:
    key = key_of(gateway, wxpay)
    return {
        "mch_id": gateway.identity.mchid,
        "partner_trade_no": new_number("E")[:20],
        "enc_bank_no": rsa.encrypt("6222000000000001", key),
        "enc_true_name": rsa.encrypt("张三", key),
        "bank_code": "1002",
        "amount": 500_000,
        "desc": "x",
        **changes,
    }


def query_bank(gateway: Any, wxpay: Any, number: str) -> dict[str, Any]:
    asked = {"mch_id": gateway.identity.mchid, "partner_trade_no": number}
    return ask(wxpay, "v2/mmpaysptrans/query_bank", asked)


def query(gateway: Any, wxpay: Any, path: str, number: str) -> dict[str, Any]:
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    asked = {"appid": appid, "mch_id": mchid, "partner_trade_no": number}
    return ask(wxpay, QUERIES[path], asked)


@pytest.mark.parametrize("path", QUERIES)
def test_a_user_is_paid_at_once_and_once(gateway, wxpay, path):
    before, fields = balances(gateway), pocket(gateway, path)
    paid = ask(wxpay, path, fields)
    assert ask(wxpay, path, fields)["payment_no"] == paid["payment_no"]
    assert change(gateway, before) == (500, 0, 0)
    for changes in ({"amount": 501}, {"openid": "oOther"}, {"re_user_name": "李四"}):
        assert rejected(wxpay, path, {**fields, **changes}) == "FATAL_ERROR"
    shown = query(gateway, wxpay, path, fields["partner_trade_no"])
    assert (shown["status"], shown["payment_amount"]) == ("SUCCESS", "500")
    assert (shown["detail_id"], shown["transfer_name"]) == (paid["payment_no"], "张三")
    assert shown["transfer_time"] == paid["payment_time"]
    other = next(each for each in QUERIES if each != path)
    with pytest.raises(APIError, match="NOT_FOUND"):
        query(gateway, wxpay, other, fields["partner_trade_no"])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"re_user_name": ""}, "PARAM_ERROR"),
        ({"check_name": "MAYBE"}, "PARAM_ERROR"),
        ({"amount": 0}, "PARAM_ERROR"),
        ({"amount": "1.5"}, "PARAM_ERROR"),
        ({"partner_trade_no": "E-1"}, "PARAM_ERROR"),
        ({"partner_trade_no": "E" * 33}, "PARAM_ERROR"),
        ({"openid": "o" * 65}, "PARAM_ERROR"),
        ({"desc": ""}, "PARAM_ERROR"),
        ({"mch_appid": "wx0123456789abcdef"}, "APPID_MCHID_NOT_MATCH"),
    ],
)
def test_what_is_rejected(gateway, wxpay, changes, code):
    before = balances(gateway)
    assert rejected(wxpay, POCKET, pocket(gateway, **changes)) == code
    assert change(gateway, before) == (0, 0, 0)


def test_a_user_may_be_refused(gateway, wxpay):
    before, fields = balances(gateway), pocket(gateway, openid="oRefused")
    gateway.payouts.refuse("oRefused")
    assert rejected(wxpay, POCKET, fields) == "NAME_MISMATCH"
    gateway.payouts.refuse("oRefused", "V2_ACCOUNT_SIMPLE_BAN")
    assert rejected(wxpay, POCKET, fields) == "V2_ACCOUNT_SIMPLE_BAN"
    assert change(gateway, before) == (0, 0, 0)
    gateway.payouts.accept("oRefused")
    ask(wxpay, POCKET, fields)
    assert change(gateway, before) == (500, 0, 0)


@pytest.mark.parametrize(
    ("amount", "fee"), [(1, 100), (100_000, 100), (500_000, 500), (9_000_000, 2_500)]
)
def test_a_bank_account_is_paid_after_a_while_with_a_fee(gateway, wxpay, amount, fee):
    before, fields = balances(gateway), to_bank(gateway, wxpay, amount=amount)
    paid = ask(wxpay, BANK, fields)
    assert paid["cmms_amt"] == str(fee)
    assert change(gateway, before) == (0, amount, fee)
    number = fields["partner_trade_no"]
    assert query_bank(gateway, wxpay, number)["status"] == "PROCESSING"
    gateway.advance(SETTLING)
    shown = query_bank(gateway, wxpay, number)
    assert (shown["status"], shown["payment_no"]) == ("SUCCESS", paid["payment_no"])
    assert shown["bank_no_md5"] == digest.md5("6222000000000001")
    assert shown["true_name_md5"] == digest.md5("张三")
    assert shown["pay_succ_time"] > shown["create_time"]
    assert change(gateway, before) == (amount, 0, fee)


def test_the_same_payment_is_encrypted_anew_and_made_once(gateway, wxpay):
    fields, before = to_bank(gateway, wxpay), balances(gateway)
    again = to_bank(gateway, wxpay, partner_trade_no=fields["partner_trade_no"])
    assert again["enc_bank_no"] != fields["enc_bank_no"]
    paid = ask(wxpay, BANK, fields)
    assert ask(wxpay, BANK, again)["payment_no"] == paid["payment_no"]
    assert change(gateway, before) == (0, 500_000, 500)
    other = rsa.encrypt("6222000000000002", key_of(gateway, wxpay))
    for changes in ({"amount": 1}, {"enc_bank_no": other}):
        assert rejected(wxpay, BANK, {**again, **changes}) == "FATAL_ERROR"
    assert rejected(wxpay, BANK, {**again, "enc_bank_no": "AAAA"}) == "PARAM_ERROR"
    stored = gateway.state.store.get("payout", fields["partner_trade_no"])
    assert not {"6222000000000001", "张三"} & {str(each) for each in stored.values()}


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("by_bank", [False, True])
def test_a_payment_that_fails_comes_back_with_its_fee(gateway, wxpay, arrived, by_bank):
    before, fields = balances(gateway), to_bank(gateway, wxpay)
    number = fields["partner_trade_no"]
    ask(wxpay, BANK, fields)
    gateway.advance(SETTLING if arrived else 0)
    end = gateway.payouts.return_by_bank if by_bank else gateway.payouts.fail
    if arrived and not by_bank:
        with pytest.raises(LookupError, match="SUCCESS"):
            end(number)
        return
    end(number, "no such account")
    shown = query_bank(gateway, wxpay, number)
    assert shown["status"] == ("BANK_FAIL" if by_bank else "FAILED")
    assert shown["reason"] == "no such account"
    assert change(gateway, before) == (0, 0, 0)
    assert rejected(wxpay, BANK, fields) == "SEND_FAILED"
    with pytest.raises(LookupError, match=shown["status"]):
        end(number)


def test_what_is_not_there(gateway, wxpay):
    asked = {"mch_id": gateway.identity.mchid, "partner_trade_no": "E0000000"}
    assert rejected(wxpay, "v2/mmpaysptrans/query_bank", asked) == "ORDERNOTEXIST"
    for control in (gateway.payouts.fail, gateway.payouts.return_by_bank):
        with pytest.raises(LookupError):
            control("E0000000")
    paid = pocket(gateway)
    ask(wxpay, POCKET, paid)
    with pytest.raises(LookupError, match="SUCCESS"):  # not a payment to a bank account
        gateway.payouts.return_by_bank(paid["partner_trade_no"])
    for path in (POCKET, BANK):
        with pytest.raises(APIError, match="No required SSL certificate"):
            wxpay.chain(path).post(xml=asked)
