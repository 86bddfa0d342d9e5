"""Transfers to a user's balance: waiting, confirmed, cancelled, failed and expired."""

from __future__ import annotations

import pytest

from tests.gateway.support import SUB, control, new_number
from wechatpay_chain import APIError, Sensitive
from wechatpay_chain.gateway.simulation.transfers import records as transfers

PARTNERS = (
    "v3/fund-app/mch-transfer/partner/transfer-bills",
    "v3/ecommerce/mch-transfer/transfer-bills",
)
DIRECT = "v3/fund-app/mch-transfer/transfer-bills"


def bill(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "out_bill_no": new_number("T"),
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "transfer_amount": 100,
        "transfer_remark": "新会员开通有礼",
        "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
        **changes,
    }


def create(wxpay, body, base=DIRECT):
    return wxpay.chain(base).post(json=body).json()


def query(wxpay, number, base=DIRECT, **query):
    path = f"{base}/out-bill-no/{{out_bill_no}}"
    return wxpay.chain(path).get(out_bill_no=number, query=query or None).json()


def cancel(wxpay, number, base=DIRECT, **body):
    path = f"{base}/out-bill-no/{{out_bill_no}}/cancel"
    return wxpay.chain(path).post(out_bill_no=number, json=body).json()


def rejected(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def test_a_transfer_waits_until_the_user_confirms(gateway, wxpay, receiver):
    ledger = gateway.state.ledger
    users = ledger.balance("user")
    made = create(wxpay, bill(gateway, notify_url=receiver.url))
    assert made["state"] == "WAIT_USER_CONFIRM"
    assert made["package_info"]
    number = made["out_bill_no"]
    shown = query(wxpay, number)
    assert (shown["state"], shown["transfer_amount"]) == ("WAIT_USER_CONFIRM", 100)
    assert shown["mch_id"] == gateway.identity.mchid
    assert (ledger.balance("transit"), ledger.balance("user")) == (100, users)
    assert number not in str(control(gateway, "notifications", "GET"))
    gateway.advance(minutes=1)
    assert control(gateway, f"transfers/{number}/confirm")["state"] == "SUCCESS"
    told = receiver.next()
    assert told.event_type == "MCHTRANSFER.BILL.FINISHED"
    assert told.raw["resource"]["original_type"] == "mch_payment"
    assert (told.resource["state"], told.resource["transfer_amount"]) == ("SUCCESS", 100)
    shown = query(wxpay, number)
    assert shown["state"] == "SUCCESS"
    assert shown["update_time"] == told.resource["update_time"] > shown["create_time"]
    by_id = wxpay.chain(f"{DIRECT}/transfer-bill-no/{{transfer_bill_no}}")
    assert by_id.get(transfer_bill_no=made["transfer_bill_no"]).json() == shown
    assert (ledger.balance("transit"), ledger.balance("user")) == (0, users + 100)
    status, error = control(gateway, f"transfers/{number}/confirm")
    assert (status, error["error"]) == (400, "INVALID_REQUEST")
    gateway.advance(hours=25)
    assert query(wxpay, number) == shown
    assert receiver.empty


def test_the_same_number_is_the_same_transfer(gateway, wxpay):
    body = bill(gateway, user_name=Sensitive("张三"))
    first = create(wxpay, body)
    assert create(wxpay, body) == first  # encrypted again, but identical
    error = rejected(create, wxpay, {**body, "transfer_amount": 101})
    assert (error.status_code, error.code) == (400, "ALREADY_EXISTS")
    assert rejected(create, wxpay, {**body, "user_name": Sensitive("李四")}).code == error.code
    control(gateway, f"transfers/{body['out_bill_no']}/confirm")
    again = create(wxpay, body)
    assert (again["state"], "package_info" in again) == ("SUCCESS", False)
    assert wxpay.decrypt(query(wxpay, body["out_bill_no"])["user_name"]) == "张三"
    assert "张三" not in str(gateway.state.store.get("transfer", body["out_bill_no"]))


def test_cancelling_gives_the_money_back(gateway, wxpay, receiver):
    ledger = gateway.state.ledger
    made = create(wxpay, bill(gateway, notify_url=receiver.url))
    had = ledger.balance("operation")
    assert cancel(wxpay, made["out_bill_no"])["state"] == "CANCELING"
    assert receiver.next().resource["state"] == "CANCELLED"
    again = cancel(wxpay, made["out_bill_no"])
    assert again["state"] == "CANCELLED"
    assert query(wxpay, made["out_bill_no"])["update_time"] == again["update_time"]
    assert ledger.balance("operation") - had == 100
    banked = ledger.balance("bank")
    create(wxpay, bill(gateway))
    assert ledger.balance("bank") == banked  # paid with the returned money
    gateway.advance(hours=25)
    assert query(wxpay, made["out_bill_no"])["state"] == "CANCELLED"


def test_what_is_confirmed_cannot_be_cancelled(gateway, wxpay):
    made = create(wxpay, bill(gateway))
    control(gateway, f"transfers/{made['out_bill_no']}/confirm")
    error = rejected(cancel, wxpay, made["out_bill_no"])
    assert (error.status_code, error.code) == (400, "INVALID_REQUEST")


def test_a_user_who_does_not_confirm_for_a_day(gateway, wxpay, receiver):
    made = create(wxpay, bill(gateway, notify_url=receiver.url))
    gateway.advance(hours=23)
    assert query(wxpay, made["out_bill_no"])["state"] == "WAIT_USER_CONFIRM"
    assert receiver.empty
    gateway.advance(hours=1)
    told = receiver.next().resource  # without a query
    assert (told["state"], told["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    shown = query(wxpay, made["out_bill_no"])
    assert (shown["state"], shown["fail_reason"]) == ("FAIL", "OVERDUE_CLOSE")
    assert shown["update_time"] == told["update_time"]
    assert rejected(cancel, wxpay, made["out_bill_no"]).code == "INVALID_REQUEST"
    assert control(gateway, f"transfers/{made['out_bill_no']}/confirm")[0] == 400


def test_a_transfer_that_fails(gateway, wxpay, receiver):
    body = bill(gateway, notify_url=receiver.url)
    number = create(wxpay, body)["out_bill_no"]
    ended = control(gateway, f"transfers/{number}/fail", reason="REAL_NAME_CHECK_FAIL")
    assert ended["reason"] == "REAL_NAME_CHECK_FAIL"
    assert receiver.next().resource["fail_reason"] == "REAL_NAME_CHECK_FAIL"
    assert create(wxpay, body)["fail_reason"] == "REAL_NAME_CHECK_FAIL"
    other = create(wxpay, bill(gateway))["out_bill_no"]
    assert control(gateway, f"transfers/{other}/fail", reason=5)[0] == 400
    assert control(gateway, f"transfers/{other}/fail", why="not")[0] == 400
    assert control(gateway, f"transfers/{other}/forget")[0] == 404
    assert control(gateway, "transfers/nobody/confirm")[0] == 404
    listed = control(gateway, "transfers?limit=2", "GET")
    assert [each["out_bill_no"] for each in listed] == [other, number]


@pytest.mark.parametrize("base", PARTNERS)
def test_partners_and_platforms(gateway, wxpay, receiver, base):
    body = bill(gateway, **SUB, notify_url=receiver.url)
    made = create(wxpay, body, base)
    number = made["out_bill_no"]
    assert (made["sub_mchid"], bool(made["package_info"])) == (SUB["sub_mchid"], True)
    for other in ({}, {"sub_mchid": "1900000111"}):
        assert rejected(query, wxpay, number, base, **other).code in ("NOT_FOUND", "PARAM_ERROR")
    assert rejected(query, wxpay, number).code == "NOT_FOUND"
    shown = query(wxpay, number, base, **SUB)
    assert (shown["mchid"], shown["state"]) == (gateway.identity.mchid, "WAIT_USER_CONFIRM")
    assert rejected(cancel, wxpay, number, base).code == "PARAM_ERROR"
    assert cancel(wxpay, number, base, **SUB)["state"] == "CANCELING"
    assert receiver.next().resource["sub_mchid"] == SUB["sub_mchid"]
    if base == PARTNERS[1]:
        path = wxpay.chain(f"{base}/transfer-bill-no/{{transfer_bill_no}}")
        by_id = path.get(transfer_bill_no=made["transfer_bill_no"], query=SUB).json()
        assert by_id["state"] == "CANCELLED"
    assert gateway.state.ledger.balance("operation:1900000109") > 0


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"out_bill_no": "T-1"}, "PARAM_ERROR", "/out_bill_no"),
        ({"out_bill_no": "T" * 33}, "PARAM_ERROR", "/out_bill_no"),
        ({"out_bill_no": None}, "PARAM_ERROR", "/out_bill_no"),
        ({"transfer_amount": 0}, "PARAM_ERROR", "/transfer_amount"),
        ({"transfer_amount": "10"}, "PARAM_ERROR", "/transfer_amount"),
        ({"transfer_amount": 9}, "INVALID_REQUEST", None),
        ({"transfer_amount": 200_000}, "PARAM_ERROR", "/user_name"),
        ({"transfer_remark": "x" * 33}, "PARAM_ERROR", "/transfer_remark"),
        ({"openid": "o" * 65}, "PARAM_ERROR", "/openid"),
        ({"transfer_scene_report_infos": []}, "PARAM_ERROR", "/transfer_scene_report_infos"),
        ({"transfer_scene_report_infos": [{}]}, "PARAM_ERROR", "/transfer_scene_report_infos/0"),
        ({"notify_url": "shop"}, "PARAM_ERROR", "/notify_url"),
        ({"transfer_scene_id": 1000}, "PARAM_ERROR", "/transfer_scene_id"),
    ],
)
def test_wrong_parameters(gateway, wxpay, changes, code, field):
    error = rejected(create, wxpay, bill(gateway, **changes))
    assert (error.status_code, error.code) == (400, code)
    if field is not None:
        assert error.detail["field"].startswith(field)


def test_an_unknown_transfer(wxpay):
    for path in ("out-bill-no/nobody", "transfer-bill-no/1330nobody"):
        error = rejected(wxpay[f"{DIRECT}/{path}"].get)
        assert (error.status_code, error.code) == (404, "NOT_FOUND")


def test_what_is_due_is_written_down_at_its_own_time(gateway, wxpay):
    made = create(wxpay, bill(gateway))
    gateway.advance(hours=48)
    transfers.settle_due(gateway.state)
    back = [
        entry
        for entry in gateway.state.ledger.entries()
        if entry["kind"] == "transfer_returned" and entry["out_bill_no"] == made["out_bill_no"]
    ]
    written = gateway.state.store.get("transfer", made["out_bill_no"])
    assert [entry["time"] for entry in back] == [written["expires"]]
