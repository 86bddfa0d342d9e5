"""Actions of customers by `Gateway`, the control API and triggers."""

from __future__ import annotations

import pytest

from tests.gateway.support import control, paid
from wechatpay_chain import ClientError

COMPLAINTS = "v3/merchant-service/complaints-v2"
PRESIGN = "v3/offlineface/contracts/presign"


def shown(wxpay, number):
    return wxpay[f"{COMPLAINTS}/{{number}}"].get(number=number).json()


def told_at(wxpay, url):
    wxpay["v3/merchant-service/complaint-notifications"].post(json={"url": url})


@pytest.fixture
def address(wxpay, receiver):
    told_at(wxpay, receiver.url)
    yield receiver
    wxpay["v3/merchant-service/complaint-notifications"].delete()


def test_a_complaint_of_a_test(gateway, wxpay, address):
    bought = paid(gateway, wxpay)
    made = gateway.complain(bought["out_trade_no"], "没有收到商品", problem="REFUND")
    notice = address.next()
    assert (notice.event_type, notice.resource["complaint_id"]) == (
        "COMPLAINT.CREATE",
        made["complaint_id"],
    )
    complaint = shown(wxpay, made["complaint_id"])
    assert complaint["complaint_detail"] == "没有收到商品"
    assert complaint["complaint_order_info"][0]["out_trade_no"] == bought["out_trade_no"]
    for number in ("nobody", bought["out_trade_no"] + "x"):
        with pytest.raises(LookupError):
            gateway.complain(number, "x")


def test_a_complaint_of_a_script(gateway, wxpay):
    bought = paid(gateway, wxpay)
    made = control(gateway, "complaints", out_trade_no=bought["out_trade_no"], text="破损")
    assert shown(wxpay, made["complaint_id"])["complaint_detail"] == "破损"
    said = control(gateway, f"complaints/{made['complaint_id']}/say", text="还没有回复")
    assert said["history"][-1]["operate_details"] == "还没有回复"
    for body, status in (
        ({"out_trade_no": "nobody", "text": "x"}, 400),
        ({"text": "x"}, 400),
        ({"out_trade_no": bought["out_trade_no"], "text": 5}, 400),
    ):
        assert control(gateway, "complaints", **body)[0] == status
    assert control(gateway, "complaints/nobody/say", text="x")[0] == 404


@pytest.mark.parametrize("resource", [None, {"complaint_id": "200000020261126000001"}])
def test_a_trigger_makes_the_complaint_that_it_tells_of(gateway, wxpay, receiver, resource):
    gateway.trigger("COMPLAINT.CREATE", receiver.url, resource)
    told = receiver.next().resource
    assert told["action_type"] == "CREATE_COMPLAINT"
    number = told["complaint_id"]
    if resource:
        assert number == resource["complaint_id"]
    complaint = shown(wxpay, number)
    assert complaint["complaint_state"] == "PENDING"
    assert wxpay.decrypt(complaint["payer_phone"])
    response = {"complainted_mchid": gateway.identity.mchid, "response_content": "您好"}
    assert wxpay[f"{COMPLAINTS}/{number}/response"].post(json=response).status_code == 204
    gateway.trigger("COMPLAINT.STATE_CHANGE", receiver.url, {"complaint_id": number})
    assert receiver.next().resource["complaint_id"] == number
    assert shown(wxpay, number)["complaint_state"] == "PROCESSING"


def token(wxpay, user):
    body = {
        "business_name": "K12",
        "facepay_user": {"out_user_id": user, "organization_id": "O1"},
    }
    return wxpay[PRESIGN].post(json=body).json()["presign_token"]


def test_a_contract_is_signed(gateway, wxpay):
    for user, sign in (
        ("1", gateway.sign_contract),
        ("2", lambda each: control(gateway, "contracts", presign_token=each)),
    ):
        presigned = token(wxpay, user)
        contract = sign(presigned)
        number = contract["contract_id"]
        told = wxpay[f"v3/offlineface/contracts/{number}"].get().json()
        assert told["contract_state"] == "CONTRACTED"
    with pytest.raises(LookupError):
        gateway.sign_contract(presigned)
    assert control(gateway, "contracts", presign_token="nothing")[0] == 404
    with pytest.raises(ClientError):
        wxpay["v3/offlineface/contracts/nothing"].get()
