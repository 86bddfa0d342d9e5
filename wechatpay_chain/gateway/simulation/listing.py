"""Selection of the members that the catalogue documents for a response or a notification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import catalogue
from ..call import Call

__all__ = ["listed", "listed_for"]


def listed(call: Call, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that the response of a call's operation contains.

    Args:
        call: the request.
        members: all members of the record.
    """
    if call.operation is None:
        return dict(members)
    names = {member.name for member in call.operation.response}
    return {name: value for name, value in members.items() if name in names}


def listed_for(event: str, members: Mapping[str, Any], variant: str = "") -> dict[str, Any]:
    """Return the members that an APIv3 notification contains.

    Args:
        event: the event type.
        members: all members of the record.
        variant: the variant, if the event type has several.
    """
    webhook = catalogue.webhook(event)
    if webhook is None:
        raise KeyError(event)
    form = webhook.variant(variant) if variant else None
    resource = webhook.resource if form is None else form.resource
    names = {member.name for member in resource}
    return {name: value for name, value in members.items() if name in names}
