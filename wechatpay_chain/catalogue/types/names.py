"""The names of an operation's types in `wechatpay_chain.typed`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..operation import Operation

__all__ = ["TypeNames", "type_names"]

SUFFIXES = {"json": "JSON", "xml": "XML"}


class TypeNames(NamedTuple):
    """The types of an operation; a name is empty if the type does not exist.

    Attributes:
        module: the module that defines them.
        query: the type of `query=`.
        body: the type of `json=` or `xml=`.
        response: the type of the response's `json()` or `xml()`, or of each item of a list.
    """

    module: str
    query: str
    body: str
    response: str

    @property
    def known(self) -> tuple[str, ...]:
        """The existing names."""
        return tuple(filter(None, self[1:]))


def type_names(operation: Operation) -> TypeNames:
    """Return the names of an operation's types.

    Args:
        operation: an operation of the catalogue.
    """
    protocol, *places = operation.attributes
    name = "".join(map(_pascal, [operation.product.partition("/")[2], *places[1:]]))
    name += operation.verb.capitalize()
    option = SUFFIXES.get(operation.body_option or "")
    product = operation.product.partition("/")[2].replace("-", "_")
    module = places[0] if places[0].endswith("_") else product
    return TypeNames(
        f"wechatpay_chain.typed.{protocol}.{module}",
        f"{name}Query" if operation.query else "",
        f"{name}{option}" if option and _has_members(operation.body_schema) else "",
        f"{name}Response" if _has_members(_answered(operation)) else "",
    )


def _answered(operation: Operation) -> Mapping[str, Any] | None:
    """Return the schema of a JSON or XML response."""
    if operation.response_status != 200:
        return None
    contents = operation.spec["responses"]["200"].get("content", {})
    for kind in ("application/json", "text/xml"):
        if kind in contents:
            schema: Mapping[str, Any] = contents[kind]["schema"]
            return schema
    return None


def _has_members(schema: Mapping[str, Any] | None) -> bool:
    """Return whether a schema is an object with members, or a list of such objects."""
    while schema and schema.get("type") == "array":
        schema = schema["items"]
    return bool(schema and schema.get("properties"))


def _pascal(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split("[^A-Za-z0-9]+", text))
