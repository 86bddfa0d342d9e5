"""The fields of control API responses that the commands use, with their types."""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "CLOCK",
    "COMPLAINT",
    "CONTRACT",
    "EXCHANGE",
    "FAULT",
    "FILLED",
    "LOADED",
    "LISTED_ORDER",
    "MERCHANT",
    "NOTICE",
    "ORDER",
    "SETTINGS",
    "SNAPSHOT",
    "fits",
    "parsed",
]

TEXT_OR_NONE = (str, type(None))
NUMBER_OR_NONE = (int, type(None))

ORDER = {"out_trade_no": str, "state": str, "total": int, "transaction_id": TEXT_OR_NONE}
CLOCK = {"time": str}
COMPLAINT = {"complaint_id": str, "complaint_state": str, "out_trade_no": str}
CONTRACT = {"contract_id": str, "contract_state": str, "openid": str}
FAULT = {"match": str, "fault": str, "times": NUMBER_OR_NONE}
FILLED = {"date": str, "orders": int, "expected": dict}
SETTINGS = {"fee_rate": str, "next_day": bool, "parts": int}
LOADED = {"merchants": [str]}
SNAPSHOT = {"name": str, "time": str}
ATTEMPT = {
    "status": NUMBER_OR_NONE,
    "error": TEXT_OR_NONE,
    "answer": object,
    "acknowledged": bool,
}
EXCHANGE = {
    "number": int,
    "time": (int, float),
    "method": str,
    "target": str,
    "status": NUMBER_OR_NONE,
    "steps": [{"name": str, "passed": bool, "note": str}],
    "body": str,
    "answer_body": str,
}
LISTED_ORDER = {"out_trade_no": str, "state": str, "amount": str}
MERCHANT = {"mchid": str, "kind": str, "name": str, "sub_merchants": list}
NOTICE = {"id": str, "event": str, "url": str, "attempts": [ATTEMPT]}


def parsed(content: bytes) -> Any:
    """The JSON value, or None."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def fits(value: Any, like: Any) -> bool:
    """Return whether a response has at least the members that the commands read, each of its type.

    Args:
        value: JSON value.
        like: a type, a dict of types by field, or a list with one type.
    """
    if isinstance(like, dict):
        return isinstance(value, dict) and all(
            name in value and fits(value[name], inner) for name, inner in like.items()
        )
    if isinstance(like, list):
        return isinstance(value, list) and all(fits(each, like[0]) for each in value)
    return isinstance(value, like)
