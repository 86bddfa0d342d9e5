"""Checks of responses and notifications against the catalogue."""

from __future__ import annotations

from typing import Any

from tests.catalogue.test_examples import coerced, errors
from wechatpay_chain import catalogue

__all__ = ["assert_notice_fits", "assert_response_fits"]

ENVELOPE_V2 = {"nonce_str", "result_code", "return_code", "sign"}


def assert_response_fits(method: str, path: str, members: Any) -> None:
    """Check the members of a response against the schema of its operation."""
    operation = catalogue.find(method, path)
    assert operation is not None
    schema = operation.response_schema
    assert schema is not None
    assert list(errors(members, schema)) == []
    assert members.keys() <= schema["properties"].keys()


def assert_notice_fits(notice: Any, event: str, variant: str = "", protocol: str = "v3") -> None:
    """Check the members of a notification against its type."""
    webhook = catalogue.webhook(event, protocol)
    assert webhook is not None
    form = webhook.variant(variant) if variant else None
    members = [
        each
        for each in (webhook.resource if form is None else form.resource)
        if "$" not in each.name
    ]
    schema = {
        "type": "object",
        "required": [each.name for each in members if each.required],
        "properties": {each.name: each.schema for each in members},
    }
    content = notice.resource if protocol == "v3" else coerced(notice.resource, schema)
    assert list(errors(content, schema)) == []
    assert content.keys() - ENVELOPE_V2 <= {each.name for each in members}
