"""Persons who are paid through a platform: they sign contracts, and can revoke them."""

from __future__ import annotations

import pytest

from tests.gateway.support import new_number
from wechatpay_chain import APIError, Sensitive

BASE = "v3/ecommerce/individual-contracts"
NAME = {"real_name": Sensitive("张三"), "cred_type": "ID_CARD", "cred_id": Sensitive("320")}


def rejected(call, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.code


@pytest.mark.parametrize("place", ["app", "mini-program"])
@pytest.mark.parametrize(("form", "name"), [("", {}), ("-with-real-name-identity", NAME)])
def test_a_payee_signs_and_ends_it(gateway, wxpay, place, form, name):
    code, openid = new_number("K"), new_number("o")
    body = {"appid": gateway.identity.appid, "out_contract_code": code}
    if place == "mini-program":
        body["openid"] = openid
    post = wxpay.chain(f"{BASE}/pre-entrust-sign{form}/{place}").post
    assert post(json={**body, **name}).json()["pre_entrustweb_id"]
    by_code = wxpay.chain(f"{BASE}/out-contract-code/{{out_contract_code}}").get
    asked = {"out_contract_code": code, "query": {"appid": gateway.identity.appid}}
    assert rejected(by_code, **asked) == "RESOURCE_NOT_EXISTS"
    if place == "mini-program":
        with pytest.raises(LookupError, match="openid"):
            gateway.payees.sign(code, "oSomebodyElse")
    gateway.payees.sign(code, "" if place == "mini-program" else openid)
    shown = by_code(**asked).json()
    assert (shown["auth_state"], shown["individual_openid"]) == ("AUTHORIZED", openid)
    assert ("real_name_auth_result" in shown) == bool(name)
    by_openid = wxpay.chain(f"{BASE}/{{openid}}").get
    query = {"appid": gateway.identity.appid, "permission_type": "INDIVIDUAL_PAYEE"}
    found = by_openid(openid=openid, query=query).json()
    assert found["individual_auth_id"] == shown["individual_auth_id"]
    gateway.payees.revoke(code)
    assert by_openid(openid=openid, query=query).json()["auth_state"] == "UNAUTHORIZED"
    with pytest.raises(LookupError, match="签约状态是 UNAUTHORIZED"):
        gateway.payees.sign(code, openid)
    assert rejected(by_openid, openid="oNobody", query=query) == "RESOURCE_NOT_EXISTS"
    other = {**query, "permission_type": "EVERYTHING"}
    assert rejected(by_openid, openid=openid, query=other) == "PARAM_ERROR"


def test_the_same_application_again(gateway, wxpay):
    body = {"appid": gateway.identity.appid, "out_contract_code": new_number("K")}
    app = wxpay.chain(f"{BASE}/pre-entrust-sign/app")
    assert app.post(json=body).json() == app.post(json=body).json()
    verified = wxpay.chain(f"{BASE}/pre-entrust-sign-with-real-name-identity/app")
    assert rejected(verified.post, json={**body, **NAME}) == "INVALID_REQUEST"
