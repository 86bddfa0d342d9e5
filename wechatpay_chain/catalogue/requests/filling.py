"""The members of a request that a client fills: its mchid, its appid and its notify_url.

The numbers of sub-merchants are never filled. An operation for merchants and service providers has
a name for each, of which one is filled: `sp_mchid` where a sub-merchant is named, else `mchid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..operation import Operation
from ..schema import Member

__all__ = ["Missing", "filled", "missing_of"]

PARTNER = {"mchid": "sp_mchid", "appid": "sp_appid", "mch_id": "sp_mch_id"}
"""A service provider's name of each, where an operation has both."""
SOURCES = {
    "mchid": ("mchid", "mch_id", "sp_mchid", "sp_mch_id", "combine_mchid", "combine_mch_id"),
    "appid": ("appid", "sp_appid", "combine_appid", "wxappid", "mch_appid"),
    "notify_url": ("notify_url",),
}
"""The argument of a client, and the members that it fills."""
SOURCE_OF = {name: source for source, names in SOURCES.items() for name in names}
SUB_ORDERS = "sub_orders"
"""Orders within a combined one, each of which names its merchant."""
COMBINED = "combine_"
SUBS = ("sub_mchid", "sub_mch_id")


class Missing(NamedTuple):
    """A member that is to be filled.

    Attributes:
        name: of the member.
        source: the client's argument: `mchid`, `appid` or `notify_url`.
        required: whether the operation requires the member.
    """

    name: str
    source: str
    required: bool


def missing_of(members: Iterable[Member], given: Mapping[str, Any]) -> list[Missing]:
    """The members that a client may fill, and that are not given.

    Args:
        members: of the operation: of its body, or of its query.
        given: what the request has.
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
    """A body with the members that were missing; the one that was given stays as it is.

    Args:
        operation: that is called.
        given: the body's members.
        values: the client's `mchid`, `appid` and `notify_url`; those that it has.
    """
    missing = missing_of(operation.body, given)
    own = {each.name: values[each.source] for each in missing if each.source in values}
    return {**given, **own, **_sub_orders(operation, given, values)}


def _sub_orders(
    operation: Operation, given: Mapping[str, Any], values: Mapping[str, str]
) -> dict[str, Any]:
    """The orders of a combined one, each with its merchant."""
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
