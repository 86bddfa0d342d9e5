"""Validates a request for a payment against all limits of the catalogue.

`validation` checks what every operation takes, and lets pass what the catalogue does not know. The
requests that make payments are known to the last member, so here an unknown one is rejected, as are
texts that are too long, too short or of other characters, and numbers out of range. Enumerations
are not checked: the catalogue's may lack a value that WeChat Pay takes.

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
    """Reject a JSON body that is not what its operation takes.

    Args:
        call: the request.
        optional: members that may be missing although the catalogue requires them.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if call.operation is not None:
        rules = RULES._replace(optional=optional) if optional else RULES
        reject(check_members(call.operation.body, call.data, "", rules))


def hold_text(call: Call) -> None:
    """Reject fields of APIv2 that hold elements, or are not within their limits.

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
