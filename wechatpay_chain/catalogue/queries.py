"""The query that returns the result of a call, by a merchant-assigned number.

An operation with such a query has a link called `query` (OpenAPI 3.1, Link Object), which contains
the query's operation and the places of its parameters in the call. A successful query means that
the call took effect; WeChat Pay's "does not exist" means that it did not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..utils.translation import _
from .idempotency import variables
from .operation import Operation
from .registry import operations

__all__ = ["Query", "query_of"]


class Query(NamedTuple):
    """The query of a call.

    Attributes:
        method: upper-case HTTP method.
        path: as written in a chain, with its variables in braces.
        options: the options of the query: `query` or `xml`, and the path's variables.
    """

    method: str
    path: str
    options: dict[str, Any]


def query_of(
    operation: Operation,
    path: str | Mapping[str, Any],
    query: Mapping[str, Any] | None,
    body: Any,
) -> Query | None:
    """Return the query for the result of a call, or None if there is none.

    Args:
        operation: the operation of the call.
        path: the expanded path; or its variables by name.
        query: the query parameters.
        body: the value of `json=` or `xml=`.
    """
    link = operation.links.get("query")
    if link is None:
        return None
    target = _target(operation.product, link["operationId"])
    given = {"path": variables(operation, path), "query": query or {}, "body": body}
    found = _values(link.get("parameters", {}), given)
    fields = _values(link.get("requestBody", {}), given)
    names = [each.name for each in target.variables]
    if any(name not in found for name in names):
        return None
    options: dict[str, Any] = {name: found.pop(name) for name in names}
    if found:
        options["query"] = found
    if fields:
        options[target.body_option] = fields
    if target.security:
        options["security"] = True
    return Query(target.method, target.path, options)


def _target(product: str, name: str) -> Operation:
    for each in (*operations(product), *operations()):
        if each.id == name:
            return each
    raise LookupError(_("the catalogue has no operation {name}", name=name))


def _values(places: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of runtime expressions; those without a value are omitted."""
    values = {name: _value(place, given) for name, place in places.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(expression: str, given: Mapping[str, Any]) -> Any:
    """Evaluate `$request.path.name`, `$request.query.name`, `$request.body#/name` or a constant."""
    if not expression.startswith("$request."):
        return expression
    place, _ignored, name = (
        expression.removeprefix("$request.").replace("#/", ".", 1).partition(".")
    )
    value: Any = given[place]
    for member in name.split("/"):
        value = value.get(member) if isinstance(value, Mapping) else None
    return value
