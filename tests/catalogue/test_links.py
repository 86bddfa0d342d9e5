"""Links called `query`: they lead to an operation that can be asked with what the call has."""

from __future__ import annotations

import re

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Operation
from wechatpay_chain.catalogue.queries import query_of

BY_ID = {each.id: each for each in catalogue.operations()}
LINKED = [each for each in catalogue.operations() if each.links]
EXPRESSION = re.compile(r"\$request\.(?:path\.(\w+)|query\.(\w+)|body#/(\w+))")


def expressions(link: dict[str, object]) -> dict[str, str]:
    return {**link.get("parameters", {}), **link.get("requestBody", {})}


def test_operations_that_move_money_are_linked() -> None:
    paths = {each.path for each in LINKED}
    assert paths >= {
        "v3/refund/domestic/refunds",
        "v3/ecommerce/refunds/apply",
        "v3/fund-app/mch-transfer/transfer-bills",
        "v3/transfer/batches",
        "v3/profitsharing/orders",
        "v3/profitsharing/return-orders",
        "v3/ecommerce/fund/withdraw",
        "v2/secapi/pay/refund",
        "v2/secapi/pay/profitsharing",
        "v2/mmpaymkttransfers/promotion/transfers",
    }


@pytest.mark.parametrize("operation", LINKED, ids=lambda each: each.id)
def test_a_link_says_where_all_that_the_query_needs_is_found(operation: Operation) -> None:
    assert operation.links.keys() == {"query"}
    assert operation.idempotency_key
    assert operation.not_idempotent is None
    link = operation.links["query"]
    target = BY_ID[link["operationId"]]
    assert target.protocol == operation.protocol
    assert target.base_uri == operation.base_uri
    assert target.method == "GET" or target.protocol == "v2"
    parameters, body = link.get("parameters", {}), link.get("requestBody", {})
    known = {each.name: each for each in (*target.variables, *target.query)}
    assert parameters.keys() <= known.keys()
    assert {n for n, each in known.items() if each.required} <= parameters.keys()
    assert body.keys() <= {each.name for each in target.body}
    given = {
        "path": {each.name for each in operation.variables},
        "query": {each.name for each in operation.query},
        "body": {each.name for each in operation.body},
    }
    for expression in expressions(link).values():
        if expression.startswith("$"):
            found = EXPRESSION.fullmatch(expression)
            assert found, expression
            place = next(n for n, name in zip(given, found.groups(), strict=True) if name)
            assert found[found.lastindex or 0] in given[place], expression


@pytest.mark.parametrize("operation", LINKED, ids=lambda each: each.id)
def test_a_query_asks_for_the_number_of_the_call(operation: Operation) -> None:
    variables = {each.name: f"p-{each.name}" for each in operation.variables}
    body = {each.name: f"b-{each.name}" for each in operation.body}
    query = query_of(operation, variables, {}, body)
    assert query is not None
    asked = {**query.options, **query.options.get("query", {}), **query.options.get("xml", {})}
    numbers = {f"b-{p.name}" for p in operation.idempotency_key or () if p.location == "body"}
    assert numbers & {str(value) for value in asked.values()}
    assert query_of(operation, {}, {}, {}) is None or operation.protocol == "v2"
