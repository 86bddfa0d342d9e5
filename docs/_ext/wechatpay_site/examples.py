"""Code and data to show on a page: calls with and without what may be left out, and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from wechatpay_chain import Sensitive
from wechatpay_chain.catalogue import Member, Operation, Webhook
from wechatpay_chain.catalogue.code_samples import CodeSample, code_samples
from wechatpay_chain.catalogue.example import response

__all__ = ["response_example", "calls", "content_example"]

Schema = Mapping[str, Any]


def calls(operation: Operation) -> tuple[tuple[str, tuple[CodeSample, ...]], ...]:
    """The six calls of an operation, under a label's key: the short ones first, if any are shorter.

    Args:
        operation: from the catalogue.
    """
    whole = ("all_members", code_samples(operation))
    short = _short(operation)
    if short is None:
        return (("", whole[1]),)
    return ("required_members", code_samples(short)), whole


def _short(operation: Operation) -> Operation | None:
    """The operation without what may be left out; None if that would say nothing new."""
    spec = dict(operation.spec)
    if "parameters" in spec:
        spec["parameters"] = [each for each in spec["parameters"] if each.get("required")]
    if operation.body_option in ("json", "xml"):
        content = {operation.body_type: {"schema": _required(operation.body_schema or {})}}
        spec["requestBody"] = {**spec["requestBody"], "content": content}
    short = Operation(operation.method, operation.path, spec)
    emptied = (operation.query and not short.query) or (operation.body and not short.body)
    return None if emptied or _names(short) == _names(operation) else short


def _names(operation: Operation) -> list[Any]:
    given = (*operation.variables, *operation.query, *operation.headers, *operation.body)
    return [(member.name, _nested(member)) for member in given]


def _nested(member: Member) -> list[Any]:
    return [(inner.name, _nested(inner)) for inner in member.members]


def _required(schema: Schema) -> Schema:
    """A schema without what may be left out; an object keeps its members if it would lose all."""
    for inner in ("items", "contentSchema"):
        if inner in schema:
            schema = {**schema, inner: _required(schema[inner])}
    wanted = schema.get("required", ())
    found = {name: each for name, each in schema.get("properties", {}).items() if name in wanted}
    if not found or "anyOf" in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "patternProperties"}
    return {**rest, "properties": {name: _required(each) for name, each in found.items()}}


def response_example(operation: Operation, ciphertext: str) -> tuple[str, str]:
    """A successful response's body and its language; both empty where it has no members.

    Args:
        operation: from the catalogue.
        ciphertext: stands for what travels encrypted.
    """
    return _written(response(operation), operation.response_type, ciphertext)


def content_example(webhook: Webhook, ciphertext: str, variant: str = "") -> tuple[str, str]:
    """What a notification says once it is opened, and the language it is written in.

    Args:
        webhook: from the catalogue.
        ciphertext: stands for what travels encrypted.
        variant: the form to show, where several products share the event.
    """
    schema = _content(webhook)
    for form in schema.get("oneOf", ()):
        if form["x-wechatpay-variant"]["name"] == variant:
            schema = form
    content = {"application/json": {"schema": schema}}
    spec = {"responses": {"200": {"content": content}}}
    found = response(Operation("POST", "v3/notification", spec))
    return _written(found, "application/json", ciphertext)


def _content(webhook: Webhook) -> Schema:
    """The schema of what travels encrypted; of a notification in the clear, of all of it."""
    outer = webhook.body
    for member in (*outer, *(inner for each in outer for inner in each.members)):
        if member.encrypted:
            schema: Schema = member.schema["contentSchema"]
            return schema
    return webhook.body_schema or {}


def _written(found: Mapping[str, Any], media_type: str, ciphertext: str) -> tuple[str, str]:
    if not found:
        return "", ""
    if media_type == "text/xml":
        return f"<xml>\n{_elements(found, '  ', ciphertext)}</xml>", "xml"

    def hidden(value: Any) -> str:
        if not isinstance(value, Sensitive):
            raise TypeError(f"an example has a value of type {type(value).__name__}")
        return ciphertext

    return json.dumps(found, ensure_ascii=False, indent=2, default=hidden), "json"


def _elements(found: Mapping[str, Any], margin: str, ciphertext: str) -> str:
    lines = []
    for name, value in found.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                inner = f"\n{_elements(each, f'{margin}  ', ciphertext)}{margin}"
            else:
                inner = escape(ciphertext if isinstance(each, Sensitive) else str(each))
            lines.append(f"{margin}<{name}>{inner}</{name}>\n")
    return "".join(lines)
