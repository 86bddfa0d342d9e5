"""What can be typed inside the parentheses of a verb: its arguments, and the members they hold.

    wxpay.v3.pay.transactions.native.post(json={"amount": {"

All of it comes from the catalogue. It is loaded when a prompt asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .. import catalogue
from .call_site import Site
from .completion import operation_at
from .signature import arguments
from .verbs import ENDS

__all__ = ["candidates"]

COUNTED = re.compile(r"\d+")


def candidates(parent: str, name: str | None, place: Site) -> list[str]:
    """What can stand at a place in a call; what is needed comes first.

    Args:
        parent: the path of the chain before its last step.
        name: its last step, if that was an attribute: it may be a verb.
        place: in the call.

    Returns:
        Whole names, whatever was typed; empty where nothing is known.
    """
    if name not in ENDS:
        return []
    operation = operation_at(parent, name)
    if place.kind == "argument" or not place.path:
        if place.kind == "value":
            return []
        names = [each.name for each in arguments(parent, operation)]
        return _written(place, [each for each in names if each not in place.given])
    members = _members(operation, place.path[0]) if operation is not None else ()
    inner = place.path[1:]
    if place.kind == "value":
        member = _find(_within(members, inner[:-1]), inner[-1]) if inner else None
        return [str(value) for value in member.enum] if member is not None else []
    found = sorted(_within(members, inner), key=lambda member: not member.required)
    names = [member.name for member in found if "$" not in member.name]
    return _written(place, [each for each in names if each not in place.given])


def _written(place: Site, names: Iterable[str]) -> list[str]:
    if place.kind == "argument":
        return [f"{name}=" for name in names]
    return [f'"{name}": ' for name in names] if place.kind == "bare key" else list(names)


def _members(operation: catalogue.Operation, option: str) -> Sequence[catalogue.Member]:
    """The members of what an option holds."""
    if option == "query":
        return operation.query
    if option == "headers":
        return operation.headers
    if option == "meta" and operation.body_option == "media":
        return _within(operation.body, ("meta",))
    return operation.body if option == operation.body_option else ()


def _within(members: Sequence[catalogue.Member], path: Iterable[str]) -> Sequence[catalogue.Member]:
    """The members at the end of a path; empty where it leads to none."""
    for name in path:
        member = _find(members, name)
        members = member.members if member is not None else ()
    return members


def _find(members: Iterable[catalogue.Member], name: str) -> catalogue.Member | None:
    counted = COUNTED.sub("$m", COUNTED.sub("$n", name, count=1))
    return next((each for each in members if each.name in (name, counted)), None)
