"""Filled days: large bills over the network, with known differences."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from tests.gateway.support import control, paid
from tests.gateway.test_bill_forms import opened
from tests.gateway.test_bills import ask_v2, download, rejected
from wechatpay_chain import TransportError
from wechatpay_chain.gateway import Gateway

FEW = {"orders": 300, "refunds": 0.2, "differences": "every"}


@pytest.fixture(autouse=True)
def yesterday(gateway):
    """A past day without entries."""
    gateway.advance(hours=24)
    day = gateway.state.clock.date()
    gateway.advance(hours=24)
    return day


def test_a_filled_day_comes_over_the_wire(gateway, wxpay, yesterday):
    day = gateway.fill(**FEW)
    assert (day.date.isoformat(), day.mchid) == (yesterday, gateway.identity.mchid)
    for kind in ("ALL", "SUCCESS", "REFUND"):
        text = download(wxpay, "v3/bill/tradebill", bill_date=yesterday, bill_type=kind)
        assert text == "".join(day.trade(kind))
    text = download(wxpay, "v3/bill/fundflowbill", bill_date=yesterday, tar_type="GZIP")
    assert text == "".join(day.fund_flow())
    assert day.expected["amount"] == day.expected["refund_amount"] == 2
    for side, date in ((day.before, day.before.date), (day.after, day.after.date)):
        text = download(wxpay, "v3/bill/tradebill", bill_date=date.isoformat())
        assert text == "".join(side.trade())


def test_a_filled_day_is_replaced(gateway, wxpay, yesterday):
    first = download_again(gateway, wxpay, yesterday, seed=1)
    assert first != download_again(gateway, wxpay, yesterday, seed=2)
    assert first == download_again(gateway, wxpay, yesterday, seed=1)


def download_again(gateway, wxpay, day, **options):
    gateway.fill(50, day, **options)
    return download(wxpay, "v3/bill/tradebill", bill_date=day)


def test_an_address_ends_with_what_it_leads_to(gateway, wxpay, yesterday):
    gateway.fill(50)
    told = wxpay.v3.bill.tradebill.get(query={"bill_date": yesterday}).json()
    gateway.fill(60)
    error = rejected(wxpay[told["download_url"]].get)
    assert error.code in ("INVALID_REQUEST", "PARAM_ERROR")


def test_a_partners_filled_day(gateway, wxpay, yesterday):
    day = gateway.fill(form="partner", **FEW)
    sub = day.sub_mchids[3]
    query = {"bill_date": yesterday, "sub_mchid": sub}
    text = download(wxpay, "v3/bill/tradebill", **query)
    assert text == "".join(day.trade(sub_mchid=sub))
    assert 1 < text.count("\n") < "".join(day.trade()).count("\n")
    sealed = {"account_type": "BASIC", "algorithm": "AEAD_AES_256_GCM", **query}
    told = wxpay.v3.bill.subMerchantFundflowbill.get(query=sealed).json()
    assert opened(wxpay, told)[0] == "".join(day.fund_flow(sub_mchid=sub))
    sealed = {**sealed, "account_type": "ALL"}
    del sealed["sub_mchid"]
    told = wxpay.v3.ecommerce.bill.fundflowbill.get(query=sealed).json()
    assert opened(wxpay, told)[0] == "".join(day.fund_flow())


def test_a_filled_day_by_v2(gateway, wxpay, yesterday):
    day = gateway.fill(**FEW)
    date = yesterday.replace("-", "")
    answer = ask_v2(gateway, wxpay, "v2/pay/downloadbill", bill_date=date, bill_type="ALL")
    text = "".join(day.trade())
    assert answer.content.decode() == "\ufeff" + text.replace("\n", "\r\n")
    funds = {"bill_date": date, "account_type": "Basic", "sign_type": "HMAC-SHA256"}
    packed = ask_v2(gateway, wxpay, "v2/pay/downloadfundflow", tar_type="GZIP", **funds)
    text = "".join(day.fund_flow())
    assert gzip.decompress(packed.content).decode() == "\ufeff" + text.replace("\n", "\r\n")


def test_a_large_bill_is_streamed(gateway, wxpay, yesterday, tmp_path):
    gateway.fill(20_000)
    told = wxpay.v3.bill.tradebill.get(query={"bill_date": yesterday}).json()
    sent = wxpay[told["download_url"]].get(sink=tmp_path / "bill.csv")
    assert sent.status_code == 200
    content = (tmp_path / "bill.csv").read_bytes()
    assert len(content) > 4_000_000
    assert hashlib.sha1(content).hexdigest() == told["hash_value"]


def test_a_large_bill_can_be_spoiled(gateway, wxpay, yesterday, tmp_path):
    gateway.fill(3_000)
    told = wxpay.v3.bill.tradebill.get(query={"bill_date": yesterday}).json()
    for fault in ("truncate", "reset"):
        gateway.faults.add("v3/billdownload/*", fault, times=1)
        with pytest.raises(TransportError):
            wxpay[told["download_url"]].get(sink=tmp_path / "bill.csv")
    assert list(tmp_path.iterdir()) == []
    gateway.faults.add("v3/billdownload/*", "wrong_body", times=1)
    wxpay[told["download_url"]].get(sink=tmp_path / "bill.csv")
    content = (tmp_path / "bill.csv").read_bytes()
    assert content.endswith(b"\n ")
    assert hashlib.sha1(content[:-1]).hexdigest() == told["hash_value"]


def test_a_large_encrypted_bill(gateway, wxpay, yesterday):
    day = gateway.fill(20_000, form="partner")
    sealed = {"account_type": "ALL", "algorithm": "AEAD_AES_256_GCM", "bill_date": yesterday}
    told = wxpay.v3.ecommerce.bill.fundflowbill.get(query=sealed).json()
    text, _ = opened(wxpay, told)
    assert text == "".join(day.fund_flow())
    kept = list(gateway.state.files.glob("*.bin"))
    assert len(kept) == 1
    gateway.advance(minutes=6)
    rejected(wxpay[told["download_bill_list"][0]["download_url"]].get)
    wxpay.v3.ecommerce.bill.fundflowbill.get(query=sealed)
    assert kept[0] not in gateway.state.files.iterdir()


def test_a_filled_day_survives_a_restart(tmp_path):
    with Gateway(data=tmp_path) as first:
        day = first.fill(50)
    with Gateway(data=tmp_path) as second, second.client() as wxpay:
        text = download(wxpay, "v3/bill/tradebill", bill_date=day.date.isoformat())
    assert text == "".join(day.trade())


def test_by_the_control_api(gateway, wxpay, yesterday):
    told = control(gateway, "fill", orders=100, differences={"amount": 3}, seed=7)
    assert (told["date"], told["orders"]) == (yesterday, 100)
    assert told["expected"]["amount"] == 3
    text = download(wxpay, "v3/bill/tradebill", bill_date=yesterday)
    assert text == "".join(gateway.fill(100, differences={"amount": 3}, seed=7).trade())


def test_a_day_that_is_not_filled_has_the_ledgers_bill(gateway, wxpay, yesterday):
    order = paid(gateway, wxpay, 100)
    day = gateway.fill(50, differences={"other_day": 4})
    text = download(wxpay, "v3/bill/tradebill", bill_date=gateway.state.clock.date())
    assert order["out_trade_no"] in text
    strayed = {each.out_trade_no for each in day.differences}
    assert {each.out_trade_no in text for each in day.after.payments()} == {True}
    assert {each.out_trade_no for each in day.after.payments()} & strayed


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"orders": 0}, "orders 0"),
        ({"orders": "many"}, "orders 'many'"),
        ({"orders": 10**9}, "orders 1000000000"),
        ({"date": "tomorrow"}, "date 'tomorrow'"),
        ({"date": "2999-01-01"}, "not yet"),
        ({"date": 3}, "date 3"),
        ({"differences": {"nothing": 1}}, "nothing"),
        ({"differences": {"amount": 1000}}, "are not enough"),
        ({"colour": "red"}, "colour"),
        ({"form": "round"}, "form"),
        ({"refunds": 2}, "refunds"),
    ],
)
def test_days_that_cannot_be_filled(gateway, given, words):
    with pytest.raises(ValueError, match=words):
        gateway.fill(**{"orders": 10, **given})
    status, told = control(gateway, "fill", **{"orders": 10, **given})
    assert status == 400
    assert words in told["error"]
