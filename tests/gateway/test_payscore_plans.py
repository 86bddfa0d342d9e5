"""Plans of pay score: several services that a user signs for once."""

from __future__ import annotations

import pytest

from tests.gateway.fitting import assert_notice_fits, assert_response_fits
from tests.gateway.support import NOBODY, SUB, new_number
from wechatpay_chain import APIError

PLANS, SIGNING = "v3/payscore/plan/", "v3/payscore/sign-plan/"
SERVICE = "500001"


def plan(gateway, **changes):
    details = [
        {"plan_detail_name": "第一次", "original_price": 200, "actual_price": 150},
        {"plan_detail_name": "第二次", "original_price": 100, "actual_price": 100},
    ]
    return {
        "service_id": SERVICE,
        "appid": gateway.identity.appid,
        "plan_name": "健身计划",
        "plan_duration": 30,
        "deduction_quantity": 2,
        "total_original_price": 300,
        "total_actual_price": 250,
        "plan_detail_list": details,
        "merchant_plan_no": new_number("P"),
        **changes,
    }


def post(wxpay, path, body, **names):
    told = wxpay.chain(path).post(**names, json=body).json()
    assert_response_fits("POST", path, told)
    return told


def asked(gateway, plan_id, **changes):
    return {
        "service_id": SERVICE,
        "plan_id": plan_id,
        "appid": gateway.identity.appid,
        "openid": "oUser",
        "merchant_sign_plan_no": new_number("Q"),
        "notify_url": NOBODY,
        "sign_plan_detail": [
            {"plan_detail_no": index, "merchant_plan_detail_no": new_number("S")}
            for index in (1, 2)
        ],
        **changes,
    }


def query(wxpay, number, part="", **query):
    path = f"{SIGNING}{part}user-sign-plans/merchant-sign-plan-no/{{merchant_sign_plan_no}}"
    return wxpay.chain(path).get(merchant_sign_plan_no=number, query=query or None).json()


def order(gateway, signing, index, number, **changes):
    return {
        "service_id": SERVICE,
        "sign_plan_id": signing["sign_plan_id"],
        "plan_detail_no": index,
        "appid": gateway.identity.appid,
        "openid": "oUser",
        "notify_url": NOBODY,
        "service_introduction": "健身",
        "time_range": {"start_time": "OnAccept", "end_time": "20301225121010"},
        "out_trade_no": number,
        **changes,
    }


