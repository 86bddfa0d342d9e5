"""A request with a number is carried out once; a repeat has the first response again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks

__all__ = ["once"]

KIND = "busifavor-request"


def once(
    call: Call, name: str, carry_out: Callable[[], dict[str, Any]], *, scope: str
) -> dict[str, Any]:
    """Return the response of a request, which is carried out unless it repeats an earlier one.

    Args:
        call: the request.
        name: the name of the member that has its number, in the body, in the query or in a header.
        carry_out: does what the request asks for, and returns the response.
        scope: the scope in which a number is unique.

    Raises:
        Rejection: the request is invalid, or its number was used with other
            content.
    """
    checks.accepted(call)
    members = {**call.query, **call.data}
    given = members.get(name, call.headers.get(name))
    number = checks.number(given, f"/{name}", longest=128)
    content = checks.fingerprint({**members, **call.params})
    key = f"{scope} {number}"
    known = call.state.store.get(KIND, key)
    if known is None:
        known = {"content": content, "response": carry_out()}
        call.state.store.put(KIND, key, known)
    elif known["content"] != content:
        raise Rejection(400, "PARAM_ERROR", f"商户请求单号已使用，参数不一致: {number}")
    return dict(known["response"])
