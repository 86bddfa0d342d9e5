"""Complaints: notifications, lists, responses, and completion."""

from __future__ import annotations

import base64

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import new_number, order, paid, paid_by_v2, paid_to_partner
from wechatpay_chain import APIError, Media
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import Rejection
from wechatpay_chain.gateway.simulation.complaints.customers import complain, say
from wechatpay_chain.messages import canonical

BASE = "v3/merchant-service/complaints-v2"
PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
def told(wxpay, receiver):
    """A shop that receives notifications of complaints."""
    path = wxpay["v3/merchant-service/complaint-notifications"]
    path.post(json={"url": receiver.url})
    yield receiver
    path.delete()


def complained(gateway, wxpay, text="没有收到商品", **more):
    bought = paid(gateway, wxpay, 100)
    return complain(gateway.state, bought["out_trade_no"], text, **more)["complaint_id"]


def one(wxpay, number):
    return wxpay[f"{BASE}/{{complaint_id}}"].get(complaint_id=number).json()


def act(gateway, wxpay, number, what, /, **members):
    members = {"complainted_mchid": gateway.identity.mchid, **members}
    path = wxpay[f"{BASE}/{{complaint_id}}/{what}"]
    return path.post(complaint_id=number, json=members)


def history(wxpay, number, **query):
    path = wxpay[f"{BASE}/{{complaint_id}}/negotiation-historys"]
    return path.get(complaint_id=number, query=query).json()


def days(gateway, **more):
    today = gateway.state.clock.date()
    return {"begin_date": today, "end_date": today, **more}


