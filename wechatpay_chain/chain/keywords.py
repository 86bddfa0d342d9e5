"""Completion inside the parentheses of a verb: its arguments and their members.

    wxpay.v3.pay.transactions.native.post(json={"amount": {"

All suggestions come from the catalogue, which is loaded on the first completion.
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
    """Return the names that are valid at a place in a call, required names first.

    Args:
        parent: the path of the chain before its last step.
        name: the last step, which may be a verb, if it was an attribute.
        place: the place in the call.

    Returns:
        Complete names, regardless of the text typed so far; empty if none are known.
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
    """Return the members of an option's value."""
    if option == "query":
        return operation.query
    if option == "headers":
        return operation.headers
    if option == "meta" and operation.body_option == "media":
        return _within(operation.body, ("meta",))
    return operation.body if option == operation.body_option else ()


def _within(members: Sequence[catalogue.Member], path: Iterable[str]) -> Sequence[catalogue.Member]:
    """Return the members at the end of a path; empty if the path leads to none."""
    for name in path:
        member = _find(members, name)
        members = member.members if member is not None else ()
    return members


def _find(members: Iterable[catalogue.Member], name: str) -> catalogue.Member | None:
    counted = COUNTED.sub("$m", COUNTED.sub("$n", name, count=1))
    return next((each for each in members if each.name in (name, counted)), None)
