"""Idempotent requests: a repetition returns the first response."""

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
    """Execute a request unless it is a repetition, and return the response.

    Args:
        call: the request.
        name: the member with the number, in the body, in the query or in a header.
        carry_out: executes the request and returns the response.
        scope: the scope in which a number is unique.

    Raises:
        Rejection: the request does not match its operation, or its number was used with other
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