def rejected(call, /, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def test_a_complaint_is_told_and_shown_with_the_phone_encrypted(gateway, wxpay, told):
    bought = paid(gateway, wxpay, 100)
    made = complain(gateway.state, bought["out_trade_no"], "没有收到商品", phone="13912345678")
    notice = told.next()
    assert (notice.event_type, notice.raw["resource"]["original_type"]) == (
        "COMPLAINT.CREATE",
        "complaint",
    )
    assert notice.resource == {
        "complaint_id": made["complaint_id"],
        "action_type": "CREATE_COMPLAINT",
    }
    shown = one(wxpay, notice.resource["complaint_id"])
    assert wxpay.decrypt(shown["payer_phone"]) == "13912345678"
    assert shown["complaint_state"] == "PENDING"
    assert shown["complaint_detail"] == "没有收到商品"
    assert shown["incoming_user_response"] is True
    assert shown["complaint_full_refunded"] is False
    assert shown["payer_openid"] == bought["openid"]
    assert shown["complaint_order_info"] == [
        {
            "transaction_id": bought["transaction_id"],
            "out_trade_no": bought["out_trade_no"],
            "amount": 100,
        }
    ]


def test_a_complaint_is_answered_and_dealt_with(gateway, wxpay, told):
    number = complained(gateway, wxpay)
    act(gateway, wxpay, number, "response", response_content="马上为您处理")
    shown = one(wxpay, number)
    assert (shown["complaint_state"], shown["incoming_user_response"]) == ("PROCESSING", False)
    say(gateway.state, number, "还是没有收到")
    assert one(wxpay, number)["incoming_user_response"] is True
    act(gateway, wxpay, number, "complete")
    assert one(wxpay, number)["complaint_state"] == "PROCESSED"
    assert rejected(act, gateway, wxpay, number, "complete").code == "INVALID_REQUEST"
    actions = [told.next().resource["action_type"] for _ in range(4)]
    assert sorted(actions) == sorted(
        ["CREATE_COMPLAINT", "MERCHANT_RESPONSE", "USER_RESPONSE", "MERCHANT_CONFIRM_COMPLETE"]
    )
    entries = history(wxpay, number)
    assert [entry["operate_type"] for entry in entries["data"]] == [
        "MERCHANT_CONFIRM_COMPLETE",
        "USER_RESPONSE",
        "MERCHANT_RESPONSE",
        "USER_CREATE_COMPLAINT",
    ]
    assert (entries["limit"], entries["offset"], entries["total_count"]) == (100, 0, 4)
    part = history(wxpay, number, limit=1, offset=2)
    assert [entry["operate_details"] for entry in part["data"]] == ["马上为您处理"]
    assert "total_count" not in part


def test_nobody_is_told_where_no_address_is_set(gateway, wxpay):
    before = len(gateway.notifications())
    complained(gateway, wxpay)
    assert len(gateway.notifications()) == before + 1  # of the payment


def test_pictures_go_with_an_answer(gateway, wxpay):
    number = complained(gateway, wxpay)
    upload = wxpay["v3/merchant-service/images/upload"]
    media_id = upload.post(media=Media(PICTURE, "a.jpg")).json()["media_id"]
    response = {"response_content": "请看图", "response_images": [media_id]}
    act(gateway, wxpay, number, "response", **response)
    (address,) = history(wxpay, number, limit=1)["data"][0]["image_list"]
    picture = wxpay[address].get()
    assert (picture.content, picture.verified) == (PICTURE, False)
    assert picture.headers["Content-Type"] == "image/jpeg"
    for wrong in (["nothing"], [1], "x", [media_id] * 5):
        error = rejected(
            act, gateway, wxpay, number, "response", **{**response, "response_images": wrong}
        )
        assert error.code == "PARAM_ERROR"
        assert error.detail["field"].startswith("/response_images")


def test_an_answer_made_of_blocks_is_given_once(gateway, wxpay):
    number = complained(gateway, wxpay)
    message = {"blocks": [{"type": "TEXT", "text": {"text": "您好"}}]}
    response = {"message": message, "idempotent_id": "1"}
    first, second = (
        act(gateway, wxpay, number, "response-immediate-service", **response).json()
        for _ in range(2)
    )
    assert first == second
    entries = history(wxpay, number)["data"]
    assert [entry["log_id"] for entry in entries].count(first["log_id"]) == 1
    assert entries[0]["normal_message"] == message
    wrong = rejected(
        act, gateway, wxpay, number, "response-immediate-service", idempotent_id="2", message=[]
    )
    assert wrong.detail["field"] == "/message"


def test_money_that_is_asked_back_is_rejected(gateway, wxpay):
    number = complained(gateway, wxpay, problem="REFUND")
    assert one(wxpay, number)["apply_refund_amount"] == 100
    missing = rejected(act, gateway, wxpay, number, "update-refund-progress", action="REJECT")
    assert missing.detail["field"] == "/reject_reason"
    act(gateway, wxpay, number, "update-refund-progress", action="REJECT", reject_reason="已使用")
    assert one(wxpay, number)["complaint_state"] == "PROCESSED"
    again = rejected(act, gateway, wxpay, number, "update-refund-progress", action="APPROVE")
    assert again.code == "INVALID_REQUEST"


def test_money_that_is_asked_back_is_given(gateway, wxpay, told):
    number = complained(gateway, wxpay, problem="REFUND")
    act(gateway, wxpay, number, "update-refund-progress", action="APPROVE", launch_refund_day=0)
    shown = one(wxpay, number)
    assert shown["complaint_state"] == "PROCESSING"
    wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": shown["complaint_order_info"][0]["out_trade_no"],
            "out_refund_no": new_number("R"),
            "amount": {"refund": 100, "total": 100, "currency": "CNY"},
        }
    )
    shown = one(wxpay, number)
    assert (shown["complaint_state"], shown["complaint_full_refunded"]) == ("PROCESSING", True)
    gateway.advance(seconds=5)  # until the refund has arrived
    assert one(wxpay, number)["complaint_state"] == "PROCESSED"
    assert [entry["operate_type"] for entry in history(wxpay, number)["data"]] == [
        "COMPLAINT_REFUND_RECEIVED_SYSTEM_MESSAGE",
        "COMPLAINT_FULL_REFUNDED_SYSTEM_MESSAGE",
        "MERCHANT_APPROVE_REFUND",
        "USER_CREATE_COMPLAINT",
    ]
    actions = [told.next().resource["action_type"] for _ in range(4)]
    assert sorted(actions) == sorted(
        ["CREATE_COMPLAINT", "MERCHANT_APPROVE_REFUND", "SELLER_REFUND", "REFUND_SUCCESS"]
    )


def test_only_a_request_for_money_is_decided(gateway, wxpay):
    number = complained(gateway, wxpay)
    error = rejected(act, gateway, wxpay, number, "update-refund-progress", action="APPROVE")
    assert error.code == "INVALID_REQUEST"
    error = rejected(act, gateway, wxpay, number, "update-refund-progress", action="MAYBE")
    assert error.detail["field"] == "/action"


