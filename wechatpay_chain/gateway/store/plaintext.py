"""Plaintext of encrypted fields in records: it keeps its type, so that it is masked when shown.

A record in the database has `{"$secret": "张三"}` where it has a `Secret` in memory. A member of a
client's that is called so has one more `$` in the database.
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
"""A reused encoder; `json.dumps` creates one for every call."""


def dumps(record: dict[str, Any]) -> str:
    """Return a record as JSON for the database."""
    return encode(_marked(record) if _has_marks(record) else record)


def loads(text: str, *, show_secrets: bool = False) -> Any:
    """Return a record from the database.

    Args:
        text: as `dumps` made it.
        show_secrets: return plaintext as a `str`, which nothing masks.
    """
    if MARK not in text:
        return json.loads(text)
    return json.loads(text, object_hook=_shown if show_secrets else _unmarked)


def masked(value: Any) -> Any:
    """Return a value as it is shown: of each plaintext, the first character only."""
    if isinstance(value, Secret):
        return f"{str.__str__(value)[:1]}{HIDDEN}" if len(value) > 1 else HIDDEN
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(each) for each in value]
    return value


def _has_marks(value: Any) -> bool:
    # Every record that is written passes here, and most of its values are plain.
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