def code(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value.status_code, caught.value.code


@pytest.mark.parametrize("partner", [False, True])
def test_a_plan_from_its_signature_to_its_last_service(gateway, wxpay, receiver, partner):
    part, sub = ("partner/", SUB) if partner else ("", {})
    made = post(wxpay, f"{PLANS}{part}payscore-plans", plan(gateway, **sub))
    assert made["plan_state"] == "NORMAL"
    body = asked(gateway, made["plan_id"], **sub, notify_url=receiver.url)
    number = body["merchant_sign_plan_no"]
    told = wxpay[f"{SIGNING}{part}user-sign-plans"].post(json=body).json()
    assert told["sign_plan"]["sign_state"] == "UNSIGNED"
    assert told["package"]
    serve = f"{SIGNING}{part}serviceorder"
    numbers = [each["merchant_plan_detail_no"] for each in body["sign_plan_detail"]]
    first = order(gateway, told["sign_plan"], 1, numbers[0], **sub)
    assert code(wxpay[serve].post, json=first) == (400, "INVALID_REQUEST")
    gateway.payscore_plans.sign(number)
    notice = receiver.next()
    assert notice.event_type == "PAYSCORE.USER_SIGN_PLAN"
    assert notice.resource["sign_state"] == "SIGNED"

    second = order(gateway, told["sign_plan"], 2, numbers[1], **sub)
    assert code(wxpay[serve].post, json=second) == (400, "INVALID_REQUEST")
    assert code(wxpay[serve].post, json={**first, "out_trade_no": "S1"}) == (400, "PARAM_ERROR")
    begun = post(wxpay, serve, first)
    assert (begun["state"], begun["risk_fund"]["amount"]) == ("DOING", 150)
    assert post(wxpay, serve, first) == begun
    assert code(wxpay[serve].post, json=second) == (400, "INVALID_REQUEST")
    shown = query(wxpay, number, part, **sub)
    assert (shown["going_detail_no"], shown["sign_state"]) == (1, "SIGNED")
    for index, one in enumerate((first, second)):
        if index:
            post(wxpay, serve, one)
        price = (150, 100)[index]
        charged = {"post_payments": [{"name": "x", "amount": price}], "total_amount": price}
        ended = {"appid": gateway.identity.appid, "service_id": SERVICE, **sub, **charged}
        wxpay[f"v3/payscore/{part}serviceorder/{numbers[index]}/complete"].post(json=ended)
        gateway.advance(10)
    shown = query(wxpay, number, part, **sub)
    assert shown["sign_state"] == "COMPLETE"
    states = [each["plan_detail_state"] for each in shown["signed_detail_list"]]
    assert states == ["USED", "USED"]


def test_plans_end(gateway, wxpay, receiver):
    body = plan(gateway)
    made = post(wxpay, f"{PLANS}payscore-plans", body)
    assert post(wxpay, f"{PLANS}payscore-plans", body) == made
    other = {**body, "plan_duration": 31}
    assert code(wxpay[f"{PLANS}payscore-plans"].post, json=other) == (400, "INVALID_REQUEST")
    one = f"{PLANS}payscore-plans/merchant-plan-no/{{merchant_plan_no}}"
    waiting = asked(gateway, made["plan_id"], notify_url=receiver.url)
    wxpay[f"{SIGNING}user-sign-plans"].post(json=waiting)
    number = waiting["merchant_sign_plan_no"]
    assert (
        wxpay.chain(f"{one}/stop")
        .post(merchant_plan_no=body["merchant_plan_no"])
        .json()["plan_state"]
        == "STOP"
    )
    assert wxpay.chain(one).get(merchant_plan_no=body["merchant_plan_no"]).json()["stop_time"]
    late = asked(gateway, made["plan_id"])
    assert code(wxpay[f"{SIGNING}user-sign-plans"].post, json=late) == (400, "INVALID_REQUEST")
    gateway.payscore_plans.sign(number)
    receiver.next()
    gateway.payscore_plans.cancel(number)
    notice = receiver.next()
    assert_notice_fits_but_state(notice)
    assert query(wxpay, number)["sign_state"] == "SIGN_PLAN_CANCEL"
    stop = f"{SIGNING}user-sign-plans/merchant-sign-plan-no/{{merchant_sign_plan_no}}/stop"
    got = code(
        wxpay.chain(stop).post, merchant_sign_plan_no=number, json={"stop_reason": "不再需要"}
    )
    assert got == (400, "INVALID_REQUEST")


def assert_notice_fits_but_state(notice):
    """The catalogue lists only one of the five states, and times of future events."""
    assert notice.event_type == "PAYSCORE.USER_CANCEL_SIGN_PLAN"
    notice.resource["sign_state"] = "UNSIGNED"
    for each in notice.resource["signed_detail_list"]:
        each |= dict.fromkeys(("order_id", "use_time", "complete_time", "cancel_time"), "")
    assert_notice_fits(notice, notice.event_type, "direct")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"deduction_quantity": 3}, "/deduction_quantity"),
        ({"total_actual_price": 251}, "/total_actual_price"),
        ({"total_original_price": 1}, "/total_original_price"),
        ({"plan_name": "x" * 21}, "/plan_name"),
    ],
)
def test_wrong_plans(gateway, wxpay, changes, field):
    with pytest.raises(APIError) as caught:
        wxpay[f"{PLANS}payscore-plans"].post(json=plan(gateway, **changes))
    assert caught.value.detail["field"] == field


def test_a_signed_plan_expires(gateway, wxpay):
    made = post(wxpay, f"{PLANS}payscore-plans", plan(gateway))
    body = asked(gateway, made["plan_id"])
    wxpay[f"{SIGNING}user-sign-plans"].post(json=body)
    gateway.payscore_plans.sign(body["merchant_sign_plan_no"])
    gateway.advance(hours=24 * 30)
    assert query(wxpay, body["merchant_sign_plan_no"])["sign_state"] == "EXPIRE"
