"""Validation of payment requests against all limits of the catalogue.

`validation` checks the rules of all operations, and accepts members that the catalogue does not
contain. The catalogue is complete for payment requests: unknown members are rejected here, and so
are texts with an invalid length or characters, and numbers out of range. Enumerations are not
checked, because the catalogue's may lack a value that WeChat Pay accepts.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791894, and the official Go models
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from ....catalogue import Member, Operation
from ....catalogue.requests.checking import Rules, check_members
from ...call import Call
from ...messages.exchange import Rejection
from ..validation import reject

__all__ = ["hold", "hold_text"]

RULES = Rules(enums=False, encoded=False)
RULES_V2 = RULES._replace(required=False, unknown=False, as_text=True)


def hold(call: Call, optional: Collection[str] = ()) -> None:
    """Reject a JSON body that does not match its operation.

    Args:
        call: the request.
        optional: members that can be missing although the catalogue requires them.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if call.operation is not None:
        rules = RULES._replace(optional=optional) if optional else RULES
        reject(check_members(call.operation.body, call.data, "", rules))


def hold_text(call: Call) -> None:
    """Reject APIv2 fields that contain elements or are out of their limits.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    for name, value in call.data.items():
        if not isinstance(value, str):
            raise Rejection.parameter(name, None, "must be text")
    if call.operation is not None:
        reject(check_members(_texts(call.operation), call.data, "", RULES_V2))


@cache
def _texts(operation: Operation) -> tuple[Member, ...]:
    return tuple(member for member in operation.body if member.type == "string")
