"""Validates a request against its operation: members, types and limits from the catalogue.

A client with `check="catalogue"` validates requests before it sends them, and the gateway validates
those it receives. Both process the findings one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from ...utils.translation import N_, _
from ..operation import Operation
from ..schema import Member

__all__ = [
    "Finding",
    "Kind",
    "Rules",
    "check_body",
    "check_members",
    "check_query",
    "check_variables",
    "is_sensitive",
    "request_members",
    "wrong_type",
]

Kind = Literal[
    "missing",
    "unknown",
    "type",
    "too_long",
    "too_short",
    "pattern",
    "range",
    "items",
    "enum",
    "format",
]
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
FORMATS = {
    "date-time": (
        re.compile(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
        ),
        N_("must be a time with a UTC offset, such as 2026-11-20T13:29:35+08:00 (RFC 3339)"),
    ),
    "uri": (re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+"), N_("must be a URL")),
}
ENCODED = "application/json"
OWN_V2 = ("sign", "nonce_str", "sign_type", "fee_type")
"""APIv2 fields that the library adds, and one with a default."""


class Finding(NamedTuple):
    """An error in one value, or a missing value.

    Attributes:
        pointer: a JSON Pointer (RFC 6901) to the value.
        kind: the kind of error.
        issue: the error as a clause after the pointer: `is required and empty`.
        value: the value; None if it is missing.
        member: the catalogue's member; None for an unknown one.
        known: names of the catalogue's members at the place of an unknown one.
    """

    pointer: str
    kind: Kind
    issue: str
    value: Any
    member: Member | None
    known: tuple[str, ...] = ()


class Rules(NamedTuple):
    """The checks besides types.

    Attributes:
        required: missing members.
        unknown: members that the catalogue does not have.
        limits: lengths, patterns and ranges.
        enums: enumerated values, and the form of times and URLs.
        encoded: members of JSON inside a text.
        as_text: whether all values are text, as in APIv2.
        optional: names of, or pointers to, members that may be missing.
    """

    required: bool = True
    unknown: bool = True
    limits: bool = True
    enums: bool = True
    encoded: bool = True
    as_text: bool = False
    optional: Collection[str] = ()


def check_body(operation: Operation, given: Mapping[str, Any], rules: Rules) -> Iterator[Finding]:
    """Yield the errors in the members of a request body.

    Args:
        operation: the operation of the request.
        given: the members as parsed JSON; in APIv2, text.
        rules: the checks.
    """
    rules = _for(operation, rules)
    yield from check_members(request_members(operation), given, "", rules)
    yield from _alternatives(operation.body_schema or {}, given, "")


def check_variables(
    operation: Operation, given: Mapping[str, Any], rules: Rules
) -> Iterator[Finding]:
    """Yield the errors in the values of path variables.

    Args:
        operation: the operation of the request.
        given: the known values by name.
        rules: the checks.
    """
    for member in operation.variables:
        value = given.get(member.name)
        if rules.limits and isinstance(value, str) and member.type == "string":
            yield from _text(member, value, f"/{member.name}", rules)


def check_query(operation: Operation, given: Mapping[str, Any], rules: Rules) -> Iterator[Finding]:
    """Yield the errors in the query parameters, all of which are text.

    Args:
        operation: the operation of the request.
        given: the parameters by name.
        rules: the checks.
    """
    optional = _for(operation, rules).optional
    known = {member.name: member for member in operation.query}
    for name, member in known.items():
        value = given.get(name)
        if value is None:
            if member.required and name not in optional:
                yield Finding(f"/{name}", "missing", _("is required"), None, member)
        else:
            for each in value if isinstance(value, list) else (value,):
                yield from _parameter(member, each, f"/{name}", rules)
    if rules.unknown:
        yield from _unknown(known, given, "", rules)


def _parameter(member: Member, value: Any, pointer: str, rules: Rules) -> Iterator[Finding]:
    kind = member.type.removesuffix("[]")
    if kind == "integer" and not _is_whole(value):
        yield Finding(pointer, "type", _("must be a whole number"), value, member)
    elif kind == "boolean" and value not in ("true", "false"):
        yield Finding(pointer, "type", _("must be true or false"), value, member)
    elif rules.limits and kind == "string" and isinstance(value, str):
        yield from _text(member, value, pointer, rules)


def request_members(operation: Operation) -> tuple[Member, ...]:
    """Return the members of a request body; for an upload, those of its `meta`."""
    if operation.body_option != "media":
        return operation.body
    for member in operation.body:
        if member.name == "meta":
            return member.members
    return tuple(member for member in operation.body if member.name != "media")


def check_members(
    members: tuple[Member, ...], given: Mapping[str, Any], pointer: str, rules: Rules
) -> Iterator[Finding]:
    """Yield the errors in the members of an object.

    Args:
        members: the catalogue's members.
        given: the members and their values.
        pointer: a JSON Pointer to the object.
        rules: the checks.
    """
    known = _by_name(members)
    for name, member in known.items():
        value = given.get(name)
        if value is None or value == "":
            if rules.required and member.required and "$" not in name:
                here = f"{pointer}/{name}"
                if name not in rules.optional and here not in rules.optional:
                    yield Finding(here, "missing", _("is required and empty"), value, member)
        elif rules.as_text:
            yield from _as_text(member, value, f"{pointer}/{name}", rules)
        elif member.type.endswith("[]"):
            yield from _array(member, value, f"{pointer}/{name}", rules)
        else:
            yield from _value(member, value, f"{pointer}/{name}", rules)
    if rules.unknown and not given.keys() <= known.keys():
        yield from _unknown(known, given, pointer, rules)


def wrong_type(member: Member, value: Any) -> str:
    """Return the error in the type of a value or an array item; empty if there is none."""
    kind = member.item.get("type")
    expected = TYPES.get(str(kind))
    wrong = expected is not None and not isinstance(value, expected)
    if wrong or (kind in ("integer", "number") and isinstance(value, bool)):
        return _("must be of type {kind} (JSON)", kind=kind)
    return ""


@cache
def is_sensitive(member: Member) -> bool:
    """Return whether a member is encrypted, or contains encrypted members."""
    return bool(member.encrypted) or any(map(is_sensitive, member.members))


def _for(operation: Operation, rules: Rules) -> Rules:
    if operation.protocol != "v2":
        return rules
    optional = (*OWN_V2, *rules.optional)
    return rules._replace(as_text=True, optional=optional)


@cache
def _by_name(members: tuple[Member, ...]) -> dict[str, Member]:
    return {member.name: member for member in members}


def _unknown(
    known: Mapping[str, Member], given: Mapping[str, Any], pointer: str, rules: Rules
) -> Iterator[Finding]:
    for name, value in given.items():
        if name in known or value is None or (rules.as_text and name in OWN_V2):
            continue
        if not any(_counts(each, name) for each in known):
            issue = _("is not a field of this request")
            yield Finding(f"{pointer}/{name}", "unknown", issue, value, None, tuple(known))


def _counts(known: str, name: str) -> bool:
    """Return whether a name matches a numbered APIv2 name: `coupon_id_0` matches `coupon_id_$n`."""
    if "$" not in known:
        return False
    pattern = re.escape(known).replace(r"\$n", r"\d+").replace(r"\$m", r"\d+")
    return re.fullmatch(pattern, name, re.ASCII) is not None


def _alternatives(
    schema: Mapping[str, Any], given: Mapping[str, Any], pointer: str
) -> Iterator[Finding]:
    """Yield the errors if none of several alternative members is present."""
    groups = [each["required"] for each in schema.get("anyOf", ()) if "required" in each]
    if groups and not any(all(given.get(name) for name in group) for group in groups):
        others = ", ".join(" and ".join(group) for group in groups[1:])
        here = f"{pointer}/{groups[0][0]}"
        yield Finding(
            here, "missing", _("is required, or one of {others}", others=others), None, None
        )


def _array(member: Member, value: Any, pointer: str, rules: Rules) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding(pointer, "type", _("must be an array"), value, member)
        return
    if rules.limits:
        least, most = member.schema.get("minItems", 0), member.schema.get("maxItems", len(value))
        if not least <= len(value) <= most:
            issue = _("must have {least} to {most} items", least=least, most=most)
            yield Finding(pointer, "items", issue, value, member)
            return
    for index, each in enumerate(value):
        yield from _value(member, each, f"{pointer}/{index}", rules)


def _value(member: Member, value: Any, pointer: str, rules: Rules) -> Iterator[Finding]:
    if issue := wrong_type(member, value):
        yield Finding(pointer, "type", issue, value, member)
    elif isinstance(value, dict):
        if "properties" in member.item or member.members:
            yield from check_members(member.members, value, pointer, rules)
            yield from _alternatives(member.item, value, pointer)
    elif isinstance(value, str):
        if rules.encoded and member.encoded == ENCODED and member.members:
            yield from _encoded(member, value, pointer, rules)
        elif rules.limits:
            yield from _text(member, value, pointer, rules)
    elif rules.limits and not isinstance(value, bool):
        yield from _number(member, value, pointer, rules)


def _as_text(member: Member, value: Any, pointer: str, rules: Rules) -> Iterator[Finding]:
    """Check the value of an APIv2 field."""
    if member.type == "integer":
        if not _is_whole(value):
            yield Finding(pointer, "type", _("must be a whole number"), value, member)
        elif rules.limits and value:
            yield from _number(member, int(value), pointer, rules)
    elif not isinstance(value, str):
        return
    elif rules.encoded and member.encoded == ENCODED and member.members:
        yield from _encoded(member, value, pointer, rules)
    elif rules.limits and member.type == "string":
        yield from _text(member, value, pointer, rules)


def _encoded(member: Member, value: str, pointer: str, rules: Rules) -> Iterator[Finding]:
    """Check JSON inside a text; an array is treated as the only member of an object."""
    try:
        held = json.loads(value)
    except (ValueError, RecursionError):
        held = None
    if isinstance(held, list) and len(member.members) == 1:
        held = {member.members[0].name: held}
    if not isinstance(held, dict):
        yield Finding(pointer, "type", _("must be JSON"), value, member)
        return
    yield from check_members(member.members, held, pointer, rules._replace(as_text=False))


def _text(member: Member, value: str, pointer: str, rules: Rules) -> Iterator[Finding]:
    limits = member.item
    if member.encrypted:
        return  # it may be a ciphertext, which has another length
    if len(value) > limits.get("maxLength", len(value)):
        issue = _("must have at most {length} characters", length=limits["maxLength"])
        yield Finding(pointer, "too_long", issue, value, member)
    elif len(value) < limits.get("minLength", 0):
        issue = _("must have at least {length} characters", length=limits["minLength"])
        yield Finding(pointer, "too_short", issue, value, member)
    elif "pattern" in limits and not re.fullmatch(limits["pattern"], value, re.ASCII):
        yield Finding(
            pointer, "pattern", _("must match {pattern}", pattern=limits["pattern"]), value, member
        )
    elif rules.enums:
        yield from _listed(member, value, pointer)


def _listed(member: Member, value: str, pointer: str) -> Iterator[Finding]:
    form = FORMATS.get(member.item.get("format", ""))
    if member.enum and value not in member.enum:
        issue = _("must be one of {values}", values=", ".join(map(str, member.enum)))
        yield Finding(pointer, "enum", issue, value, member, tuple(map(str, member.enum)))
    elif form is not None and not form[0].fullmatch(value):
        yield Finding(pointer, "format", _(form[1]), value, member)


def _number(member: Member, value: float, pointer: str, rules: Rules) -> Iterator[Finding]:
    limits = member.item
    if not limits.get("minimum", value) <= value <= limits.get("maximum", value):
        least, most = limits.get("minimum"), limits.get("maximum")
        if most is None:
            issue = _("must be at least {least}", least=least)
        elif least is None:
            issue = _("must be at most {most}", most=most)
        else:
            issue = _("must be at least {least} and at most {most}", least=least, most=most)
        yield Finding(pointer, "range", issue, value, member)
    elif rules.enums and member.enum and value not in member.enum:
        issue = _("must be one of {values}", values=", ".join(map(str, member.enum)))
        yield Finding(pointer, "enum", issue, value, member)


def _is_whole(value: Any) -> bool:
    """Return whether a text is an integer; an empty text is not."""
    if not isinstance(value, str):
        return False
    return value == "" or (value.isascii() and value.removeprefix("-").isdecimal())
