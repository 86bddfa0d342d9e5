"""Profit sharing of brands, maximum shares of orders, and sharing with other merchants."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import SUB, new_number, paid, paid_to_partner
from tests.gateway.test_transfers import rejected
from wechatpay_chain.gateway import Gateway

BASE = "v3/brand/profitsharing"
BRAND = {"brand_mchid": "1900000108"}
SUPPLIER = {"type": "MERCHANT_ID", "account": "1900000110"}


@pytest.fixture
def supplier(gateway, wxpay):
    add = wxpay[f"{BASE}/receivers/add"]
    body = {**BRAND, **SUPPLIER, "appid": gateway.identity.appid, "relation_type": "SUPPLIER"}
    assert add.post(json=body).json() == {**BRAND, **SUPPLIER}
    yield SUPPLIER
    assert wxpay[f"{BASE}/receivers/delete"].post(json=body).json() == {**BRAND, **SUPPLIER}


def sharing(gateway: Any, order: Any, receiver: Any, fen: int, **changes: Any) -> dict[str, Any]:
    return {
        **BRAND,
        **SUB,
        "appid": gateway.identity.appid,
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("P"),
        "receivers": [{**receiver, "amount": fen, "description": "x"}],
        "finish": False,
        **changes,
    }


def bought(gateway: Any, wxpay: Any) -> Any:
    return paid_to_partner(gateway, wxpay, settle_info={"profit_sharing": True})


def test_a_brand_shares_and_takes_back(gateway, wxpay, supplier):
    order = bought(gateway, wxpay)
    body = sharing(gateway, order, supplier, 30)
    made = wxpay[f"{BASE}/orders"].post(json=body).json()
    assert (made["brand_mchid"], made["status"]) == (BRAND["brand_mchid"], "PROCESSING")
    numbers = {name: made[name] for name in ("sub_mchid", "transaction_id", "out_order_no")}
    shown = wxpay[f"{BASE}/orders"].get(query=numbers).json()
    assert (shown["status"], shown["receivers"][0]["result"]) == ("FINISHED", "SUCCESS")
    amounts = wxpay[f"{BASE}/orders/{order['transaction_id']}/amounts"]
    assert amounts.get().json()["unsplit_amount"] == 70
    back = {
        **SUB,
        "out_order_no": body["out_order_no"],
        "out_return_no": new_number("Q"),
        "return_mchid": supplier["account"],
        "amount": 10,
        "description": "x",
    }
    returned = wxpay[f"{BASE}/returnorders"].post(json=back).json()
    assert returned["result"] == "SUCCESS"
    names = ("sub_mchid", "out_return_no", "out_order_no")
    found = wxpay[f"{BASE}/returnorders"].get(query={name: back[name] for name in names})
    assert found.json() == returned
    finish = {**numbers, "out_order_no": new_number("P"), "description": "x"}
    wxpay[f"{BASE}/finish-order"].post(json=finish)
    assert amounts.get().json()["unsplit_amount"] == 0
    shown = (
        wxpay[f"{BASE}/orders"]
        .get(query={**numbers, "out_order_no": finish["out_order_no"]})
        .json()
    )
    assert shown["finish_amount"] == 70


def test_a_receiver_is_on_the_list_of_one_brand(gateway, wxpay, supplier):
    body = sharing(gateway, bought(gateway, wxpay), supplier, 30, brand_mchid="1900000107")
    assert rejected(wxpay[f"{BASE}/orders"].post, json=body).code == "PARAM_ERROR"


def test_no_more_is_shared_than_was_agreed_to(gateway, wxpay, supplier):
    brand = wxpay[f"{BASE}/brand-configs/{BRAND['brand_mchid']}"]
    sub = wxpay[f"v3/profitsharing/merchant-configs/{SUB['sub_mchid']}"]
    assert (brand.get().json()["max_ratio"], sub.get().json()["max_ratio"]) == (10_000, 10_000)
    gateway.profit_sharing.set_max_ratio(3000, **BRAND)
    gateway.profit_sharing.set_max_ratio(2000, **SUB)
    assert (brand.get().json()["max_ratio"], sub.get().json()["max_ratio"]) == (3000, 2000)
    order, orders = bought(gateway, wxpay), wxpay[f"{BASE}/orders"]
    orders.post(json=sharing(gateway, order, supplier, 20))
    error = rejected(orders.post, json=sharing(gateway, order, supplier, 11))
    assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
    orders.post(json=sharing(gateway, order, supplier, 10))
    with pytest.raises(LookupError, match="max_ratio"):
        gateway.profit_sharing.set_max_ratio(10_001)
    for holder in (BRAND, SUB):
        gateway.profit_sharing.set_max_ratio(10_000, **holder)


def test_shared_money_arrives_at_another_merchant_of_the_gateway(identity):
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        partner = gateway.add_merchant("partner")
        shop = gateway.add_sub_merchant(partner).mchid
        other = gateway.add_merchant()
        order = paid(gateway, wxpay, settle_info={"profit_sharing": True})
        appid = gateway.identity.appid
        for account in (other.mchid, shop):
            body = {"appid": appid, "type": "MERCHANT_ID", "account": account}
            wxpay.v3.profitsharing.receivers.add.post(json={**body, "relation_type": "PARTNER"})
        number = new_number("P")
        wxpay.v3.profitsharing.orders.post(
            json={
                "appid": appid,
                "transaction_id": order["transaction_id"],
                "out_order_no": number,
                "receivers": [
                    {**SUPPLIER, "account": account, "amount": fen, "description": "x"}
                    for account, fen in ((other.mchid, 30), (shop, 7))
                ],
                "unfreeze_unsplit": True,
            }
        )
        assert (other.balance(), partner.balance(shop), partner.balance()) == (30, 7, 0)
        back = {
            "out_order_no": number,
            "out_return_no": new_number("Q"),
            "return_mchid": other.mchid,
            "amount": 12,
            "description": "x",
        }
        path = wxpay.chain("v3/profitsharing/return-orders")
        path.post(json=back)
        assert other.balance() == 18
        spent = paid_away(other, 18)
        again = {**back, "out_return_no": new_number("Q"), "amount": 5}
        assert rejected(path.post, json=again).code == "NOT_ENOUGH"
        spent()
        for merchant in gateway.merchants.values():
            merchant.state.ledger.check()


def paid_away(merchant: Any, fen: int) -> Any:
    """Take a merchant's money away, and return a function that restores it."""
    ledger = merchant.state.ledger
    ledger.move("share", fen, "merchant", "receiver")
    return lambda: ledger.move("return", fen, "receiver", "merchant")
