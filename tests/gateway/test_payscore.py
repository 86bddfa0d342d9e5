"""Service orders of pay score from their creation to the refund, and permissions of users."""

from __future__ import annotations

import pytest

from tests.gateway.fitting import assert_notice_fits, assert_response_fits
from tests.gateway.support import SUB, control, new_number
from wechatpay_chain import APIError

DIRECT, PARTNER = "v3/payscore/serviceorder", "v3/payscore/partner/serviceorder"
BANK = "v3/payscore/acquiringbank/serviceorder"
SERVICE = "500001"
CHARGED = {
    "post_payments": [{"name": "就餐费用", "amount": 4000}, {"name": "服务费", "amount": 500}],
    "post_discounts": [{"name": "满20减1元", "description": "不叠加", "amount": 100}],
    "total_amount": 4400,
}


def service(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "out_order_no": new_number("S"),
        "service_id": SERVICE,
        "service_introduction": "某某酒店",
        "time_range": {"start_time": "OnAccept", "end_time": "20301225121010"},
        "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": 10000},
        "attach": "Easdfowealsdkjfnlaksjdlfkwqoi",
        "notify_url": "http://127.0.0.1:1/notify",
        **changes,
    }


def named(gateway, base=DIRECT):
    if base == DIRECT:
        return {"appid": gateway.identity.appid, "service_id": SERVICE}
    return {"service_id": SERVICE, **SUB, **({"channel_id": "C1"} if base == BANK else {})}


def query(wxpay, gateway, number, base=DIRECT):
    told = wxpay[base].get(query={**named(gateway, base), "out_order_no": number}).json()
    assert_response_fits("GET", base, told)
    return told


def change(wxpay, gateway, number, what, base=DIRECT, **body):
    path = f"{base}/{{out_order_no}}/{what}"
    response = wxpay.chain(path).post(out_order_no=number, json={**named(gateway, base), **body})
    if base == DIRECT and response.content:
        assert_response_fits("POST", path, response.json())
    return response.json() if response.content else None


def complete(wxpay, gateway, number, base=DIRECT, **changes):
    return change(wxpay, gateway, number, "complete", base, **{**CHARGED, **changes})


def confirmed(wxpay, gateway, **changes):
    body = service(gateway, **changes)
    wxpay[DIRECT].post(json=body)
    return gateway.payscore.confirm(body["out_order_no"])["out_order_no"]


