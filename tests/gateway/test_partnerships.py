"""Partnerships: a merchant authorizes a partner for a stock, and terminates the partnership."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.support import new_number
from tests.gateway.test_busifavor import code_of, made
from wechatpay_chain.gateway import Gateway

BASE = "v3/marketing/partnerships"


@pytest.fixture
def gateway(identity: Any) -> Iterator[Gateway]:
    with Gateway(identity=identity) as gateway:
        yield gateway


def do(wxpay: Any, what: str, named: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key or new_number("I")}
    return wxpay.chain(f"{BASE}/{what}").post(json=named, headers=headers).json()


def partnership(stock: str, **partner: str) -> dict[str, Any]:
    return {
        "partner": partner or {"type": "MERCHANT", "merchant_id": "1900000199"},
        "authorized_data": {"business_type": "BUSIFAVOR_STOCK", "stock_id": stock},
    }


def listed(wxpay: Any, **wanted: Any) -> list[Any]:
    query = {name: json.dumps(members) for name, members in wanted.items()}
    data = wxpay.chain(BASE).get(query=query).json()["data"]
    return list(data)


def test_a_partnership_from_start_to_end(gateway: Gateway, wxpay: Any) -> None:
    named = partnership(made(gateway, wxpay))
    built = do(wxpay, "build", named, "key1")
    assert built["state"] == "ESTABLISHED"
    assert do(wxpay, "build", named, "key1") == built
    assert do(wxpay, "build", named)["build_time"] == built["build_time"]
    other = partnership(made(gateway, wxpay), type="APPID", appid="wxd678efh567hg6787")
    assert code_of(do, wxpay, "build", other, "key1") == "PARAM_ERROR"
    do(wxpay, "build", other)
    assert [each["partner"] for each in listed(wxpay)] == [other["partner"], named["partner"]]
    only = listed(wxpay, partner=named["partner"], authorized_data=named["authorized_data"])
    assert [each["partner"] for each in only] == [named["partner"]]
    ended = do(wxpay, "terminate", named)
    shown = listed(wxpay, partner=named["partner"])[0]
    assert shown["terminate_time"] == ended["terminate_time"]
    assert code_of(do, wxpay, "terminate", named) == "RESOURCE_NOT_EXISTS"
    do(wxpay, "build", named)
    assert "terminate_time" not in listed(wxpay, partner=named["partner"])[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"partner": {"type": "MERCHANT"}}, "PARAM_ERROR"),
        ({"partner": {"type": "USER", "merchant_id": "1900000199"}}, "PARAM_ERROR"),
        ({"authorized_data": {"business_type": "CARD"}}, "PARAM_ERROR"),
        (
            {"authorized_data": {"business_type": "FAVOR_STOCK", "stock_id": "1"}},
            "RESOURCE_NOT_EXISTS",
        ),
    ],
)
def test_a_wrong_partnership_is_rejected(
    gateway: Gateway, wxpay: Any, changes: dict[str, Any], code: str
) -> None:
    named = partnership(made(gateway, wxpay))
    assert code_of(do, wxpay, "build", {**named, **changes}) == code
    assert listed(wxpay) == []


def test_a_number_and_filters_must_be_right(gateway: Gateway, wxpay: Any) -> None:
    named = partnership(made(gateway, wxpay))
    assert code_of(do, wxpay, "build", named, "a b") == "PARAM_ERROR"
    for text in ("[]", "x", '{"type": 1}'):
        assert code_of(wxpay.chain(BASE).get, query={"partner": text}) == "PARAM_ERROR"
