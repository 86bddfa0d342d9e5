"""Compensations of platforms and sub-merchants: payers, receivers, and outcomes."""

from __future__ import annotations

import pytest

from tests.gateway.support import SUB, new_number, paid_to_partner
from wechatpay_chain import APIError
from wechatpay_chain.gateway.simulation.ecommerce.compensation_v3 import BASE, PRODUCTS

DEPOSIT = "deposit:1900000109"
BY_NAME = {each.name: each for each in PRODUCTS}


@pytest.fixture(autouse=True)
def rich(gateway):
    """The sub-merchant has a deposit."""
    gateway.state.ledger.move("recharge", 1000, "bank", DEPOSIT)


@pytest.fixture
def order(gateway, wxpay):
    return paid_to_partner(gateway, wxpay)


def rejected(call, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.code


def asked(product, order, fen=100, **changes):
    bought = {"transaction_id": order["transaction_id"], "type": "WXPAY"}
    receiver = {
        "user": {"type": "TRANSACTION_USER", "transaction_info": bought},
        "merchant": {
            "type": "MERCHANT",
            "mch_info": {"mchid": "1900000118"},
            "transaction_info": bought,
        },
        "sub-merchant": {"type": "MERCHANT", "mch_info": {"mchid": SUB["sub_mchid"]}},
    }[product.to]
    return {
        **(SUB if product.of_sub else {}),
        "receiver": receiver,
        "out_bill_no": new_number("X"),
        "amount": fen,
        "transfer_remark": "sorry",
        **({"business_type": "DEPOSIT_COMPENSATION"} if product.name == "transfer-bills" else {}),
        **changes,
    }


def pay(wxpay, product, body, path=""):
    return wxpay.chain(f"{BASE}/{product.name}{path}").post(json=body).json()


def found(wxpay, product, body, **query):
    path = wxpay.chain(f"{BASE}/{product.name}/{product.by_number}")
    whose = SUB if product.of_sub and product.by_number.startswith("out") else {}
    if product.name == "transfer-bills":
        whose = {}
    return path.get(out_bill_no=body["out_bill_no"], query={**whose, **query}).json()


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda each: each.name)
def test_a_compensation_arrives(gateway, wxpay, order, product):
    ledger = gateway.state.ledger
    body = asked(product, order)
    target = {"user": "user", "merchant": "receiver", "sub-merchant": "merchant:1900000109"}
    deposit, received = ledger.balance(DEPOSIT), ledger.balance(target[product.to])
    made = pay(wxpay, product, body)
    assert (made["state"], made["amount"]) == ("ACCEPTED", 100)
    assert pay(wxpay, product, body)["bill_id"] == made["bill_id"]
    assert made["receiver_detail"]["receiver"].keys() <= set(product.shown)
    gateway.advance(5)
    shown = found(wxpay, product, body)
    assert (shown["state"], shown["bill_id"]) == ("SUCCESS", made["bill_id"])
    assert shown["success_time"]
    assert ledger.balance(target[product.to]) == received + 100
    paid = 100 if product.account_type == "DEPOSIT" else 0
    assert ledger.balance(DEPOSIT) == deposit - paid
    if product.by_id:
        path = wxpay.chain(f"{BASE}/{product.name}/bill-id/{{bill_id}}")
        query = SUB if product.of_sub and product.name != "transfer-bills" else {}
        assert path.get(bill_id=made["bill_id"], query=query).json() == shown


@pytest.mark.parametrize("name", ["compensate-bills", "insurance-claim-bills"])
@pytest.mark.parametrize("ending", ["confirm", "cancel", "fail", "overdue"])
def test_a_compensation_that_the_customer_confirms(gateway, wxpay, order, name, ending):
    product, ledger = BY_NAME[name], gateway.state.ledger
    body = asked(product, order)
    before = ledger.balance("user")
    made = pay(wxpay, product, body, "/pre-transfer")
    assert made["package_info"]
    number = {"out_bill_no": body["out_bill_no"]}
    assert found(wxpay, product, body)["state"] == "WAIT_USER_CONFIRM"
    cancel = wxpay.chain(f"{BASE}/{name}/out-bill-no/{{out_bill_no}}/cancel")
    options = {**number, **({"json": SUB} if product.of_sub else {})}
    if ending == "confirm":
        gateway.compensations.confirm(body["out_bill_no"])
        assert rejected(cancel.post, **options) == "INVALID_REQUEST"
    elif ending == "cancel":
        assert cancel.post(**options).json()["state"] == "CANCELING"
        assert cancel.post(**options).json()["state"] == "CANCELLED"
    elif ending == "fail":
        gateway.compensations.fail(body["out_bill_no"])
    else:
        gateway.advance(24 * 3600)
    shown = found(wxpay, product, body)
    states = {"confirm": "SUCCESS", "cancel": "CANCELLED"}
    assert shown["state"] == states.get(ending, "CLOSED")
    assert ("close_info" in shown) == (shown["state"] == "CLOSED")
    assert ledger.balance("user") == before + (100 if ending == "confirm" else 0)
    with pytest.raises(LookupError, match="赔付单状态是"):
        gateway.compensations.confirm(body["out_bill_no"])