def rejected(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def code(call, *arguments, **options):
    error = rejected(call, *arguments, **options)
    return error.status_code, error.code


def test_an_order_from_its_creation_to_its_refund(gateway, wxpay, receiver):
    ledger, body = gateway.state.ledger, service(gateway, notify_url=receiver.url)
    number, earned = body["out_order_no"], ledger.balance("merchant")
    created = wxpay[DIRECT].post(json=body).json()
    assert_response_fits("POST", DIRECT, created)
    assert (created["state"], "state_description" in created) == ("CREATED", False)
    assert wxpay[DIRECT].post(json=body).json() == created
    assert wxpay.invoke.payscore_use(package=created["package"])

    gateway.payscore.confirm(number, openid="oUser")
    notice = receiver.next()
    assert_notice_fits(notice, "PAYSCORE.USER_CONFIRM", "direct")
    assert notice.raw["resource"]["original_type"] == "payscore"
    assert notice.resource["openid"] == "oUser"
    shown = query(wxpay, gateway, number)
    assert (shown["state"], shown["state_description"]) == ("DOING", "USER_CONFIRM")

    told = complete(wxpay, gateway, number)
    assert told["state_description"] == "MCH_COMPLETE"
    assert complete(wxpay, gateway, number) == told
    assert query(wxpay, gateway, number)["collection"]["state"] == "USER_PAYING"
    assert ledger.balance("merchant") == earned
    assert receiver.empty

    gateway.advance(10)
    notice = receiver.next()
    assert_notice_fits(notice, "PAYSCORE.USER_PAID", "direct")
    shown = query(wxpay, gateway, number)
    assert (shown["state"], shown["collection"]["state"]) == ("DONE", "USER_PAID")
    assert notice.resource["collection"] == shown["collection"]
    assert ledger.balance("merchant") == earned + 4400

    (detail,) = shown["collection"]["details"]
    refund = {
        "transaction_id": detail["transaction_id"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 400, "total": 4400, "currency": "CNY"},
    }
    assert wxpay.v3.refund.domestic.refunds.post(json=refund).json()["status"] == "PROCESSING"
    assert ledger.balance("merchant") == earned + 4000
    found = wxpay.chain("v3/pay/transactions/id/{id}").get(
        id=detail["transaction_id"], query={"mchid": gateway.identity.mchid}
    )
    assert found.json()["trade_state"] == "REFUND"


def test_a_user_who_cannot_pay_at_first(gateway, wxpay, receiver):
    number = confirmed(wxpay, gateway, notify_url=receiver.url)
    assert receiver.next().event_type == "PAYSCORE.USER_CONFIRM"
    complete(wxpay, gateway, number)
    assert gateway.payscore.fail(number)["state"] == "DOING"
    gateway.advance(3600)
    assert query(wxpay, gateway, number)["collection"]["state"] == "USER_PAYING"
    change(wxpay, gateway, number, "pay")
    gateway.advance(10)
    assert receiver.next().event_type == "PAYSCORE.USER_PAID"
    assert query(wxpay, gateway, number)["state"] == "DONE"
    assert code(change, wxpay, gateway, number, "pay") == (400, "INVALID_REQUEST")
    assert receiver.empty


def test_a_user_who_pays_at_once_is_not_charged_again(gateway, wxpay, receiver):
    number = confirmed(wxpay, gateway, notify_url=receiver.url)
    complete(wxpay, gateway, number)
    earned = gateway.state.ledger.balance("merchant")
    paid = control(gateway, f"payscore/{number}/pay")
    assert (paid["state"], paid["total"]) == ("DONE", 4400)
    gateway.advance(3600)
    events = [receiver.next().event_type for _ in range(2)]
    assert sorted(events) == ["PAYSCORE.USER_CONFIRM", "PAYSCORE.USER_PAID"]
    assert receiver.empty
    assert gateway.state.ledger.balance("merchant") == earned + 4400


def test_a_lower_total_is_collected(gateway, wxpay):
    number = confirmed(wxpay, gateway)
    charged = {"post_payments": [{"name": "就餐费用", "amount": 300}], "total_amount": 300}
    assert code(change, wxpay, gateway, number, "modify", **charged, reason="x")[0] == 400
    complete(wxpay, gateway, number)
    higher = {"post_payments": [{"name": "就餐费用", "amount": 4401}], "total_amount": 4401}
    got = code(change, wxpay, gateway, number, "modify", **higher, reason="用户投诉")
    assert got == (400, "INVALID_REQUEST")
    told = change(wxpay, gateway, number, "modify", **charged, reason="用户投诉")
    assert (told["total_amount"], "post_discounts" in told) == (300, False)
    assert change(wxpay, gateway, number, "modify", **charged, reason="用户投诉") == told
    gateway.advance(10)
    assert query(wxpay, gateway, number)["collection"]["paid_amount"] == 300


def test_an_order_that_costs_nothing(gateway, wxpay):
    number = confirmed(wxpay, gateway)
    free = {"post_payments": [{"name": "就餐费用", "amount": 0}], "post_discounts": []}
    told = complete(wxpay, gateway, number, **free, total_amount=0)
    assert (told["state"], told["need_collection"]) == ("DONE", False)
    assert "collection" not in query(wxpay, gateway, number)


@pytest.mark.parametrize("when", ["created", "confirmed", "collected"])
def test_cancelling(gateway, wxpay, receiver, when):
    body = service(gateway)
    number, earned = body["out_order_no"], gateway.state.ledger.balance("merchant")
    wxpay[DIRECT].post(json=body)
    if when != "created":
        gateway.payscore.confirm(number)
    if when == "collected":
        complete(wxpay, gateway, number)
    told = change(wxpay, gateway, number, "cancel", reason="用户投诉")
    assert told["out_order_no"] == number
    assert change(wxpay, gateway, number, "cancel", reason="用户投诉") == told
    got = code(change, wxpay, gateway, number, "cancel", reason="别的")
    assert got == (400, "INVALID_REQUEST")
    gateway.advance(3600)
    assert query(wxpay, gateway, number)["state"] == "REVOKED"
    assert code(complete, wxpay, gateway, number) == (400, "INVALID_REQUEST")
    assert gateway.state.ledger.balance("merchant") == earned
    with pytest.raises(LookupError):
        gateway.payscore.confirm(number)


def test_what_is_paid_in_another_way_moves_no_money(gateway, wxpay):
    number, earned = confirmed(wxpay, gateway), gateway.state.ledger.balance("merchant")
    paid = {"type": "Order_Paid", "detail": {"paid_time": "20301225121210"}}
    assert code(change, wxpay, gateway, number, "sync", **paid) == (400, "INVALID_REQUEST")
    complete(wxpay, gateway, number)
    change(wxpay, gateway, number, "sync", **paid)
    gateway.advance(3600)
    (detail,) = query(wxpay, gateway, number)["collection"]["details"]
    assert (detail["paid_type"], detail["paid_time"]) == ("MCH", "20301225121210")
    assert gateway.state.ledger.balance("merchant") == earned
    assert code(change, wxpay, gateway, number, "cancel", reason="x")[1] == "INVALID_REQUEST"


def test_a_user_who_never_confirms(gateway, wxpay):
    body = service(gateway)
    wxpay[DIRECT].post(json=body)
    gateway.advance(hours=24 * 30)
    assert query(wxpay, gateway, body["out_order_no"])["state"] == "EXPIRED"
    with pytest.raises(LookupError):
        gateway.payscore.confirm(body["out_order_no"])


def test_query_by_the_number_that_the_user_comes_back_with(gateway, wxpay):
    body = service(gateway)
    wxpay[DIRECT].post(json=body)
    query_id = gateway.payscore.confirm(body["out_order_no"])["query_id"]
    asked = {**named(gateway), "query_id": query_id}
    assert wxpay[DIRECT].get(query=asked).json()["out_order_no"] == body["out_order_no"]
    both = {**asked, "out_order_no": body["out_order_no"]}
    assert code(wxpay[DIRECT].get, query=both) == (400, "PARAM_ERROR")
    assert code(wxpay[DIRECT].get, query=named(gateway)) == (400, "PARAM_ERROR")


@pytest.mark.parametrize("base", [PARTNER, BANK])
def test_sub_merchants(gateway, wxpay, receiver, base):
    variant = "partner" if base == PARTNER else "acquiringbank"
    body = service(gateway, **named(gateway, base), notify_url=receiver.url)
    created = wxpay[base].post(json=body).json()
    assert_response_fits("POST", base, created)
    number = body["out_order_no"]
    for other in ({**SUB, "service_id": "500002"}, {"sub_mchid": "1900000111"}):
        asked = {**named(gateway, base), **other, "out_order_no": number}
        assert code(wxpay[base].get, query=asked) == (404, "ORDER_NOT_EXIST")
    assert code(query, wxpay, gateway, number) == (404, "ORDER_NOT_EXIST")
    gateway.payscore.confirm(number)
    assert_notice_fits(receiver.next(), "PAYSCORE.USER_CONFIRM", variant)
    assert complete(wxpay, gateway, number, base) is None
    gateway.advance(10)
    assert_notice_fits(receiver.next(), "PAYSCORE.USER_PAID", variant)
    assert query(wxpay, gateway, number, base)["state"] == "DONE"
    assert gateway.state.ledger.balance(f"merchant:{SUB['sub_mchid']}") >= 4400


def test_delivered_goods_are_paid_later(gateway, wxpay):
    goods = [{"name": "杯子", "picture": "http://a/b.png", "amount": 1, "count": 1}]
    shopping = {"jump_link": {"appid": gateway.identity.appid}, "goods": goods}
    path = "v3/payscore/servicepayondeliveryorder"
    body = service(gateway, shopping_info=shopping)
    body["shopping_info"]["jump_link"]["jump_link_type"] = "JUMP_LINK_MINI_PROGRAM"
    created = wxpay[path].post(json=body).json()
    assert_response_fits("POST", path, created)
    assert query(wxpay, gateway, body["out_order_no"])["state"] == "CREATED"


def test_messages_before_the_deduction(gateway, wxpay):
    body = service(gateway)
    wxpay[DIRECT].post(json=body)
    told = {**CHARGED, "prepaid_time": "20301225121210"}
    for what in ("send-pendingmessage", "send-prepaidmessage"):
        got = code(change, wxpay, gateway, body["out_order_no"], what, **told)
        assert got == (400, "INVALID_REQUEST")
    gateway.payscore.confirm(body["out_order_no"])
    for what in ("send-pendingmessage", "send-prepaidmessage"):
        assert change(wxpay, gateway, body["out_order_no"], what, **told) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"out_order_no": "S" * 33}, "/out_order_no"),
        ({"out_order_no": "中文"}, "/out_order_no"),
        ({"service_introduction": "x" * 21}, "/service_introduction"),
        ({"time_range": {"start_time": "tomorrow"}}, "/time_range/start_time"),
        (
            {"time_range": {"start_time": "20301225121010", "end_time": "20301225121009"}},
            "/time_range/end_time",
        ),
        ({"risk_fund": {"name": "DEPOSIT", "amount": -1}}, "/risk_fund/amount"),
        ({"post_payments": [{"name": "x", "amount": -1}]}, "/post_payments/0/amount"),
        ({"post_payments": [{"name": "x", "count": 0}]}, "/post_payments/0/count"),
        ({"post_payments": [{"name": "x"}] * 101}, "/post_payments"),
        ({"post_discounts": [{"name": "x", "description": "y"}] * 2}, "/post_discounts"),
        ({"notify_url": "shop"}, "/notify_url"),
        ({"need_user_confirm": False}, "/openid"),
    ],
)
def test_wrong_parameters(gateway, wxpay, changes, field):
    error = rejected(wxpay[DIRECT].post, json=service(gateway, **changes))
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)


