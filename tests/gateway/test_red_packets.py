"""Red packets: sent, received by one or many users, returned after a day, failed, repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.support import new_number
from wechatpay_chain import APIError
from wechatpay_chain.gateway.simulation.red_packets.records import SETTLING, TERM, _split

BASE = "v2/mmpaymkttransfers"
KINDS = {
    "sendredpack": {"total_num": 1, "client_ip": "127.0.0.1", "send_name": "Tea"},
    "sendgroupredpack": {"total_num": 3, "amt_type": "ALL_RAND", "send_name": "Tea"},
    "sendminiprogramhb": {
        "total_num": 1,
        "notify_way": "MINI_PROGRAM_JSAPI",
        "send_name": "Tea",
    },
    "sendworkwxredpack": {"sender_name": "Tea", "agentid": "1"},
}


def body(gateway: Any, kind: str = "sendredpack", **changes: Any) -> dict[str, Any]:
    return {
        "mch_billno": new_number("H")[:28],
        "mch_id": gateway.identity.mchid,
        "wxappid": gateway.identity.appid,
        "re_openid": "oUser",
        "total_amount": 1000,
        "wishing": "恭喜发财",
        "act_name": "spring",
        "remark": "x",
        **KINDS[kind],
        **changes,
    }


def send(wxpay: Any, fields: Mapping[str, Any], kind: str = "sendredpack") -> dict[str, Any]:
    sent: dict[str, Any] = wxpay.chain(f"{BASE}/{kind}").post(xml=fields, security=True).xml()
    return sent


def query(gateway: Any, wxpay: Any, number: str, *, work: bool = False) -> dict[str, Any]:
    asked = {"mch_billno": number, "mch_id": gateway.identity.mchid}
    asked["appid"] = gateway.identity.appid
    path = f"{BASE}/queryworkwxredpack" if work else f"{BASE}/gethbinfo"
    fields = asked if work else {**asked, "bill_type": "MCHT"}
    shown: dict[str, Any] = wxpay.chain(path).post(xml=fields, security=True).xml()
    return shown


def rejected(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    return caught.value.code


def operation(gateway: Any) -> int:
    return int(gateway.state.ledger.balance("operation"))


def spent(gateway: Any) -> int:
    ledger = gateway.state.ledger
    return int(-ledger.balance("bank") - ledger.balance("operation"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_red_packet_is_sent_and_received(gateway, wxpay, kind):
    work, fields = kind == "sendworkwxredpack", body(gateway, kind)
    before, number = spent(gateway), fields["mch_billno"]
    sent = send(wxpay, fields, kind)
    assert send(wxpay, fields, kind)["send_listid"] == sent["send_listid"]
    assert spent(gateway) - before == 1000
    assert query(gateway, wxpay, number, work=work)["status"] == "SENDING"
    gateway.advance(SETTLING)
    shown = query(gateway, wxpay, number, work=work)
    assert (shown["status"], shown["detail_id"]) == ("SENT", sent["send_listid"])
    users = [f"o{each}" for each in range(int(fields.get("total_num", 1)) - 1)]
    for openid in ("", *users):
        gateway.red_packets.receive(number, openid)
    with pytest.raises(LookupError, match="RECEIVED"):
        gateway.red_packets.receive(number)
    shown = query(gateway, wxpay, number, work=work)
    assert shown["status"] == "RECEIVED"
    if work:
        assert (shown["amount"], shown["openid"], shown["sender_name"]) == ("1000", "oUser", "Tea")
        return
    received = shown["hblist"]["hbinfo"]
    received = received if isinstance(received, list) else [received]
    assert [each["openid"] for each in received] == ["oUser", *users]
    assert sum(int(each["amount"]) for each in received) == 1000
    assert shown["hb_type"] == ("GROUP" if users else "NORMAL")


@pytest.mark.parametrize("receivers", [0, 1])
def test_what_nobody_receives_comes_back_after_a_day(gateway, wxpay, receivers):
    before, fields = spent(gateway), body(gateway, "sendgroupredpack")
    number = fields["mch_billno"]
    send(wxpay, fields, "sendgroupredpack")
    taken = 0
    for _ in range(receivers):
        taken = gateway.red_packets.receive(number)["received"][-1]["amount"]
    gateway.advance(TERM)
    today = gateway.state.clock.date()
    told = wxpay.v3.bill.fundflowbill.get(
        query={"bill_date": today, "account_type": "OPERATION"}
    ).json()
    token = told["download_url"].split("=")[-1]
    bill = wxpay.v3.billdownload.file.get(query={"token": token}).text
    assert "现金红包退回" in bill
    assert spent(gateway) - before == taken
    shown = query(gateway, wxpay, number)
    assert (shown["status"], shown["refund_amount"]) == ("REFUND", str(1000 - taken))
    assert shown["refund_time"] > shown["send_time"]
    with pytest.raises(LookupError, match="REFUND"):
        gateway.red_packets.receive(number, "oLate")


def test_a_red_packet_that_fails_needs_another_number(gateway, wxpay):
    before, fields = spent(gateway), body(gateway)
    send(wxpay, fields)
    gateway.red_packets.fail(fields["mch_billno"], "blocked")
    shown = query(gateway, wxpay, fields["mch_billno"])
    assert (shown["status"], shown["reason"]) == ("FAILED", "blocked")
    assert rejected(send, wxpay, fields) == "SEND_FAILED"
    assert spent(gateway) == before
    sent = body(gateway)
    send(wxpay, sent)
    gateway.advance(SETTLING)
    with pytest.raises(LookupError, match="SENT"):
        gateway.red_packets.fail(sent["mch_billno"])
    with pytest.raises(LookupError, match="不能领取"):
        gateway.red_packets.receive(sent["mch_billno"], "oSomebodyElse")


def test_a_number_is_good_for_one_content(gateway, wxpay):
    fields, before = body(gateway), spent(gateway)
    send(wxpay, fields)
    for change in ({"total_amount": 2000}, {"re_openid": "oOther"}, {"wishing": "x"}):
        assert rejected(send, wxpay, {**fields, **change}) == "FATAL_ERROR"
    assert spent(gateway) - before == 1000


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("sendredpack", {"total_amount": 99}, "MONEY_LIMIT"),
        ("sendredpack", {"total_amount": 20_001}, "MONEY_LIMIT"),
        ("sendredpack", {"total_amount": 9, "scene_id": "PRODUCT_1"}, "MONEY_LIMIT"),
        ("sendgroupredpack", {"total_amount": 299}, "MONEY_LIMIT"),
        ("sendredpack", {"total_amount": 0}, "PARAM_ERROR"),
        ("sendredpack", {"total_num": 2}, "PARAM_ERROR"),
        ("sendgroupredpack", {"total_num": 2}, "PARAM_ERROR"),
        ("sendgroupredpack", {"total_num": 21, "total_amount": 9000}, "PARAM_ERROR"),
        ("sendredpack", {"mch_billno": "x" * 29}, "PARAM_ERROR"),
        ("sendredpack", {"mch_billno": "H-1"}, "PARAM_ERROR"),
        ("sendredpack", {"wishing": "x" * 129}, "PARAM_ERROR"),
        ("sendredpack", {"re_openid": ""}, "PARAM_ERROR"),
        ("sendredpack", {"wxappid": "wx0123456789abcdef"}, "APPID_MCHID_NOT_MATCH"),
    ],
)
def test_what_is_rejected(gateway, wxpay, kind, changes, code):
    before = spent(gateway)
    assert rejected(send, wxpay, body(gateway, kind, **changes), kind) == code
    assert spent(gateway) == before


def test_a_scene_allows_more_and_less(gateway, wxpay):
    for amount in (10, 499_900):
        send(wxpay, body(gateway, total_amount=amount, scene_id="PRODUCT_1"))


def test_what_is_not_there_or_of_another_product(gateway, wxpay):
    fields = body(gateway)
    send(wxpay, fields)
    assert rejected(query, gateway, wxpay, fields["mch_billno"], work=True) == "NOT_FOUND"
    assert rejected(query, gateway, wxpay, "H0") == "NOT_FOUND"
    with pytest.raises(APIError, match="No required SSL certificate"):
        wxpay.chain(f"{BASE}/sendredpack").post(xml=fields)


def test_a_mini_program_gets_the_parameters_of_its_launch(gateway, wxpay):
    sent = send(wxpay, body(gateway, "sendminiprogramhb"), "sendminiprogramhb")
    package = parse_qs(sent["package"])
    assert package["mchid"] == [gateway.identity.mchid]
    assert package["sendid"] == [sent["send_listid"]]


@given(amount=st.integers(300, 10_000), count=st.integers(3, 20))
def test_shares_add_up(amount: int, count: int) -> None:
    shares = _split(amount, count)
    assert (sum(shares), len(shares), min(shares) > 0) == (amount, count, True)
