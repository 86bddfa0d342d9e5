"""Profit sharing of APIv2: APIv3's rules with its own messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.support import SUB, new_number, paid, paid_by_v2, paid_to_partner
from wechatpay_chain import APIError

SHARED = {"settle_info": {"profit_sharing": True}}
STAFF = {"type": "PERSONAL_OPENID", "account": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
SUPPLIER = {"type": "MERCHANT_ID", "account": "1900000110"}
SUB_V2 = {"sub_mch_id": SUB["sub_mchid"]}
SECURE = ("secapi/",)


def ask(gateway: Any, wxpay: Any, path: str, **fields: Any) -> dict[str, str]:
    xml = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "sign_type": "HMAC-SHA256",
        **{name: text(value) for name, value in fields.items()},
    }
    if path.endswith(("amountquery", "ratioquery")):
        del xml["appid"]
    security = path.startswith(SECURE)
    shown: dict[str, str] = wxpay.chain(f"v2/{path}").post(xml=xml, security=security).xml()
    return shown


def text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def rejected(*arguments: Any, **options: Any) -> str:
    with pytest.raises(APIError) as caught:
        ask(*arguments, **options)
    assert caught.value.verified
    return caught.value.code


def parts(*pairs: tuple[dict[str, str], int]) -> list[dict[str, Any]]:
    return [{**receiver, "amount": fen, "description": "share"} for receiver, fen in pairs]


def unsplit(gateway: Any, wxpay: Any, order: Any) -> int:
    transaction = order["transaction_id"]
    shown = ask(gateway, wxpay, "pay/profitsharingorderamountquery", transaction_id=transaction)
    return int(shown["unsplit_amount"])


@pytest.fixture(autouse=True)
def receivers(gateway: Any, wxpay: Any) -> None:
    for partner in ({}, SUB_V2):
        for receiver in (STAFF, SUPPLIER):
            added = {**receiver, "relation_type": "STAFF"}
            told = ask(gateway, wxpay, "pay/profitsharingaddreceiver", receiver=added, **partner)
            assert json.loads(told["receiver"]) == receiver


@pytest.mark.parametrize("made", [paid, paid_by_v2])
def test_an_order_is_shared_in_parts_and_finished(gateway, wxpay, made):
    ledger = gateway.state.ledger
    kept, received = ledger.balance("merchant"), ledger.balance("receiver")
    order = made(gateway, wxpay, 100, **(SHARED if made is paid else {"profit_sharing": "Y"}))
    number, given = new_number("S"), parts((STAFF, 10), (SUPPLIER, 20))
    asked = {"transaction_id": order["transaction_id"], "out_order_no": number, "receivers": given}
    path = "secapi/pay/multiprofitsharing"
    shared = ask(gateway, wxpay, path, **asked)
    assert ask(gateway, wxpay, path, **asked)["order_id"] == shared["order_id"]
    assert rejected(gateway, wxpay, path, **{**asked, "receivers": given[:1]}) == "INVALID_REQUEST"
    assert unsplit(gateway, wxpay, order) == 70
    del asked["receivers"]
    shown = ask(gateway, wxpay, "pay/profitsharingquery", **asked)
    assert (shown["status"], shown["order_id"]) == ("FINISHED", shared["order_id"])
    told = json.loads(shown["receivers"])
    assert [(each["account"], each["amount"], each["result"]) for each in told] == [
        (STAFF["account"], 10, "SUCCESS"),
        (SUPPLIER["account"], 20, "SUCCESS"),
    ]
    last = {**asked, "out_order_no": new_number("F"), "description": "the rest"}
    ask(gateway, wxpay, "secapi/pay/profitsharingfinish", **last)
    assert unsplit(gateway, wxpay, order) == 0
    again = {**asked, "out_order_no": new_number("S"), "receivers": given}
    assert rejected(gateway, wxpay, path, **again) == "NOTENOUGH"
    assert ledger.balance("merchant") - kept == 70
    assert ledger.balance("receiver") - received == 30


def test_a_single_sharing_gives_the_merchant_the_rest(gateway, wxpay):
    order = paid_to_partner(gateway, wxpay, 100, **SHARED)
    asked = {"transaction_id": order["transaction_id"], "out_order_no": new_number("S")}
    path, given = "secapi/pay/profitsharing", parts((SUPPLIER, 30))
    assert rejected(gateway, wxpay, path, **asked, receivers=given) == "INVALID_REQUEST"
    shared = ask(gateway, wxpay, path, **asked, **SUB_V2, receivers={"receiver": given})
    assert shared["sub_mch_id"] == SUB["sub_mchid"]
    assert unsplit(gateway, wxpay, order) == 0
    assert rejected(gateway, wxpay, "pay/profitsharingquery", **asked) == "RESOURCE_NOT_EXISTS"
    shown = ask(gateway, wxpay, "pay/profitsharingquery", **asked, **SUB_V2)
    assert [each["amount"] for each in json.loads(shown["receivers"])] == [30, 70]
    v3 = wxpay.v3.profitsharing.orders._out_order_no_.get(
        out_order_no=asked["out_order_no"],
        query={"transaction_id": order["transaction_id"], **SUB},
    ).json()
    assert v3["order_id"] == shared["order_id"]  # one record for both protocols


def test_shared_money_is_returned(gateway, wxpay):
    order = paid(gateway, wxpay, 100, **SHARED)
    number, back = new_number("S"), new_number("B")
    given = parts((SUPPLIER, 30), (STAFF, 1))
    transaction = order["transaction_id"]
    asked = {"transaction_id": transaction, "out_order_no": number, "receivers": given}
    shared = ask(gateway, wxpay, "secapi/pay/multiprofitsharing", **asked)
    returned = {
        "out_order_no": number,
        "out_return_no": back,
        "return_account_type": "MERCHANT_ID",
        "return_account": SUPPLIER["account"],
        "return_amount": 10,
        "description": "returned goods",
    }
    path = "secapi/pay/profitsharingreturn"
    before = gateway.state.ledger.balance("receiver")
    told = ask(gateway, wxpay, path, **returned)
    assert ask(gateway, wxpay, path, **returned)["return_no"] == told["return_no"]
    assert (told["result"], told["return_amount"]) == ("SUCCESS", "10")
    assert before - gateway.state.ledger.balance("receiver") == 10
    for changes in (
        {"return_amount": 9},
        {"out_return_no": new_number("B"), "return_amount": 21},
        {"out_return_no": new_number("B"), "out_order_no": "S0"},
    ):
        assert rejected(gateway, wxpay, path, **{**returned, **changes}) == "INVALID_REQUEST"
    for changes in ({"return_amount": 0}, {"return_account": "1900000111"}):
        changed = {**returned, "out_return_no": new_number("B"), **changes}
        assert rejected(gateway, wxpay, path, **changed) == "PARAM_ERROR"
    query = "pay/profitsharingreturnquery"
    for named in ({"out_order_no": number}, {"order_id": shared["order_id"]}):
        shown = ask(gateway, wxpay, query, out_return_no=back, **named)
        assert shown["return_no"] == told["return_no"]
    for named in ({"out_order_no": "S0"}, {"order_id": "1"}, {"order_id": "1", **SUB_V2}):
        assert rejected(gateway, wxpay, query, out_return_no=back, **named) == "RESOURCE_NOT_EXISTS"


def test_a_receiver_that_was_deleted_gets_nothing(gateway, wxpay):
    order = paid(gateway, wxpay, 100, **SHARED)
    gone = ask(gateway, wxpay, "pay/profitsharingremovereceiver", receiver=STAFF)
    assert json.loads(gone["receiver"]) == STAFF
    asked = {"transaction_id": order["transaction_id"], "out_order_no": new_number("S")}
    path = "secapi/pay/multiprofitsharing"
    assert rejected(gateway, wxpay, path, **asked, receivers=parts((STAFF, 1))) == "PARAM_ERROR"
    assert unsplit(gateway, wxpay, order) == 100


@pytest.mark.parametrize(
    "receivers",
    ["", "x", "[", "1", "null", [], [1], [{}], [{**STAFF, "amount": "1", "description": "x"}], {}],
)
def test_receivers_that_are_none(gateway, wxpay, receivers):
    order = paid(gateway, wxpay, 100, **SHARED)
    asked = {"transaction_id": order["transaction_id"], "out_order_no": new_number("S")}
    path = "secapi/pay/multiprofitsharing"
    assert rejected(gateway, wxpay, path, **asked, receivers=receivers) == "PARAM_ERROR"


def test_what_else_is_rejected(gateway, wxpay):
    add = "pay/profitsharingaddreceiver"
    for receiver in (
        {"type": "CUSTOMER", "account": "x"},
        {**STAFF, "relation_type": "CUSTOM"},
        {"type": "PERSONAL_SUB_OPENID", "account": "o1", "relation_type": "STAFF"},
    ):
        assert rejected(gateway, wxpay, add, receiver=receiver) == "PARAM_ERROR"
    md5 = {"receiver": STAFF, "sign_type": "MD5"}
    assert rejected(gateway, wxpay, add, **md5) == "PARAM_ERROR"
    plain = paid(gateway, wxpay)["transaction_id"]
    amounts = "pay/profitsharingorderamountquery"
    assert rejected(gateway, wxpay, amounts, transaction_id=plain) == "INVALID_REQUEST"
    assert rejected(gateway, wxpay, amounts, transaction_id="1") == "RESOURCE_NOT_EXISTS"
    shown = ask(gateway, wxpay, "pay/profitsharingmerchantratioquery", **SUB_V2)
    assert shown["max_ratio"] == "10000"
    refused = {"security": False, "xml": {"mch_id": gateway.identity.mchid}}
    with pytest.raises(APIError, match="No required SSL certificate"):
        wxpay.v2.secapi.pay.profitsharing.post(**refused)