def test_the_total_is_what_is_charged(gateway, wxpay):
    number = confirmed(wxpay, gateway, risk_fund={"name": "DEPOSIT", "amount": 4399})
    error = rejected(complete, wxpay, gateway, number, total_amount=4500)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/total_amount")
    assert code(complete, wxpay, gateway, number) == (400, "INVALID_REQUEST")
    open_ended = confirmed(wxpay, gateway, time_range={"start_time": "OnAccept"})
    error = rejected(complete, wxpay, gateway, open_ended)
    assert error.detail["field"] == "/time_range/end_time"
    ended = complete(wxpay, gateway, open_ended, time_range={"end_time": "20301225121010"})
    assert ended["time_range"]["end_time"] == "20301225121010"


# --- the older API of the same orders ----------------------------------------------------------


def older(wxpay, base, number, what, gateway, **body):
    path = f"{base}/{{out_order_no}}/{what}"
    told = wxpay.chain(path).post(out_order_no=number, json={**named(gateway), **body}).json()
    assert_response_fits("POST", path, told)
    return told


@pytest.mark.parametrize("product", ["payafter-orders", "smartretail-orders"])
def test_orders_that_are_paid_after(gateway, wxpay, product):
    base, number = f"v3/payscore/{product}", new_number("S")
    body = {
        **named(gateway),
        "out_order_no": number,
        "service_introduction": "某某酒店",
        "service_start_time": "20301225091010",
        "service_start_location": "前台",
        "risk_amount": 10000,
    }
    created = wxpay[base].post(json=body).json()
    assert_response_fits("POST", base, created)
    assert created["package"]
    asked = {**named(gateway), "out_order_no": number}

    def shown():
        told = wxpay[base].get(query=asked).json()
        assert_response_fits("GET", base, told)
        return told

    assert (shown()["state"], shown()["risk_amount"]) == ("CREATED", 10000)
    gateway.payscore.confirm(number)
    assert shown()["state"] == "USER_ACCEPTED"
    ended = {
        "finish_type": 2,
        "real_service_end_time": "20301225121010",
        "fees": [{"fee_name": "房费", "fee_amount": 500, "fee_count": 1}],
        "discounts": [{"discount_name": "会员", "discount_amount": 100, "discount_desc": "x"}],
        "total_amount": 400,
    }
    assert code(older, wxpay, base, number, "complete", gateway, **ended, finish_ticket="x") == (
        400,
        "PARAM_ERROR",
    )
    ticket = shown()["finish_ticket"]
    older(wxpay, base, number, "complete", gateway, **ended, finish_ticket=ticket)
    assert shown()["state"] == "FINISHED"
    gateway.advance(10)
    paid = shown()
    assert (paid["state"], paid["total_amount"], paid["finish_type"]) == ("USER_PAID", 400, 2)
    assert paid["fees"][0]["fee_amount"] == 500
    assert paid["finish_transaction_id"]