def test_a_deposit_with_too_little(gateway, wxpay, order):
    product = BY_NAME["deposit-after-sales-compensation-bills"]
    body = asked(product, order, gateway.state.ledger.balance(DEPOSIT) + 1)
    assert pay(wxpay, product, body)["state"] == "CLOSED"
    assert found(wxpay, product, body)["close_info"]["close_reason"] == "账户余额不足"


def test_what_is_no_compensation(wxpay, order):
    product = BY_NAME["insurance-claim-bills"]
    body = asked(product, order)
    pay(wxpay, product, body)

    def code(path="", of=product, **changes):
        return rejected(pay, wxpay=wxpay, product=of, body={**body, **changes}, path=path)

    assert code(amount=99) == "INVALID_REQUEST"
    assert code("/pre-transfer") == "INVALID_REQUEST"
    other = {"out_bill_no": new_number("X")}
    assert code(**other, amount=0) == "PARAM_ERROR"
    assert code(**other, sub_mchid="1900000118") == "INVALID_REQUEST"
    bought = {"transaction_id": "4200000000000000000000000000", "type": "WXPAY"}
    unknown = {"receiver": {"type": "TRANSACTION_USER", "transaction_info": bought}}
    assert code(**other, **unknown) == "INVALID_REQUEST"
    platform = BY_NAME["compensate-bills"]
    assert code(of=platform, **other, sponsor_mchid="1900000118") == "NO_AUTH"


def test_who_sees_a_compensation(wxpay, order):
    product = BY_NAME["insurance-claim-bills"]
    body = asked(product, order)
    pay(wxpay, product, body)
    for query in ({"sub_mchid": "1900000118"}, {"sub_mchid": ""}):
        assert rejected(found, wxpay=wxpay, product=product, body=body, **query) == "NOT_FOUND"
    other = BY_NAME["compensate-bills"]
    assert rejected(found, wxpay=wxpay, product=other, body=body) == "NOT_FOUND"


def test_employees_who_may_recharge(wxpay):
    path = wxpay.v3.platsolution.ecommerce.rechargeEmployees
    added = path.post(json={**SUB, "sp_openid": "oEmployee"}).json()
    assert added["state"] == "EFFECTIVE"
    assert path.post(json={**SUB, "sp_openid": "oEmployee"}).json() == added
    listed = path.subMchid._sub_mchid_
    assert listed.get(**SUB).json()["employees"] == [added]
    assert listed.get(sub_mchid="1900000118").json()["employees"] == []
    delete = listed.spOpenid._sp_openid_.delete
    deleted = delete.post(**SUB, sp_openid="oEmployee").json()
    assert deleted["state"] == "DELETED"
    assert listed.get(**SUB).json()["employees"] == []
    assert rejected(delete.post, **SUB, sp_openid="oNobody") == "RESOURCE_NOT_EXISTS"


def test_insurers_who_may_pay_claims(wxpay):
    path = wxpay.v3.platsolution.ecommerce.insuranceCompensationContracts
    check = path.subMchid._sub_mchid_.checkOpened
    assert check.post(**SUB).json() == {**SUB, "opened": False}
    agreement = {
        "agreement_code": "x",
        "agreement_version": "1",
        "sign_organization": "x",
        "sign_time": "2026-11-20T10:00:00+08:00",
    }
    body = {**SUB, "out_apply_no": "A1", "agreement_list": [agreement]}
    opened = path.post(json=body).json()
    assert (opened["opened"], check.post(**SUB).json()) == (True, opened)
    assert rejected(path.post, json={**body, "agreement_list": []}) == "PARAM_ERROR"
