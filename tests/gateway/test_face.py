"""Face payment: organizations, users, contracts, collections, payments."""

from __future__ import annotations

import pytest

from tests.gateway.support import new_number
from wechatpay_chain import APIError, Sensitive
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import Rejection
from wechatpay_chain.gateway.simulation.face.v3 import collect, sign_contract

PAYAPP = "https://payapp.weixin.qq.com/"
COLLECTIONS = "v3/offlineface/face-collections"
ORGANIZATIONS = "v3/offlinefacemch/organizations"
USER = f"{ORGANIZATIONS}/{{organization_id}}/users/out-user-id/{{out_user_id}}"
TRANSACTIONS = "v3/offlineface/transactions"


def rejected(call, /, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def test_collections_in_parts(identity):
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        for index in range(25):
            wxpay[f"{COLLECTIONS}/{{collection_id}}"].get(collection_id=f"FC{index:02}")
        listing = wxpay[COLLECTIONS]

        def ids(**query):
            found = listing.get(query={"organization_id": "", **query}).json()["face_collections"]
            return [each["collection_id"] for each in found]

        assert len(ids()) == len(ids(offset=0, limit=0)) == 20
        assert ids(offset=20, limit=20) == [f"FC{index}" for index in range(20, 25)]
        assert ids(limit=100) == [f"FC{index:02}" for index in range(25)]
        assert ids(organization_id="another") == []
        for query in ({"limit": "x"}, {"offset": -1}, {"offset": "9" * 400}):
            assert rejected(listing.get, query=query).code == "PARAM_ERROR"


def test_a_collection_goes_on(gateway, wxpay):
    path, number = wxpay[f"{COLLECTIONS}/{{collection_id}}"], new_number("FC")
    assert path.get(collection_id=number).json()["collection_state"] == "COLLECTION_REQUIRED"
    collect(gateway.state, number, "PHOTO_UPLOADED")
    collect(gateway.state, number, "COMPLETE")
    known = path.get(collection_id=number).json()
    assert known["collection_state"] == "COMPLETE"
    assert known["register_photo_upload_time"] <= known["confirm_time"]


def test_a_user_is_changed_and_no_phone_comes_back(gateway, wxpay):
    who = {"organization_id": "O/1", "out_user_id": "李/四"}
    before = wxpay[USER].get(**who).json()
    wxpay[USER].patch(
        **who,
        json={
            "user_name": Sensitive("王五"),
            "phone": Sensitive("13800000000"),
            "user_type": "STUFF",
            "staff_info": {"occupation": "教师"},
            "status": None,
        },
        headers={"Wechatpay-Serial": gateway.identity.public_key_id},
    )
    after = wxpay[USER].get(**who).json()
    assert wxpay.decrypt(after.pop("user_name")) == "王五"
    before.pop("user_name")
    assert after == {**before, "user_type": "STUFF", "staff_info": {"occupation": "教师"}}


def test_a_user_cannot_be_changed_to_anything(gateway, wxpay):
    for wrong, field in (({"user_type": 1}, "/user_type"), ({"student_info": []}, "/student_info")):
        error = rejected(wxpay[USER].patch, organization_id="o", out_user_id="u", json=wrong)
        assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)


def test_an_organization_has_one_id_and_one_name(wxpay):
    path, number = wxpay[ORGANIZATIONS], new_number("O")
    both = {"organization_id": number, "organization_name": f"{number} 小学"}
    assert path.get(query=both).json() == both
    for name, value in both.items():
        assert path.get(query={name: value}).json() == both
    other = rejected(path.get, query={**both, "organization_name": "中学"})
    assert other.code == "RESOURCE_NOT_EXISTS"
    assert rejected(path.get).detail["field"] == "/organization_id"
    by_name = path.get(query={"organization_name": f"{number} 中学"}).json()
    assert by_name["organization_id"].startswith("O")
    assert path.get(query={"organization_id": by_name["organization_id"]}).json() == by_name
    assert path.get(query={"organization_id": "O123"}).json()["organization_name"]


def presigned(gateway, wxpay, number, **more):
    return wxpay.v3.offlineface.contracts.presign.post(
        json={
            "business_name": "K12",
            "facepay_user": {
                "out_user_id": number,
                "organization_id": "O1",
                "phone": Sensitive("13800000000"),
            },
            **more,
        },
        headers={"Wechatpay-Serial": gateway.identity.public_key_id},
    ).json()["presign_token"]