def test_orders_paid_after_end_without_a_payment(gateway, wxpay):
    base = "v3/payscore/payafter-orders"
    numbers = [new_number("S") for _ in range(3)]
    for number in numbers:
        times = {"service_start_time": "OnAccept", "service_end_time": "20301225121010"}
        wxpay[base].post(json={**named(gateway), "out_order_no": number, **times})
        gateway.payscore.confirm(number)
    older(wxpay, base, numbers[0], "cancel", gateway, reason="x")
    older(wxpay, base, numbers[1], "complete", gateway, finish_type=1)
    fees = [{"fee_name": "房费", "fee_amount": 500}]
    older(wxpay, base, numbers[2], "complete", gateway, fees=fees, total_amount=500)
    synced = {"type": "Order_Paid", "detail": {"paid_time": "20301225121210"}}
    older(wxpay, base, numbers[2], "sync", gateway, **synced)
    states = []
    for number in numbers:
        told = wxpay[base].get(query={**named(gateway), "out_order_no": number}).json()
        states.append(told["state"])
    assert states == ["REVOKED", "REVOKED", "USER_PAID"]
    assert told["pay_type"] == "MchChannelPayType"
    newer = confirmed(wxpay, gateway)
    asked = {**named(gateway), "out_order_no": newer}
    assert code(wxpay[base].get, query=asked) == (404, "ORDER_NOT_EXIST")


