"""Batches of transfers: states, failed details, approvals of employees, reservations."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import SUB, new_number
from tests.gateway.test_transfers import rejected
from wechatpay_chain import Sensitive

DIRECT, PARTNER = "v3/transfer/batches", "v3/partner-transfer/batches"
RED = "v3/fund-app/brand-redpacket"
PLATFORM = "v3/platsolution/mch-transfer"
INSURANCE = "v3/platsolution/insurance/mch-transfer"


def details(*amounts: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "out_detail_no": new_number("D"),
            "transfer_amount": amount,
            "transfer_remark": "奖励",
            "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            **changes,
        }
        for amount in amounts
    ]


def batch(gateway: Any, *amounts: int, **changes: Any) -> dict[str, Any]:
    return {
        "appid": gateway.identity.appid,
        "out_batch_no": new_number("B"),
        "batch_name": "奖励",
        "batch_remark": "十一月",
        "total_amount": sum(amounts),
        "total_num": len(amounts),
        "transfer_detail_list": details(*amounts),
        **changes,
    }


def create(wxpay: Any, body: dict[str, Any], base: str = DIRECT) -> Any:
    return wxpay.chain(base).post(json=body).json()


def query(wxpay: Any, number: str, base: str = DIRECT, **query: Any) -> Any:
    asked = {"need_query_detail": True, **query}
    return wxpay[f"{base}/out-batch-no/{number}"].get(query=asked).json()


def test_a_batch_is_accepted_processed_and_finished(gateway, wxpay, receiver):
    ledger = gateway.state.ledger
    users = ledger.balance("user")
    body = batch(gateway, 100, 250, notify_url=receiver.url)
    body["transfer_detail_list"][0]["user_name"] = Sensitive("张三")
    made, number = create(wxpay, body), body["out_batch_no"]
    assert made["batch_status"] == "ACCEPTED"
    assert create(wxpay, body) == made
    assert rejected(create, wxpay, {**body, "batch_name": "x"}).code == "ALREADY_EXISTS"
    assert (ledger.balance("transit"), ledger.balance("user")) == (350, users)
    gateway.advance(seconds=5)
    shown = query(wxpay, number)
    assert (shown["transfer_batch"]["batch_status"], shown["transfer_detail_list"]) == (
        "PROCESSING",
        [],
    )
    bad = body["transfer_detail_list"][1]["out_detail_no"]
    gateway.transfer_batches.fail_detail(number, bad, "OPENID_INVALID")
    assert (ledger.balance("transit"), ledger.balance("user")) == (100, users)
    gateway.advance(seconds=5)
    told = receiver.next()
    assert (told.event_type, told.resource["fail_num"]) == ("MCHTRANSFER.BATCH.FINISHED", 1)
    assert_fits(told)
    shown = query(wxpay, number)
    assert shown["transfer_batch"]["batch_status"] == "FINISHED"
    assert shown["transfer_batch"]["success_amount"] == 100
    assert [each["detail_status"] for each in shown["transfer_detail_list"]] == ["SUCCESS", "FAIL"]
    (failed,) = query(wxpay, number, detail_status="FAIL")["transfer_detail_list"]
    by_id = f"{DIRECT}/batch-id/{made['batch_id']}"
    assert (
        wxpay[by_id].get(query={"need_query_detail": False}).json()["transfer_batch"]
        == (shown["transfer_batch"])
    )
    found = wxpay[f"{by_id}/details/detail-id/{failed['detail_id']}"].get().json()
    assert (found["fail_reason"], found["detail_status"]) == ("OPENID_INVALID", "FAIL")
    good = body["transfer_detail_list"][0]["out_detail_no"]
    path = f"{DIRECT}/out-batch-no/{number}/details/out-detail-no/{good}"
    found = wxpay[path].get().json()
    assert wxpay.decrypt(found["user_name"]) == "张三"
    assert ledger.balance("user") == users + 100
    assert receiver.empty
    with pytest.raises(LookupError, match="FINISHED"):
        gateway.transfer_batches.finish(number)


def test_the_fund_flow_bill_has_batches_and_what_came_back(gateway, wxpay):
    body = batch(gateway, 100, 250)
    create(wxpay, body)
    failed = body["transfer_detail_list"][1]["out_detail_no"]
    gateway.transfer_batches.fail_detail(body["out_batch_no"], failed)
    query = {"bill_date": gateway.state.clock.date(), "account_type": "OPERATION"}
    told = wxpay.v3.bill.fundflowbill.get(query=query).json()
    rows = wxpay[told["download_url"]].get().text.splitlines()
    (taken,) = [row for row in rows if body["out_batch_no"] in row]
    (returned,) = [row for row in rows if failed in row]
    assert ("`商家转账" in taken, "`3.50" in taken) == (True, True)
    assert ("`商家转账退回" in returned, "`2.50" in returned) == (True, True)
    gateway.transfer_batches.finish(body["out_batch_no"])


def test_a_batch_that_an_employee_has_to_approve(gateway, wxpay, receiver):
    held = [batch(gateway, 100, 200, notify_url=receiver.url) for _ in range(3)]
    approved, refused, forgotten = (each["out_batch_no"] for each in held)
    for body in held:
        create(wxpay, body)
        gateway.transfer_batches.hold(body["out_batch_no"])
    gateway.advance(minutes=1)
    assert query(wxpay, approved)["transfer_batch"]["batch_status"] == "WAIT_PAY"
    gateway.transfer_batches.approve(approved)
    gateway.advance(seconds=10)
    assert receiver.next().resource["success_num"] == 2
    gateway.transfer_batches.reject(refused)
    assert receiver.next().resource["fail_num"] == 2
    number = held[1]["transfer_detail_list"][0]["out_detail_no"]
    path = f"{DIRECT}/out-batch-no/{refused}/details/out-detail-no/{number}"
    assert wxpay[path].get().json()["fail_reason"] == "MERCHANT_REJECT"
    gateway.advance(hours=24)
    told = receiver.next()
    assert (told.event_type, told.resource["close_reason"]) == (
        "MCHTRANSFER.BATCH.CLOSED",
        "OVERDUE_CLOSE",
    )
    assert_fits(told)
    assert query(wxpay, forgotten)["transfer_batch"]["close_reason"] == "OVERDUE_CLOSE"
    gateway.transfer_batches.all()  # stores due changes
    assert gateway.state.ledger.balance("transit") == 0


def test_batches_are_finished_and_closed_at_once(gateway, wxpay, receiver):
    one, other = (batch(gateway, 100, notify_url=receiver.url) for _ in range(2))
    for body in (one, other):
        create(wxpay, body)
    gateway.transfer_batches.finish(one["out_batch_no"])
    assert receiver.next().resource["batch_status"] == "FINISHED"
    gateway.transfer_batches.close(other["out_batch_no"], "TRANSFER_SCENE_INVALID")
    assert receiver.next().resource["close_reason"] == "TRANSFER_SCENE_INVALID"
    gateway.advance(hours=25)
    assert receiver.empty
    assert gateway.state.ledger.balance("transit") == 0


def test_a_service_provider_pays_from_the_money_of_a_sub_merchant(gateway, wxpay):
    body = batch(
        gateway, 100, **SUB, authorization_type="FUND_AUTHORIZATION_TYPE", transfer_purpose="OTHERS"
    )
    del body["appid"]
    body |= {"sp_appid": gateway.identity.appid}
    body["transfer_detail_list"][0]["user_name"] = Sensitive("张三")
    made = create(wxpay, body, PARTNER)
    assert gateway.state.ledger.balance(f"operation:{SUB['sub_mchid']}") == 0
    number = body["out_batch_no"]
    assert rejected(query, wxpay, number).code == "NOT_FOUND"  # a batch of another product
    gateway.transfer_batches.finish(number)
    shown = query(wxpay, number, PARTNER)
    assert (shown["sub_mchid"], shown["batch_status"]) == (SUB["sub_mchid"], "FINISHED")
    (detail,) = shown["transfer_detail_list"]
    path = f"{PARTNER}/batch-id/{made['batch_id']}/details/detail-id/{detail['detail_id']}"
    found = wxpay[path].get().json()
    assert wxpay.decrypt(found["username"]) == "张三"
    assert found["appid"] == gateway.identity.appid


def test_red_packets_of_a_brand(gateway, wxpay):
    packets = [
        {
            "out_detail_no": new_number("D"),
            "amount": 100,
            "openid": "oUser",
            "remark": "x",
        }
        for _ in range(2)
    ]
    body = {
        "brand_id": 1234,
        "brand_appid": gateway.identity.appid,
        "scene": "CUSTOM_SEND",
        "template_id": "123400001",
        "out_batch_no": new_number("B"),
        "batch_name": "x",
        "batch_remark": "x",
        "total_amount": 200,
        "total_num": 2,
        "detail_list": packets,
    }
    path = f"{RED}/brand-merchant-batches"
    made, number = create(wxpay, body, path), body["out_batch_no"]
    gateway.transfer_batches.fail_detail(number, packets[0]["out_detail_no"], "ACCOUNT_FROZEN")
    gateway.advance(seconds=10)
    asked = {"need_query_detail": True, "detail_state": "DETAIL_VIEW_FAIL"}
    shown = wxpay[f"{path}/{made['batch_no']}"].get(query=asked).json()
    assert (shown["batch_state"], shown["fail_num"]) == ("FINISHED", 1)
    (failed,) = shown["detail_list"]
    assert failed["detail_state"] == "DETAIL_FAIL"
    found = wxpay[f"{path}/{made['batch_no']}/details/{failed['transfer_detail_no']}"].get().json()
    assert found["fail_reason"] == "ACCOUNT_FROZEN"
    by_number = f"{RED}/brand-merchant-out-batches/{number}"
    assert wxpay[by_number].get().json()["success_amount"] == 100
    other = wxpay[f"{by_number}/out-details/{packets[1]['out_detail_no']}"].get().json()
    assert other["detail_state"] == "DETAIL_SUCCESS"
    many = {**body, "out_batch_no": new_number("B"), "detail_list": packets * 6}
    assert rejected(create, wxpay, many, path).code == "PARAM_ERROR"


def reserve(gateway: Any, wxpay: Any, base: str = PLATFORM, **changes: Any) -> Any:
    body = {
        **SUB,
        "sp_appid": gateway.identity.appid,
        "out_reservation_no": new_number("V"),
        "transfer_scene_id": "1011",
        "estimated_date": gateway.state.clock.date(),
        "estimated_max_amount": 500,
        "openid": "oUser",
        "user_real_name": Sensitive("张三"),
        "reserve_remark": "理赔",
        "notify_url": "http://127.0.0.1:1/notify",
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not None}
    return wxpay.chain(f"{base}/reservation/apply").post(json=body).json()


def reserved_batch(gateway: Any, *given: tuple[str, int], **changes: Any) -> dict[str, Any]:
    amounts = [amount for _, amount in given]
    body = batch(gateway, *amounts, **SUB, transfer_scene_id="1011", **changes)
    del body["appid"]
    named = [{"reservation_id": number, "openid": "oUser"} for number, _ in given]
    for each, extra in zip(body["transfer_detail_list"], named, strict=True):
        each |= extra
    return {"notify_url": "http://127.0.0.1:1/notify", **body, "sp_appid": gateway.identity.appid}


@pytest.mark.parametrize("base", [PLATFORM, INSURANCE])
def test_a_reservation_is_used_by_a_transfer(gateway, wxpay, base):
    made = reserve(gateway, wxpay, base)
    path = f"{base}/reservation/out-reservation-no/{made['out_reservation_no']}"
    shown = wxpay[path].get(query=SUB).json()
    assert (shown["state"], "estimated_max_amount" in shown) == ("ACCEPTED", False)
    for other in ({"sub_mchid": "1900000111"}, {"sub_mchid": ""}):
        assert rejected(wxpay[path].get, query=other).code == "NOT_FOUND"
    gateway.transfer_reservations.confirm(made["out_reservation_no"])
    assert wxpay[path].get(query=SUB).json()["estimated_max_amount"] == 500
    number = made["reservation_id"]
    body = reserved_batch(gateway, (number, 400), (number, 10), ("nothing", 10))
    created = create(wxpay, body, f"{base}/batches/apply")
    assert created["batch_state"] == "ACCEPTED"
    assert rejected(wxpay[f"{path}/close"].post, query=SUB).code == "INVALID_REQUEST"
    gateway.transfer_batches.finish(body["out_batch_no"])
    asked = {**SUB, "need_query_detail": True}
    shown = wxpay[f"{base}/batches/out-batch-no/{body['out_batch_no']}"].get(query=asked).json()
    assert (shown["transfer_batch"]["batch_state"], shown["transfer_batch"]["failed_num"]) == (
        "COMPLETED",
        2,
    )
    states = [each["detail_state"] for each in shown["data"]]
    assert states == ["SUCCESS", "FAIL", "FAIL"]
    by_id = f"{base}/batches/batch-id/{created['batch_id']}"
    found = wxpay[f"{by_id}/details/detail-id/{shown['data'][1]['detail_id']}"].get(query=SUB)
    assert found.json()["fail_reason"] == "RESERVATION_STATE_INVALID"
    shown = wxpay[f"{base}/reservation/reservation-id/{number}"].get(query=SUB).json()
    assert shown["close_info"]["close_reason"] == "TRANSFER_FINISHED"


def test_what_does_not_agree_with_its_reservation(gateway, wxpay):
    exact = {"estimated_max_amount": None, "exact_amount": 300}
    for changes, amount, reason in (
        ({"transfer_scene_id": "1000"}, 100, "RESERVATION_SCENE_NOT_MATCH"),
        ({"openid": "oOther"}, 100, "RESERVATION_INFO_NOT_MATCH"),
        ({}, 501, "EXCEEDED_ESTIMATED_AMOUNT"),
        (exact, 299, "EXCEEDED_ESTIMATED_AMOUNT"),
        (exact, 300, ""),
    ):
        made = reserve(gateway, wxpay, **changes)
        gateway.transfer_reservations.confirm(made["out_reservation_no"])
        body = reserved_batch(gateway, (made["reservation_id"], amount))
        create(wxpay, body, f"{PLATFORM}/batches/apply")
        (detail,) = gateway.transfer_batches.get(body["out_batch_no"])["details"]
        assert detail["reason"] == reason
        gateway.transfer_batches.close(body["out_batch_no"])
    gateway.transfer_reservations.close(made["out_reservation_no"])  # unused by any transfer


def test_reservations_that_end_without_a_transfer(gateway, wxpay):
    overdue, unused, closed = (reserve(gateway, wxpay) for _ in range(3))
    path = f"{PLATFORM}/reservation/out-reservation-no"
    wxpay[f"{path}/{closed['out_reservation_no']}/close"].post(query=SUB)
    gateway.transfer_reservations.confirm(unused["out_reservation_no"])
    gateway.advance(hours=24)
    reasons = [
        wxpay[f"{path}/{each['out_reservation_no']}"].get(query=SUB).json()["close_info"]
        for each in (overdue, unused, closed)
    ]
    assert [each["close_reason"] for each in reasons] == [
        "USER_OVERDUE_UNCONFIRMED",
        "OVERDUE_NOT_TRANSFER",
        "CLOSE_ACCEPTED_VIA_MCH_API",
    ]
    late = str(datetime.date.fromisoformat(gateway.state.clock.date()) + datetime.timedelta(31))
    assert rejected(reserve, gateway, wxpay, estimated_date=late).code == "PARAM_ERROR"
    assert rejected(reserve, gateway, wxpay, exact_amount=5).code == "PARAM_ERROR"


@pytest.mark.parametrize(
    "changes",
    [
        {"total_amount": 101},
        {"total_num": 2},
        {"transfer_detail_list": []},
        {"out_batch_no": "B-1"},
        {"batch_name": "x" * 33},
        {"transfer_detail_list": details(9), "total_amount": 9},
        {"transfer_detail_list": details(200_000), "total_amount": 200_000},
        {"transfer_detail_list": details(100, openid="")},
        {
            "transfer_detail_list": details(50, 50, out_detail_no="D1"),
            "total_num": 2,
        },
        {"notify_url": "shop"},
    ],
)
def test_wrong_parameters(gateway, wxpay, changes):
    error = rejected(create, wxpay, batch(gateway, 100, **changes))
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
