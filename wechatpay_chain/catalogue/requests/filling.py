"""Fills members of a request from the client: mchid, appid and notify_url.

Sub-merchant IDs are never filled. An operation for merchants and service providers has two
names for each member, of which one is filled: `sp_mchid` if a sub-merchant is named, else `mchid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..operation import Operation
from ..schema import Member

__all__ = ["Missing", "filled", "missing_of"]

PARTNER = {"mchid": "sp_mchid", "appid": "sp_appid", "mch_id": "sp_mch_id"}
"""The service provider's name of each member, if an operation has both."""
SOURCES = {
    "mchid": ("mchid", "mch_id", "sp_mchid", "sp_mch_id", "combine_mchid", "combine_mch_id"),
    "appid": ("appid", "sp_appid", "combine_appid", "wxappid", "mch_appid"),
    "notify_url": ("notify_url",),
}
"""The members filled from each argument of a client."""
SOURCE_OF = {name: source for source, names in SOURCES.items() for name in names}
SUB_ORDERS = "sub_orders"
"""The orders in a combined order, each of which names its merchant."""
COMBINED = "combine_"
SUBS = ("sub_mchid", "sub_mch_id")


class Missing(NamedTuple):
    """A member to fill.

    Attributes:
        name: the name of the member.
        source: the client's argument: `mchid`, `appid` or `notify_url`.
        required: whether the operation requires the member.
    """

    name: str
    source: str
    required: bool


def missing_of(members: Iterable[Member], given: Mapping[str, Any]) -> list[Missing]:
    """Return the missing members that a client can fill.

    Args:
        members: the members of the operation's body or query.
        given: the members of the request.
    """
    known = {member.name: member for member in members if member.name in SOURCE_OF}
    is_partner = any(given.get(name) for name in (*SUBS, *PARTNER.values()))
    has_modes = any(
        direct in known and partner in known and not known[direct].required
        for direct, partner in PARTNER.items()
    )
    found = []
    for name, member in known.items():
        is_other_mode = has_modes and is_partner != (name in PARTNER.values())
        is_combined = name.startswith(COMBINED) and name.removeprefix(COMBINED) in known
        wanted = member.required or not (is_other_mode or is_combined)
        if wanted and given.get(name) is None:
            found.append(Missing(name, SOURCE_OF[name], member.required))
    return found


def filled(operation: Operation, given: Mapping[str, Any], values: Mapping[str, str]) -> Any:
    """Return a copy of a body with the missing members filled.

    Args:
        operation: the operation of the request.
        given: the members of the body.
        values: the client's `mchid`, `appid` and `notify_url`, as far as they are set.
    """
    missing = missing_of(operation.body, given)
    own = {each.name: values[each.source] for each in missing if each.source in values}
    return {**given, **own, **_sub_orders(operation, given, values)}


def _sub_orders(
    operation: Operation, given: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, Any]:
    """Return the orders of a combined order, each with its merchant."""
    member = next((each for each in operation.body if each.name == SUB_ORDERS), None)
    orders = given.get(SUB_ORDERS)
    if member is None or not isinstance(orders, list | tuple) or "mchid" not in values:
        return {}
    known = [each for each in member.members if each.name in ("mchid", "mch_id")]
    return {
        SUB_ORDERS: [
            {**order, **{each.name: values["mchid"] for each in missing_of(known, order)}}
            if isinstance(order, Mapping)
            else order
            for order in orders
        ]
    }
