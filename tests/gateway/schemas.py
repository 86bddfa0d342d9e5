"""Checks of the gateway's notifications against the catalogue."""

from __future__ import annotations

from typing import Any

from tests.catalogue.test_examples import errors
from tests.gateway.test_notifications import schema
from wechatpay_chain import catalogue

__all__ = ["assert_fits"]


def assert_fits(notice: Any, form: str = "") -> None:
    """Check that an APIv3 notification has exactly the members of its type.

    Args:
        notice: as the client returns it.
        form: of a type that several products share.
    """
    webhook = catalogue.webhook(notice.event_type)
    assert webhook is not None
    variant = webhook.variant(form) if form else None
    members = webhook.resource if variant is None else variant.resource
    assert list(errors(notice.resource, schema(members))) == []
    assert notice.resource.keys() <= {member.name for member in members}
    original = next(
        inner.enum or (inner.item.get("const"),)
        for outer in webhook.body
        for inner in outer.members
        if inner.name == "original_type"
    )
    assert notice.raw["resource"]["original_type"] in original
