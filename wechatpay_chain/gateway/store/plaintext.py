"""Decrypted fields in records, which keep the type `Secret` and are masked in output.

The database stores a `Secret` as `{"$secret": "张三"}`. A member of a client with that name gets
one more `$` in the database.
"""

from __future__ import annotations

import json
from typing import Any

from ..messages.exchange import Secret

__all__ = ["dumps", "loads", "masked"]

MARK = "$secret"
HIDDEN = "**"
PLAIN = frozenset({str, int, float, bool, type(None)})

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Encodes like `json.dumps`, which creates an encoder in every call."""


def dumps(record: dict[str, Any]) -> str:
    """Encode a record as JSON for the database."""
    return encode(_marked(record) if _has_marks(record) else record)


def loads(text: str, *, show_secrets: bool = False) -> Any:
    """Decode a record from the database.

    Args:
        text: the result of `dumps`.
        show_secrets: True returns decrypted fields as a `str`, without masking.
    """
    if MARK not in text:
        return json.loads(text)
    return json.loads(text, object_hook=_shown if show_secrets else _unmarked)


def masked(value: Any) -> Any:
    """Return a value for output, with only the first character of each decrypted text."""
    if isinstance(value, Secret):
        return f"{str.__str__(value)[:1]}{HIDDEN}" if len(value) > 1 else HIDDEN
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(each) for each in value]
    return value


def _has_marks(value: Any) -> bool:
    # Called for every written record; most values are plain.
    if isinstance(value, dict):
        for name, each in value.items():
            if name.endswith(MARK) or (type(each) not in PLAIN and _has_marks(each)):
                return True
        return False
    if isinstance(value, (list, tuple)):
        return any(type(each) not in PLAIN and _has_marks(each) for each in value)
    return isinstance(value, Secret)


def _marked(value: Any) -> Any:
    if isinstance(value, Secret):
        return {MARK: str.__str__(value)}
    if isinstance(value, dict):
        return {_longer(name): _marked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(each) for each in value]
    return value


def _longer(name: str) -> str:
    return f"${name}" if name.lstrip("$") == MARK[1:] and name.startswith("$") else name


def _unmarked(members: dict[str, Any]) -> Any:
    return Secret(members[MARK]) if MARK in members else _shorter(members)


def _shown(members: dict[str, Any]) -> Any:
    return members[MARK] if MARK in members else _shorter(members)


def _shorter(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name[1:] if name.startswith("$$") and name.lstrip("$") == MARK[1:] else name: each
        for name, each in members.items()
    }
