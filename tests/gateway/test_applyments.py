"""Sub-merchant onboarding, from the documents to the first order."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.gateway.support import NOBODY, new_number
from wechatpay_chain import APIError, Media, Sensitive, WeChatPay
from wechatpay_chain.gateway import Gateway

APPLYMENT, ECOMMERCE = "v3/applyment4sub/applyment/", "v3/ecommerce/applyments/"
ACCOUNT = "6222021234567890"


@pytest.fixture
def media(wxpay: WeChatPay) -> str:
    uploaded = wxpay.v3.merchant.media.upload.post(media=Media(b"\xff\xd8\xff\xe0", name="a.jpg"))
    return str(uploaded.json()["media_id"])


def papers(media: str, **changes: Any) -> dict[str, Any]:
    return {
        "business_code": new_number("B"),
        "contact_info": {
            "contact_type": "LEGAL",
            "contact_name": Sensitive("张三"),
            "mobile_phone": Sensitive("13900000000"),
            "contact_email": Sensitive("a@example.com"),
        },
        "subject_info": {
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {
                "license_copy": media,
                "license_number": "123456789012345678",
                "merchant_name": "示例公司",
                "legal_person": "李四",
            },
            "identity_info": {"id_doc_type": "IDENTIFICATION_TYPE_IDCARD"},
        },
        "business_info": {
            "merchant_shortname": "示例餐饮店",
            "service_phone": "0755222222",
            "sales_info": {"sales_scenes_type": ["SALES_SCENES_STORE"]},
        },
        "settlement_info": {"settlement_id": "719"},
        "bank_account_info": {
            "bank_account_type": "BANK_ACCOUNT_TYPE_CORPORATE",
            "account_name": Sensitive("示例公司"),
            "account_bank": "工商银行",
            "bank_address_code": "110000",
            "account_number": Sensitive(ACCOUNT),
        },
        **changes,
    }


def stand(**changes: Any) -> dict[str, Any]:
    return {
        "out_request_no": new_number("E"),
        "organization_type": "2",
        "account_info": {
            "bank_account_type": "75",
            "account_bank": "工商银行",
            "account_name": Sensitive("王五"),
            "account_number": Sensitive(ACCOUNT),
        },
        "contact_info": {"contact_type": "65", "contact_name": Sensitive("王五")},
        "sales_scene_info": {"store_name": "店"},
        "merchant_shortname": "示例小店",
        **changes,
    }


def query(wxpay: WeChatPay, number: str) -> Any:
    return wxpay.chain(f"{APPLYMENT}business_code/{number}").get().json()


def standing(wxpay: WeChatPay, number: str) -> Any:
    return wxpay.chain(f"{ECOMMERCE}out-request-no/{number}").get().json()


def code(call: Any) -> str:
    with pytest.raises(APIError) as caught:
        call()
    assert caught.value.verified
    return str(caught.value.code)


def order_and_pay(gateway: Gateway, wxpay: WeChatPay, sub_mchid: str) -> None:
    number = new_number()
    wxpay.v3.pay.partner.transactions.native.post(
        json={
            "sp_appid": gateway.identity.appid,
            "sp_mchid": gateway.identity.mchid,
            "sub_mchid": sub_mchid,
            "description": "x",
            "out_trade_no": number,
            "notify_url": NOBODY,
            "amount": {"total": 100},
        }
    )
    assert gateway.pay(number)["state"] == "SUCCESS"


def test_a_sub_merchant_is_applied_for_corrected_signed_and_paid(
    gateway: Gateway, wxpay: WeChatPay, media: str
) -> None:
    applied = papers(media)
    number = applied["business_code"]
    made = wxpay.chain(APPLYMENT).post(json=applied).json()
    assert query(wxpay, number)["applyment_state"] == "APPLYMENT_STATE_AUDITING"
    gateway.applyments.reject(number, "执照不清晰", "/subject_info/business_license_info")
    rejected = query(wxpay, number)
    assert rejected["applyment_state"] == "APPLYMENT_STATE_REJECTED"
    assert rejected["audit_detail"] == [
        {
            "field": "/subject_info/business_license_info",
            "field_name": "business_license_info",
            "reject_reason": "执照不清晰",
        }
    ]
    again = {**applied, "settlement_info": {"settlement_id": "716"}}
    assert wxpay.chain(APPLYMENT).post(json=again).json() == made
    auditing = query(wxpay, number)
    assert "audit_detail" not in auditing
    assert auditing["sign_url"].startswith("https://pay.weixin.qq.com/")
    gateway.applyments.approve(number)
    verifying = query(wxpay, number)
    assert verifying["applyment_state"] == "APPLYMENT_STATE_TO_BE_CONFIRMED"
    assert "sub_mchid" not in verifying
    gateway.applyments.verify_account(number)
    signable = query(wxpay, number)
    assert signable["applyment_state"] == "APPLYMENT_STATE_TO_BE_SIGNED"
    sub = signable["sub_mchid"]
    assert code(lambda: order_and_pay(gateway, wxpay, sub)) == "NO_AUTH"
    gateway.applyments.sign(number)
    finished = query(wxpay, number)
    assert finished["applyment_state"] == "APPLYMENT_STATE_FINISHED"
    assert finished["sub_mchid"] == sub
    assert re.fullmatch("[0-9]{8,10}", sub)
    by_id = wxpay.chain(f"{APPLYMENT}applyment_id/{made['applyment_id']}").get().json()
    assert by_id == finished
    assert gateway.merchants[gateway.identity.mchid].sub_merchants[sub].name == "示例餐饮店"
    order_and_pay(gateway, wxpay, sub)
    account = wxpay.chain(f"v3/apply4sub/sub_merchants/{sub}/settlement").get().json()
    assert account == {
        "account_type": "ACCOUNT_TYPE_BUSINESS",
        "account_bank": "工商银行",
        "account_number": "62************90",
        "verify_result": "VERIFY_SUCCESS",
    }


def test_a_platform_applies_and_the_account_needs_no_verification(
    gateway: Gateway, wxpay: WeChatPay
) -> None:
    applied = stand()
    number = applied["out_request_no"]
    made = wxpay.chain(ECOMMERCE).post(json=applied).json()
    assert made["out_request_no"] == number
    assert standing(wxpay, number)["applyment_state"] == "CHECKING"
    gateway.advance(6)
    assert standing(wxpay, number)["applyment_state"] == "AUDITING"
    gateway.applyments.approve(number)
    signing = standing(wxpay, number)
    assert (signing["applyment_state"], signing["sign_state"]) == ("NEED_SIGN", "UNSIGNED")
    assert code(lambda: order_and_pay(gateway, wxpay, signing["sub_mchid"])) == "NO_AUTH"
    gateway.applyments.sign(number)
    finished = wxpay.chain(f"{ECOMMERCE}{made['applyment_id']}").get().json()
    assert (finished["applyment_state"], finished["sign_state"]) == ("FINISH", "SIGNED")
    assert finished["sub_mchid"] == signing["sub_mchid"]
    order_and_pay(gateway, wxpay, finished["sub_mchid"])
    for control in (gateway.applyments.fail_submission, gateway.applyments.sign_pending):
        with pytest.raises(LookupError, match="申请单状态是已完成"):
            control(number)


def test_a_rejected_application_keeps_its_number_and_changes_its_name(
    gateway: Gateway, wxpay: WeChatPay
) -> None:
    applied = stand()
    number = applied["out_request_no"]
    wxpay.chain(ECOMMERCE).post(json=applied)
    gateway.applyments.approve(number)
    sub = standing(wxpay, number)["sub_mchid"]
    gateway.applyments.reject(number, "名称不符", "merchant_shortname")
    rejected = standing(wxpay, number)
    assert "sub_mchid" not in rejected
    assert rejected["audit_detail"] == [
        {"param_name": "merchant_shortname", "reject_reason": "名称不符"}
    ]
    wxpay.chain(ECOMMERCE).post(json={**applied, "merchant_shortname": "新店"})
    gateway.applyments.approve(number)
    assert standing(wxpay, number)["sub_mchid"] == sub
    assert gateway.merchants[gateway.identity.mchid].sub_merchants[sub].name == "新店"


def test_a_submission_fails_and_is_sent_again(
    gateway: Gateway, wxpay: WeChatPay, media: str
) -> None:
    applied = papers(media)
    number = applied["business_code"]
    made = wxpay.chain(APPLYMENT).post(json=applied).json()
    gateway.applyments.fail_submission(number)
    assert query(wxpay, number)["applyment_state"] == "APPLYMENT_STATE_EDITTING"
    assert wxpay.chain(APPLYMENT).post(json=applied).json() == made
    assert query(wxpay, number)["applyment_state"] == "APPLYMENT_STATE_AUDITING"


def test_permissions_are_opened_after_the_signature(
    gateway: Gateway, wxpay: WeChatPay, media: str
) -> None:
    applied = papers(media)
    number = applied["business_code"]
    wxpay.chain(APPLYMENT).post(json=applied)
    gateway.applyments.approve(number)
    gateway.applyments.verify_account(number)
    gateway.applyments.sign_pending(number)
    opening = query(wxpay, number)
    assert opening["applyment_state"] == "APPLYMENT_STATE_SIGNING"
    assert code(lambda: order_and_pay(gateway, wxpay, opening["sub_mchid"])) == "NO_AUTH"
    gateway.applyments.open_permissions(number)
    assert query(wxpay, number)["applyment_state"] == "APPLYMENT_STATE_FINISHED"
    order_and_pay(gateway, wxpay, opening["sub_mchid"])


def test_states_that_a_platform_does_not_have(gateway: Gateway, wxpay: WeChatPay) -> None:
    applied = stand()
    number = applied["out_request_no"]
    wxpay.chain(ECOMMERCE).post(json=applied)
    with pytest.raises(LookupError, match="收付通申请单没有该状态"):
        gateway.applyments.fail_submission(number)
    gateway.applyments.approve(number)
    with pytest.raises(LookupError, match="收付通申请单没有该状态"):
        gateway.applyments.sign_pending(number)
    assert standing(wxpay, number)["applyment_state"] == "NEED_SIGN"


def test_a_corporate_account_is_verified_by_a_transfer(gateway: Gateway, wxpay: WeChatPay) -> None:
    applied = stand()
    applied["account_info"]["bank_account_type"] = "74"
    number = applied["out_request_no"]
    wxpay.chain(ECOMMERCE).post(json=applied)
    gateway.applyments.approve(number)
    told = standing(wxpay, number)
    assert told["applyment_state"] == "ACCOUNT_NEED_VERIFY"
    validation = told["account_validation"]
    assert (validation["pay_amount"], validation["account_no"]) == (1, "62************90")
    assert told["legal_validation_url"].startswith("https://pay.weixin.qq.com/")
    remark = validation["remark"]
    for amount, text in ((2, remark), (1, "x")):
        with pytest.raises(LookupError, match="PARAM_ERROR"):
            gateway.applyments.remit(number, amount, text)
    gateway.applyments.remit(number, 1, remark)
    signing = standing(wxpay, number)
    assert signing["applyment_state"] == "NEED_SIGN"
    assert not signing.keys() & {"account_validation", "legal_validation_url"}


def test_a_transfer_that_is_late_verifies_nothing(gateway: Gateway, wxpay: WeChatPay) -> None:
    applied = stand()
    applied["account_info"]["bank_account_type"] = "74"
    number = applied["out_request_no"]
    wxpay.chain(ECOMMERCE).post(json=applied)
    gateway.applyments.approve(number)
    remark = standing(wxpay, number)["account_validation"]["remark"]
    gateway.advance(10 * 86400 + 1)
    with pytest.raises(LookupError, match="已过汇款截止时间"):
        gateway.applyments.remit(number, 1, remark)
    gateway.applyments.verify_account(number)  # the legal person can still verify it
    assert standing(wxpay, number)["applyment_state"] == "NEED_SIGN"


def test_a_platform_signs_by_proxy(gateway: Gateway, wxpay: WeChatPay) -> None:
    path = f"{ECOMMERCE}submit-account-hosting-applyment"
    proxied, other = stand(proxy_sign_verify_mode=True), stand()
    for each in (proxied, other):
        each["contact_info"]["mobile_phone"] = Sensitive("13900000000")
        wxpay.chain(path).post(json=each)
        gateway.applyments.approve(each["out_request_no"])

    def signed(number: str, result: bool) -> Any:
        verified = {
            "verify_identity_type": "VERIFY_IDENTITY_TYPE_FACE_TO_FACE",
            "verify_identity_result": result,
        }
        body = {"out_request_no": number, "proxy_verify_identity_info": verified}
        return wxpay.chain(f"{ECOMMERCE}submit-sign-verify-info").post(json=body)

    number = proxied["out_request_no"]
    assert code(lambda: signed(number, False)) == "PARAM_ERROR"
    assert code(lambda: signed(other["out_request_no"], True)) == "INVALID_REQUEST"
    signed(number, True)
    assert standing(wxpay, number)["applyment_state"] == "FINISH"


def test_an_application_is_withdrawn_or_frozen(gateway: Gateway, wxpay: WeChatPay) -> None:
    one, two, three = stand(), stand(), stand()
    made = [wxpay.chain(ECOMMERCE).post(json=each).json() for each in (one, two, three)]
    wxpay.chain(f"{ECOMMERCE}out-request-no/{one['out_request_no']}/revoke").post()
    wxpay.chain(f"{ECOMMERCE}{made[1]['applyment_id']}/revoke").post()
    gateway.applyments.freeze(three["out_request_no"], "主体存在风险", "organization_type")
    states = [standing(wxpay, each["out_request_no"])["applyment_state"] for each in (one, two)]
    assert states == ["CANCELED", "CANCELED"]
    frozen = standing(wxpay, three["out_request_no"])
    assert frozen["applyment_state"] == "FROZEN"
    assert frozen["audit_detail"] == [
        {"param_name": "organization_type", "reject_reason": "主体存在风险"}
    ]
    path = f"{ECOMMERCE}out-request-no/{three['out_request_no']}/revoke"
    wxpay.chain(path).post()
    assert standing(wxpay, three["out_request_no"])["applyment_state"] == "CANCELED"
    assert code(lambda: wxpay.chain(path).post()) == "INVALID_REQUEST"


def test_a_number_that_is_in_use(gateway: Gateway, wxpay: WeChatPay, media: str) -> None:
    applied = papers(media)
    number = applied["business_code"]
    first = wxpay.chain(APPLYMENT).post(json=applied).json()
    assert wxpay.chain(APPLYMENT).post(json=applied).json() == first  # a repetition
    changed = {**applied, "settlement_info": {"settlement_id": "716"}}
    assert code(lambda: wxpay.chain(APPLYMENT).post(json=changed)) == "PROCESSING"
    other = stand(out_request_no=number)
    assert code(lambda: wxpay.chain(ECOMMERCE).post(json=other)) == "PROCESSING"
    assert code(lambda: standing(wxpay, number)) == "APPLYMENT_NOTEXIST"
    for path in (f"{APPLYMENT}business_code/nothing", f"{APPLYMENT}applyment_id/7"):
        with pytest.raises(APIError) as caught:
            wxpay.chain(path).get()
        assert (caught.value.status_code, caught.value.code) == (400, "APPLYMENT_NOT_EXIST")
    for control in (gateway.applyments.sign, gateway.applyments.verify_account):
        with pytest.raises(LookupError, match="审核中"):
            control(number)
    gateway.applyments.freeze(number, "主体存在风险")
    assert code(lambda: wxpay.chain(APPLYMENT).post(json=changed)) == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject_type": "SUBJECT_TYPE_MICRO"}, "/subject_info/micro_biz_info"),
        ({"subject_type": "SUBJECT_TYPE_INSTITUTIONS"}, "/subject_info/certificate_info"),
        ({"subject_type": "NONE"}, "/subject_info/subject_type"),
        ({"identity_info": None}, "/subject_info/identity_info"),
        ({"certificate_letter_copy": "nothing"}, "/subject_info/certificate_letter_copy"),
    ],
)
def test_papers_that_are_wrong(
    wxpay: WeChatPay, media: str, change: dict[str, Any], field: str
) -> None:
    applied = papers(media)
    applied["subject_info"] = {**applied["subject_info"], **change}
    with pytest.raises(APIError) as caught:
        wxpay.chain(APPLYMENT).post(json=applied)
    assert (caught.value.code, caught.value.detail["field"]) == ("PARAM_ERROR", field)


def test_the_upload_of_another_merchant_is_none(gateway: Gateway, media: str) -> None:
    other = gateway.add_merchant("partner")
    with other.client() as wxpay:
        assert code(lambda: wxpay.chain(APPLYMENT).post(json=papers(media))) == "PARAM_ERROR"


def test_a_direct_merchant_applies_for_nobody(gateway: Gateway, media: str) -> None:
    with gateway.add_merchant("direct").client() as wxpay:
        own = wxpay.v3.merchant.media.upload.post(
            media=Media(b"\xff\xd8\xff\xe0", name="a.jpg")
        ).json()["media_id"]
        assert code(lambda: wxpay.chain(APPLYMENT).post(json=papers(own))) == "NO_AUTH"


def test_another_settlement_account(gateway: Gateway, wxpay: WeChatPay) -> None:
    sub = gateway.add_sub_merchant(gateway.identity.mchid).mchid
    base = f"v3/apply4sub/sub_merchants/{sub}"
    change = {
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "account_bank": "招商银行",
        "bank_address_code": "110000",
        "account_number": Sensitive("6225880000001234"),
        "account_name": Sensitive("王五"),
    }
    before = wxpay.chain(f"{base}/settlement").get().json()
    numbers = []
    for decide in (
        lambda number: gateway.settlement_changes.reject(number, "户名不符"),
        gateway.settlement_changes.approve,
    ):
        number = wxpay.chain(f"{base}/modify-settlement").post(json=change).json()["application_no"]
        waiting = wxpay.chain(f"{base}/application/{number}").get().json()
        assert (waiting["verify_result"], waiting["account_name"]) == ("AUDITING", "王*")
        other = {**change, "account_bank": "工商银行"}
        path = f"{base}/modify-settlement"
        assert code(lambda path=path, other=other: wxpay.chain(path).post(json=other)) == (
            "INVALID_REQUEST"
        )
        decide(number)
        found = wxpay.chain(f"{base}/application/{number}").get().json()
        numbers.append({**found, "application_no": number})
        if len(numbers) == 1:
            assert wxpay.chain(f"{base}/settlement").get().json() == before
    assert [each["verify_result"] for each in numbers] == ["AUDIT_FAIL", "AUDIT_SUCCESS"]
    assert numbers[0]["verify_fail_reason"] == "户名不符"
    after = wxpay.chain(f"{base}/settlement").get().json()
    assert (after["account_bank"], after["account_number"]) == ("招商银行", "62************34")
    for path in (f"{base}/settlement", f"{base}/application/{numbers[1]['application_no']}"):
        asked = wxpay.chain(path)
        longer = asked.get(query={"account_number_rule": "ACCOUNT_NUMBER_RULE_MASK_V2"}).json()
        assert longer["account_number"] == "622588******1234"
        wrong = {"account_number_rule": "ACCOUNT_NUMBER_RULE_MASK_V3"}
        assert code(lambda asked=asked, wrong=wrong: asked.get(query=wrong)) == "PARAM_ERROR"


def test_plaintext_is_shown_nowhere(gateway: Gateway, wxpay: WeChatPay, media: str) -> None:
    wxpay.chain(APPLYMENT).post(json=papers(media))
    wxpay.chain(ECOMMERCE).post(json=stand())
    shown = repr(gateway.applyments.all())
    for secret in ("张三", "王五", "13900000000", ACCOUNT, "a@example.com"):
        assert secret not in shown


def test_a_restart_keeps_the_sub_merchant(tmp_path: Any) -> None:
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        applied = stand()
        number = applied["out_request_no"]
        wxpay.chain(ECOMMERCE).post(json=applied)
        gateway.applyments.approve(number)
        sub = gateway.applyments.sign(number)["sub_mchid"]
        assert sub in (tmp_path / "gateway.json").read_text()
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        assert standing(wxpay, number)["sub_mchid"] == sub
        order_and_pay(gateway, wxpay, sub)


# --- whether a merchant wants its account ------------------------------------------------------

SUBJECT = "v3/apply4subject/applyment"


def wish(media: str, contact_type: str = "LEGAL", **changes: Any) -> dict[str, Any]:
    return {
        "business_code": new_number("S"),
        "contact_info": {
            "contact_type": contact_type,
            "name": Sensitive("张三"),
            "id_card_number": Sensitive("110101199003070000"),
            "mobile": Sensitive("13900000000"),
        },
        "subject_info": {
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {
                "licence_number": "123456789012345678",
                "licence_copy": media,
                "merchant_name": "示例公司",
                "legal_person": "李四",
                "company_address": "深圳",
                "licence_valid_date": '["2020-01-01","forever"]',
            },
        },
        "identification_info": {
            "identification_type": "IDENTIFICATION_TYPE_IDCARD",
            "identification_name": Sensitive("李四"),
            "identification_number": Sensitive("110101199003070000"),
            "identification_valid_date": '["2020-01-01","forever"]',
            "identification_front_copy": media,
        },
        **changes,
    }


def told(wxpay: WeChatPay, **query: Any) -> Any:
    return wxpay.chain(SUBJECT).get(query=query).json()


@pytest.mark.parametrize("contact_type", ["LEGAL", "SUPER"])
def test_a_merchant_confirms_that_it_wants_its_account(
    gateway: Gateway, wxpay: WeChatPay, media: str, contact_type: str
) -> None:
    sub = gateway.add_sub_merchant(gateway.identity.mchid).mchid
    state = f"{SUBJECT}/merchants/{sub}/state"
    assert wxpay.chain(state).get().json() == {"authorize_state": "AUTHORIZE_STATE_UNAUTHORIZED"}
    applied = wish(media, contact_type, addition_info={"confirm_mchid_list": [sub]})
    number = applied["business_code"]
    made = wxpay.chain(SUBJECT).post(json=applied).json()["applyment_id"]
    gateway.subject_applyments.reject(number, "照片不清晰", "licence_copy")
    assert told(wxpay, business_code=number) == {
        "applyment_state": "APPLYMENT_STATE_REJECTED",
        "reject_param": "licence_copy",
        "reject_reason": "照片不清晰",
    }
    assert wxpay.chain(SUBJECT).post(json=applied).json()["applyment_id"] == made
    gateway.subject_applyments.approve(number)
    waiting = told(wxpay, applyment_id=made)
    assert waiting["applyment_state"] == "APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT"
    assert waiting["qrcode_data"]
    gateway.subject_applyments.confirm_contact(number)
    if contact_type == "SUPER":
        found = told(wxpay, business_code=number)["applyment_state"]
        assert found == "APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON"
        gateway.subject_applyments.confirm_legal_person(number)
    assert told(wxpay, business_code=number) == {"applyment_state": "APPLYMENT_STATE_PASSED"}
    assert wxpay.chain(state).get().json() == {"authorize_state": "AUTHORIZE_STATE_AUTHORIZED"}


def test_a_confirmation_is_withdrawn_by_either_number(
    gateway: Gateway, wxpay: WeChatPay, media: str
) -> None:
    one, two, three = wish(media), wish(media), wish(media)
    made = [wxpay.chain(SUBJECT).post(json=each).json() for each in (one, two, three)]
    wxpay.chain(f"{SUBJECT}/{one['business_code']}/cancel").post()
    wxpay.chain(f"{SUBJECT}/{made[1]['applyment_id']}/cancel").post()
    gateway.subject_applyments.freeze(three["business_code"])
    for each in (one, two):
        found = told(wxpay, business_code=each["business_code"])["applyment_state"]
        assert found == "APPLYMENT_STATE_CANCELED"
    path = f"{SUBJECT}/{three['business_code']}/cancel"
    assert code(lambda: wxpay.chain(path).post()) == "INVALID_REQUEST"
    assert code(lambda: told(wxpay, business_code="nothing")) == "APPLYMENT_NOTEXIST"
    assert code(lambda: told(wxpay)) == "PARAM_ERROR"
    sub = gateway.add_sub_merchant(gateway.identity.mchid).mchid
    gateway.subject_applyments.authorize(sub)
    state = wxpay.chain(f"{SUBJECT}/merchants/{sub}/state").get().json()
    assert state == {"authorize_state": "AUTHORIZE_STATE_AUTHORIZED"}


def test_a_confirmation_whose_number_is_in_use(
    gateway: Gateway, wxpay: WeChatPay, media: str
) -> None:
    sub = gateway.add_sub_merchant(gateway.identity.mchid).mchid
    applied = wish(media)
    first = wxpay.chain(SUBJECT).post(json=applied).json()
    assert wxpay.chain(SUBJECT).post(json=applied).json() == first
    other = {**applied, "addition_info": {"confirm_mchid_list": [sub]}}
    assert code(lambda: wxpay.chain(SUBJECT).post(json=other)) == "INVALID_REQUEST"
    foreign = wish(media, addition_info={"confirm_mchid_list": [sub, "1900000109"]})
    with pytest.raises(APIError) as caught:
        wxpay.chain(SUBJECT).post(json=foreign)
    assert caught.value.detail["field"] == "/addition_info/confirm_mchid_list/1"
    del applied["subject_info"]["business_license_info"]
    assert code(lambda: wxpay.chain(SUBJECT).post(json=applied)) == "PARAM_ERROR"


def of_subject(wxpay: WeChatPay, number: str, **query: Any) -> Any:
    given = {
        "organization_type": "SUBJECT_TYPE_ENTERPRISE",
        "cert_number": Sensitive(number),
        **query,
    }
    return wxpay.v3.ecommerce.subjectSubMerchants.get(query=given).json()


def test_the_sub_merchants_of_a_subject(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = new_number()
    license_info = {"business_license_number": number}
    subs = []
    for _ in range(3):
        body = stand(business_license_info=license_info)
        wxpay.chain(ECOMMERCE).post(json=body)
        gateway.applyments.approve(body["out_request_no"])
        if len(subs) < 2:
            gateway.advance(60)
            subs.append(gateway.applyments.sign(body["out_request_no"])["sub_mchid"])
    found = of_subject(wxpay, number)
    assert [each["sub_mchid"] for each in found["data"]] == subs[::-1]
    assert found["data"][0]["merchant_shortname"] == "示例小店"
    assert (found["offset"], found["limit"], found["total_count"]) == (0, 50, 2)
    second = of_subject(wxpay, number, offset=1, limit=1)
    assert [each["sub_mchid"] for each in second["data"]] == subs[:1]
    assert of_subject(wxpay, new_number())["data"] == []
    assert of_subject(wxpay, number, organization_type="SUBJECT_TYPE_MICRO")["data"] == []
    assert number not in str(gateway.state.store.all("applyment"))
    for wrong in ({"organization_type": "2"}, {"limit": 51}, {"offset": "x"}):
        assert code(lambda wrong=wrong: of_subject(wxpay, number, **wrong)) == "PARAM_ERROR"