def test_a_contract_from_its_token_to_its_end(gateway, wxpay):
    number = new_number("stu")
    token = presigned(gateway, wxpay, number, contract_mode="PRIORITY_BANK_CARD")
    signed = sign_contract(gateway.state, token)
    path = wxpay["v3/offlineface/contracts/{contract_id}"]
    shown = path.get(contract_id=signed["contract_id"]).json()
    assert shown == signed
    assert (shown["contract_state"], shown["contract_mode"]) == ("CONTRACTED", "PRIORITY_BANK_CARD")
    user = wxpay[USER].get(organization_id="O1", out_user_id=number).json()
    assert user["contract_id"] == signed["contract_id"]
    assert (user["contract_state"], user["use_id"]) == ("CONTRACTED", signed["use_id"])
    with pytest.raises(Rejection, match="不存在"):
        sign_contract(gateway.state, token)
    end = wxpay[f"{ORGANIZATIONS}/{{organization_id}}/users/user-id/{{user_id}}/terminate-contract"]
    assert end.post(organization_id="O1", user_id=user["use_id"]).status_code == 204
    ended = path.get(contract_id=signed["contract_id"]).json()
    assert (ended["contract_state"], bool(ended["contract_terminated_time"])) == (
        "TERMINATED",
        True,
    )
    again = rejected(end.post, organization_id="O1", user_id=user["use_id"])
    assert again.code == "INVALID_REQUEST"
    assert rejected(end.post, organization_id="O1", user_id="nobody").status_code == 404
    assert rejected(path.get, contract_id="none").status_code == 404


def test_a_contract_that_lacks_something(wxpay):
    path = wxpay.v3.offlineface.contracts.presign
    error = rejected(path.post, json={"business_name": "K12", "facepay_user": {"out_user_id": "1"}})
    assert error.detail["field"] == "/facepay_user/organization_id"


def face_payment(gateway, **changes):
    return {
        "auth_code": "130000000000000018",
        "sp_appid": gateway.identity.appid,
        "sp_mchid": gateway.identity.mchid,
        "sub_mchid": "1900000109",
        "amount": {"total": 300, "currency": "CNY"},
        "description": "午餐",
        "out_trade_no": new_number("F"),
        "business": {"business_product_id": 2, "business_scene_id": 3},
        **changes,
    }


def query(wxpay, gateway, number):
    return wxpay[f"{TRANSACTIONS}/out-trade-no/{{out_trade_no}}"].get(
        out_trade_no=number,
        query={
            "sp_mchid": gateway.identity.mchid,
            "sub_mchid": "1900000109",
            "business_product_id": "2",
        },
    )


def test_a_face_pays_at_once_and_once(gateway, wxpay):
    body = face_payment(gateway)
    first, second = (wxpay[TRANSACTIONS].post(json=body).json() for _ in range(2))
    assert first == second == query(wxpay, gateway, body["out_trade_no"]).json()
    assert (first["trade_state"], first["amount"]["total"]) == ("SUCCESS", 300)
    entries = gateway.state.ledger.entries()
    mine = [each for each in entries if each.get("out_trade_no") == body["out_trade_no"]]
    assert [each["amount"] for each in mine if each["kind"] == "payment"] == [300]
    other = rejected(wxpay[TRANSACTIONS].post, json={**body, "description": "晚餐"})
    assert other.code == "OUT_TRADE_NO_USED"


def test_a_face_without_money(gateway, wxpay):
    body = face_payment(gateway, auth_code="130000000000000002")
    error = rejected(wxpay[TRANSACTIONS].post, json=body)
    assert (error.status_code, error.code) == (403, "NOT_ENOUGH")
    shown = query(wxpay, gateway, body["out_trade_no"]).json()
    assert (shown["trade_state"], "transaction_id" in shown) == ("PAYERROR", False)


def test_face_payments_that_cannot_be(gateway, wxpay):
    for changes, field in (
        ({"amount": {"total": 0, "currency": "CNY"}}, "/amount/total"),
        ({"amount": {"total": "1", "currency": "CNY"}}, "/amount/total"),
        ({"amount": None}, "/amount"),
        ({"auth_code": ""}, "/auth_code"),
        ({"sp_mchid": "1"}, "/sp_mchid"),
        ({"settle_info": []}, "/settle_info"),
    ):
        error = rejected(wxpay[TRANSACTIONS].post, json=face_payment(gateway, **changes))
        assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)
    with pytest.raises(APIError, match="ORDER_NOT_EXIST"):
        query(wxpay, gateway, "nothing")


def test_credentials_and_links(gateway, wxpay):
    body = {
        "sp_appid": gateway.identity.appid,
        "sub_mchid": "1900000109",
        "device_id": "1",
        "raw_data": "x",
        "organization_id": "O1",
    }
    path = wxpay.v3.offlineface.authinfo
    assert path.post(json=body).json()["authinfo"] != path.post(json=body).json()["authinfo"]
    assert rejected(path.post, json={}).detail["field"] == "/sp_appid"
    assert wxpay.v3.offlinefacemch.tokens.post(json={}).json()["token"]
    who = {"out_user_id": "1", "organization_id": "O1"}
    link = wxpay["v3/offlineface/repayment-url"].post(json=who).json()
    assert link["repayment_url"].startswith("https://")
    assert link["expire_at"] > gateway.state.clock.rfc3339()


def test_authinfo_of_apiv2_lacks_something(gateway, wxpay):
    fields = {"mch_id": gateway.identity.mchid, "appid": gateway.identity.appid}
    path = wxpay.v2.face.get_wxpayface_authinfo
    error = rejected(path.post, base_uri=gateway.base_uris[PAYAPP], xml=fields)
    assert (error.code, "store_id" in error.message) == ("PARAM_ERROR", True)
