"""A platform closes a sub-merchant."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.gateway.support import NOBODY, new_number
from wechatpay_chain import APIError, Media, WeChatPay
from wechatpay_chain.gateway import Gateway

ACCOUNT = "v3/ecommerce/account"
CLOSINGS = f"{ACCOUNT}/cancel-applications"
PICTURE = b"\xff\xd8\xff\xe0"


@pytest.fixture
def sub(gateway: Gateway) -> str:
    return gateway.add_sub_merchant(gateway.identity.mchid).mchid


@pytest.fixture
def media(wxpay: WeChatPay) -> str:
    scan = Media(PICTURE, name="a.jpg")
    meta = {"file_name": "a.jpg", "file_digest": hashlib.sha256(PICTURE).hexdigest()}
    return str(wxpay.chain(f"{CLOSINGS}/media").post(media=scan, meta=meta).json()["media_id"])


def application(sub: str, media: str, **changes: Any) -> dict[str, Any]:
    kind = "SP_CANCEL_ACCOUNT_APPLICATION"
    material = {"application_type": kind, "application_media_id": media}
    return {
        "sub_mchid": sub,
        "out_apply_no": new_number("Z"),
        "application_info": [material],
        **changes,
    }


def validated(wxpay: WeChatPay, sub: str) -> Any:
    path = f"{ACCOUNT}/apply-cancel-withdraw/validate-cancel/{{sub_mchid}}"
    response = wxpay.chain(path).get(sub_mchid=sub)
    return response.json()


def pay(gateway: Gateway, wxpay: WeChatPay, sub: str, **changes: Any) -> str:
    number = new_number()
    body = {
        "sp_appid": gateway.identity.appid,
        "sp_mchid": gateway.identity.mchid,
        "sub_mchid": sub,
        "description": "x",
        "out_trade_no": number,
        "notify_url": NOBODY,
        "amount": {"total": 100},
        **changes,
    }
    wxpay.v3.pay.partner.transactions.native.post(json=body)
    gateway.pay(number)
    return number


def code(call: Any) -> str:
    with pytest.raises(APIError) as caught:
        call()
    assert caught.value.verified
    return str(caught.value.code)


def test_a_sub_merchant_is_closed(gateway: Gateway, wxpay: WeChatPay, sub: str, media: str) -> None:
    pay(gateway, wxpay, sub)
    before = validated(wxpay, sub)
    assert before == {
        "sub_mchid": sub,
        "merchant_state": "NORMAL",
        "validate_result": "ALLOW_CANCEL_WITHDRAW",
        "account_info": [
            {"out_account_type": "BASIC_ACCOUNT", "amount": 100},
            {"out_account_type": "OPERATE_ACCOUNT", "amount": 0},
            {"out_account_type": "MARGIN_ACCOUNT", "amount": 0},
            {"out_account_type": "TRADE_FEE_ACCOUNT", "amount": 0},
        ],
    }
    body = application(sub, media)
    number = body["out_apply_no"]
    made = wxpay.chain(CLOSINGS).post(json=body).json()
    assert made["cancel_state"] == "REVIEWING"
    assert wxpay.chain(CLOSINGS).post(json=body).json() == made
    gateway.closings.approve(number)
    found = wxpay.chain(f"{CLOSINGS}/out-apply-no/{number}").get().json()
    assert (found["cancel_state"], found["sub_mchid"]) == ("CANCEL_SUCCESS", sub)
    assert code(lambda: pay(gateway, wxpay, sub)) == "NO_AUTH"
    after = validated(wxpay, sub)
    assert after["merchant_state"] == "HAS_BEEN_CANCELLED"
    assert after["validate_result"] == "NOT_ALLOW_CANCEL_WITHDRAW"
    assert after["account_info"] == before["account_info"]
    again = application(sub, media)
    assert code(lambda: wxpay.chain(CLOSINGS).post(json=again)) == "INVALID_REQUEST"
    with pytest.raises(LookupError, match="CANCEL_SUCCESS"):
        gateway.closings.reject(number, "x")


def test_an_application_is_rejected(
    gateway: Gateway, wxpay: WeChatPay, sub: str, media: str
) -> None:
    body = application(sub, media)
    number = body["out_apply_no"]
    wxpay.chain(CLOSINGS).post(json=body)
    gateway.closings.reject(number, "申请书未盖章")
    found = wxpay.chain(f"{CLOSINGS}/out-apply-no/{number}").get().json()
    assert (found["cancel_state"], found["reject_reason"]) == ("REJECTED", "申请书未盖章")
    pay(gateway, wxpay, sub)


def test_what_keeps_a_sub_merchant_from_being_closed(
    gateway: Gateway, wxpay: WeChatPay, sub: str
) -> None:
    number = pay(gateway, wxpay, sub, settle_info={"profit_sharing": True})
    gateway.complaints.complain(number, "未收到货")
    assert validated(wxpay, sub)["block_reasons"] == [
        {"type": "CONSUMER_COMPLAINT_UNPROCESSED", "description": "消费者投诉未处理"},
        {"type": "FUNDS_PENDING_PROCESSING", "description": "商户资金待处理"},
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"out_apply_no": "Z_1"}, "/out_apply_no"),
        ({"application_info": []}, "/application_info"),
        (
            {"application_info": [{"application_type": "X", "application_media_id": "x"}]},
            "/application_info/0/application_type",
        ),
        (
            {
                "application_info": [
                    {
                        "application_type": "SP_CANCEL_ACCOUNT_APPLICATION",
                        "application_media_id": "x",
                    }
                ]
            },
            "/application_info/0/application_media_id",
        ),
    ],
)
def test_applications_that_are_wrong(
    wxpay: WeChatPay, sub: str, media: str, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(APIError) as caught:
        wxpay.chain(CLOSINGS).post(json=application(sub, media, **change))
    assert (caught.value.code, caught.value.detail["field"]) == ("PARAM_ERROR", field)


def test_numbers_that_are_unknown_or_in_use(wxpay: WeChatPay, sub: str, media: str) -> None:
    body = application(sub, media)
    wxpay.chain(CLOSINGS).post(json=body)
    kind = "SUB_CANCEL_ACCOUNT_APPLICATION"
    other = {"application_info": [{"application_type": kind, "application_media_id": media}]}
    assert code(lambda: wxpay.chain(CLOSINGS).post(json={**body, **other})) == "INVALID_REQUEST"
    unknown = wxpay.chain(f"{CLOSINGS}/out-apply-no/nothing")
    assert code(unknown.get) == "NOT_FOUND"
