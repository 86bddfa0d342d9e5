"""Transfers without confirmation: authorizations of users and sub-merchants, and QQ wallets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import SUB, new_number
from tests.gateway.test_transfers import DIRECT, PARTNERS, bill, create, query, rejected
from wechatpay_chain import Sensitive

AUTHORIZATIONS = "v3/fund-app/mch-transfer/user-confirm-authorization"
OF_PARTNER = "v3/fund-app/mch-transfer/partner/user-confirm-authorizations"
INVITATIONS = "v3/fund-app/mch-transfer/partner/sub-mch-authorizations"
OF_PLATFORM = "v3/ecommerce/mch-transfer/authorizations"
QQ = "v3/fund-app/mch-transfer/transfer-to-qq-wallet-bills"


def application(gateway: Any, **changes: Any) -> dict[str, Any]:
    return {
        "out_authorization_no": new_number("A"),
        "appid": gateway.identity.appid,
        "openid": f"o{new_number()}",
        "transfer_scene_id": "1000",
        "user_display_name": "wx_123456",
        "authorization_notify_url": "http://127.0.0.1:1/notify",
        **changes,
    }


def apply(wxpay: Any, body: dict[str, Any], base: str = AUTHORIZATIONS) -> Any:
    return wxpay.chain(base).post(json=body).json()


def state_of(wxpay: Any, number: str, base: str = AUTHORIZATIONS, **query: Any) -> Any:
    between = "" if base == OF_PARTNER else "/out-authorization-no"
    return wxpay[f"{base}{between}/{number}"].get(query=query or None).json()


def to_authorized(gateway: Any, **changes: Any) -> dict[str, Any]:
    body = bill(gateway, **changes)
    del body["openid"]
    return body


def test_a_user_authorizes_and_transfers_arrive_at_once(gateway, wxpay, receiver):
    body = application(gateway, authorization_notify_url=receiver.url)
    made, number = apply(wxpay, body), body["out_authorization_no"]
    assert (made["state"], bool(made["package_info"])) == ("WAIT_USER_CONFIRM", True)
    assert apply(wxpay, body) == made
    assert rejected(apply, wxpay, {**body, "user_display_name": "x"}).code == "ALREADY_EXISTS"
    early = to_authorized(gateway, out_authorization_no=number)
    assert rejected(create, wxpay, early, f"{DIRECT}/transfer").code == "INVALID_REQUEST"
    gateway.transfer_authorizations.confirm(number)
    told = receiver.next()
    assert told.event_type == "MCHTRANSFER.AUTHORIZATION.CONFIRMED"
    assert_fits(told)
    shown = state_of(wxpay, number)
    assert (shown["state"], shown["user_display_name"]) == ("TAKING_EFFECT", "wx_123456")
    assert state_of(wxpay, number, is_display_authorization=True)["package_info"]
    second = application(gateway, openid=body["openid"])
    assert rejected(apply, wxpay, second).code == "INVALID_REQUEST"
    users = gateway.state.ledger.balance("user")
    named = {"authorization_id": shown["authorization_id"]}
    paid = to_authorized(gateway, **named, notify_url=receiver.url, user_name=Sensitive("张三"))
    done = create(wxpay, paid, f"{DIRECT}/transfer")
    assert (done["state"], done["openid"]) == ("SUCCESS", body["openid"])
    assert wxpay.decrypt(done["user_name"]) == "张三"
    assert create(wxpay, paid, f"{DIRECT}/transfer")["transfer_bill_no"] == done["transfer_bill_no"]
    assert gateway.state.ledger.balance("user") == users + 100
    finished = receiver.next()
    assert (finished.event_type, finished.resource["state"]) == (
        "MCHTRANSFER.BILL.FINISHED",
        "SUCCESS",
    )
    assert query(wxpay, done["out_bill_no"])["state"] == "SUCCESS"
    other = to_authorized(gateway, **named, transfer_scene_id="1002")
    assert rejected(create, wxpay, other, f"{DIRECT}/transfer").code == "INVALID_REQUEST"
    closed = wxpay[f"{AUTHORIZATIONS}/out-authorization-no/{number}/close"].post().json()
    assert closed["close_info"]["close_reason"] == "CLOSE_VIA_MCH_API"
    told = receiver.next()
    assert told.event_type == "MCHTRANSFER.AUTHORIZATION.CLOSED"
    assert_fits(told)
    late = to_authorized(gateway, **named)
    assert rejected(create, wxpay, late, f"{DIRECT}/transfer").code == "INVALID_REQUEST"
    again = wxpay[f"{AUTHORIZATIONS}/out-authorization-no/{number}/close"]
    assert rejected(again.post).code == "INVALID_REQUEST"
    assert apply(wxpay, second)["state"] == "WAIT_USER_CONFIRM"


def test_an_authorization_that_nobody_confirms(gateway, wxpay):
    body = application(gateway, notify_url="http://127.0.0.1:1/notify")
    number = body["out_authorization_no"]
    assert rejected(state_of, wxpay, number, OF_PARTNER).code == "NOT_FOUND"
    apply(wxpay, body, OF_PARTNER)
    gateway.advance(hours=23)
    assert gateway.transfer_authorizations.get(number)["state"] == "WAIT_USER_CONFIRM"
    gateway.advance(hours=1)
    shown = state_of(wxpay, number, OF_PARTNER)
    assert shown["close_info"]["close_reason"] == "USER_OVERDUE_UNCONFIRMED"
    with pytest.raises(LookupError, match="CLOSED"):
        gateway.transfer_authorizations.confirm(number)


@pytest.mark.parametrize("partner", [False, True])
def test_a_transfer_that_asks_for_an_authorization(gateway, wxpay, receiver, partner):
    base, whose = (PARTNERS[0], SUB) if partner else (DIRECT, {})
    numbers = []
    for _ in range(2):
        number = new_number("A")
        info = {
            "user_display_name": "wx_1",
            "out_authorization_no": number,
            "authorization_notify_url": receiver.url,
        }
        body = bill(gateway, **whose, openid=f"o{number}", authorization_info=info)
        made = create(wxpay, body, f"{base}/pre-transfer-with-authorization")
        assert made["package_info"]
        assert ("out_authorization_no" in made) != partner
        assert create(wxpay, body, f"{base}/pre-transfer-with-authorization") == made
        assert rejected(state_of, wxpay, number).code == "NOT_FOUND"  # not before the user agrees
        numbers.append((made["out_bill_no"], number))
    (agreed, authorized), (unwilling, not_authorized) = numbers
    gateway.transfers.confirm(agreed)
    gateway.transfers.confirm(unwilling, authorize=False)
    assert receiver.next().resource["out_authorization_no"] == authorized
    assert state_of(wxpay, authorized)["state"] == "TAKING_EFFECT"
    assert rejected(state_of, wxpay, not_authorized).code == "NOT_FOUND"
    named = {"authorization_id": state_of(wxpay, authorized)["authorization_id"], **whose}
    done = create(wxpay, to_authorized(gateway, **named), f"{base}/transfer")
    assert done["state"] == "SUCCESS"
    gateway.transfer_authorizations.close(authorized)
    assert receiver.next().resource["close_info"]["close_reason"] == "USER_CLOSE"


def test_a_sub_merchant_authorizes_its_service_provider(gateway, wxpay):
    sub = "1900000119"
    asked = wxpay[f"{INVITATIONS}/{sub}"]
    assert asked.get().json() == {"sub_mchid": sub, "state": "UNAUTHORIZED"}
    body = bill(gateway, sub_mchid=sub)
    create(wxpay, body, PARTNERS[0])  # without an invitation, the gateway requires no authorization
    application = {"sub_mchid": sub, "out_apply_no": new_number("I")}
    made = apply(wxpay, application, INVITATIONS)
    assert made["state"] == "INVITED"
    assert apply(wxpay, application, INVITATIONS) == made
    other = {**application, "out_apply_no": new_number("I")}
    assert rejected(apply, wxpay, other, INVITATIONS).code == "INVALID_REQUEST"
    error = rejected(create, wxpay, bill(gateway, sub_mchid=sub), PARTNERS[0])
    assert (error.status_code, error.code) == (403, "NO_AUTH")
    gateway.sub_merchant_authorizations.decline(sub)
    assert asked.get().json()["apply_order"]["state"] == "REJECTED"
    apply(wxpay, other, INVITATIONS)
    gateway.sub_merchant_authorizations.accept(sub)
    shown = asked.get().json()
    assert (shown["state"], shown["apply_order"]["state"]) == ("AUTHORIZED", "PASSED")
    create(wxpay, bill(gateway, sub_mchid=sub), PARTNERS[0])
    gateway.sub_merchant_authorizations.withdraw(sub)
    assert asked.get().json()["cancel_authorization_time"]
    assert rejected(create, wxpay, bill(gateway, sub_mchid=sub), PARTNERS[0]).code == "NO_AUTH"
    with pytest.raises(LookupError):
        gateway.sub_merchant_authorizations.accept(sub)


def test_a_platform_is_authorized_by_agreements(gateway, wxpay):
    sub = "1900000120"
    path = wxpay[f"{OF_PLATFORM}/{sub}"]
    assert path.get().json()["authorization_state"] == "UNAUTHORIZED"
    agreement = dict.fromkeys(
        ("agreement_code", "agreement_version", "sign_organization", "sign_time"), "1"
    )
    body = {"sub_mchid": sub, "agreement_list": [agreement]}
    assert apply(wxpay, body, OF_PLATFORM)["authorization_state"] == "AUTHORIZE_PROCESSING"
    assert rejected(create, wxpay, bill(gateway, sub_mchid=sub), PARTNERS[1]).code == "NO_AUTH"
    gateway.advance(seconds=5)
    assert path.get().json()["authorization_state"] == "AUTHORIZED"
    assert apply(wxpay, body, OF_PLATFORM)["authorize_time"]
    create(wxpay, bill(gateway, sub_mchid=sub), PARTNERS[1])


def test_a_transfer_to_a_qq_wallet(gateway, wxpay, receiver):
    users = gateway.state.ledger.balance("user")
    body = bill(gateway, transfer_scene_id="1401", user_qq="10000", notify_url=receiver.url)
    number = body["out_bill_no"]
    made = create(wxpay, body, QQ)
    assert (made["state"], made["user_qq"]) == ("ACCEPTED", "10000")
    assert rejected(query, wxpay, number).code == "NOT_FOUND"  # not a transfer to a balance
    gateway.advance(seconds=5)
    told = receiver.next()
    assert (told.event_type, told.resource["state"]) == (
        "MCHTRANSFER.QQWALLETBILL.FINISHED",
        "SUCCESS",
    )
    assert_fits(told)
    assert wxpay[f"{QQ}/{number}"].get().json()["state"] == "SUCCESS"
    assert gateway.state.ledger.balance("user") == users + 100
    assert rejected(wxpay[f"{QQ}/{number}/cancel"].post).code == "INVALID_REQUEST"
    other = create(wxpay, bill(gateway, transfer_scene_id="1401"), QQ)["out_bill_no"]
    assert wxpay[f"{QQ}/{other}/cancel"].post().json()["state"] == "CANCELING"
    assert wxpay[f"{QQ}/{other}"].get().json()["state"] == "CANCELLED"
    failed = create(wxpay, bill(gateway, transfer_scene_id="1401"), QQ)["out_bill_no"]
    gateway.transfers.fail(failed, "ACCOUNT_NOT_EXIST")
    assert wxpay[f"{QQ}/{failed}"].get().json()["fail_reason"] == "ACCOUNT_NOT_EXIST"
    large = bill(gateway, transfer_amount=20_001)
    assert rejected(create, wxpay, large, QQ).code == "INVALID_REQUEST"
