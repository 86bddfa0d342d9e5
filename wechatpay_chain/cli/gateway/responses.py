"""The answers of a gateway's control API: what the commands read of them, and of which types."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["CLOCK", "COMPLAINT", "CONTRACT", "FAULT", "NOTICE", "ORDER", "fits", "parsed"]

TEXT_OR_NONE = (str, type(None))
NUMBER_OR_NONE = (int, type(None))

ORDER = {"out_trade_no": str, "state": str, "total": int, "transaction_id": TEXT_OR_NONE}
CLOCK = {"time": str}
COMPLAINT = {"complaint_id": str, "complaint_state": str, "out_trade_no": str}
CONTRACT = {"contract_id": str, "contract_state": str, "openid": str}
FAULT = {"match": str, "fault": str, "times": NUMBER_OR_NONE}
ATTEMPT = {
    "status": NUMBER_OR_NONE,
    "error": TEXT_OR_NONE,
    "answer": object,
    "acknowledged": bool,
}
NOTICE = {"id": str, "event": str, "url": str, "attempts": [ATTEMPT]}


def parsed(content: bytes) -> Any:
    """JSON, or None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def fits(answer: Any, like: Any) -> bool:
    """Whether an answer has at least the members that are read, each of its type.

    Args:
        answer: any JSON.
        like: a type, a dict of them by member, or a list of one.
    """
    if isinstance(like, dict):
        return isinstance(answer, dict) and all(
            name in answer and fits(answer[name], inner) for name, inner in like.items()
        )
    if isinstance(like, list):
        return isinstance(answer, list) and all(fits(each, like[0]) for each in answer)
    return isinstance(answer, like)
