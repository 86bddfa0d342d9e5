"""A platform closes a sub-merchant and withdraws its money: 注销提现."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import new_number
from tests.gateway.test_closings import code, pay, validated
from wechatpay_chain import APIError, Media, Sensitive, WeChatPay
from wechatpay_chain.gateway import Gateway

BASE = "v3/ecommerce/account/apply-cancel-withdraw"
PICTURE = b"\xff\xd8\xff\xe0"


@pytest.fixture
def sub(gateway: Gateway) -> str:
    return gateway.add_sub_merchant(gateway.identity.mchid).mchid


def uploaded(wxpay: WeChatPay) -> str:
    scan = Media(PICTURE + new_number().encode(), name="a.jpg")
    return str(wxpay.v3.merchant.media.upload.post(media=scan).json()["media_id"])


def application(sub: str, *media: str, **changes: Any) -> dict[str, Any]:
    account = {
        "account_name": Sensitive("深圳茶叶公司"),
        "account_bank": "招商银行",
        "account_number": Sensitive("755900000000001"),
    }
    body = {
        "sub_mchid": sub,
        "out_request_no": new_number("Q"),
        "withdraw": "APPLY_WITHDRAW",
        "payee_info": {"account_type": "ACCOUNT_TYPE_CORPORATE", "bank_account_info": account},
    }
    if media:
        kind = "WITHDRAWAL_APPLICATION"
        body["proof_medias"] = [{"proof_media_type": kind, "proof_media": each} for each in media]
    return {**body, **changes}


def confirmation(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "out_request_no": body["out_request_no"],
        "sub_mchid": body["sub_mchid"],
        "operator_identification": "操作员 7",
        "confirm_time": "2026-11-20T13:29:35+08:00",
        "cancel_contract_version": "1.0",
        **changes,
    }


def found(wxpay: WeChatPay, number: str) -> Any:
    return wxpay.chain(f"{BASE}/out-request-no/{number}").get().json()


def balance(gateway: Gateway, account: str) -> int:
    return gateway.state.ledger.balance(account)


def test_a_sub_merchant_is_closed_and_its_money_is_paid(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    pay(gateway, wxpay, sub)
    gateway.state.ledger.move("recharge", 7, "bank", f"deposit:{sub}")
    body = application(sub)
    made = wxpay.chain(BASE).post(json=body).json()
    number = body["out_request_no"]
    assert made["out_request_no"] == number
    assert wxpay.chain(BASE).post(json=body).json() == made
    assert found(wxpay, number)["cancel_state"] == "ACCEPTED"

    gateway.advance(3)
    waiting = found(wxpay, number)
    assert waiting["cancel_state"] == "WAITING_MERCHANT_CONFIRM"
    assert waiting["confirm_cancel"]["confirm_cancel_url"].endswith(made["applyment_id"])
    assert [each["amount"] for each in waiting["account_info"]] == [100, 0, 7, 0]
    pay(gateway, wxpay, sub)

    confirmed = wxpay.chain(f"{BASE}/confirm").post(json=confirmation(body)).json()
    assert confirmed == {**made, "sub_mchid": sub}
    assert found(wxpay, number)["cancel_state"] == "SYSTEM_PROCESSING"
    gateway.advance(5)
    paying = found(wxpay, number)
    assert (paying["cancel_state"], paying["withdraw_state"]) == (
        "FUND_PROCESSING",
        "WITHDRAW_PROCESSING",
    )
    assert code(lambda: pay(gateway, wxpay, sub)) == "NO_AUTH"
    assert balance(gateway, f"withdrawing:{sub}") == 207
    gateway.advance(5)
    ended = wxpay.chain(f"{BASE}/applyment-id/{made['applyment_id']}").get().json()
    assert (ended["cancel_state"], ended["withdraw_state"]) == ("FINISH", "WITHDRAW_SUCCEED")
    assert ended["account_withdraw_result"] == [
        {"out_account_type": name, "pay_state": "PAY_SUCCEED", "state_description": "付款成功"}
        for name in ("BASIC_ACCOUNT", "MARGIN_ACCOUNT")
    ]
    assert [each["amount"] for each in ended["account_info"]] == [0, 0, 0, 0]
    assert validated(wxpay, sub)["merchant_state"] == "HAS_BEEN_CANCELLED"
    assert code(lambda: wxpay.chain(BASE).post(json=application(sub))) == "INVALID_REQUEST"


def test_the_money_that_the_bank_returns_is_withdrawn_again(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    pay(gateway, wxpay, sub)
    first = application(sub)
    wxpay.chain(BASE).post(json=first)
    gateway.cancellations.approve(first["out_request_no"])
    gateway.cancellations.confirm(first["out_request_no"])
    gateway.cancellations.succeed(first["out_request_no"])
    gateway.cancellations.refund(first["out_request_no"])
    returned = found(wxpay, first["out_request_no"])
    assert (returned["cancel_state"], returned["withdraw_state"]) == (
        "FINISH",
        "WITHDRAW_EXCEPTION",
    )
    assert balance(gateway, f"merchant:{sub}") == 100
    with pytest.raises(LookupError, match="没有已到账的付款"):
        gateway.cancellations.refund(first["out_request_no"])
    second = application(sub, uploaded(wxpay))
    wxpay.chain(BASE).post(json=second)
    for step in ("approve", "confirm", "succeed"):
        getattr(gateway.cancellations, step)(second["out_request_no"])
    assert found(wxpay, second["out_request_no"])["withdraw_state"] == "WITHDRAW_SUCCEED"
    assert balance(gateway, f"merchant:{sub}") == 0


def test_a_closing_without_withdrawal_leaves_the_money(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    pay(gateway, wxpay, sub)
    body = application(sub, withdraw="NOT_APPLY_WITHDRAW")
    wxpay.chain(BASE).post(json=body)
    gateway.cancellations.approve(body["out_request_no"])
    wxpay.chain(f"{BASE}/confirm").post(json=confirmation(body))
    gateway.advance(5)
    ended = found(wxpay, body["out_request_no"])
    assert (ended["cancel_state"], "withdraw_state" in ended) == ("CANCELED", False)
    assert balance(gateway, f"merchant:{sub}") == 100


def test_an_application_with_documents_is_reviewed(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    body = application(sub, uploaded(wxpay))
    wxpay.chain(BASE).post(json=body)
    gateway.advance(3600)
    number = body["out_request_no"]
    assert found(wxpay, number)["cancel_state"] == "REVIEWING"
    with pytest.raises(LookupError, match="REVIEWING"):
        gateway.cancellations.confirm(number)
    gateway.cancellations.reject(number, "材料不清晰")
    rejected = found(wxpay, number)
    assert rejected["cancel_state"] == "REJECTED"
    assert rejected["cancel_state_description"].endswith("材料不清晰")
    pay(gateway, wxpay, sub)


def test_an_application_that_nobody_confirms_is_revoked(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    body = application(sub)
    wxpay.chain(BASE).post(json=body)
    gateway.advance(30 * 86400 + 2)
    assert found(wxpay, body["out_request_no"])["cancel_state"] == "WAITING_MERCHANT_CONFIRM"
    gateway.advance(1)
    assert found(wxpay, body["out_request_no"])["cancel_state"] == "REVOKED"
    confirm = wxpay.chain(f"{BASE}/confirm")
    assert code(lambda: confirm.post(json=confirmation(body))) == "INVALID_REQUEST"
    wxpay.chain(BASE).post(json=application(sub))


def test_what_prevents_a_closing(gateway: Gateway, wxpay: WeChatPay, sub: str) -> None:
    pay(gateway, wxpay, sub, settle_info={"profit_sharing": True})
    with pytest.raises(APIError, match="商户资金待处理") as caught:
        wxpay.chain(BASE).post(json=application(sub))
    assert caught.value.code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"out_request_no": "Q_1"}, "/out_request_no"),
        ({"withdraw": "MAYBE"}, "/withdraw"),
        ({"proof_medias": [{"proof_media_type": "X", "proof_media": "x"}]},
         "/proof_medias/0/proof_media_type"),
        ({"proof_medias": [{"proof_media_type": "WITHDRAWAL_APPLICATION", "proof_media": "x"}]},
         "/proof_medias/0/proof_media"),
        ({"additional_materials": ["x"]}, "/additional_materials/0"),
    ],
)  # fmt: skip
def test_applications_that_are_wrong(
    wxpay: WeChatPay, sub: str, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(APIError) as caught:
        wxpay.chain(BASE).post(json=application(sub, **change))
    assert (caught.value.code, caught.value.detail["field"]) == ("PARAM_ERROR", field)


def test_a_personal_account_requires_the_identity_of_its_holder(wxpay: WeChatPay, sub: str) -> None:
    body = application(sub)
    body["payee_info"]["account_type"] = "ACCOUNT_TYPE_PERSONAL"
    with pytest.raises(APIError) as caught:
        wxpay.chain(BASE).post(json=body)
    assert caught.value.detail["field"] == "/payee_info/identity_info"


def test_confirmations_that_are_wrong(gateway: Gateway, wxpay: WeChatPay, sub: str) -> None:
    body = application(sub)
    wxpay.chain(BASE).post(json=body)
    gateway.cancellations.approve(body["out_request_no"])
    other = gateway.add_sub_merchant(gateway.identity.mchid).mchid
    confirm = wxpay.chain(f"{BASE}/confirm")
    for change, expected in (
        ({"out_request_no": ""}, "PARAM_ERROR"),
        ({"confirm_time": "yesterday"}, "PARAM_ERROR"),
        ({"operator_identification": "x" * 101}, "PARAM_ERROR"),
        ({"out_request_no": "nothing"}, "RESOURCE_NOT_EXISTS"),
        ({"sub_mchid": other}, "INVALID_REQUEST"),
        ({"applyment_id": "X1"}, "INVALID_REQUEST"),
    ):
        sent = confirmation(body, **change)
        assert code(lambda sent=sent: confirm.post(json=sent)) == expected, change
    assert code(wxpay.chain(f"{BASE}/applyment-id/X1").get) == "RESOURCE_NOT_EXISTS"
    used = {**body, "remark": "another"}
    assert code(lambda: wxpay.chain(BASE).post(json=used)) == "INVALID_REQUEST"