def test_the_list_of_some_days_in_parts(identity):
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        numbers = [complained(gateway, wxpay, f"投诉 {index}") for index in range(12)]
        gateway.advance(hours=24)
        numbers.append(complained(gateway, wxpay, "第二天"))
        listing, today = wxpay[BASE], days(gateway)
        assert [each["complaint_id"] for each in listing.get(query=today).json()["data"]] == [
            numbers[-1]
        ]
        both = {"begin_date": before(gateway, 1), "end_date": today["end_date"]}
        first = listing.get(query=both).json()
        assert (first["limit"], first["offset"], first["total_count"]) == (10, 0, 13)
        rest = listing.get(query={**both, "offset": 10, "limit": 50}).json()
        assert "total_count" not in rest
        found = [each["complaint_id"] for each in (*first["data"], *rest["data"])]
        assert found == numbers[::-1]
        nobodys = listing.get(query={**both, "complainted_mchid": "1"}).json()
        assert (nobodys["data"], nobodys["total_count"]) == ([], 0)


def before(gateway, count):
    return gateway.state.clock.date(gateway.state.clock.now() - count * 86400)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"limit": 51}, "/limit"),
        ({"limit": -1}, "/limit"),
        ({"offset": "x"}, "/offset"),
        ({"offset": "9" * 30}, "/offset"),
        ({"begin_date": ""}, "/begin_date"),
        ({"begin_date": "2026-02-30"}, "/begin_date"),
        ({"begin_date": "20260101"}, "/begin_date"),
        ({"begin_date": "2000-01-01"}, "/end_date"),
        ({"begin_date": "2999-01-01"}, "/end_date"),
    ],
)
def test_a_list_that_cannot_be(gateway, wxpay, changes, field):
    error = rejected(wxpay[BASE].get, query=days(gateway, **changes))
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)
    assert error.detail["location"] == "query"


@pytest.mark.parametrize("buy", [paid, paid_to_partner, paid_by_v2])
def test_any_order_that_is_paid_can_be_complained_about(gateway, wxpay, buy):
    bought = buy(gateway, wxpay)
    made = [complain(gateway.state, bought["out_trade_no"], "投诉") for _ in range(2)]
    assert [each["user_complaint_times"] for each in made] == [1, 2]
    parties = bought["parties"]
    assert made[0]["complainted_mchid"] == parties.get("sub_mchid", gateway.identity.mchid)


def test_what_cannot_be_complained_about(gateway, wxpay):
    unpaid = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=unpaid)
    for number in (unpaid["out_trade_no"], "nothing"):
        with pytest.raises(Rejection, match="不能投诉"):
            complain(gateway.state, number, "投诉")
    with pytest.raises(Rejection, match="/phone"):
        complain(gateway.state, "nothing", "投诉", phone="1" * 300)
    with pytest.raises(Rejection, match="不存在"):
        say(gateway.state, "nothing", "投诉")


def test_who_may_answer(gateway, wxpay):
    number = complained(gateway, wxpay)
    response = {"response_content": "x", "complainted_mchid": "1"}
    error = rejected(act, gateway, wxpay, number, "response", **response)
    assert (error.status_code, error.code) == (403, "NO_AUTH")
    for path in (f"{BASE}/nothing", f"{BASE}/nothing/negotiation-historys"):
        error = rejected(wxpay[path].get)
        assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS")
    long = {"response_content": canonical.nonce(201)}
    assert rejected(act, gateway, wxpay, number, "response", **long).code == "PARAM_ERROR"
    for wrong in (None, 1, ["x"]):
        error = rejected(act, gateway, wxpay, number, "response", response_content=wrong)
        assert error.detail["field"] == "/response_content"


