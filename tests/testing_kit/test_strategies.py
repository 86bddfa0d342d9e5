"""Strategies draw what the catalogue's schemas describe, for every operation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError, Sensitive, catalogue
from wechatpay_chain.catalogue import Operation
from wechatpay_chain.catalogue.requests.checking import (
    Rules,
    check_body,
    check_members,
    check_query,
)
from wechatpay_chain.messages import canonical
from wechatpay_chain.testing import MockTransport, signed_notification
from wechatpay_chain.testing.strategies import answers, bodies, notifications, queries

REFUNDS = "v3/refund/domestic/refunds"
FEW = settings(
    max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return "***" if isinstance(value, Sensitive) else value


def as_sent(value: Any) -> Any:
    """A value of a query as the check gets it."""
    return list(map(as_sent, value)) if isinstance(value, list) else canonical.text(value, "query")


def drawn_from(operation: Operation) -> None:
    """Draw some requests of an operation, and check them."""
    call = (operation.method, operation.path)

    @FEW
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        query = {name: as_sent(each) for name, each in data.draw(queries(*call)).items()}
        assert list(check_query(operation, query, Rules())) == []
        if operation.body_option in ("json", "xml"):
            body = plain(data.draw(bodies(*call)))
            assert list(check_body(operation, body, Rules())) == []

    draw()


@pytest.mark.parametrize("product", catalogue.products())
def test_what_is_drawn_passes_the_check(product: str) -> None:
    for operation in catalogue.operations(product):
        drawn_from(operation)


@FEW
@given(answers("POST", REFUNDS))
def test_answers_are_those_of_the_operation(answer: dict[str, Any]) -> None:
    operation = catalogue.find("POST", REFUNDS)
    assert operation is not None
    assert list(check_members(operation.answer, answer, "", Rules())) == []
    wxpay = MockTransport(lambda _: answer).client()
    response = wxpay[REFUNDS].post(json={})
    assert response.verified
    assert response.json() == answer


@FEW
@given(notifications("TRANSACTION.SUCCESS", variant="partner"))
def test_notifications_are_received(resource: dict[str, Any]) -> None:
    wxpay = MockTransport(lambda _: None).client()
    signed = signed_notification("TRANSACTION.SUCCESS", resource, variant="partner")
    assert wxpay.notify(*signed).resource.items() >= resource.items()


@FEW
@given(bodies("POST", "v2/pay/unifiedorder"))
def test_apiv2_has_texts(fields: dict[str, Any]) -> None:
    assert all(isinstance(each, str) for each in fields.values())
    assert int(fields["total_fee"]) >= 0


@FEW
@given(bodies("POST", "v3/pay/transactions/native"))
def test_they_are_sent(body: dict[str, Any]) -> None:
    transport = MockTransport(lambda _: {"code_url": "weixin://"})
    wxpay = transport.client(check="catalogue")
    wxpay["v3/pay/transactions/native"].post(json=body)
    assert transport.sent_once().json.keys() == body.keys()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: bodies("POST", "v3/refund/domestic/refund"), f"did you mean POST {REFUNDS}"),
        (lambda: bodies("GET", "v3/certificates"), "accepts no body"),
        (lambda: bodies("POST", "v3/merchant/media/upload"), "accepts media"),
        (lambda: notifications("X"), "has no notification 'X'"),
        (lambda: notifications("TRANSACTION.SUCCESS", variant="x"), "variant 'x'"),
    ],
)
def test_what_is_not_there(call: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        call()
