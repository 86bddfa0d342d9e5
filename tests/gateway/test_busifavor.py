"""Merchants' coupons: stocks, codes, and coupons that users receive and merchants report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import new_number, paid
from wechatpay_chain import APIError
from wechatpay_chain.gateway import Gateway

CUSTOMER = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
BASE = "v3/marketing/busifavor"
DAY = 86400


@pytest.fixture
def gateway(identity: Any) -> Iterator[Gateway]:
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


def stock(gateway: Any, **changes: Any) -> dict[str, Any]:
    """Return the request for a stock of 3 coupons of 30 fen, 2 for each user."""
    clock = gateway.state.clock
    times = {
        "available_begin_time": clock.rfc3339(clock.now() - 60),
        "available_end_time": clock.rfc3339(clock.now() + 10 * DAY),
    }
    return {
        "stock_name": "满 1 元减 0.3 元",
        "belong_merchant": gateway.identity.mchid,
        "goods_name": "全场商品",
        "stock_type": "NORMAL",
        "coupon_use_rule": {
            "coupon_available_time": {**times, **changes.pop("times", {})},
            "fixed_normal_coupon": {"discount_amount": 30, "transaction_minimum": 100},
            "use_method": "OFF_LINE",
            **changes.pop("use", {}),
        },
        "stock_send_rule": {
            "max_coupons": 3,
            "max_coupons_per_user": 2,
            **changes.pop("rule", {}),
        },
        "coupon_code_mode": "WECHATPAY_MODE",
        "out_request_no": new_number("S"),
        **changes,
    }


def made(gateway: Any, wxpay: Any, **changes: Any) -> str:
    response = wxpay.chain(f"{BASE}/stocks").post(json=stock(gateway, **changes))
    return str(response.json()["stock_id"])


def send(gateway: Any, wxpay: Any, number: str, **changes: Any) -> str:
    asked = {
        "openid": CUSTOMER,
        "appid": gateway.identity.appid,
        "stock_id": number,
        "out_request_no": new_number("C"),
        **changes,
    }
    return str(wxpay.chain(f"{BASE}/coupons/send").post(json=asked).json()["coupon_code"])


def do(wxpay: Any, what: str, number: str = "", **members: Any) -> Any:
    """Report on a coupon; `number` identifies the request."""
    names = {"associate": "out_request_no", "disassociate": "out_request_no"}
    named = {names.get(what, f"{what}_request_no"): number or new_number("N")}
    return wxpay.chain(f"{BASE}/coupons/{what}").post(json={**named, **members}).json()


def use(gateway: Any, wxpay: Any, code: str, number: str = "", **changes: Any) -> Any:
    members = {"appid": gateway.identity.appid, "use_time": gateway.state.clock.rfc3339()}
    return do(wxpay, "use", number, **{**members, "coupon_code": code, **changes})


def queried(gateway: Any, wxpay: Any, code: str, openid: str = CUSTOMER) -> Any:
    path = f"{BASE}/users/{openid}/coupons/{code}/appids/{gateway.identity.appid}"
    return wxpay.chain(path).get().json()


def code_of(call: Any, *args: Any, **options: Any) -> str | None:
    with pytest.raises(APIError) as raised:
        call(*args, **options)
    return raised.value.code


def test_a_coupon_from_start_to_end(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay)
    code = send(gateway, wxpay, number)
    shown = queried(gateway, wxpay, code)
    assert (shown["coupon_state"], shown["stock_id"]) == ("SENDED", number)
    told = use(gateway, wxpay, code, "use0001", use_time="2026-11-20T13:29:35+08:00")
    assert (told["stock_id"], told["openid"]) == (number, CUSTOMER)
    shown = queried(gateway, wxpay, code)
    assert (shown["coupon_state"], shown["use_request_no"]) == ("USED", "use0001")
    assert shown["use_time"] == "2026-11-20T13:29:35+08:00"
    assert code_of(use, gateway, wxpay, code) == "INVALID_REQUEST"
    do(wxpay, "return", "return0001", coupon_code=code, stock_id=number)
    shown = queried(gateway, wxpay, code)
    assert (shown["coupon_state"], shown["return_request_no"]) == ("SENDED", "return0001")
    named = {"coupon_code": code, "stock_id": number}
    do(wxpay, "deactivate", "end0001", **named, deactivate_reason="误发")
    shown = queried(gateway, wxpay, code)
    assert (shown["coupon_state"], shown["deactivate_reason"]) == ("DEACTIVATED", "误发")
    assert code_of(use, gateway, wxpay, code) == "INVALID_REQUEST"
    assert gateway.state.ledger.balances() == {}


def test_the_same_request_is_carried_out_once(gateway: Gateway, wxpay: Any) -> None:
    asked = stock(gateway)
    create = wxpay.chain(f"{BASE}/stocks").post
    first = create(json=asked).json()
    assert create(json=asked).json() == first
    assert code_of(create, json={**asked, "stock_name": "其他"}) == "PARAM_ERROR"
    number = first["stock_id"]
    code = send(gateway, wxpay, number, out_request_no="send0001")
    assert send(gateway, wxpay, number, out_request_no="send0001") == code
    when = gateway.state.clock.rfc3339()
    told = use(gateway, wxpay, code, "use0001", use_time=when)
    assert use(gateway, wxpay, code, "use0001", use_time=when) == told


def test_a_stock_sends_no_more_than_its_budget(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay)
    path = wxpay.chain(f"{BASE}/stocks/{number}")
    for _ in range(2):
        send(gateway, wxpay, number)
    assert code_of(send, gateway, wxpay, number) == "RULE_LIMIT"
    send(gateway, wxpay, number, openid="o2")
    assert code_of(send, gateway, wxpay, number, openid="o3") == "NOT_ENOUGH"
    budget = {"target_max_coupons": 4, "modify_budget_request_no": "budget1"}
    wrong = {**budget, "current_max_coupons": 2}
    assert code_of(path.budget.patch, json=wrong) == "PARAM_ERROR"
    told = path.budget.patch(json={**budget, "current_max_coupons": 3}).json()
    assert told["max_coupons"] == 4
    lower = {**budget, "modify_budget_request_no": "budget2", "target_max_coupons": 2}
    assert code_of(path.budget.patch, json={**lower, "current_max_coupons": 4}) == "PARAM_ERROR"
    send(gateway, wxpay, number, openid="o3")
    sent = path.get().json()["send_count_information"]
    assert (sent["total_send_num"], sent["today_send_amount"]) == (4, 120)


def test_a_day_has_its_own_limit(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay, rule={"max_coupons_by_day": 1})
    send(gateway, wxpay, number)
    assert code_of(send, gateway, wxpay, number) == "RULE_LIMIT"
    gateway.advance(DAY)
    send(gateway, wxpay, number)


def test_a_stock_is_changed(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay)
    path = wxpay.chain(f"{BASE}/stocks/{number}")
    response = path.patch(
        json={
            "stock_name": "新名称",
            "coupon_use_rule": {"use_method": "SELF_CONSUME"},
            "out_request_no": "change01",
        }
    )
    assert response.status_code == 204
    shown = path.get().json()
    assert (shown["stock_name"], shown["goods_name"]) == ("新名称", "全场商品")
    rule = shown["coupon_use_rule"]
    assert rule["use_method"] == "SELF_CONSUME"
    assert rule["fixed_normal_coupon"]["discount_amount"] == 30


def test_codes_are_uploaded_listed_sent_and_deleted(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay, coupon_code_mode="MERCHANT_UPLOAD")
    codes = wxpay.chain(f"{BASE}/stocks/{number}/couponcodes")
    upload = {"coupon_code_list": ["A1", "A2", "A2"], "upload_request_no": "upload01"}
    told = codes.post(json=upload).json()
    assert (told["success_codes"], told["duplicate_codes"]) == (["A1", "A2"], ["A2"])
    again = {"coupon_code_list": ["A2", "A3"], "upload_request_no": "upload02"}
    told = codes.post(json=again).json()
    assert (told["success_codes"], told["exist_codes"]) == (["A3"], ["A2"])
    assert send(gateway, wxpay, number) == "A1"
    listed = codes.get(query={"status": "DISPATCHED"}).json()
    assert [(each["code"], each["openid"]) for each in listed["data"]] == [("A1", CUSTOMER)]
    one = wxpay.chain(f"{BASE}/stocks/{number}/couponcodes/A1")
    assert one.get().json()["coupon_information"]["coupon_state"] == "SENDED"
    delete = {"delete_request_no": "delete01"}
    assert code_of(one.delete, query=delete) == "INVALID_REQUEST"
    wxpay.chain(f"{BASE}/stocks/{number}/couponcodes/A2").delete(query=delete)
    shown = wxpay.chain(f"{BASE}/stocks/{number}").get().json()
    assert shown["coupon_code_count"] == {"total_count": 2, "available_count": 1}
    assert send(gateway, wxpay, number) == "A3"
    assert code_of(send, gateway, wxpay, number, openid="o2") == "NOT_ENOUGH"


def test_a_merchant_gives_codes_of_its_own(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay, coupon_code_mode="MERCHANT_API")
    assert code_of(send, gateway, wxpay, number) == "PARAM_ERROR"
    assert send(gateway, wxpay, number, coupon_code="MINE1") == "MINE1"
    assert code_of(send, gateway, wxpay, number, coupon_code="MINE1") == "INVALID_REQUEST"
    assert gateway.busifavor_stocks.receive(number, "o2", "MINE2")["coupon_code"] == "MINE2"
    other = made(gateway, wxpay)
    assert code_of(send, gateway, wxpay, other, coupon_code="MINE3") == "PARAM_ERROR"


def test_an_order_is_associated(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay)
    code = send(gateway, wxpay, number)
    named = {"coupon_code": code, "stock_id": number}
    do(wxpay, "associate", **named, out_trade_no="order1")
    assert queried(gateway, wxpay, code)["associate_out_trade_no"] == "order1"
    other = {**named, "out_trade_no": "order2"}
    assert code_of(do, wxpay, "associate", **other) == "INVALID_REQUEST"
    assert code_of(do, wxpay, "disassociate", **other) == "INVALID_REQUEST"
    do(wxpay, "disassociate", **named, out_trade_no="order1")
    assert "associate_out_trade_no" not in queried(gateway, wxpay, code)


def test_coupons_of_a_user_are_listed(gateway: Gateway, wxpay: Any) -> None:
    first, second = made(gateway, wxpay), made(gateway, wxpay)
    used, kept = send(gateway, wxpay, first), send(gateway, wxpay, second)
    send(gateway, wxpay, first, openid="o2")
    use(gateway, wxpay, used)
    users = wxpay.chain(f"{BASE}/users/{CUSTOMER}/coupons")

    def codes(**query: str) -> list[str]:
        told = users.get(query={"appid": gateway.identity.appid, **query}).json()
        return [each["coupon_code"] for each in told["data"]]

    assert codes() == [kept, used]
    assert codes(limit="1", offset="1") == [used]
    assert codes(coupon_state="USED") == [used]
    assert codes(stock_id=second) == [kept]
    assert codes(sender_merchant="1900000199") == []
    assert code_of(queried, gateway, wxpay, used, "o2") == "RESOURCE_NOT_EXISTS"


@pytest.mark.parametrize(
    ("times", "seconds", "state"),
    [
        ({}, 10 * DAY, "EXPIRED"),
        ({"available_second_after_receive": 60}, 61, "EXPIRED"),
        ({"available_day_after_receive": 1}, DAY, "EXPIRED"),
        ({"available_day_after_receive": 2}, DAY, "SENDED"),
    ],
)
def test_a_coupon_expires(
    gateway: Gateway, wxpay: Any, times: dict[str, int], seconds: int, state: str
) -> None:
    code = send(gateway, wxpay, made(gateway, wxpay, times=times))
    gateway.advance(seconds)
    assert gateway.busifavor_coupons.get(code)["coupon_state"] == state
    assert queried(gateway, wxpay, code)["coupon_state"] == state


def test_a_coupon_begins_after_days(gateway: Gateway, wxpay: Any) -> None:
    code = send(gateway, wxpay, made(gateway, wxpay, times={"wait_days_after_receive": 1}))
    assert code_of(use, gateway, wxpay, code) == "INVALID_REQUEST"
    gateway.advance(DAY)
    use(gateway, wxpay, code)


def test_controls_of_stocks_and_coupons(gateway: Gateway, wxpay: Any) -> None:
    number = made(gateway, wxpay)
    expired, deleted = (
        gateway.busifavor_stocks.receive(number, CUSTOMER)["coupon_code"] for _ in range(2)
    )
    gateway.busifavor_coupons.expire(expired)
    gateway.busifavor_coupons.delete(deleted)
    states = [queried(gateway, wxpay, code)["coupon_state"] for code in (expired, deleted)]
    assert states == ["EXPIRED", "DELETED"]
    gateway.busifavor_stocks.stop(number)
    assert wxpay.chain(f"{BASE}/stocks/{number}").get().json()["stock_state"] == "STOPED"
    with pytest.raises(LookupError):
        gateway.busifavor_stocks.receive(number, "o2")


def test_a_notification_tells_who_receives_a_coupon(
    gateway: Gateway, wxpay: Any, receiver: Any
) -> None:
    callbacks = wxpay.chain(f"{BASE}/callbacks")
    assert code_of(callbacks.get) == "RESOURCE_NOT_EXISTS"
    url = f"{receiver.url}notify"
    callbacks.post(json={"notify_url": url})
    assert callbacks.get().json() == {"mchid": gateway.identity.mchid, "notify_url": url}
    number = made(gateway, wxpay)
    code = send(gateway, wxpay, number)
    notice = receiver.next()
    assert_fits(notice)
    told = notice.resource
    assert (told["coupon_code"], told["openid"]) == (code, CUSTOMER)
    assert told["send_channel"] == "BUSICOUPON_SEND_CHANNEL_API"
    gateway.busifavor_stocks.receive(number, CUSTOMER)
    assert receiver.next().resource["send_channel"] == "BUSICOUPON_SEND_CHANNEL_MINIAPP"


@pytest.mark.parametrize(
    "changes",
    [
        {"use": {"fixed_normal_coupon": None}},
        {"stock_type": "FREE"},
        {"coupon_code_mode": "NONE"},
        {"rule": {"max_coupons": 0}},
        {"times": {"available_end_time": "2020-01-01T00:00:00+08:00"}},
        {"times": {"wait_days_after_receive": 1000}},
    ],
)
def test_a_stock_with_a_wrong_rule_is_rejected(
    gateway: Gateway, wxpay: Any, changes: dict[str, Any]
) -> None:
    create = wxpay.chain(f"{BASE}/stocks").post
    assert code_of(create, json=stock(gateway, **changes)) == "PARAM_ERROR"


def shared_order(gateway: Any, wxpay: Any) -> Any:
    """Create a paid order of 100 fen for profit sharing, with 50 fen more on the account."""
    paid(gateway, wxpay, total=50)
    return paid(gateway, wxpay, settle_info={"profit_sharing": True})


def used_coupon(gateway: Any, wxpay: Any, order: Any, **changes: Any) -> dict[str, Any]:
    """Return the members of subsidy requests for a used coupon and its order."""
    number = made(gateway, wxpay, **{"subsidy": True, **changes})
    code = send(gateway, wxpay, number)
    use(gateway, wxpay, code)
    return {
        "stock_id": number,
        "coupon_code": code,
        "transaction_id": order["transaction_id"],
        "payer_merchant": gateway.identity.mchid,
        "payee_merchant": gateway.identity.mchid,
        "amount": 30,
        "description": "新人立减",
    }


def money(gateway: Any) -> tuple[int, int]:
    gateway.state.ledger.check()
    balance = gateway.state.ledger.balance
    return balance("merchant"), balance("frozen")


def test_a_subsidy_is_paid_and_returned(gateway: Gateway, wxpay: Any) -> None:
    order = shared_order(gateway, wxpay)
    named = used_coupon(gateway, wxpay, order)
    pay = wxpay.chain(f"{BASE}/subsidy/pay-receipts").post
    asked = {**named, "out_subsidy_no": "subsidy1"}
    receipt = pay(json=asked).json()
    assert (receipt["status"], money(gateway)) == ("PAY_RECEIPT_SUCCESS", (20, 130))
    assert pay(json=asked).json() == receipt
    assert money(gateway) == (20, 130)
    refund = {
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 40, "total": 100, "currency": "CNY"},
    }
    refunded = wxpay.v3.refund.domestic.refunds.post(json=refund).json()
    gateway.refunds.all(1)
    give_back = wxpay.chain(f"{BASE}/subsidy/return-receipts").post
    back = {**named, "refund_id": refunded["refund_id"], "amount": 10}
    returned = give_back(json={**back, "out_subsidy_return_no": "return01"}).json()
    assert (returned["status"], money(gateway)) == ("RETURN_RECEIPT_SUCCESS", (30, 80))
    too_much = {**back, "amount": 21, "out_subsidy_return_no": "return02"}
    assert code_of(give_back, json=too_much) == "INVALID_REQUEST"
    unknown = {**back, "refund_id": "5000", "out_subsidy_return_no": "return03"}
    assert code_of(give_back, json=unknown) == "INVALID_REQUEST"
    one = wxpay.chain(f"{BASE}/subsidy/pay-receipts/{receipt['subsidy_receipt_id']}")
    assert one.get().json()["status"] == "PAY_RECEIPT_PARTIAL_RETURN"
    give_back(json={**back, "amount": 20, "out_subsidy_return_no": "return04"})
    assert (one.get().json()["status"], money(gateway)) == ("PAY_RECEIPT_FULL_RETURN", (50, 60))
    query = {name: named[name] for name in ("stock_id", "coupon_code")}
    listed = wxpay.chain(f"{BASE}/subsidy/pay-receipts").get(query=query).json()
    assert listed["pay_receipt_list"] == [one.get().json()]
    number = returned["subsidy_return_receipt_id"]
    assert wxpay.chain(f"{BASE}/subsidy/return-receipts/{number}").get().json() == returned


def test_a_subsidy_that_cannot_be_paid_moves_nothing(gateway: Gateway, wxpay: Any) -> None:
    order = shared_order(gateway, wxpay)
    named = used_coupon(gateway, wxpay, order)
    pay = wxpay.chain(f"{BASE}/subsidy/pay-receipts").post
    told = pay(json={**named, "amount": 51, "out_subsidy_no": "subsidy1"}).json()
    assert told["fail_reason"] == "PAY_RECEIPT_INSUFFICIENT_BALANCE"
    whole = paid(gateway, wxpay)["transaction_id"]
    told = pay(json={**named, "transaction_id": whole, "out_subsidy_no": "subsidy2"}).json()
    assert told["fail_reason"] == "PAY_RECEIPT_NOT_INCOMESPLIT_ORDER"
    for wrong in ("payer_merchant", "payee_merchant"):
        asked = {**named, wrong: "1900000199", "out_subsidy_no": new_number("Z")}
        assert code_of(pay, json=asked) == "PARAM_ERROR"
    without = used_coupon(gateway, wxpay, order, subsidy=False)
    assert code_of(pay, json={**without, "out_subsidy_no": "subsidy4"}) == "INVALID_REQUEST"
    kept = {**named, "coupon_code": send(gateway, wxpay, named["stock_id"])}
    assert code_of(pay, json={**kept, "out_subsidy_no": "subsidy5"}) == "INVALID_REQUEST"
    assert money(gateway) == (150, 100)