# --- permissions -------------------------------------------------------------------------------


def permission(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "service_id": SERVICE,
        "authorization_code": new_number("A"),
        **changes,
    }


def test_a_user_permits_a_service(gateway, wxpay, receiver):
    base, openid = "v3/payscore/permissions", new_number("o")
    asked = permission(gateway, notify_url=receiver.url)
    number = asked["authorization_code"]
    token = wxpay[base].post(json=asked).json()["apply_permissions_token"]
    assert wxpay[base].post(json=asked).json()["apply_permissions_token"] == token
    other = {**asked, "service_id": "500002"}
    assert code(wxpay[base].post, json=other) == (400, "INVALID_REQUEST")
    assert wxpay.invoke.payscore_permissions(apply_permissions_token=token)
    one = wxpay.chain(f"{base}/authorization-code/{{authorization_code}}")
    path = f"{base}/authorization-code/{{authorization_code}}"

    def state():
        told = one.get(authorization_code=number, query={"service_id": SERVICE}).json()
        assert_response_fits("GET", path, told)
        return told["authorization_state"]

    assert state() == "UNBINDUSER"
    order = service(gateway, need_user_confirm=False, openid=openid)
    assert code(wxpay[DIRECT].post, json=order) == (403, "NO_AUTH")
    gateway.payscore_permissions.grant(number, openid=openid)
    assert_notice_fits(receiver.next(), "PAYSCORE.USER_OPEN_SERVICE", "direct")
    assert state() == "AVAILABLE"
    created = wxpay[DIRECT].post(json=order).json()
    assert (created["state"], created["state_description"]) == ("DOING", "USER_CONFIRM")
    asked_for = {"appid": asked["appid"], "service_id": SERVICE}
    of_user = wxpay.chain(f"{base}/openid/{{openid}}")
    told = of_user.get(openid=openid, query=asked_for).json()
    assert_response_fits("GET", f"{base}/openid/{{openid}}", told)
    service_state = wxpay["v3/payscore/user-service-state"]
    assert service_state.get(query={**asked_for, "openid": openid}).json() == {
        **asked_for,
        "openid": openid,
        "use_service_state": "AVAILABLE",
    }
    ended = {**asked_for, "reason": "撤销原因"}
    wxpay.chain(f"{base}/openid/{{openid}}/terminate").post(openid=openid, json=ended)
    assert_notice_fits(receiver.next(), "PAYSCORE.USER_CLOSE_SERVICE", "direct")
    assert state() == "UNAVAILABLE"
    got = code(
        one.terminate.post, authorization_code=number, json={"service_id": SERVICE, "reason": "x"}
    )
    assert got == (400, "INVALID_ORDER_STATE")
    late = service(gateway, need_user_confirm=False, openid=openid)
    assert code(wxpay[DIRECT].post, json=late) == (403, "NO_AUTH")
    assert of_user.get(openid="nobody", query=asked_for).json()["authorization_state"] == (
        "UNAVAILABLE"
    )


