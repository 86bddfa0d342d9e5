"""Requests that were sent are there to assert on, of a mock transport and of a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing import MockTransport

REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


def asked(wxpay: WeChatPay) -> None:
    """Some calls, whatever they are answered."""
    calls: list[tuple[Any, dict[str, Any]]] = [
        (wxpay[REFUNDS].post, {"json": {"amount": {"refund": 1}}}),
        (wxpay[f"{REFUNDS}/{{out_refund_no}}"].get, {"out_refund_no": "R-1"}),
        (wxpay[f"{REFUNDS}/R-2?sub_mchid=1"].get, {"query": {"x": ["a", "b"]}}),
        (wxpay.v2.pay.orderquery.post, {"xml": {"mch_id": wxpay.mchid, "out_trade_no": "é"}}),
    ]
    for call, options in calls:
        try:
            call(**options, retry=None)
        except Exception as error:  # noqa: BLE001 - what was sent counts, not the answer
            assert str(error)


def both(gateway: Gateway) -> list[Any]:
    transport = MockTransport(lambda _: {})
    asked(transport.client())
    with gateway.client() as wxpay:
        asked(wxpay)
    return [transport, gateway]


def test_requests_are_found_by_method_and_path(gateway: Gateway) -> None:
    for kept in both(gateway):
        assert [str(each) for each in kept.sent()] == [
            f"POST {REFUNDS}",
            f"GET {REFUNDS}/R-1",
            f"GET {REFUNDS}/R-2",
            "POST v2/pay/orderquery",
        ]
        assert len(kept.sent("GET")) == 2
        assert len(kept.sent(path=f"/{REFUNDS}")) == 1
        assert len(kept.sent("GET", f"{REFUNDS}/{{out_refund_no}}")) == 2
        assert len(kept.sent("GET", f"{REFUNDS}/R-2")) == 1
        assert len(kept.sent(None, "v3/refund/*")) == 3
        assert kept.sent("DELETE") == []


def test_what_they_held_can_be_asserted(gateway: Gateway) -> None:
    for kept in both(gateway):
        refund = kept.sent_once("POST", REFUNDS)
        assert refund.json == {"amount": {"refund": 1}}
        assert refund.headers["Authorization"].startswith("WECHATPAY2-SHA256-RSA2048 ")
        assert kept.sent_once("GET", f"{REFUNDS}/R-2").query == {
            "sub_mchid": ["1"],
            "x": ["a", "b"],
        }
        assert kept.sent_once(path="v2/pay/orderquery").xml["out_trade_no"] == "é"


def test_once_is_neither_never_nor_twice(gateway: Gateway) -> None:
    for kept in both(gateway):
        with pytest.raises(AssertionError, match=f"GET was sent 2 times.*sent: POST {REFUNDS}, "):
            kept.sent_once("GET")
        with pytest.raises(AssertionError, match="POST v3/nothing was sent 0 times"):
            kept.sent_once("POST", "v3/nothing")
    with pytest.raises(AssertionError, match="request was sent 0 times.*sent: nothing"):
        MockTransport(lambda _: {}).sent_once()
