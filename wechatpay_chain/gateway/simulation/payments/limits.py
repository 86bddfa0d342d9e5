"""Is a request for a payment within the limits of the catalogue? All of them are checked.

`validation` checks what every operation takes, and lets pass what the catalogue does not know. The
requests that make payments are known to the last member, so here an unknown one is rejected, as are
texts that are too long, too short or of other characters, and numbers out of range.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791894, and the official Go models
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ....catalogue import Member
from ...call import Call
from ...messages.exchange import Rejection
from ...messages.request_id import EXTRA_MEMBER, OUT_OF_RANGE, TOO_LONG, TOO_SHORT
from ..validation import masked, wrong_type

__all__ = ["hold", "hold_text"]


def hold(call: Call, optional: Collection[str] = ()) -> None:
    """Reject a JSON body that is not what its operation takes.

    Args:
        call: the request.
        optional: members that may be missing although the catalogue requires them.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if call.operation is not None:
        _members(call.operation.body, call.data, "", optional)


def hold_text(call: Call) -> None:
    """Reject fields of APIv2 that hold elements, or are not within their limits.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    known = {} if call.operation is None else {each.name: each for each in call.operation.body}
    for name, value in call.data.items():
        if not isinstance(value, str):
            raise Rejection.parameter(name, None, "must be text")
        if value and name in known and known[name].type == "string":
            _text(known[name], value, f"/{name}")


def _members(
    members: Iterable[Member], given: Mapping[str, Any], pointer: str, optional: Collection[str]
) -> None:
    known = {member.name: member for member in members}
    for name, member in known.items():
        value, here = given.get(name), f"{pointer}/{name}"
        if value is None or value == "":
            if member.required and name not in optional:
                raise Rejection.parameter(here, value, "is required and empty")
        elif member.type.endswith("[]"):
            _array(member, value, here, optional)
        else:
            _value(member, value, here, optional)
    for name, value in given.items():
        if name not in known and value is not None:
            issue = "is not a member of this request"
            raise Rejection.parameter(f"{pointer}/{name}", value, issue, number=EXTRA_MEMBER)


def _array(member: Member, value: Any, pointer: str, optional: Collection[str]) -> None:
    if not isinstance(value, list):
        raise Rejection.parameter(pointer, masked(member, value), "must be an array")
    least, most = member.schema.get("minItems", 0), member.schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        issue = f"must have {least} to {most} items"
        raise Rejection.parameter(pointer, masked(member, value), issue, number=OUT_OF_RANGE)
    for index, each in enumerate(value):
        _value(member, each, f"{pointer}/{index}", optional)


def _value(member: Member, value: Any, pointer: str, optional: Collection[str]) -> None:
    if issue := wrong_type(member, value):
        raise Rejection.parameter(pointer, masked(member, value), issue)
    if isinstance(value, dict):
        _members(member.members, value, pointer, optional)
    elif isinstance(value, str):
        _text(member, value, pointer)
    elif not isinstance(value, bool):
        _number(member, value, pointer)


def _text(member: Member, value: str, pointer: str) -> None:
    limits = member.item
    if len(value) > limits.get("maxLength", len(value)):
        issue = f"must have at most {limits['maxLength']} characters"
        raise Rejection.parameter(pointer, masked(member, value), issue, number=TOO_LONG)
    if len(value) < limits.get("minLength", 0):
        issue = f"must have at least {limits['minLength']} characters"
        raise Rejection.parameter(pointer, masked(member, value), issue, number=TOO_SHORT)
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value, re.ASCII):
        issue = f"must match {limits['pattern']}"
        raise Rejection.parameter(pointer, masked(member, value), issue)


def _number(member: Member, value: float, pointer: str) -> None:
    limits = member.item
    if not limits.get("minimum", value) <= value <= limits.get("maximum", value):
        issue = " and ".join(
            f"{words} {limits[name]}"
            for name, words in (("minimum", "at least"), ("maximum", "at most"))
            if name in limits
        )
        raise Rejection.parameter(pointer, value, f"must be {issue}", number=OUT_OF_RANGE)