def test_the_address_that_complaints_are_told_to(gateway, wxpay):
    path = wxpay["v3/merchant-service/complaint-notifications"]
    assert rejected(path.get).code == "RESOURCE_NOT_EXISTS"
    assert rejected(path.put, json={"url": "https://a.example"}).code == "RESOURCE_NOT_EXISTS"
    assert rejected(path.delete).code == "RESOURCE_NOT_EXISTS"
    expected = {"mchid": gateway.identity.mchid, "url": "https://a.example/x"}
    assert path.post(json={"url": "https://a.example/x"}).json() == expected
    again = rejected(path.post, json={"url": "https://a.example/x"})
    assert again.code == "RESOURCE_ALREADY_EXISTS"
    assert path.put(json={"url": "http://b.example"}).json()["url"] == "http://b.example"
    assert path.get().json()["url"] == "http://b.example"
    assert rejected(path.put, json={"url": "ftp://b.example"}).detail["field"] == "/url"
    assert path.delete().status_code == 204
    assert rejected(path.get).code == "RESOURCE_NOT_EXISTS"


# --- actions of customers and the staff ------------------------------------------------------


def test_a_customer_complains_with_images(gateway, wxpay, told):
    bought = paid(gateway, wxpay, 100)
    picture = base64.b64encode(PICTURE).decode()
    made = gateway.complaints.complain(
        bought["out_trade_no"], "坏了", images=[picture], immediate=True
    )
    number = made["complaint_id"]
    assert_fits(told.next())
    shown = one(wxpay, number)
    assert shown["need_immediate_service"] is True
    (media,) = shown["complaint_media_list"]
    assert media["media_type"] == "USER_COMPLAINT_IMAGE"
    assert wxpay[media["media_url"][0]].get().content == PICTURE
    other = base64.b64encode(PICTURE + b"2").decode()
    gateway.complaints.say(number, "还有一张", [other])
    entry = history(wxpay, number, limit=1)["data"][0]
    assert wxpay[entry["complaint_media_list"]["media_url"][0]].get().content == PICTURE + b"2"
    for wrong in (["?"], [picture] * 5):
        with pytest.raises(LookupError, match="/images"):
            gateway.complaints.say(number, "x", wrong)
    with pytest.raises(LookupError, match="/text"):
        gateway.complaints.say(number, "")


def test_a_service_provider_is_notified_of_its_sub_merchants(gateway, wxpay, told):
    bought = paid_to_partner(gateway, wxpay)
    sub = bought["parties"]["sub_mchid"]
    number = gateway.complaints.complain(bought["out_trade_no"], "坏了")["complaint_id"]
    assert told.next().resource["complaint_id"] == number
    found = wxpay[BASE].get(query=days(gateway, complainted_mchid=sub)).json()["data"]
    assert found[0]["complaint_id"] == number
    assert {each["complainted_mchid"] for each in found} == {sub}
    error = rejected(act, gateway, wxpay, number, "complete")
    assert error.code == "NO_AUTH"  # a service provider must identify the sub-merchant
    act(gateway, wxpay, number, "complete", complainted_mchid=sub)
    assert one(wxpay, number)["complaint_state"] == "PROCESSED"


def test_the_staff_helps(gateway, wxpay, told):
    number = complained(gateway, wxpay)
    with pytest.raises(LookupError, match="平台协助"):
        gateway.complaints.finish_help(number)
    gateway.complaints.escalate(number, "商户不回复")
    assert one(wxpay, number)["in_platform_service"] is True
    with pytest.raises(LookupError, match="平台协助"):
        gateway.complaints.escalate(number)
    gateway.complaints.cancel_help(number)
    assert one(wxpay, number)["in_platform_service"] is False
    gateway.complaints.escalate(number)
    gateway.complaints.platform_says(number, "请商户尽快处理")
    gateway.complaints.finish_help(number)
    notices = [told.next() for _ in range(6)]
    for notice in notices:
        assert_fits(notice)
    assert sorted(each.resource["action_type"] for each in notices) == sorted(
        [
            "CREATE_COMPLAINT",
            "USER_APPLY_PLATFORM_SERVICE",
            "USER_CANCEL_PLATFORM_SERVICE",
            "USER_APPLY_PLATFORM_SERVICE",
            "RESPONSE_BY_PLATFORM",
            "PLATFORM_SERVICE_FINISHED",
        ]
    )
    entries = history(wxpay, number)["data"]
    assert [entry["operate_type"] for entry in entries[:2]] == [
        "PLATFORM_SERVICE_FINISHED",
        "PLATFORM_RESPONSE",
    ]
    assert entries[-2]["user_appy_platform_service_reason"] == "商户不回复"