def test_an_order_that_is_created_and_completed_at_once(gateway, wxpay, receiver):
    asked, openid = permission(gateway), new_number("o")
    wxpay["v3/payscore/permissions"].post(json=asked)
    gateway.payscore_permissions.grant(asked["authorization_code"], openid=openid)
    body = service(gateway, openid=openid, notify_url=receiver.url, **CHARGED)
    del body["risk_fund"]
    path = f"{DIRECT}/direct-complete"
    told = wxpay[path].post(json=body).json()
    assert told["state_description"] == "MCH_COMPLETE"
    assert wxpay[path].post(json=body).json() == told
    gateway.advance(10)
    assert receiver.next().event_type == "PAYSCORE.USER_PAID"
    assert query(wxpay, gateway, body["out_order_no"])["state"] == "DONE"
    gateway.payscore_permissions.terminate(asked["authorization_code"])


def test_permissions_of_sub_merchants(gateway, wxpay):
    base, sub_openid = "v3/payscore/partner/permissions", new_number("o")
    asked = permission(gateway, **SUB)
    number = asked["authorization_code"]
    wxpay[base].post(json=asked)
    gateway.payscore_permissions.grant(number, sub_openid=sub_openid)
    one = wxpay.chain(f"{base}/authorization-code/{{authorization_code}}")
    theirs = {"service_id": SERVICE, "sub_mchid": "1900000111"}
    got = code(one.get, authorization_code=number, query=theirs)
    assert got == (404, "ORDER_NOT_EXIST")
    whose = {"appid": asked["appid"], "service_id": SERVICE, **SUB, "sub_openid": sub_openid}
    told = wxpay[f"{base}/search"].get(query=whose).json()
    assert_response_fits("GET", f"{base}/search", told)
    assert told["authorization_state"] == "AVAILABLE"
    level = wxpay[f"{base}/assess-user-risk-level"].post(json=whose, query=SUB).json()
    assert_response_fits("POST", f"{base}/assess-user-risk-level", level)
    wxpay[f"{base}/terminate"].post(json={**whose, "reason": "撤销原因"})
    assert wxpay[f"{base}/search"].get(query=whose).json()["authorization_state"] == "UNAVAILABLE"
