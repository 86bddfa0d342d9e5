"""After-sales profit sharing: the platform's fee for a refund of an order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import SUB, paid_to_partner
from tests.gateway.test_ecommerce import balance, platform_balance, refund, rejected
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway


def orders(wxpay: WeChatPay) -> Any:
    return wxpay.v3.ecommerce.profitsharing.afterSalesOrders


def asked(order: dict[str, Any], refund_id: str, amount: int, **changes: Any) -> dict[str, Any]:
    return {
        **SUB,
        "transaction_id": order["transaction_id"],
        "amount": amount,
        "type": "SERVICE_FEE_INCOME",
        "scene": "REFUND_TICKET",
        "refund_id": refund_id,
        **changes,
    }


def refunded(gateway: Gateway, wxpay: WeChatPay, order: dict[str, Any], fen: int) -> str:
    made = refund(wxpay, gateway, order, fen)
    gateway.refunds.succeed(made["out_refund_no"])
    return str(made["refund_id"])


def test_the_fee_for_a_refund_goes_to_the_platform(gateway: Gateway, wxpay: WeChatPay) -> None:
    order = paid_to_partner(gateway, wxpay, 100)
    first = refunded(gateway, wxpay, order, 60)
    sub, platform = balance(wxpay)[0], platform_balance(wxpay)
    body = asked(order, first, 15)
    made = orders(wxpay).post(json=body).json()
    assert made == {**SUB, "transaction_id": order["transaction_id"], "amount": 15}
    assert orders(wxpay).post(json=body).json() == made
    assert (balance(wxpay)[0], platform_balance(wxpay)) == (sub - 15, platform + 15)
    query = {**SUB, "transaction_id": order["transaction_id"]}
    found = orders(wxpay).get(query=query).json()
    assert (found["result"], found["amount"]) == ("PROCESSING", 15)
    gateway.advance(5)
    assert orders(wxpay).get(query=query).json() == {**found, "result": "SUCCESS"}
    assert orders(wxpay).get(query=SUB).json()["result"] == "SUCCESS"

    second = refunded(gateway, wxpay, order, 5)
    over = asked(order, second, 21, scene="RETURN_GOODS")
    assert rejected(orders(wxpay).post, json=over) == "RULE_LIMIT"
    orders(wxpay).post(json={**over, "amount": 20})
    assert orders(wxpay).get(query=query).json()["amount"] == 20


def test_requests_that_are_rejected(gateway: Gateway, wxpay: WeChatPay) -> None:
    order, other = (paid_to_partner(gateway, wxpay, 100) for _ in range(2))
    done = refunded(gateway, wxpay, order, 10)
    pending = refund(wxpay, gateway, order, 10)["refund_id"]
    right = asked(order, done, 5)
    for change, expected in (
        ({"type": "OTHER"}, "PARAM_ERROR"),
        ({"scene": "OTHER"}, "PARAM_ERROR"),
        ({"amount": 0}, "PARAM_ERROR"),
        ({"transaction_id": "4200"}, "INVALID_REQUEST"),
        ({"refund_id": "5030"}, "INVALID_REQUEST"),
        ({"refund_id": pending}, "INVALID_REQUEST"),
        ({"transaction_id": other["transaction_id"]}, "INVALID_REQUEST"),
        ({"amount": 81}, "RULE_LIMIT"),
    ):
        assert rejected(orders(wxpay).post, json={**right, **change}) == expected, change
    query = {**SUB, "transaction_id": order["transaction_id"]}
    assert rejected(orders(wxpay).get, query=query) == "RESOURCE_NOT_EXISTS"
    orders(wxpay).post(json=right)
    assert rejected(orders(wxpay).post, json={**right, "amount": 6}) == "INVALID_REQUEST"


def test_a_sub_merchant_without_the_money(gateway: Gateway, wxpay: WeChatPay) -> None:
    order = paid_to_partner(gateway, wxpay, 100)
    refund_id = refunded(gateway, wxpay, order, 10)
    account = f"merchant:{SUB['sub_mchid']}"
    ledger = gateway.state.ledger
    ledger.move("withdraw", ledger.balance(account), account, "bank")
    assert rejected(orders(wxpay).post, json=asked(order, refund_id, 5)) == "NOT_ENOUGH"


@pytest.mark.parametrize("query", [{}, {"sub_mchid": SUB["sub_mchid"], "transaction_id": "42"}])
def test_queries_that_find_nothing(wxpay: WeChatPay, query: dict[str, str]) -> None:
    expected = "RESOURCE_NOT_EXISTS" if query else "PARAM_ERROR"
    assert rejected(orders(wxpay).get, query=query) == expected