def test_a_customer_goes_on_or_withdraws(gateway, wxpay):
    number = complained(gateway, wxpay)
    with pytest.raises(LookupError, match="未处理完成"):
        gateway.complaints.complain_again(number, "还是坏的")
    act(gateway, wxpay, number, "complete")
    gateway.complaints.complain_again(number, "还是坏的")
    shown = one(wxpay, number)
    assert (shown["complaint_state"], shown["user_complaint_times"]) == ("PENDING", 2)
    gateway.complaints.withdraw(number)
    assert one(wxpay, number)["complaint_state"] == "PROCESSED"
    with pytest.raises(LookupError, match="已处理完成"):
        gateway.complaints.withdraw(number)
    assert history(wxpay, number, limit=1)["data"][0]["operate_type"] == "USER_REVOKE_COMPLAINT"


def test_a_refund_that_ends_otherwise(gateway, wxpay, told):
    bought = paid(gateway, wxpay, 100)
    number = gateway.complaints.complain(bought["out_trade_no"], "退款")["complaint_id"]
    refund = new_number("R")
    wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": bought["out_trade_no"],
            "out_refund_no": refund,
            "amount": {"refund": 40, "total": 100, "currency": "CNY"},
        }
    )
    gateway.refunds.close(refund)
    gateway.advance(minutes=1)
    assert told.next().resource["action_type"] == "CREATE_COMPLAINT"
    assert told.empty  # neither for a partial refund, nor for one that did not arrive
    assert [entry["operate_type"] for entry in history(wxpay, number)["data"]] == [
        "USER_CREATE_COMPLAINT"
    ]


# --- the first generation --------------------------------------------------------------------


def test_the_first_generation_asks_by_orders(gateway, wxpay):
    bought = paid_to_partner(gateway, wxpay)
    sub = bought["parties"]["sub_mchid"]
    transaction = bought["transaction_id"]
    base = f"v3/merchant-service/complaints/{transaction}"
    for path in (base, f"{base}/negotiation-historys"):
        assert rejected(wxpay[path].get).code == "RESOURCE_NOT_EXISTS"
    gateway.complaints.complain(bought["out_trade_no"], "坏了", phone="13912345678")
    shown = wxpay[base].get().json()
    assert (shown["sub_mchid"], shown["complaint_state"]) == (sub, "PENDING")
    assert wxpay.decrypt(shown["payer_phone"]) == "13912345678"
    upload = wxpay["v3/merchant-service/images/upload"]
    media_id = upload.post(media=Media(PICTURE, "a.jpg")).json()["media_id"]
    answer = {
        "transaction_id": transaction,
        "complainted_mchid": sub,
        "feedback_content": "已处理",
        "feedback_images": [media_id],
        "launch_confirm_process": True,
    }
    feedbacks = wxpay["v3/merchant-service/feedbacks"]
    error = rejected(feedbacks.post, json={**answer, "complainted_mchid": "1"})
    assert error.code == "NO_AUTH"
    assert feedbacks.post(json=answer).status_code == 204
    assert wxpay[base].get().json()["complaint_handle_state"] == "PROCESSED"
    entries = wxpay[f"{base}/negotiation-historys"].get().json()["complaint_negotiation_history"]
    assert [entry["operate_type"] for entry in entries] == [
        "MERCHANT_LAUNCH_CONFIRM_PROCESS",
        "MERCHANT_RESPONSE",
        "USER_CREATE_COMPLAINT",
    ]
    assert wxpay[entries[1]["image_list"][0]].get().content == PICTURE
    listing = wxpay["v3/merchant-service/complaints"]
    found = listing.get(query=days(gateway, sub_mchid=sub)).json()["data"]
    assert found[0]["complaint_state"] == "PAYER_COMPLAINTED"
    own = listing.get(query=days(gateway)).json()["data"]
    assert transaction not in [each["transaction_id"] for each in own]


def test_the_first_generation_tells_how_complaints_ended(gateway, wxpay):
    listing = wxpay["v3/merchant-service/complaints"]
    number = complained(gateway, wxpay)
    gateway.complaints.withdraw(number)
    assert listing.get(query=days(gateway)).json()["data"][0]["complaint_state"] == "PAYER_CANCELED"
